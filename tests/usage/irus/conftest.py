"""What the tests of IRUS share: a house that may speak to this machine, a stand-in for IRUS, and a profile that leads there."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from server.audit.log import Actor
from server.house import House
from server.profiles import keeping
from server.profiles.model import Naming, Profile
from server.settings import Settings
from server.usage.irus import outbox
from server.usage.irus.definition import KIND, Irus
from server.usage.irus.tables import days, events
from server.usage.model import Hit
from server.usage.noting import keep
from tests.conftest import SetClock
from tests.fakes.irus import FakeIrus
from tests.items.test_pages import publish
from tests.items.works import RICH, kept

MARIE = Actor("curie", 1)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, private_targets="127.0.0.0/8")


@pytest.fixture
async def irus() -> AsyncIterator[FakeIrus]:
    opened = FakeIrus()
    await opened.start()
    yield opened
    await opened.stop()


async def agree(house: House, **fields: Any) -> Profile:
    """Make the profile, or give it other settings, as an administrator does."""
    keeper = house.keeper
    found = [each for each in keeper.live.every() if each.kind == KIND]
    if not found:
        wanted = Irus(**({"consent": True} | fields))
        return await keeper.do(keeping.make, keeper.desk, keeper.kinds[KIND], Naming(profile_name="IRUS"), wanted, MARIE)
    before = msgspec.convert(found[0].document, Irus)
    wanted = msgspec.structs.replace(before, **fields)
    return await keeper.do(keeping.change, keeper.desk, found[0].id, Naming(profile_name="IRUS"), wanted, MARIE)


@pytest.fixture
async def number(house: House) -> str:
    return await publish(house, kept(house, RICH))


@pytest.fixture
async def profile(house: House, irus: FakeIrus) -> Profile:
    return await agree(house, endpoint=irus.url)


Use = Callable[..., Awaitable[None]]


@pytest.fixture
def use(house: House, clock: SetClock, number: str) -> Use:
    """Note so many uses of the work, each by somebody else."""
    made = iter(range(10**6))

    async def used(many: int = 1, **fields: Any) -> None:
        hits = []
        for _ in range(many):
            n = next(made)
            known = {"file": "", "address": f"203.0.{n // 250}.{n % 250 + 1}", "agent": "Firefox", "cookie": ""} | fields
            hits.append(Hit(clock(), number, **known))
        told = house.keeper.live.of(KIND)
        settings = told[0].settings if told and not told[0].settings.obstacle(clock()) else None
        await house.database.write(keep, hits, (), clock(), settings)

    return used


async def balance(house: House) -> dict[str, int]:
    """What became of all uses: by what is counted, and the rows that are left by their state."""

    def read(tx: Any) -> dict[str, int]:
        found = dict(tx.execute(select(days.c.what, func.sum(days.c.events)).group_by(days.c.what)).all())
        rows = dict(tx.execute(select(events.c.state, func.count()).group_by(events.c.state)).all())
        return {name: int(found.get(name, 0)) for name in outbox.What} | {f"row {state}": n for state, n in rows.items()}

    found = await house.database.read(read)
    ended = found["acknowledged"] + found["dropped"] + found["dead"] + sum(n for name, n in found.items() if name[:4] == "row ")
    assert found["countable"] == ended, found
    return {name: n for name, n in found.items() if n}


async def rows(house: House) -> list[Any]:
    return await house.database.read(lambda tx: tx.execute(select(events).order_by(events.c.id)).all())


async def deliver(house: House, clock: SetClock, **most: float) -> None:
    """Let the worker work for some time, in steps of it, until nothing is left."""
    end = clock().timestamp() + sum(n * {"seconds": 1, "hours": 3600, "days": 86400}[name] for name, n in most.items())
    await house.worker.drain()
    while clock().timestamp() < end and any(row.state == "waiting" for row in await rows(house)):
        clock.pass_time(minutes=10)
        await house.worker.drain()
