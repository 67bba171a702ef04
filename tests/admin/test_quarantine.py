"""The page of what cannot be written names work, format and cause, and the start page leads there."""

from aiohttp.test_utils import TestClient

from server.house import House
from server.records import changes
from tests.admin.visits import login
from tests.conftest import Deposit


async def test_what_cannot_be_written_is_named_with_its_cause(client: TestClient, house: House, deposit: Deposit) -> None:
    await login(client)
    assert "Every published work can be written" in await (await client.get("/admin/quarantine")).text()
    await deposit(title="Peas &amp; beans")
    (work,) = [
        row["id"] for row in await house.database.read(lambda tx: tx.exec_driver_sql("SELECT id FROM records").mappings().all())
    ]
    number = house.press.renderer.ids["datacite"]
    await house.database.write(changes.hold, work, number, "ValueError: <no> year", house.clock())
    page = await (await client.get("/admin/quarantine")).text()
    for text in (
        "1 work cannot be written",
        "Peas &amp; beans",
        "<code>datacite</code>",
        "ValueError: &lt;no&gt; year",
        "/admin/jobs/start/write-again",
    ):
        assert text in page
    start = await (await client.get("/admin")).text()
    assert "work left out of a format it cannot be written in" in start
    assert "/admin/quarantine" in start
