"""The two databases keep one promise: a use case is a transaction, and nobody hears of success before it is committed."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError

from server.db import sqlite
from server.db.engine import Database
from server.db.opening import open_database
from server.db.sequences import last, sequences, take
from server.errors import Conflict, Unavailable


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Only SQLite commits in groups and can be given a full disk."""
    shutil.copy(sqlite_template, tmp_path / "only.db")
    return f"sqlite:///{tmp_path / 'only.db'}"


def put(tx: Connection, name: str, value: int = 1, size: int = 0) -> str:
    tx.execute(insert(sequences).values(name=name + "x" * size, value=value))
    return name


def names(tx: Connection) -> list[str]:
    return sorted(tx.execute(select(sequences.c.name)).scalars())


class Gate:
    """A use case that holds the writer until it is opened, so that others queue behind it."""

    def __init__(self) -> None:
        self.entered, self.go = threading.Event(), threading.Event()

    def __call__(self, tx: Connection) -> None:
        self.entered.set()
        assert self.go.wait(10)

    async def wait(self) -> None:
        await asyncio.to_thread(self.entered.wait, 10)


async def test_reads_of_both_kinds_see_what_was_written_when_the_writer_hears_of_it(database: Database):
    for number in range(5):
        assert await database.write(put, f"n{number}", value=number) == f"n{number}"
        assert f"n{number}" in await database.read(names)
        assert f"n{number}" in await database.read_hot(names)


async def test_what_is_near_is_read_at_once_and_what_is_not_says_so(database: Database, database_url: str):
    await database.write(put, "one")
    assert database.read_at_once(names) == (["one"] if database_url.startswith("sqlite") else None)
    await database.write(put, "two")
    assert database.read_at_once(names) == (["one", "two"] if database_url.startswith("sqlite") else None)


async def test_after_a_read_that_waited_for_the_disk_nothing_is_read_at_once_for_a_while(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
):
    database = await open_database(sqlite_url)
    blocks, time = iter((0, 8, 8, 8)), [100.0]
    monkeypatch.setattr(sqlite, "fetched", lambda: next(blocks))
    monkeypatch.setattr(sqlite, "monotonic", lambda: time[0])

    def slow(tx: Connection) -> list[str]:
        time[0] += 0.03
        return names(tx)

    assert database.read_at_once(slow) == [], "it is there now, and so it is given"
    time[0] += 0.02 * sqlite.REST
    assert database.read_at_once(names) is None
    assert await database.read_hot(names) == []
    time[0] += 0.02 * sqlite.REST
    assert database.read_at_once(names) == []
    await database.close()


async def test_a_use_case_that_raises_leaves_nothing(database: Database):
    def fails(tx: Connection) -> None:
        put(tx, "half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(fails)
    assert await database.read(names) == []


async def test_a_unique_violation_is_a_conflict(database: Database):
    await database.write(put, "one")
    with pytest.raises(Conflict):
        await database.write(put, "one")
    await database.write(put, "two")
    assert await database.read(names) == ["one", "two"]


async def test_a_failure_does_not_touch_the_others_in_its_group(database: Database):
    await database.write(put, "taken")
    gate = Gate()
    holder = asyncio.create_task(database.write(gate))
    await gate.wait()
    calls = [asyncio.create_task(database.write(put, "taken" if number % 3 == 0 else f"n{number}")) for number in range(12)]
    await asyncio.sleep(0.05)
    gate.go.set()
    await holder
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(result, Conflict) for result in results] == [number % 3 == 0 for number in range(12)]
    assert await database.read(names) == sorted(["taken", *(f"n{number}" for number in range(12) if number % 3)])


async def test_nobody_hears_of_success_before_the_commit(sqlite_url: str):
    database = await open_database(sqlite_url)
    first, second = Gate(), Gate()
    held = asyncio.create_task(database.write(first))
    await first.wait()
    early = asyncio.create_task(database.write(put, "early"))
    late = asyncio.create_task(database.write(second))
    await asyncio.sleep(0.05)
    first.go.set()
    await held
    await second.wait()  # `early` has run by now, in the same group
    await asyncio.sleep(0.05)
    assert not early.done()
    assert await database.read(names) == []
    second.go.set()
    assert await early == "early"
    await late
    assert await database.read(names) == ["early"]
    await database.close()


@pytest.mark.parametrize("act", ["commit", "rollback"])
async def test_a_use_case_cannot_end_the_transaction(database: Database, act: str):
    def forbidden(tx: Connection) -> None:
        put(tx, "mine")
        getattr(tx, act)()

    def quiet(tx: Connection) -> None:
        try:
            forbidden(tx)
        except RuntimeError:
            raise ZeroDivisionError from None

    for use_case, error in ((forbidden, RuntimeError), (quiet, ZeroDivisionError)):
        others = [asyncio.create_task(database.write(put, f"{use_case.__name__}{number}")) for number in range(3)]
        with pytest.raises(error):
            await database.write(use_case)
        await asyncio.gather(*others)
    assert await database.read(names) == sorted(f"{name}{number}" for name in ("forbidden", "quiet") for number in range(3))


