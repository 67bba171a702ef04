"""A DOI another system made under our prefix is never written over: it is looked at before the first write."""

from collections.abc import AsyncIterator

import pytest

from server.audit.log import OPERATOR
from server.house import House
from server.identifiers import holding, ledger
from server.identifiers.ledger import Entry
from server.identifiers.model import State
from tests.conftest import SetClock
from tests.fakes.datacite import Doi, FakeDatacite, Mood, Repository
from tests.fakes.datacite_schema import XSD
from tests.registration.test_compare import FIRST, set_profile
from tests.writers import Writer

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")
THEIRS = "https://old.example.net/thesis/1"


@pytest.fixture
async def agency() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(Repository())
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def writer(house: House, clock: SetClock) -> Writer:
    return Writer(house.database, house.press, clock)


async def only(house: House) -> Entry:
    entry = await house.database.read(ledger.get, 1)
    assert entry is not None
    return entry


@pytest.mark.parametrize("state", ["findable", "registered", "draft"])
async def test_a_doi_that_leads_elsewhere_is_left_as_it_is_and_said_so(
    house: House, agency: FakeDatacite, writer: Writer, clock: SetClock, state: str
) -> None:
    await set_profile(house, agency)
    agency.dois[FIRST] = Doi(FIRST, "INST.REPO", state, {"url": THEIRS})
    await writer.publish("peas")
    agency.moods.append(Mood.DOWN)  # the first look fails: nothing may be sent blindly after it
    for _ in range(3):
        await house.worker.drain()
        clock.pass_time(days=1)
    entry = await only(house)
    assert entry.state is State.REJECTED
    assert f"leads to {THEIRS}" in (entry.message or "")
    assert "Raise the suffix starting number" in (entry.message or "")
    assert agency.dois[FIRST].attributes == {"url": THEIRS}
    assert {call.method for call in agency.log} == {"GET"}
    # Led here at the agency, it is ours.
    agency.dois[FIRST].attributes["url"] = f"https://repository.example.org/items/{entry.record_id}"
    await house.database.write(holding.retry, 1, house.agencies, OPERATOR, clock())
    await house.worker.drain()
    after = await only(house)
    assert (after.state, after.message) == (State.REGISTERED, None)


async def test_a_draft_that_leads_nowhere_is_ours_and_a_new_name_is_one_look_more(
    house: House, agency: FakeDatacite, writer: Writer, clock: SetClock
) -> None:
    await set_profile(house, agency)
    agency.dois[FIRST] = Doi(FIRST, "INST.REPO", "draft")
    await writer.publish("peas")
    await house.worker.drain()
    entry = await only(house)
    assert entry.state is State.REGISTERED
    assert [call.method for call in agency.log] == ["GET", "PUT"]
    assert entry.record_id is not None
    clock.pass_time(seconds=60)
    await writer.revise(entry.record_id, "Beans")
    await house.worker.drain()
    assert [call.method for call in agency.log] == ["GET", "PUT", "PUT"], "what it confirmed once is ours"


async def test_an_answer_that_was_lost_makes_it_no_other(
    house: House, agency: FakeDatacite, writer: Writer, clock: SetClock
) -> None:
    await set_profile(house, agency)
    await writer.publish("peas")
    agency.moods.extend([Mood.WELL, Mood.GARBAGE])
    await house.worker.drain()
    assert (await only(house)).state is State.SUBMITTED
    clock.pass_time(days=1)
    await house.worker.drain()
    assert (await only(house)).state is State.REGISTERED
