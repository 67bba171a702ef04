"""Every call counts: the gate before an agency knows of each request that reached it, and no more are under way than lines."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Protocol

import pytest
from sqlalchemy import select

from server import control
from server.house import House
from server.identifiers import ledger
from server.identifiers.agencies.datacite import DataciteClient
from server.identifiers.model import State
from server.identifiers.tables import gates
from tests.conftest import Deposit, SetClock
from tests.fakes.crossref import FakeCrossref
from tests.fakes.datacite import FakeDatacite, Repository
from tests.fakes.datacite_schema import XSD
from tests.fakes.handle import FakeHandleServer

PREFIX, SECRET = "10.82433", "correct horse"

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="the stand-ins need the schemas of SHEAF_SHARED")


class Fake(Protocol):
    url: str
    log: list[Any]

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


MAKES = {
    "datacite": lambda: FakeDatacite(Repository()),
    "crossref": FakeCrossref,
    "handle": lambda: FakeHandleServer(secret=SECRET),
}
VALUES: dict[str, dict[str, object]] = {
    "datacite": {"prefix": PREFIX, "account_id": "INST.REPO", "password": SECRET},
    "crossref": {
        "prefix": PREFIX, "account_id": "role", "password": SECRET, "registration_name": "Abbey of St Thomas",
        "email": "library@example.org", "repository_name": "Garden notes",
    },
    "handle": {"prefix": "10536/DRO/", "suffix": "DU:", "administrator": "300:0.NA/10536", "secret": SECRET},
}  # fmt: skip


@pytest.fixture(params=MAKES)
async def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def agency(kind: str) -> AsyncIterator[Fake]:
    fake: Any = MAKES[kind]()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def registering(house: House, kind: str, agency: Fake) -> House:
    where = {"server" if kind == "handle" else "endpoint": agency.url, "environment": "test"}
    await control.profile_set(house, control.ProfileSet(kind=kind, name="Ours", values=VALUES[kind] | where))
    return house


async def charged(house: House, kind: str, clock: SetClock) -> float:
    """Return how many calls the gate knows of that were made at this moment."""
    due = await house.database.read(lambda tx: tx.execute(select(gates.c.next)).scalar_one())
    pace = house.agencies[kind].pace("test")
    return (due - clock()) / timedelta(seconds=pace.seconds / pace.calls)


async def test_each_request_is_counted_for_a_new_name_a_changed_work_and_a_comparison(
    deposit: Deposit, registering: House, kind: str, agency: Fake, clock: SetClock
) -> None:
    number = await deposit(type="Dataset")
    await registering.worker.drain()
    assert len(agency.log) >= 2
    assert await charged(registering, kind, clock) == pytest.approx(len(agency.log))
    clock.pass_time(hours=2)
    await registering.worker.drain()  # a queue is asked what became of it
    clock.pass_time(hours=2)
    [entry] = await registering.database.read(ledger.of_record, number)
    assert entry.state is State.REGISTERED
    before = len(agency.log)
    await registering.database.write(ledger.doubt, entry, "It is to be sent again.", clock())
    assert await registering.worker.do("register", str(entry.id))
    assert len(agency.log) > before
    assert await charged(registering, kind, clock) == pytest.approx(len(agency.log) - before)
    await registering.comparer.compare(entry.id)
    assert await charged(registering, kind, clock) == pytest.approx(len(agency.log) - before)


@pytest.mark.parametrize("kind", ["datacite"])
async def test_agencies_are_spoken_to_over_so_many_lines_while_others_are_made_ready(
    deposit: Deposit, registering: House, agency: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way, most, ready = 0, 0, 0
    agree = DataciteClient.agree

    async def seen(self: DataciteClient, *what: Any) -> Any:
        nonlocal under_way, most, ready
        under_way += 1
        most = max(most, under_way)
        counts = await registering.database.read(ledger.counts)
        ready = max(ready, counts.get(State.SUBMITTED, 0))
        await asyncio.sleep(0.05)
        under_way -= 1
        return await agree(self, *what)

    monkeypatch.setattr(DataciteClient, "agree", seen)
    for number in range(12):
        await deposit(type="Dataset", title=f"Peas, row {number}")
    task = asyncio.create_task(registering.worker.run())
    async with asyncio.timeout(10):
        while (await registering.database.read(ledger.counts)).get(State.REGISTERED, 0) < 12:
            await asyncio.sleep(0.02)
    await registering.worker.stop()
    await task
    assert most == registering.settings.workers == 4
    assert ready > most
