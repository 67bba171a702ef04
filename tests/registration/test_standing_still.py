"""What is changed while a profile stands still reaches its agency afterwards, and is counted until then."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import delete, select, update

from server import control
from server.house import House
from server.identifiers import alarms, ledger
from server.identifiers.model import State
from server.identifiers.tables import submissions
from server.jobs.model import JobState
from server.jobs.tables import jobs
from server.profiles import store as profiles
from tests.conftest import SetClock
from tests.fakes.datacite import FakeDatacite, Repository
from tests.fakes.datacite_schema import XSD
from tests.registration.test_compare import FIRST, set_profile
from tests.writers import Writer

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")


@pytest.fixture
async def agency() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(Repository())
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def writer(house: House, clock: SetClock) -> Writer:
    return Writer(house.database, house.press, clock)


@pytest.fixture
async def number(house: House, agency: FakeDatacite, writer: Writer) -> str:
    """The number of a work that is registered, and all that is quiet."""
    await set_profile(house, agency)
    await writer.publish("peas")
    await house.worker.drain()
    entry = await house.database.read(ledger.get, 1)
    assert entry is not None
    assert entry.record_id is not None
    assert entry.state is State.REGISTERED
    return entry.record_id


async def switch(house: House, *, enabled: bool) -> None:
    await control.profile_enable(house, control.ProfileEnable(name="Our DOIs", enabled=enabled))


async def stuck(house: House, clock: SetClock) -> dict[str, int]:
    return {state: count for state, (count, _) in (await house.database.read(alarms.waiting, clock())).items()}


async def test_an_edit_while_it_is_switched_off_is_counted_and_sent_once_it_is_on(
    house: House, number: str, writer: Writer, agency: FakeDatacite, clock: SetClock
) -> None:
    await switch(house, enabled=False)
    assert await stuck(house, clock) == {}
    await writer.revise(number, "Beans")
    await house.worker.drain()
    assert b"Beans" not in agency.dois[FIRST].xml
    assert await stuck(house, clock) == {"registered": 1}
    await switch(house, enabled=True)
    await house.worker.drain()
    assert b"Beans" in agency.dois[FIRST].xml
    assert await stuck(house, clock) == {}


async def test_a_withdrawal_while_it_is_paused_is_counted_and_sent_once_it_is_mended(
    house: House, number: str, writer: Writer, agency: FakeDatacite, clock: SetClock
) -> None:
    before = await house.database.read(ledger.get, 1)
    assert before is not None
    assert before.profile_id is not None
    await house.database.write(profiles.pause, before.profile_id, "401")
    await writer.withdraw(number)
    await house.worker.drain()
    assert (agency.dois[FIRST].state, await stuck(house, clock)) == ("findable", {"registered": 1})
    await set_profile(house, agency)
    await house.worker.drain()
    entry = await house.database.read(ledger.get, 1)
    assert entry is not None
    assert (agency.dois[FIRST].state, entry.state) == ("registered", State.WITHDRAWN)
    assert await stuck(house, clock) == {}


@pytest.mark.parametrize("deed", ["revise", "withdraw"])
async def test_what_no_job_is_left_of_is_found_by_what_was_confirmed(
    house: House, number: str, writer: Writer, agency: FakeDatacite, deed: str
) -> None:
    await switch(house, enabled=False)
    await (writer.revise(number, "Beans") if deed == "revise" else writer.withdraw(number))
    gone = delete(jobs).where(jobs.c.kind == "register")
    await house.database.write(lambda tx: tx.execute(gone) and None)
    await switch(house, enabled=True)
    await house.worker.drain()
    assert (agency.dois[FIRST].state == "registered", b"Beans" in agency.dois[FIRST].xml) == (
        deed == "withdraw",
        deed == "revise",
    )


async def test_another_account_has_confirmed_nothing_and_is_asked_about_all(
    house: House, number: str, agency: FakeDatacite
) -> None:
    assert number
    another = FakeDatacite(Repository("INST.OTHER"))
    await another.start()
    try:
        values = {"account_id": "INST.OTHER", "endpoint": another.url, "password": "correct horse"}
        await control.profile_set(house, control.ProfileSet(kind="datacite", name="Our DOIs", values=values))
        await house.worker.drain()
        assert another.dois[FIRST].state == "findable"
        calls = len(another.log)
        await control.profile_set(house, control.ProfileSet(kind="datacite", name="Our DOIs", values=values))
        await house.worker.drain()
        assert len(another.log) == calls, "the same one is not asked again"
    finally:
        await another.stop()


async def test_what_is_as_it_was_confirmed_is_not_asked_for(house: House, number: str, agency: FakeDatacite) -> None:
    assert number
    calls = len(agency.log)
    await switch(house, enabled=False)
    await switch(house, enabled=True)
    opened = select(jobs.c.id).where(jobs.c.kind == "register", jobs.c.state != JobState.DONE.value)
    assert await house.database.read(lambda tx: tx.execute(opened).all()) == []
    # Of what an earlier release sent it is not known which version it was: it is left as it is.
    await house.database.write(lambda tx: tx.execute(update(submissions).values(version=None)) and None)
    await switch(house, enabled=True)
    assert await house.database.read(lambda tx: tx.execute(opened).all()) == []
    assert len(agency.log) == calls
