"""The task that updates an agency: it reports of each identifier what the agency said, and changes nothing that agrees."""

from collections.abc import AsyncIterator

import pytest

from server import control
from server.audit.log import OPERATOR
from server.errors import Invalid, NotFound
from server.house import House
from server.identifiers import ledger
from server.identifiers.mint import REGISTER
from server.identifiers.update import Update
from server.jobs import queue
from server.jobs.model import JobState
from server.profiles import store as profiles
from server.runs import store
from server.runs.model import Outcome, Run, RunState
from tests.conftest import SetClock
from tests.fakes.datacite import FakeDatacite, Mood, Repository
from tests.fakes.datacite_schema import XSD
from tests.writers import Writer

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")


@pytest.fixture
async def agency() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(Repository())
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def registering(house: House, agency: FakeDatacite) -> House:
    values = {
        "prefix": "10.82433",
        "account_id": "INST.REPO",
        "password": "correct horse",
        "environment": "test",
        "endpoint": agency.url,
    }
    await control.profile_set(house, control.ProfileSet(kind="datacite", name="Our DOIs", values=values))
    return house


async def updated(house: House, **parameters: str) -> Run:
    given = Update(**({"profile": "Our DOIs"} | parameters))
    run = await house.database.write(store.start, house.tasks.get("update-doi-agency"), given, OPERATOR, house.clock())
    await house.worker.drain()
    return await house.database.read(store.get, run.id)


async def report(house: House, run: Run, outcome: Outcome) -> list[tuple[str, str]]:
    found = await house.database.read(store.items, run.id, outcome=outcome.value, limit=99)
    return [(item.subject.title, item.message) for item in found]


async def test_what_the_agency_does_not_know_is_sent_and_what_agrees_is_not(
    registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    writer = Writer(registering.database, registering.press, clock)
    for n in range(3):
        await writer.publish(f"peas {n}")
    await registering.database.write(queue.drop, REGISTER, "2")  # as if the request had been lost
    await registering.worker.drain()
    run = await updated(registering)
    assert run.profile_id == (await registering.database.read(profiles.get, "Our DOIs")).id
    assert (run.state, run.total, run.counts.changed) == (RunState.COMPLETED, 3, 1), "the queue itself did two"
    assert await report(registering, run, Outcome.CHANGED) == [("10.82433/00000002", "")]
    assert set(agency.dois) == {f"10.82433/{n:08}" for n in (1, 2, 3)}
    before = len(agency.log)
    assert (await updated(registering)).state is RunState.NO_EFFECT
    assert (await updated(registering, which="unconfirmed")).total == 0
    assert len(agency.log) == before


async def test_what_the_agency_says_stands_in_the_report(registering: House, agency: FakeDatacite, clock: SetClock) -> None:
    agency.mood = Mood.DOWN
    await Writer(registering.database, registering.press, clock).publish("peas")
    await registering.worker.drain()
    run = await updated(registering)
    assert run.state is RunState.WARNINGS, "it is asked again by itself"
    ((name, said),) = await report(registering, run, Outcome.WARNING)
    assert name == "10.82433/00000001"
    assert "503" in said
    agency.mood = Mood.REFUSED
    run = await updated(registering)
    assert run.state is RunState.FAILED
    assert await registering.database.read(queue.latest, REGISTER, "1") == (
        JobState.HELD,
        (await report(registering, run, Outcome.FAILED))[0][1],
    )
    agency.mood = Mood.WELL
    await control.profile_enable(registering, control.ProfileEnable(name="Our DOIs", enabled=True))
    assert (await updated(registering)).counts.changed <= 1
    entry = await registering.database.read(ledger.get, 1)
    assert entry.state == "registered"


async def test_what_somebody_else_asks_about_is_left_to_them(registering: House, clock: SetClock) -> None:
    await Writer(registering.database, registering.press, clock).publish("peas")
    assert await registering.database.write(queue.claim_this, REGISTER, "1", clock())
    run = await updated(registering)
    assert await report(registering, run, Outcome.WARNING) == [
        ("10.82433/00000001", "The agency is being asked about it at this moment.")
    ]


async def test_it_is_refused_for_profiles_without_an_agency(registering: House) -> None:
    await control.profile_set(registering, control.ProfileSet(kind="reserve", name="Examples", values={"prefix": "10.5072"}))
    with pytest.raises(Invalid, match="registers no DOIs"):
        await updated(registering, profile="Examples")
    with pytest.raises(NotFound):
        await updated(registering, profile="Nobody's")
