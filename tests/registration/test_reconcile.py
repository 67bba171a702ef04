"""Reconciliation: whatever drifted is found and nothing else, it is repaired by one click, and no call is made without need."""

import copy
from collections.abc import AsyncIterator

import pytest

from server.house import House
from server.identifiers import drifts, ledger, sightings
from server.identifiers.arrivals import Line
from server.identifiers.comparing import Drift
from server.identifiers.drifts import ASKED, OPEN, SETTLED, Found, Wanted
from server.identifiers.model import State
from server.identifiers.repairing import REPAIR, Repair
from server.profiles import store as profiles
from server.runs import store as runs
from server.runs.model import RunState
from tests.conftest import SetClock
from tests.fakes.datacite import FakeDatacite, Mood, Repository
from tests.fakes.datacite_schema import XSD
from tests.registration import drifted as scene
from tests.registration.drifted import blocked, bring, drift, migrated, name, reconciled, record_id, set_profile

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")
COUNT, EACH = 60, 3


@pytest.fixture
async def agency() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(Repository())
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def settled(house: House, agency: FakeDatacite, clock: SetClock) -> House:
    """A house whose DOIs came from another system, and lead to it now."""
    await set_profile(house, agency)
    await bring(house, agency, COUNT, elsewhere=5)
    run = await migrated(house, [Line(n + 1, name(n), "") for n in range(COUNT)])
    assert run.counts.changed == COUNT, await found_of(house, run.id)
    agency.log.clear()
    clock.pass_time(minutes=1)
    return house


async def found_of(house: House, number: int) -> list[tuple[str, str, str]]:
    items = await house.database.read(runs.items, number, limit=1000)
    return [(item.subject.title, item.outcome.value, item.message) for item in items]


async def report(house: House, **wanted: str) -> list[Found]:
    profile = await house.database.read(profiles.get, "Our DOIs")
    return await house.database.read(drifts.page, profile.id, Wanted(**wanted), 1000)


async def by_kind(house: House, **wanted: str) -> dict[Drift, set[str]]:
    found: dict[Drift, set[str]] = {kind: set() for kind in Drift}
    for each in await report(house, **wanted):
        found[each.kind].add(each.value)
    return found


async def test_nothing_drifted_is_no_effect_and_one_call(settled: House, agency: FakeDatacite) -> None:
    run = await reconciled(settled)
    assert run.state is RunState.NO_EFFECT
    assert run.counts.done == COUNT + 2
    assert len(agency.log) == 1
    assert (await found_of(settled, run.id))[-1][2] == f"{COUNT} names stood in the list; the agency was called 1 times."
    assert await report(settled) == []


async def test_whatever_drifted_is_found_and_nothing_else(settled: House, agency: FakeDatacite) -> None:
    expected = drift(agency, COUNT, EACH)
    run = await reconciled(settled)
    assert await by_kind(settled) == expected
    assert (run.state, run.counts.warning) == (RunState.WARNINGS, 5 * EACH)
    assert len(agency.log) == 1 + 5 * EACH, "the list, and each suspect once"
    assert {call.method for call in agency.log} == {"GET"}
    told = {each.value: each.told for each in await report(settled, kind="unknown_here")}
    assert set(told.values()) == {"https://elsewhere.net/ (findable)"}
    assert await by_kind(settled, standing=OPEN) == expected


async def test_repair_is_done_by_the_agencys_word_alone(settled: House, agency: FakeDatacite, clock: SetClock) -> None:
    expected = drift(agency, COUNT, EACH)
    await reconciled(settled)
    clock.pass_time(minutes=1)
    run = await scene.run(settled, REPAIR, Repair(profile="Our DOIs", kind="url"))
    assert (run.state, run.counts.changed) == (RunState.COMPLETED, EACH)
    assert (await by_kind(settled, standing=SETTLED))[Drift.URL] == expected[Drift.URL]
    agency.mood = Mood.DOWN
    run = await scene.run(settled, REPAIR, Repair(profile="Our DOIs"))
    assert (run.counts.changed, run.counts.warning) == (0, 3 * EACH), "sent, and not confirmed"
    assert {each.standing for each in await report(settled)} == {OPEN, ASKED, SETTLED}
    agency.mood = Mood.WELL
    for _ in range(10):
        clock.pass_time(hours=1)
        await settled.worker.drain()
    assert (await by_kind(settled, standing=OPEN)) == {kind: set() for kind in Drift} | {
        Drift.UNKNOWN_HERE: expected[Drift.UNKNOWN_HERE]
    }
    clock.pass_time(hours=1)
    await reconciled(settled)
    assert await by_kind(settled) == {kind: set() for kind in Drift} | {Drift.UNKNOWN_HERE: expected[Drift.UNKNOWN_HERE]}
    assert {there.state for there in agency.dois.values()} == {"findable"}


