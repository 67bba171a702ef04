"""The page of what cannot be written names work, format and cause, and the start page leads there."""

import re

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import select

from server.admin import quarantine
from server.house import House
from server.records import changes
from server.records.tables import records
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


async def test_the_next_page_goes_on_within_a_work(
    client: TestClient, house: House, deposit: Deposit, monkeypatch: pytest.MonkeyPatch
) -> None:
    for title in ("Peas", "Beans"):
        await deposit(title=title)
    for work in await house.database.read(lambda tx: list(tx.execute(select(records.c.id)).scalars())):
        for name in ("datacite", "mods", "oai_dc"):
            await house.database.write(changes.hold, work, house.press.renderer.ids[name], "ValueError: no year", house.clock())
    monkeypatch.setattr(quarantine, "PAGE", 2)
    await login(client)
    found, path = [], "/admin/quarantine"
    while path:
        page = await (await client.get(path)).text()
        found += re.findall(r'href="/admin/works/(\w+)/formats/(\w+)"', page)
        onward = re.search(r'href="(/admin/quarantine\?[^"]+)"', page)
        path = onward[1].replace("&amp;", "&") if onward else ""
    assert len(found) == len(set(found)) == 6
    assert found == sorted(found)
