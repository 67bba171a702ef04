"""The worker: every outcome of a handler is written down, a stop gives jobs back, two workers share without doubles."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from server.db.engine import Database
from server.db.opening import open_database
from server.errors import Conflict, Unavailable
from server.jobs import queue
from server.jobs import worker as running
from server.jobs.model import Answer, Dead, Done, Handler, Job, Later
from server.jobs.tables import jobs
from server.jobs.worker import Worker, back_off
from tests.conftest import SetClock


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url)
    yield opened
    await opened.close()


async def ask(database: Database, clock: SetClock, *subjects: str) -> None:
    for subject in subjects:
        await database.write(queue.enqueue, "k", subject, clock())


async def states(database: Database) -> dict[str, tuple[str, int, str | None]]:
    def read(tx):
        return {row.subject: (row.state, row.attempts, row.note) for row in tx.execute(select(jobs))}

    return await database.read(read)


def worker(database: Database, clock: SetClock, handler: Handler, slots: int = 2) -> Worker:
    return Worker(database, {"k": handler}, clock, slots=slots)


async def stopped(worker: Worker, task: asyncio.Task[None], grace: float = 5.0) -> None:
    await worker.stop(grace)
    await asyncio.wait_for(task, 5)


async def until(condition) -> None:
    """Wait until something is so; five seconds are a failure."""
    async with asyncio.timeout(5):
        while not await condition():
            await asyncio.sleep(0.01)


def test_back_off_doubles_up_to_half_an_hour():
    assert [back_off(n).total_seconds() for n in (1, 2, 3, 9, 10, 11, 1000)] == [5, 10, 20, 1280, 1800, 1800, 1800]


async def test_every_outcome_is_written_down(database: Database, clock: SetClock, caplog: pytest.LogCaptureFixture):
    async def handler(job: Job) -> Answer | None:
        match job.subject:
            case "done":
                return Done("fine")
            case "later":
                return Later(timedelta(hours=1), "busy")
            case "dead":
                return Dead("never")
            case "away":
                raise Unavailable("The agency is away.")
            case "wrong":
                raise Conflict("Somebody must look.")
            case "bug":
                raise ZeroDivisionError
        return None

    await ask(database, clock, "done", "later", "dead", "away", "wrong", "bug", "settled elsewhere")
    with caplog.at_level(logging.ERROR):
        assert await worker(database, clock, handler).drain() == 7
    assert await states(database) == {
        "done": ("done", 1, "fine"),
        "later": ("deferred", 1, "busy"),
        "dead": ("dead", 1, "never"),
        "away": ("deferred", 1, "The agency is away."),
        "wrong": ("held", 1, "Somebody must look."),
        "bug": ("deferred", 1, "internal error; the log has the details"),
        "settled elsewhere": ("active", 1, None),
    }
    assert [record.exc_info is not None for record in caplog.records] == [True], "a bug is logged whole, nothing else is"
    clock.pass_time(seconds=5)
    assert await worker(database, clock, handler).drain() == 2
    assert (await states(database))["bug"][1] == 2


async def test_a_worker_hears_a_call_and_fills_its_slots(database: Database, clock: SetClock):
    running: set[str] = set()
    most, go = 0, asyncio.Event()

    async def handler(job: Job) -> Answer:
        nonlocal most
        running.add(job.subject)
        most = max(most, len(running))
        await go.wait()
        running.discard(job.subject)
        return Done()

    able = worker(database, clock, handler)
    task = asyncio.create_task(able.run())
    await asyncio.sleep(0.1)
    await ask(database, clock, "a", "b", "c", "d")
    able.call()

    async def full() -> bool:
        return len(running) == 2

    await until(full)
    go.set()

    async def done() -> bool:
        return all(state == "done" for state, _, _ in (await states(database)).values())

    await until(done)
    assert most == 2
    await stopped(able, task)


async def test_kinds_apart_wait_for_no_slot_of_others_nor_others_for_theirs(database: Database, clock: SetClock):
    begun: dict[str, int] = {"k": 0, "far": 0}
    go = {"k": asyncio.Event(), "far": asyncio.Event()}

    async def handler(job: Job) -> Answer:
        begun[job.kind] += 1
        await go[job.kind].wait()
        return Done()

    for number in range(9):
        await database.write(queue.enqueue, "far", str(number), clock())
    await ask(database, clock, "a", "b", "c", "d")
    able = Worker(database, {"k": handler, "far": handler}, clock, slots=2, apart={"far": 4})
    task = asyncio.create_task(able.run())

    async def full() -> bool:
        return begun == {"k": 2, "far": 4}

    await until(full)
    go["k"].set()

    async def kept() -> bool:
        return begun == {"k": 4, "far": 4}

    await until(kept)
    go["far"].set()

    async def done() -> bool:
        counted = await database.read(queue.counts)
        return counted == {"done": 13}

    async with asyncio.timeout(0.8):  # at once, and not when it looks again by itself
        await until(done)
    await stopped(able, task)


async def test_a_graceful_stop_finishes_what_it_can_and_gives_back_the_rest(database: Database, clock: SetClock):
    begun: set[str] = set()

    async def handler(job: Job) -> Answer:
        begun.add(job.subject)
        await asyncio.sleep(0.05 if job.subject == "short" else 60)
        return Done()

    await ask(database, clock, "short", "long", "waiting")
    able = worker(database, clock, handler)
    task = asyncio.create_task(able.run())

    async def both() -> bool:
        return len(begun) == 2

    await until(both)
    await stopped(able, task, grace=0.3)
    assert await states(database) == {"short": ("done", 1, ""), "long": ("ready", 0, None), "waiting": ("ready", 0, None)}


async def test_a_stop_while_jobs_are_being_claimed_leaves_none_behind(database: Database, clock: SetClock):
    began: list[str] = []

    async def handler(job: Job) -> Answer:
        began.append(job.subject)
        await asyncio.sleep(60)
        return Done()

    class Slow:
        """Answers a claim only after the worker was told to stop."""

        def __init__(self) -> None:
            self.claimed, self.go = asyncio.Event(), asyncio.Event()

        async def write(self, use_case, *args):
            found = await database.write(use_case, *args)
            if use_case is queue.claim_each:
                self.claimed.set()
                await self.go.wait()
            return found

    await ask(database, clock, "a")
    slow = Slow()
    able = worker(slow, clock, handler)
    task = asyncio.create_task(able.run())
    await slow.claimed.wait()
    stopping = asyncio.create_task(able.stop())
    await asyncio.sleep(0.05)
    slow.go.set()
    await stopping
    await asyncio.wait_for(task, 5)
    assert began == []
    assert await states(database) == {"a": ("ready", 0, None)}


async def test_a_worker_outlives_a_database_that_is_away_and_a_bug_in_the_queue(database: Database, clock: SetClock):
    failures: list[Exception] = [Unavailable("away"), ZeroDivisionError()]

    class Shaky:
        async def write(self, use_case, *args):
            if use_case is queue.claim_each and failures:
                raise failures.pop(0)
            return await database.write(use_case, *args)

    async def handler(job: Job) -> Answer:
        return Done()

    await ask(database, clock, "a")
    able = worker(Shaky(), clock, handler)
    task = asyncio.create_task(able.run())

    async def done() -> bool:
        able.call()
        return (await states(database))["a"][0] == "done"

    await until(done)
    await stopped(able, task)


async def test_a_stop_with_the_database_away_still_ends(database: Database, clock: SetClock):
    class Leaving:
        async def write(self, use_case, *args):
            if use_case is queue.release:
                raise Unavailable("away")
            return await database.write(use_case, *args)

    begun = asyncio.Event()

    async def handler(job: Job) -> Answer:
        begun.set()
        await asyncio.sleep(60)
        return Done()

    await ask(database, clock, "a")
    able = worker(Leaving(), clock, handler)
    task = asyncio.create_task(able.run())
    await begun.wait()
    await stopped(able, task, grace=0)
    assert (await states(database))["a"][0] == "active", "its lease runs out"


async def test_workers_divide_the_work(database: Database, database_url: str, clock: SetClock):
    done: list[str] = []

    async def handler(job: Job) -> Answer:
        done.append(job.subject)
        await asyncio.sleep(0)
        return Done()

    subjects = [f"s{number:02}" for number in range(40)]
    await ask(database, clock, *subjects)
    other = database if database_url.startswith("sqlite") else await open_database(database_url)
    try:
        counts = await asyncio.gather(*(worker(each, clock, handler, slots=3).drain() for each in (database, other)))
    finally:
        if other is not database:
            await other.close()
    assert sorted(done) == subjects
    assert sum(counts) == 40


async def test_a_job_that_takes_longer_than_its_lease_stays_ours(
    database: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(running, "BEAT", 0.01)
    begun, end = [], asyncio.Event()

    async def handler(job: Job) -> Answer | None:
        begun.append(job.attempts)
        await end.wait()
        return Done()

    async def renewed() -> bool:
        due = await database.read(lambda tx: tx.execute(select(jobs.c.due)).scalar_one())
        return due == clock() + queue.LEASE

    await ask(database, clock, "slow")
    work = asyncio.create_task(worker(database, clock, handler).drain())
    for _ in range(3):
        await until(renewed)
        clock.pass_time(minutes=4)
        await until(renewed)
        assert await worker(database, clock, handler).drain() == 0
    end.set()
    await work
    assert begun == [1]


async def test_a_handler_whose_job_somebody_else_has_is_stopped(
    database: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
):
    stopped_at = []

    async def handler(job: Job) -> Answer | None:
        if job.attempts > 1:
            monkeypatch.setattr(running, "BEAT", 0.01)
            return Done("second")
        try:
            await asyncio.Event().wait()
        finally:
            stopped_at.append(job.attempts)

    monkeypatch.setattr(running, "BEAT", 0.2)
    await ask(database, clock, "slow")
    work = asyncio.create_task(worker(database, clock, handler).drain())

    async def active() -> bool:
        return (await states(database))["slow"][0] == "active"

    await until(active)
    clock.pass_time(minutes=6)
    await worker(database, clock, handler).drain()
    await asyncio.wait_for(work, 5)
    assert stopped_at == [1]
    assert (await states(database))["slow"] == ("done", 2, "second")
