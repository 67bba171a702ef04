"""Uses that were given up are told again by their days: a run that reports on each."""

from datetime import date

import pytest

from server.audit.log import OPERATOR
from server.errors import Conflict, Invalid
from server.house import House
from server.runs import store as runs
from server.runs.model import RunState
from server.usage.irus import outbox
from server.usage.irus.again import NAME, Again
from server.usage.irus.outbox import REFUSALS
from tests.conftest import SetClock
from tests.fakes.irus import FakeIrus
from tests.usage.irus.conftest import Use, balance, deliver, rows


async def run(house: House, **fields: object) -> RunState:
    task = house.tasks.get(NAME)
    begun = await house.database.write(runs.start, task, Again(**fields), OPERATOR, house.clock())
    await house.worker.drain()
    return (await house.database.read(runs.get, begun.id)).state


@pytest.mark.usefixtures("profile")
async def test_what_was_refused_on_some_days_is_told_again_with_its_own_time(
    house: House, irus: FakeIrus, use: Use, clock: SetClock
) -> None:
    irus.refuses = {f"203.0.0.{n}" for n in range(1, 6)}
    await use(2)
    clock.pass_time(days=1)
    second = clock()
    await use(3)
    for _ in range(REFUSALS):
        await use()
        await deliver(house, clock, hours=2)
    assert (await balance(house))["row dead"] == 5
    irus.refuses, irus.messages = set(), []
    day = second.date()
    assert await run(house, begin=day, end=day) is RunState.COMPLETED
    assert {it.at for it in irus.messages} == {second.replace(microsecond=0)}
    assert (await balance(house))["acknowledged"] == REFUSALS + 3
    assert await run(house, begin=day, end=day) is RunState.NO_EFFECT
    assert len(irus.messages) == 3


@pytest.mark.usefixtures("profile")
async def test_what_may_have_arrived_is_told_again_only_where_that_is_wanted(
    house: House, irus: FakeIrus, use: Use, clock: SetClock
) -> None:
    await use(2)
    await house.database.write(outbox.begin, 2, "m" * 26, clock())
    await house.worker.drain()
    day = clock().date()
    assert await run(house, begin=day, end=day) is RunState.NO_EFFECT
    assert await run(house, begin=day, end=day, unsure=True) is RunState.COMPLETED
    assert len(irus.messages) == 2
    assert await rows(house) == []


async def test_a_run_needs_a_profile_and_days_in_order(house: House) -> None:
    task = house.tasks.get(NAME)
    with pytest.raises(Invalid, match="before the first"):
        await house.database.read(task.profile, Again(begin=date(2026, 2, 1), end=date(2026, 1, 1)))
    with pytest.raises(Conflict, match="no profile"):
        await house.database.read(task.profile, Again(begin=date(2026, 1, 1), end=date(2026, 1, 1)))
