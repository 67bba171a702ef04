"""All records are rendered again on request: harvesters are shown what differs, and nothing else moves."""

import pytest
from sqlalchemy import select, update

from server.app import open_house
from server.audit.log import OPERATOR
from server.house import House
from server.records.tables import feed, fragments
from server.runs import store
from server.runs.model import Run, RunState
from server.runs.task import Nothing
from server.settings import Settings
from tests.conftest import SetClock
from tests.rendering.test_rendering import ELSEWHERE, moved
from tests.writers import Writer


async def again(house: House) -> Run:
    run = await house.database.write(store.start, house.tasks.get("render-again"), Nothing(), OPERATOR, house.clock())
    await house.worker.drain()
    return await house.database.read(store.get, run.id)


@pytest.fixture
async def numbers(house: House, clock: SetClock) -> list[str]:
    writer = Writer(house.database, house.press, clock)
    found = [await writer.publish(f"work {n}") for n in range(4)]
    await writer.withdraw(found[2])
    return found


async def live(house: House) -> list[tuple[int, str]]:
    query = select(feed.c.seq, feed.c.record_id).where(feed.c.superseded.is_(None)).order_by(feed.c.seq)
    return await house.database.read(lambda tx: [tuple(row) for row in tx.execute(query)])


async def test_what_is_as_it_was_does_not_move(house: House, numbers: list[str]) -> None:
    before = await live(house)
    run = await again(house)
    assert (run.state, run.total, run.counts.unchanged) == (RunState.NO_EFFECT, 4, 4)
    assert await live(house) == before


async def test_what_comes_out_otherwise_is_shown(house: House, numbers: list[str]) -> None:
    """An older release rendered one of them otherwise."""
    before = await live(house)
    key = next(seq for seq, number in before if number == numbers[1])
    spoiled = update(fragments).where(fragments.c.key % (1 << 44) == key).values(body=b"<record>old</record>")
    await house.database.write(lambda tx: tx.execute(spoiled) and None)
    run = await again(house)
    assert (run.state, run.counts.changed, run.counts.unchanged) == (RunState.COMPLETED, 1, 3)
    (item,) = await house.database.read(store.items, run.id, outcome="changed", limit=9)
    assert (item.subject.id, item.subject.title, item.subject.href) == (numbers[1], "work 1", f"/items/{numbers[1]}")
    after = await live(house)
    assert [number for _, number in after] == [*(number for _, number in before if number != numbers[1]), numbers[1]]
    assert (await again(house)).state is RunState.NO_EFFECT


async def test_a_process_with_old_settings_leaves_it_to_another(settings: Settings, clock: SetClock) -> None:
    async with open_house(settings, clock=clock) as house:
        await Writer(house.database, house.press, clock).publish("peas")
        there = moved(settings, base_url=ELSEWHERE, repository_identifier="repository.example.org")
        if settings.is_sqlite:
            return  # one process owns it
        async with open_house(there, clock=clock) as other:
            run = await again(house)
            assert run.state is RunState.RUNNING
            await other.worker.drain()
            clock.pass_time(minutes=1)
            await other.worker.drain()
            assert (await other.database.read(store.get, run.id)).state is RunState.NO_EFFECT, "the move rendered it already"
