"""Nothing stuck unseen: what waits for too long stands on the start page, an agency that is down on every page it concerns."""

from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import update

from server.house import House
from server.identifiers import alarms, gate
from server.identifiers.tables import identifiers
from server.profiles import store as profiles
from tests.admin.identifiers.stock import fill
from tests.admin.visits import login
from tests.conftest import Deposit, SetClock
from tests.fakes.datacite import FakeDatacite, Mood
from tests.fakes.datacite_schema import XSD
from tests.registration.test_register import work

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


async def test_what_waits_for_too_long_is_counted_by_its_age_and_not_by_its_last_attempt(house: House, clock: SetClock) -> None:
    await house.database.write(fill, 8, (1,), clock())
    # Each attempt touches the row; how long it waits does not begin anew with it.
    touched = update(identifiers).values(changed=clock() + 30 * DAY)
    await house.database.write(lambda tx: tx.execute(touched) and None)
    for passed, expected in (
        (timedelta(0), {"rejected", "blocked", "submitted"}),
        (HOUR + 10 * MINUTE, {"rejected", "blocked", "submitted", "reserved"}),
        (DAY + 10 * MINUTE, {"rejected", "blocked", "overdue", "reserved"}),
    ):
        assert set(await house.database.read(alarms.waiting, clock() + passed)) == expected
    held = update(identifiers).values(held_by="admin", held_why="later")
    await house.database.write(lambda tx: tx.execute(held) and None)
    assert await house.database.read(alarms.waiting, clock() + DAY) == {}


async def test_the_start_page_names_them_and_leads_to_those_that_wait_longest(
    client: TestClient, house: House, clock: SetClock
) -> None:
    await login(client)
    await house.database.write(fill, 16, (1,), clock() - 2 * DAY)
    page = await (await client.get("/admin")).text()
    for count, words, state in (
        (2, "rejected by the agency", "state=rejected"),
        (2, "blocked: the agency refuses our account", "state=blocked"),
        (2, "submitted a day ago or longer, not confirmed", "state=submitted&amp;age=day"),
        (2, "of published works not sent for an hour or longer", "state=reserved&amp;age=hour"),
    ):
        assert f'/admin/identifiers?{state}&amp;order=waiting">{count} identifiers {words}' in page
        listed = await (await client.get(f"/admin/identifiers?{state}&order=waiting".replace("&amp;", "&"))).text()
        assert f"{count} identifiers" in listed
    assert "the oldest for 2 days" in page


@pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")
async def test_an_agency_that_is_down_is_a_banner_and_no_lock(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    await login(client)
    agency.mood = Mood.DOWN
    for title in "abcde":
        await deposit(title=title, type="Dataset")
    await registering.worker.drain()
    (down,) = await registering.database.read(alarms.outages)
    assert (down.profile, down.waiting) == ("Our DOIs", 5)
    for path in ("/admin", "/admin/identifiers", "/admin/works"):
        page = await (await client.get(path)).text()
        assert "Our DOIs has not answered for" in page, path
        assert "5 identifiers wait" in page
        assert "works are published meanwhile" in page
    figures = await (await client.get("/metrics")).text()
    assert "sheaf_agencies_down 1.0" in figures
    assert 'sheaf_identifiers_stuck{state="submitted"}' in figures
    assert 'sheaf_identifiers_waiting_since_seconds{state="submitted"}' in figures
    agency.mood = Mood.WELL
    await work(registering, clock)
    assert await registering.database.read(alarms.outages) == []
    assert "does not answer" not in await (await client.get("/admin")).text()
    assert gate.DOWN_AFTER <= 5
    assert not (await registering.database.read(profiles.get, "Our DOIs")).paused
