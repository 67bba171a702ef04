"""An agency is away for ten minutes while works keep coming: hardly anybody calls it, and afterwards all is registered at its pace."""

import os
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select
from ulid import ULID

from server import control, publishing
from server.house import House
from server.identifiers import gate, ledger
from server.identifiers.agencies import datacite
from server.identifiers.mint import REGISTER
from server.identifiers.model import State
from server.jobs.tables import OPEN, jobs
from server.publishing import Press
from server.records.model import Agent, Dates, Record, Text
from server.records.store import New
from server.records.store import State as WorkState
from tests.conftest import SetClock
from tests.fakes.datacite import FakeDatacite, Mood, Repository
from tests.fakes.datacite_schema import XSD

#: So many works; the run before a release has 10,000.
WORKS = int(os.environ.get("SHEAF_TEST_OUTAGE") or 80)
OUTAGE = timedelta(minutes=10)
MOST_CALLS = 50
PREFIX = "10.82433"

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")


@pytest.fixture
async def agency() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(Repository())
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def registering(house: House, agency: FakeDatacite) -> House:
    values = {"prefix": PREFIX, "account_id": "INST.REPO", "password": "correct horse", "environment": "test"}
    await control.profile_set(house, control.ProfileSet(kind="datacite", name="DOIs", values=values | {"endpoint": agency.url}))
    return house


def publish(tx: Connection, press: Press, count: int, now: datetime) -> None:
    """Publish works; each gets a DOI and asks for its registration."""
    for number in range(count):
        creator, dates = Agent(family="Mendel", given="Gregor"), Dates(issued="1866")
        record = Record(type="dataset.dataset", title=Text(value=f"Peas, row {number}"), creators=(creator,), dates=dates)
        new = New(str(ULID()), record, "works", WorkState.PUBLISHED)
        publishing.publish(tx, press, new, publishing.prepare(press, new.id, record, now), now)


def due(tx: Connection) -> datetime | None:
    """When the next job is due."""
    return tx.execute(select(func.min(jobs.c.due)).where(OPEN, jobs.c.kind == REGISTER)).scalar()


@pytest.mark.timeout(120 + WORKS // 5)
async def test_an_outage_costs_few_calls_and_afterwards_all_is_registered_at_the_allowed_rate(
    registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    house, begun = registering, clock()
    agency.mood = Mood.DOWN
    for at in range(0, WORKS, 500):
        await house.database.write(publish, house.press, min(500, WORKS - at), clock())
    while (moment := await house.database.read(due)) is not None and moment < begun + OUTAGE:
        clock.moment = max(clock.moment, moment)
        await house.worker.drain()
    called = len(agency.log)
    assert called < MOST_CALLS
    assert [each.calls >= gate.DOWN_AFTER for each in await house.database.read(gate.outages)] == [True]
    clock.moment, agency.mood = begun + OUTAGE, Mood.WELL
    while (moment := await house.database.read(due)) is not None:
        clock.moment = max(clock.moment, moment)
        await house.worker.drain()
    counts = await house.database.read(ledger.counts)
    assert counts == {State.REGISTERED: WORKS}
    assert {doi.state for doi in agency.dois.values()} == {"findable"}
    assert len(agency.dois) == WORKS
    assert await house.database.read(gate.outages) == []
    pace = datacite.PACES["test"]
    lasted, interval = (clock() - begun - OUTAGE).total_seconds(), pace.seconds / pace.calls
    print(
        f"{WORKS} works, {called} calls in {OUTAGE}, then {2 * WORKS / lasted:.2f} calls a second where {pace.calls / pace.seconds} are allowed"
    )
    calls = len(agency.log) - called
    assert calls == 2 * WORKS, "each is looked at once, and sent once"
    assert (calls - pace.burst) * interval * 0.9 <= lasted
    assert lasted <= calls * interval * 1.1 + gate.LONGEST_PAUSE.total_seconds(), "after the moment when it was tried again"
