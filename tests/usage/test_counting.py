"""Hours become months: what a slow reference counts is what the tables say, whatever the order of hours and jobs."""

import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import func, select

from server.house import House
from server.jobs.model import Done, Job, Later, More
from server.records.model import Dates
from server.usage import counting
from server.usage.counting import Count, count
from server.usage.definition import Counting
from server.usage.model import Hit
from server.usage.noting import keep
from server.usage.sessions import Limits
from server.usage.tables import clicks, months, salts, suspects
from tests.conftest import SetClock
from tests.items.test_pages import publish
from tests.items.works import RICH
from tests.usage.hits import left_out
from tests.usage.reference import Event, Figures, counted, events

ITEMS = [f"01J0000000000000000000000{letter}" for letter in "ABC"]


async def write_down(house: House, found: list[Event], size: int = 500) -> None:
    """Write events down as they came in, second after second."""
    for start in range(0, len(found), size):
        hits = [Hit(it.at, it.item, it.file, f"203.0.113.{it.user}", "Firefox", "") for it in found[start : start + size]]
        await house.database.write(keep, hits, (), found[start].at)


async def use(house: House) -> dict[tuple[str, str], Figures]:
    figures = [func.sum(months.c[name]) for name in counting._FIGURES]
    query = select(months.c.record_id, months.c.month, *figures).group_by(months.c.record_id, months.c.month)
    rows = await house.database.read(lambda tx: tx.execute(query).all())
    return {(row[0], row[1]): tuple(int(each) for each in row[2:]) for row in rows}


async def count_until(house: House, edge: datetime) -> None:
    while await house.database.write(count, edge, Limits()):
        pass


async def test_random_events_are_counted_as_the_reference_counts_them(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "SLICE", 300)
    begin, chance = datetime(2026, 1, 30, tzinfo=UTC), random.Random(51)
    found = events(chance, 5000, begin, timedelta(days=4), 12, ITEMS)
    await write_down(house, found)
    for hour in range(0, 104, 7):  # a worker that was away for some hours
        await count_until(house, begin + timedelta(hours=hour))
    expected = counted(found)
    assert await use(house) == expected
    assert len({month for _, month in expected}) == 2
    dropped = await left_out(house)
    assert sum(figures[0] for figures in expected.values()) + sum(dropped.values()) == len(found)
    assert await house.database.read(lambda tx: tx.execute(select(func.count()).select_from(clicks)).scalar_one()) == 0


async def test_a_double_click_at_midnight_is_one_use_although_the_salt_changes(house: House) -> None:
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    found = [Event(midnight + timedelta(seconds=second), 1, ITEMS[0], "") for second in (-40, -15, 10, 35, 70)]
    await write_down(house, found)
    for hour in range(3):
        await count_until(house, midnight + timedelta(hours=hour))
    assert await use(house) == counted(found) == {(ITEMS[0], "2026-03"): (2, 1, 0, 0)}


async def test_a_work_under_embargo_is_controlled_until_its_day(house: House) -> None:
    record = msgspec.structs.replace(RICH, access="embargoed", dates=Dates(issued="2026", embargo_until="2026-03-10"))
    number = await publish(house, record, ITEMS[1])
    noon = datetime(2026, 3, 9, 12, tzinfo=UTC)
    await write_down(house, [Event(noon + timedelta(days=day), 1, number, "") for day in range(3)])
    await count_until(house, noon + timedelta(days=5))
    rows = await house.database.read(lambda tx: tx.execute(select(months.c.access, months.c.total_investigations)).all())
    assert sorted(rows) == [("Controlled", 1), ("Open", 2)]


async def test_the_job_waits_for_its_hour_counts_in_parts_and_forgets(
    house: House, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "SLICE", 3)
    await write_down(house, [Event(clock(), user, ITEMS[0], "") for user in range(5)])
    await house.database.write(keep, [Hit(clock(), "", "", "203.0.113.77", "Firefox", "")], (), clock())
    job = Job(1, "usage.count", f"{clock():%Y-%m-%dT%H}", 1, "c", clock())
    handler = Count(house.database, house.clock, Counting)
    answer = await handler(job)
    assert isinstance(answer, Later)
    assert not answer.failed
    clock.pass_time(hours=1)
    assert [type(await handler(job)) for _ in range(3)] == [More, More, Done]
    assert await use(house) == {(ITEMS[0], "2026-03"): (5, 5, 0, 0)}
    kept = await house.database.read(
        lambda tx: [tx.execute(select(func.count()).select_from(t)).scalar_one() for t in (salts, suspects)]
    )
    assert kept == [1, 1], "the day is not over"
    clock.pass_time(days=3)
    assert isinstance(await handler(job), Done)
    kept = await house.database.read(
        lambda tx: [tx.execute(select(func.count()).select_from(t)).scalar_one() for t in (salts, suspects)]
    )
    assert kept == [0, 0]


async def test_the_worker_counts_by_itself(house: House, clock: SetClock) -> None:
    hour = clock().replace(minute=0, second=0)
    hits = [Hit(clock(), ITEMS[0], "", "203.0.113.1", "Firefox", "")]
    await house.database.write(keep, hits, [hour], clock())
    clock.pass_time(hours=1)
    await house.worker.drain()
    assert await use(house) == {(ITEMS[0], "2026-03"): (1, 1, 0, 0)}
