"""Schedules begin runs once, catch up once, and say in words when they come."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from server.audit.tables import audit
from server.db.engine import Database
from server.errors import Invalid, NotFound
from server.runs import schedule, store
from server.runs.model import RunState
from server.runs.store import Wanted
from tests.runs.allotment import MENDEL, Allotment, Watering


async def add(plot: Allotment, cron: str = "0 2 * * *", **parameters: int) -> int:
    given = Watering(**parameters)
    return await plot.database.write(schedule.add, plot.tasks.get("water"), given, cron, MENDEL, plot.clock())


async def begin(plot: Allotment) -> int:
    begun = await schedule.begin_due(plot.database, plot.tasks, plot.clock)
    await plot.worker.drain()
    return begun


async def ended(database: Database) -> list[RunState]:
    return [run.state for run in await database.read(store.ended, Wanted(), 99)]


@pytest.mark.parametrize(
    ("cron", "words"),
    [(cron, words) for cron, words in schedule.CHOICES.items()]
    + [("30 6 * * 1", "at 06:30 on Monday"), ("*/15 * * * *", "every 15th minute of every hour")],
)
def test_a_cron_line_is_said_in_plain_language(cron, words):
    assert schedule.said(schedule.checked(cron)) == words


@pytest.mark.parametrize(
    "cron", ["", "nonsense", "* * * *", "0 0 0 2 * *", "61 * * * *", "0 0 31 2 *", "@daily", "0 2 * * * ; rm", "*" * 200]
)
def test_what_is_no_cron_line_is_refused_with_an_example(cron):
    with pytest.raises(Invalid) as caught:
        schedule.checked(cron)
    assert caught.value.place == "cron"
    assert "30 2 * * 1" in caught.value.remedy


def test_the_next_moments_are_shown():
    start = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
    assert schedule.moments("0 3 1 * *", start, 3) == [datetime(2026, month, 1, 3, tzinfo=UTC) for month in (4, 5, 6)]


async def test_a_schedule_begins_a_run_each_time_and_no_more(plot: Allotment) -> None:
    number = await add(plot, beds=3)
    assert await begin(plot) == 0
    plot.clock.moment = datetime(2026, 3, 15, 2, tzinfo=UTC)
    assert await begin(plot) == 1
    assert await begin(plot) == 0
    found = await plot.database.read(schedule.get, number)
    assert (found.last, found.next) == (plot.clock(), datetime(2026, 3, 16, 2, tzinfo=UTC))
    run = await plot.database.read(store.get, found.run_id)
    assert (run.state, run.schedule_id, run.actor.name, run.counts.changed) == (RunState.COMPLETED, number, "schedule", 3)


async def test_missed_times_are_caught_up_once(plot: Allotment) -> None:
    await add(plot, "0 * * * *")
    plot.clock.pass_time(days=9)
    assert [await begin(plot), await begin(plot)] == [1, 0]


async def test_many_who_look_begin_it_once(plot: Allotment) -> None:
    number = await add(plot)
    plot.clock.pass_time(days=1)
    ticks = [plot.database.write(schedule.tick, plot.tasks, number, plot.clock()) for _ in range(8)]
    assert sum(run is not None for run in await asyncio.gather(*ticks)) == 1
    assert len(await plot.database.read(store.going_on)) == 1


async def test_a_pause_is_not_caught_up(plot: Allotment) -> None:
    number = await add(plot)
    await plot.database.write(schedule.enable, number, MENDEL, plot.clock(), enabled=False)
    plot.clock.pass_time(days=9)
    assert await begin(plot) == 0
    await plot.database.write(schedule.enable, number, MENDEL, plot.clock(), enabled=True)
    assert await begin(plot) == 0
    plot.clock.pass_time(days=1)
    assert await begin(plot) == 1


async def test_what_cannot_be_begun_stands_with_the_reason_and_hinders_no_other(plot: Allotment) -> None:
    number = await add(plot, beds=3)
    other = await add(plot, beds=2)
    values = {"parameters": '{"garden": 13}'}  # its profile was deleted, say
    await plot.database.write(_spoil, number, values)
    plot.clock.pass_time(days=1)
    assert await begin(plot) == 1
    found = await plot.database.read(schedule.get, number)
    assert found.problem == "Nobody waters there."
    assert found.next is not None
    assert found.next > plot.clock()
    assert (await plot.database.read(schedule.get, other)).problem == ""
    with pytest.raises(Invalid):
        await plot.database.write(schedule.run_now, plot.tasks, number, MENDEL, plot.clock())


async def test_a_schedule_is_changed_run_at_once_and_deleted(plot: Allotment) -> None:
    number, task = await add(plot), plot.tasks.get("water")
    await plot.database.write(schedule.change, number, task, Watering(beds=2), "0 3 1 * *", MENDEL, plot.clock())
    (found,) = await plot.database.read(schedule.every)
    assert (found.cron, found.next) == ("0 3 1 * *", datetime(2026, 4, 1, 3, tzinfo=UTC))
    assert task.decode(found.parameters) == Watering(beds=2)
    await plot.database.write(schedule.run_now, plot.tasks, number, MENDEL, plot.clock())
    await plot.worker.drain()
    assert await ended(plot.database) == [RunState.COMPLETED]
    await plot.database.write(schedule.enable, number, MENDEL, plot.clock(), enabled=False)
    await plot.database.write(schedule.change, number, task, Watering(beds=3), "0 2 * * *", MENDEL, plot.clock())
    assert (await plot.database.read(schedule.get, number)).next is None
    await plot.database.write(schedule.remove, number, MENDEL, plot.clock())
    assert await plot.database.read(schedule.every) == []
    with pytest.raises(NotFound):
        await plot.database.write(schedule.remove, number, MENDEL, plot.clock())
    deeds = await plot.database.read(lambda tx: list(tx.execute(select(audit.c.deed).order_by(audit.c.id)).scalars()))
    changed = ["schedule.changed", "run.started", "schedule.paused", "schedule.changed", "schedule.deleted"]
    assert deeds == ["schedule.added", *changed]


async def test_schedules_are_kept_while_the_database_is_away(
    plot: Allotment, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("server.runs.schedule.PAUSE", 0.01)
    number = await add(plot)
    plot.clock.pass_time(days=1)
    await plot.database.close()
    task = asyncio.create_task(schedule.keep_schedules(plot.database, plot.tasks, plot.clock))
    async with asyncio.timeout(5):
        while caplog.text.count("could not look at the schedules") < 2:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert number
    assert timedelta(seconds=schedule.PAUSE) < timedelta(seconds=1)


def _spoil(tx, number, values):
    tx.execute(schedule.schedules.update().where(schedule.schedules.c.id == number).values(values))