async def test_it_repairs_by_itself_where_that_is_chosen(settled: House, agency: FakeDatacite) -> None:
    expected = drift(agency, COUNT, 1)
    run = await reconciled(settled, repair=True)
    assert (run.counts.changed, run.counts.warning) == (4, 1)
    said = {title: message for title, _, message in await found_of(settled, run.id)}
    (url,) = expected[Drift.URL]
    assert said[url].startswith("It leads to https://elsewhere.net/ and not to https://repository.example.org/items/")
    assert said[url].endswith("It was sent again, and the agency has confirmed it.")
    assert (await reconciled(settled)).counts.warning == 1, "what is unknown here is only reported"


async def test_what_agrees_again_is_forgotten(settled: House, agency: FakeDatacite) -> None:
    drift(agency, COUNT, 1)
    state = next(value for value, there in agency.dois.items() if there.state == "registered")
    await reconciled(settled)
    agency.dois[state].state = "findable"
    for value in [value for value in agency.dois if "stranger" in value]:
        del agency.dois[value]
    await reconciled(settled)
    assert {each.kind for each in await report(settled)} == {Drift.URL, Drift.METADATA, Drift.UNKNOWN_THERE}


async def test_a_list_that_is_behind_is_no_drift(settled: House, agency: FakeDatacite, monkeypatch: pytest.MonkeyPatch) -> None:
    right = copy.deepcopy(agency.dois)
    drift(agency, COUNT, 1)
    reader = settled.agencies["datacite"].reads
    assert reader is not None
    every = reader.every  # type: ignore[attr-defined]

    async def behind(self: object, cursor: str) -> object:
        page = await every(self, cursor)
        agency.dois = right
        return page

    monkeypatch.setattr(reader, "every", behind)
    run = await reconciled(settled)
    assert run.state is RunState.NO_EFFECT
    assert await report(settled) == []
    assert len(agency.log) == 1 + 5


async def test_wrong_credentials_end_it_and_say_so_once(settled: House, agency: FakeDatacite) -> None:
    agency.mood = Mood.REFUSED
    run = await reconciled(settled)
    assert run.state is RunState.FAILED
    assert "401" in run.message
    assert len(agency.log) == 1
    assert (await settled.database.read(profiles.get, "Our DOIs")).paused
    assert await blocked(settled) == [{"profile": "Our DOIs"}]
    assert await report(settled) == []


async def test_an_agency_that_is_down_is_waited_for(settled: House, agency: FakeDatacite, clock: SetClock) -> None:
    expected = drift(agency, COUNT, 1)
    agency.mood = Mood.DOWN
    run = await reconciled(settled)
    for _ in range(20):
        clock.pass_time(minutes=45)
        await settled.worker.drain()
    assert not (await settled.database.read(runs.get, run.id)).over
    assert len(agency.log) < 50
    agency.mood = Mood.WELL
    for _ in range(5):
        clock.pass_time(minutes=45)
        await settled.worker.drain()
    run = await settled.database.read(runs.get, run.id)
    assert run.over
    assert await by_kind(settled) == expected


async def test_what_another_system_minted_is_left_alone_unless_the_profile_says_otherwise(
    settled: House, agency: FakeDatacite
) -> None:
    await set_profile(settled, agency, update_migrated=False)
    drift(agency, COUNT, 1)
    agency.log.clear()
    await reconciled(settled)
    run = await scene.run(settled, REPAIR, Repair(profile="Our DOIs"))
    assert run.counts.warning == 4
    assert {message for _, _, message in await found_of(settled, run.id)} == {
        "Another system minted it, and the profile does not update such DOIs."
    }
    assert {call.method for call in agency.log} == {"GET"}
    entry = (await settled.database.read(ledger.of_record, record_id(0)))[0]
    assert (entry.state, entry.migrated) == (State.REGISTERED, True)


async def test_nothing_of_the_list_stays(settled: House) -> None:
    await reconciled(settled)
    profile = await settled.database.read(profiles.get, "Our DOIs")
    assert await settled.database.read(sightings.strangers, f"reconcile {profile.id}", "doi", 0, 10) == []
