"""The harvest console: who harvests, one harvester, what we call it, and what it looks like where words are hostile."""

import pytest
from aiohttp.test_utils import TestClient

from server.house import House
from server.oai.harvesters import Tally
from server.oai.walk import Listed, Part, Visitor
from tests.admin.visits import csrf, login
from tests.conftest import SetClock
from tests.oai.test_harvesters import Quiet

HOSTILE = "<script>alert(1)</script>"
BASE, SICKLE = Visitor("BASE/1.0", "192.0.2.1", "base@example.org"), Visitor(HOSTILE, "2001:db8::1")


@pytest.fixture
async def tally(client: TestClient, house: House, clock: SetClock) -> Tally:
    """Two harvesters: one that finished its list, one that stopped in the middle."""
    tally = Tally(house.database, clock, names=Quiet())
    begun = clock()
    clock.pass_time(seconds=10)
    tally.note(BASE, Part(Listed("", "ListRecords", "oai_dc", "", begun, "2026-03-01T00:00:00Z"), 5, 5, 12, "abc"), seconds=0.2)
    tally.note(BASE, Part(Listed("", "ListRecords", "oai_dc", "", begun), 7, 12, 12), seconds=0.1)
    tally.note(BASE, error=f"badArgument: {HOSTILE}")
    tally.note(SICKLE, Part(Listed("narrow", "ListIdentifiers", "datacite", "type", begun), 5, 5, 12, "a-token"))
    tally.note(SICKLE, shed=True)
    await tally.flush()
    clock.pass_time(hours=2)
    return tally


async def text(client: TestClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status == 200, path
    return await answer.text()


async def test_the_console_says_who_which_list_and_how_far(client: TestClient, tally: Tally) -> None:
    await login(client)
    page = await text(client, "/admin/harvests")
    assert all(
        words in page for words in ("BASE/1.0", "192.0.2.0/24", "base@example.org", "12 of 12", "1.2 records/s", "1 error")
    )
    assert all(words in page for words in ("2001:db8::/48", "/oai/narrow", "ListIdentifiers", "5 of 12", "stands still", "503"))
    assert HOSTILE not in page
    assert "2026-03" in page
    for state, harvester in (("stalled", SICKLE), ("refused", BASE), ("walking", None), ("overdue", None), ("nonsense", BASE)):
        listed = await text(client, f"/admin/harvests?state={state}")
        assert harvester is None or harvester.id in listed
        assert (BASE.id in listed) is (state in {"refused", "nonsense"})
    assert SICKLE.id not in await text(client, "/admin/harvests?q=base%40example")
    assert "Nobody is like that." in await text(client, "/admin/harvests?q=nobody%25")


async def test_a_harvester_has_a_page(client: TestClient, tally: Tally) -> None:
    await login(client)
    page = await text(client, f"/admin/harvests/{SICKLE.id}")
    assert all(words in page for words in ("a-token", "It names nobody.", "1 time 503", "2001:db8::1"))
    assert HOSTILE not in page
    page = await text(client, f"/admin/harvests/{BASE.id}")
    assert "from 2026-03-01T00:00:00Z" in page
    assert "badArgument: &lt;script&gt;" in page
    for wrong in ("0" * 32, "x", "0" * 33):
        assert (await client.get(f"/admin/harvests/{wrong}")).status == 404


async def test_a_harvester_is_called_and_watched_as_we_like(client: TestClient, tally: Tally, clock: SetClock) -> None:
    await login(client)
    page = f"/admin/harvests/{BASE.id}"
    fields = {"csrf": await csrf(client, page), "label": "Bielefeld", "patience": "3"}
    assert (await client.post(page, data=fields | {"patience": "-1"})).status == 422
    assert (await client.post(page, data=fields, allow_redirects=False)).status == 303
    assert "Bielefeld" in await text(client, "/admin/search?q=bielefeld")
    assert "Harvester named or watched otherwise" in await text(client, "/admin/audit")
    assert "1 harvester with no list finished" not in await text(client, "/admin")
    clock.pass_time(days=3)
    await login(client)
    assert "It has not come to the end of a list for 3 days" in await text(client, page)
    assert BASE.id in await text(client, "/admin/harvests?state=overdue")
    assert "1 harvester with no list finished" in await text(client, "/admin")


async def test_who_may_start_no_jobs_is_not_led_to_them(client: TestClient, house: House, tally: Tally, clock: SetClock) -> None:
    from server.accounts import store
    from server.accounts.model import Role
    from tests.conftest import HASH

    await house.database.write(store.add, "reader", Role.REVIEWER, HASH, clock())
    await login(client, "reader")
    assert "/admin/harvests/simulations" not in await text(client, "/admin/harvests")
    assert "What we call it" not in await text(client, f"/admin/harvests/{BASE.id}")


async def test_many_harvesters_are_leafed_through(client: TestClient, house: House, clock: SetClock) -> None:
    tally = Tally(house.database, clock, names=Quiet())
    for number in range(60):
        tally.note(Visitor(f"agent {number:03}", "192.0.2.1"))
        clock.pass_time(seconds=1)
    await tally.flush()
    await login(client)
    page = await text(client, "/admin/harvests")
    assert "agent 059" in page
    assert "agent 009" not in page
    page = await text(client, "/admin/harvests?after=50")
    assert "agent 009" in page
    assert "Older" not in page
