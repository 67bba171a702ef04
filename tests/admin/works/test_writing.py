"""Works written in the browser, as somebody without scripts does it."""

from aiohttp.test_utils import TestClient

from server.house import House
from server.records import store
from server.records.store import State
from tests.admin.visits import login
from tests.works.entering import NEW, PEAS, send, work_in


async def test_a_work_is_written_and_published(client: TestClient, house: House) -> None:
    await login(client)
    work = work_in(await send(client, NEW, PEAS, "publish"))
    page = await (await client.get(f"/items/{work}")).text()
    assert "Peas" in page
    assert "Mendel, Gregor" in page
    stored = await house.database.read(store.get, work)
    assert (stored.state, stored.record.dates.issued) == (State.PUBLISHED, "1866")
    page = await (await client.get(f"/admin/works/{work}")).text()
    assert "record.created" in page
