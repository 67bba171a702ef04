"""One identifier compared with its agency: what is said of each side, through the gate, and nothing is changed by it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from server import control
from server.audit.log import OPERATOR
from server.errors import Conflict, Invalid, NotFound, Unavailable
from server.house import House
from server.identifiers import calling, gate, holding, ledger
from server.identifiers.comparing import Drift
from server.identifiers.model import Pace, State
from server.identifiers.repairing import again
from server.profiles import store as profiles
from tests.conftest import SetClock
from tests.fakes.datacite import FakeDatacite, Mood, Repository
from tests.fakes.datacite_schema import XSD
from tests.registration.drifted import blocked
from tests.writers import Writer

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")
FIRST = "10.82433/00000001"


@pytest.fixture
async def agency() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(Repository())
    await fake.start()
    yield fake
    await fake.stop()


async def set_profile(house: House, agency: FakeDatacite) -> None:
    values = {"prefix": "10.82433", "account_id": "INST.REPO", "password": "correct horse", "environment": "test"}
    await control.profile_set(
        house, control.ProfileSet(kind="datacite", name="Our DOIs", values=values | {"endpoint": agency.url})
    )


@pytest.fixture
def writer(house: House, clock: SetClock) -> Writer:
    return Writer(house.database, house.press, clock)


@pytest.fixture
async def registered(house: House, agency: FakeDatacite, writer: Writer) -> House:
    """A house with one work that is registered, and all that is quiet."""
    await set_profile(house, agency)
    await writer.publish("peas")
    await house.worker.drain()
    assert agency.dois[FIRST].state == "findable"
    return house


async def drifts(house: House) -> list[Drift]:
    return [found.kind for found in (await house.comparer.compare(1)).differences]


async def test_what_is_registered_agrees_and_each_change_there_is_named(registered: House, agency: FakeDatacite) -> None:
    there = agency.dois[FIRST]
    before = await registered.database.read(ledger.get, 1)
    assert await drifts(registered) == []
    there.attributes["url"] = "https://elsewhere.net/1"
    assert await drifts(registered) == [Drift.URL]
    there.attributes["xml"], there.attributes["titles"] = "", [{"title": "Beans"}]
    assert await drifts(registered) == [Drift.URL, Drift.METADATA]
    there.state = "registered"
    compared = await registered.comparer.compare(1)
    assert [found.kind for found in compared.differences] == [Drift.URL, Drift.STATE, Drift.METADATA]
    assert str(compared.differences[0]).startswith(
        "It leads to https://elsewhere.net/1 and not to https://repository.example.org"
    )
    assert "titles: beans" in compared.differences[2].told
    assert "titles: peas" in compared.differences[2].wanted
    agency.dois.clear()
    assert await drifts(registered) == [Drift.UNKNOWN_THERE]
    assert await registered.database.read(ledger.get, 1) == before
    assert {call.method for call in agency.log[2:]} == {"GET"}, "the first two registered it; a comparison only reads"


async def test_wrong_credentials_pause_the_profile_and_say_no_secret(registered: House, agency: FakeDatacite) -> None:
    agency.mood = Mood.REFUSED
    with pytest.raises(Conflict, match="401") as refused:
        await registered.comparer.compare(1)
    assert "correct horse" not in str(refused.value)
    assert (await registered.database.read(profiles.get, "Our DOIs")).paused
    calls = len(agency.log)
    with pytest.raises(Conflict, match="401"):
        await registered.comparer.compare(1)
    assert len(agency.log) == calls, "a paused profile asks nobody"
    assert await blocked(registered) == [{"profile": "Our DOIs"}], "it is told, and once"


async def test_a_refusal_met_by_a_registration_at_the_same_moment_is_told_once(
    registered: House, agency: FakeDatacite, writer: Writer
) -> None:
    agency.mood = Mood.REFUSED
    await writer.publish("Beans")
    with pytest.raises(Conflict, match="401"):
        await registered.comparer.compare(1)
    await registered.worker.drain()
    assert await blocked(registered) == [{"profile": "Our DOIs"}]


async def test_an_agency_that_is_down_is_left_alone(
    registered: House, agency: FakeDatacite, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency.mood = Mood.DOWN
    for _ in range(gate.DOWN_AFTER):
        with pytest.raises(Unavailable, match="503"):
            await registered.comparer.compare(1)
    calls = len(agency.log)
    monkeypatch.setattr(calling, "LONGEST_WAIT", 0.0)
    with pytest.raises(Unavailable, match="does not answer"):
        await registered.comparer.compare(1)
    assert len(agency.log) == calls


async def test_it_waits_for_its_turn(
    registered: House, clock: SetClock, agency: FakeDatacite, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.pass_time(seconds=seconds)

    monkeypatch.setattr(calling.asyncio, "sleep", sleep)
    shelf = registered.agencies["datacite"]
    monkeypatch.setattr(type(shelf), "pace", lambda *_: Pace(60, 60.0, 2))
    begun = clock()
    for _ in range(10):
        await registered.comparer.compare(1)
    assert len(agency.log) == 12
    assert timedelta(seconds=8) <= clock() - begun <= timedelta(seconds=10), "one a second, but for the first two"


async def test_what_has_no_agency_to_ask_is_said_so(house: House, writer: Writer, agency: FakeDatacite) -> None:
    with pytest.raises(NotFound):
        await house.comparer.compare(1)
    await control.profile_set(house, control.ProfileSet(kind="reserve", name="Examples", values={"prefix": "10.5072"}))
    await writer.publish("peas")
    with pytest.raises(Invalid, match="no agency that can be asked"):
        await house.comparer.compare(1)
    await control.profile_enable(house, control.ProfileEnable(name="Examples", enabled=False))
    await set_profile(house, agency)
    await writer.publish("beans")
    await control.profile_enable(house, control.ProfileEnable(name="Our DOIs", enabled=False))
    with pytest.raises(Conflict, match="switched off"):
        await house.comparer.compare(2)


async def test_a_withdrawn_work_is_to_be_hidden(registered: House, writer: Writer, agency: FakeDatacite, clock: SetClock) -> None:
    entry = await registered.database.read(ledger.get, 1)
    assert entry is not None
    assert entry.record_id is not None
    await writer.withdraw(entry.record_id)
    assert await drifts(registered) == [Drift.STATE], "until the agency was told"
    await registered.worker.drain()
    assert await drifts(registered) == []
    assert agency.dois[FIRST].state == "registered"


async def test_what_may_not_be_sent_is_not_repaired_and_stays_registered(registered: House) -> None:
    """It would count as doubted for as long as somebody holds it, or the profile stands still."""
    house = registered
    entry = await house.database.read(ledger.get, 1)
    await house.database.write(holding.hold, 1, "Gregor asks for a day", OPERATOR, house.clock())
    assert "holds it: Gregor" in await house.database.write(again, house.agencies, 1, house.clock())
    await house.database.write(holding.release, 1, house.agencies, OPERATOR, house.clock())
    await house.worker.drain()
    await house.database.write(profiles.pause, entry.profile_id, "It refuses the account.")
    assert await house.database.write(again, house.agencies, 1, house.clock()) == "It refuses the account."
    await house.worker.drain()
    assert (await house.database.read(ledger.get, 1)).state is State.REGISTERED
