"""All records are rendered again on request: harvesters are shown what differs, and nothing else moves."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, select, update

from server.app import open_house
from server.audit.log import OPERATOR
from server.house import House
from server.metadata.work import Work
from server.records import changes, held
from server.records.tables import feed, fragments
from server.rendering import MEND, Corrected
from server.runs import store
from server.runs.model import Run, RunState
from server.runs.task import Nothing
from server.settings import Settings
from tests.conftest import SetClock
from tests.rendering.test_rendering import ELSEWHERE, moved
from tests.writers import Writer


async def again(house: House, *formats: str) -> Run:
    run = await house.database.write(
        store.start, house.tasks.get("render-again"), Corrected(formats=formats), OPERATOR, house.clock()
    )
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


async def test_a_corrected_crosswalk_shows_what_is_given_in_that_format(house: House, numbers: list[str]) -> None:
    before = await live(house)
    run = await again(house, "datacite")
    assert (run.counts.changed, run.counts.unchanged) == (3, 1), "the withdrawn one is a tombstone in every format"
    assert [seq for seq, _ in await live(house)] > [seq for seq, _ in before]


async def test_what_can_be_written_at_last_is_shown_with_a_new_stamp(house: House, numbers: list[str], clock: SetClock) -> None:
    number = house.press.renderer.ids["datacite"]
    await house.database.write(changes.hold, numbers[0], number, "ValueError: no such year", clock())
    sound = house.press.renderer.formats["datacite"]

    def fails(_work: Work) -> str:
        raise ValueError("still none")

    house.press.renderer.formats["datacite"] = replace(sound, write=fails)
    run = await mended(house)
    assert (run.counts.failed, run.counts.changed) == (1, 0)
    (item,) = await house.database.read(store.items, run.id, outcome="failed", limit=9)
    assert "still none" in item.message
    house.press.renderer.formats["datacite"] = sound
    assert (await mended(house)).counts.changed == 1
    assert (await live(house))[-1][1] == numbers[0]
    assert await house.database.read(held.count) == 0
    assert numbers[0] in dict(await house.database.read(in_format, number))


async def mended(house: House) -> Run:
    run = await house.database.write(store.start, house.tasks.get(MEND), Nothing(), OPERATOR, house.clock())
    await house.worker.drain()
    return await house.database.read(store.get, run.id)


def in_format(tx: Connection, number: int) -> list[tuple[str, int]]:
    query = select(feed.c.record_id, feed.c.seq).where(feed.c.formats.op("&")(1 << number) != 0, feed.c.superseded.is_(None))
    return [tuple(row) for row in tx.execute(query)]
