"""DOIs that no agency knows: a set that has them is left as it is, and an agency's profile takes them over as is said."""

from collections.abc import AsyncIterator

import pytest

from server import control
from server.house import House
from server.identifiers import ledger
from server.identifiers.mint import REGISTER
from server.identifiers.model import State
from server.identifiers.register_set import RegisterSet
from server.jobs import queue
from server.records import lists
from server.runs import store as runs
from server.runs.model import Outcome, RunState
from tests.conftest import SetClock
from tests.fakes.datacite import FakeDatacite, Repository
from tests.fakes.datacite_schema import XSD
from tests.registration import drifted as scene
from tests.registration.drifted import PREFIX, set_profile
from tests.writers import Writer

needs_schema = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")


@pytest.fixture
async def agency() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(Repository())
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def work(house: House, clock: SetClock) -> str:
    """A published work with a reserved DOI, of a profile with no agency."""
    await control.profile_set(house, control.ProfileSet(kind="reserve", name="Ours", values={"prefix": PREFIX}))
    return await Writer(house.database, house.press, clock).publish("Peas")


async def said(house: House) -> str:
    spec = next(spec for spec in await house.database.read(lists.all_sets) if spec)
    run = await scene.run(house, "register-set", RegisterSet(set=spec))
    (item,) = await house.database.read(runs.items, run.id, limit=9)
    assert (run.state, item.outcome) == (RunState.NO_EFFECT, Outcome.UNCHANGED)
    return item.message


async def test_what_is_only_reserved_is_left_as_it_is(house: House, work: str) -> None:
    assert "is reserved only: 'Ours' has no agency." in await said(house)
    await control.profile_delete(house, control.ProfileName(name="Ours"))
    assert "is of a profile that is deleted" in await said(house)
    assert await house.database.read(queue.waiting) == {}


async def test_a_job_that_was_left_behind_comes_to_its_end(house: House, work: str, clock: SetClock) -> None:
    (entry,) = await house.database.read(ledger.of_record, work)
    await house.database.write(queue.enqueue, REGISTER, str(entry.id), clock())
    await house.worker.drain()
    assert await house.database.read(queue.waiting) == {}


@needs_schema
@pytest.mark.parametrize("before", [True, False])
async def test_an_agency_takes_them_over_once_their_profile_is_deleted(
    house: House, agency: FakeDatacite, work: str, before: bool
) -> None:
    if before:
        await set_profile(house, agency)
        await house.worker.drain()
    assert agency.dois == {}
    await control.profile_delete(house, control.ProfileName(name="Ours"))
    if before:
        for enabled in (False, True):
            await control.profile_enable(house, control.ProfileEnable(name="Our DOIs", enabled=enabled))
    else:
        await set_profile(house, agency)
    await house.worker.drain()
    (entry,) = await house.database.read(ledger.of_record, work)
    assert (entry.state, list(agency.dois)) == (State.REGISTERED, [entry.value])