async def test_a_read_cannot_write(database: Database):
    for way in (database.read, database.read_hot):
        with pytest.raises((DBAPIError, Unavailable)):
            await way(put, "one")
        assert await way(names) == []
    with suppress(DBAPIError, Unavailable):
        assert database.read_at_once(put, "one") is None, "a server is not asked at once"
    assert await database.read(names) == []


async def test_a_mistake_in_a_statement_is_a_bug_and_not_an_absence(database: Database):
    def wrong(tx: Connection) -> None:
        tx.execute(text("SELECT * FROM no_such_table"))

    for way in (database.write, database.read, database.read_hot):
        with pytest.raises(DBAPIError):
            await way(wrong)
        assert await way(names) == []


async def test_a_read_sees_one_moment(database: Database):
    entered, go = threading.Event(), threading.Event()

    def twice(tx: Connection) -> tuple[list[str], list[str]]:
        before = names(tx)
        entered.set()
        assert go.wait(10)
        return before, names(tx)

    reading = asyncio.create_task(database.read_hot(twice))
    await asyncio.to_thread(entered.wait, 10)
    await database.write(put, "between")
    go.set()
    assert await reading == ([], [])


async def test_a_full_disk_is_unavailable_and_passes(sqlite_url: str):
    database = await open_database(sqlite_url)

    def pages(tx: Connection, more: int) -> None:
        used = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.exec_driver_sql(f"PRAGMA max_page_count={used + more}")

    await database.write(put, "before")
    await database.write(pages, 2)
    gate = Gate()
    holder = asyncio.create_task(database.write(gate))
    await gate.wait()
    calls = [asyncio.create_task(database.write(put, f"n{number}", size=50_000)) for number in range(3)]
    calls.append(asyncio.create_task(database.write(put, "small")))
    await asyncio.sleep(0.05)
    gate.go.set()
    await holder
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(result, Unavailable) for result in results[:3])
    assert "full" in str(results[0])
    kept = await database.read(names)
    assert kept == (["before"] if isinstance(results[3], Exception) else ["before", "small"]), (
        "what was promised is there, what was not is not"
    )
    await database.write(pages, 1000)
    assert await database.write(put, "after", size=50_000) == "after"
    assert len(await database.read(names)) == len(kept) + 1
    await database.close()


async def test_who_goes_away_while_waiting_is_not_waited_for(database: Database):
    gate = Gate()
    holder = asyncio.create_task(database.write(gate))
    await gate.wait()
    waiting = asyncio.create_task(database.write(put, "cancelled"))
    staying = asyncio.create_task(database.write(put, "staying"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    gate.go.set()
    await asyncio.gather(holder, staying)
    assert "staying" in await database.read(names)
    assert await database.write(put, "next") == "next"


async def test_who_goes_away_while_the_use_case_runs_does_not_disturb_it(database: Database):
    gate = Gate()

    def slow(tx: Connection) -> None:
        put(tx, "slow")
        gate(tx)

    running = asyncio.create_task(database.write(slow))
    await gate.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    gate.go.set()
    async with asyncio.timeout(5):
        while "slow" not in await database.read(names):
            await asyncio.sleep(0.01)


async def test_numbers_have_no_gaps_whoever_fails(database: Database, database_url: str):
    """Twelve times six callers, on PostgreSQL from two Database objects; every third one fails after it took its number."""
    other = database if database_url.startswith("sqlite") else await open_database(database_url)

    def use(tx: Connection, number: int) -> int:
        value = take(tx, "s")
        if number % 3 == 0:
            raise ZeroDivisionError
        put(tx, f"{value:03}")
        return value

    try:
        results = await asyncio.gather(
            *((database, other)[number % 2].write(use, number) for number in range(72)), return_exceptions=True
        )
    finally:
        if other is not database:
            await other.close()
    taken = sorted(result for result in results if isinstance(result, int))
    assert taken == list(range(1, 49))
    assert await database.read(last, "s") == 48


async def test_several_numbers_and_a_lowest_one(database: Database):
    assert await database.read(last, "s") == 0
    assert await database.write(take, "s", 3) == 3
    assert await database.write(take, "s", start=2) == 4
    assert await database.write(take, "s", 5, start=100) == 104
    assert await database.write(take, "s", 2, start=104) == 106
    assert await database.write(take, "s", 0, start=50) == 106
    assert await database.write(take, "t", 1, start=7) == 7


async def test_a_closed_database_says_so_at_once(database_url: str):
    database = await open_database(database_url)
    queued = [asyncio.create_task(database.write(put, f"n{number}")) for number in range(20)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*queued) == [f"n{number}" for number in range(20)], "what was asked for before is finished"
    async with asyncio.timeout(5):
        with pytest.raises(Unavailable):
            await database.write(put, "late")
        with pytest.raises(Unavailable):
            await database.read_hot(names)


async def test_a_writer_whose_connection_breaks_opens_another(sqlite_url: str):
    def breaks(tx: Connection) -> None:
        put(tx, "lost")
        tx.connection.driver_connection.close()

    database = await open_database(sqlite_url)
    await database.write(put, "before")
    async with asyncio.timeout(10):
        with pytest.raises(Exception, match="closed"):
            await database.write(breaks)
        assert await database.write(put, "after") == "after"
    assert await database.read(names) == ["after", "before"]
    await database.close()
