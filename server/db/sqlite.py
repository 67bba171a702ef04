"""SQLite: one writer thread that commits in groups, a few reader threads, aiosqlite for ordinary reads.

The writer is the only connection that writes and the only one that checkpoints. That makes `synchronous=FULL` cheap (one
flush serves all who wait), keeps writers from starving each other, and avoids the fault of SQLite before 3.51.3 in which two
connections that write and checkpoint at the same instant can damage the write-ahead log.
"""

import asyncio
import os
import resource
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from server import observe
from server.db.engine import FAULTS, P, T, UseCase, closed, unavailable, use
from server.db.statement import say

R = TypeVar("R")
log = observe.logger("database")

GROUP = 256
"""Use cases committed together at most; what is queued is taken, nobody is waited for."""

REST = 20
"""So many times as long as something was fetched from the disk nothing is read at once after it: that is for threads."""

_WRITER_PRAGMAS = ("page_size=8192", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-8192",
                   "temp_store=MEMORY", "busy_timeout=5000", "wal_autocheckpoint=2000",
                   "journal_size_limit=67108864")  # fmt: skip
_READER_PRAGMAS = ("query_only=ON", "cache_size=-2048", "temp_store=MEMORY", "busy_timeout=5000", "mmap_size=0")


def fetched() -> int:
    """Return how many blocks this thread (the whole process, where threads are not told apart) has fetched from disks so far."""
    return resource.getrusage(getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)).ru_inblock


def connect(path: Path, *, writer: bool) -> sqlite3.Connection:
    """Open one connection in autocommit mode; transactions are begun by hand, so that nothing begins one late."""
    mode = "rwc" if writer else "ro"
    if writer:
        with suppress(FileExistsError):  # a new one is its owner's alone; the files SQLite puts beside it follow it in that
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(f"file:{path}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False)
    for pragma in _WRITER_PRAGMAS if writer else _READER_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def sync_engine(path: Path, *, writer: bool) -> Engine:
    """Return a Core engine whose connections leave transactions to the caller."""
    return create_engine(
        "sqlite://",
        creator=lambda: connect(path, writer=writer),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,  # what fails is told in the log, and values may be anything
    )


class SqliteDatabase:
    """A Database in one SQLite file, owned by this process."""

    def __init__(self, url: str, *, readers: int = 2) -> None:
        path = Path(make_url(url).database or "sheaf.db").absolute()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._closed = False
        self._writer = _Writer(path)
        self._local = threading.local()
        self._at_once_again = 0.0
        self._hot_engine = sync_engine(path, writer=False)
        self._hot: list[Connection] = []
        self._threads = ThreadPoolExecutor(readers, thread_name_prefix="sqlite-reader")
        self._async_engine = create_async_engine(
            f"sqlite+aiosqlite:///file:{path}?mode=ro&uri=true", connect_args={"isolation_level": None}, hide_parameters=True
        )
        event.listen(self._async_engine.sync_engine, "connect", _prepare_reader)
        event.listen(self._async_engine.sync_engine, "begin", _begin)

    async def write(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._closed:
            raise closed()
        return await asyncio.wrap_future(self._writer.submit(lambda tx: use_case(tx, *args, **kwargs)))

    async def read(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._closed:
            raise closed()
        try:
            async with self._async_engine.connect() as connection:
                return await connection.run_sync(lambda tx: use_case(tx, *args, **kwargs))
        except FAULTS as error:
            raise unavailable(error) from error

    async def read_hot(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._closed:
            raise closed()
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: self._read(lambda tx: use_case(tx, *args, **kwargs))
        )

    def read_at_once(self, use_case: UseCase[P, T | None], *args: P.args, **kwargs: P.kwargs) -> T | None:
        if self._closed:
            raise closed()
        if (begun := monotonic()) < self._at_once_again:
            return None
        before = fetched()
        try:
            return self._read(lambda tx: use_case(tx, *args, **kwargs))
        finally:
            if fetched() > before:
                ended = monotonic()
                self._at_once_again = ended + REST * (ended - begun)

    def _read(self, job: Callable[[Connection], R]) -> R:
        connection: Connection | None = getattr(self._local, "connection", None)
        try:
            if connection is None:
                connection = self._local.connection = self._hot_engine.connect()
                self._hot.append(connection)
            driver = _driver(connection)
            driver.execute("BEGIN")
            try:
                return job(connection)
            finally:
                driver.execute("ROLLBACK")
        except FAULTS as error:
            raise unavailable(error) from error

    async def close(self) -> None:
        self._closed = True
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._hot:
            connection.close()
        await self._async_engine.dispose()


def _driver(connection: Connection) -> sqlite3.Connection:
    return connection.connection.driver_connection  # type: ignore[return-value]  # the driver's own object


def _prepare_reader(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in _READER_PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


class _Job:
    __slots__ = ("future", "run")

    def __init__(self, run: Callable[[Connection], Any]) -> None:
        self.run = run
        self.future: Future[Any] = Future()


Outcome = tuple[_Job, Any, BaseException | None]


class _Writer:
    """The thread that writes: each job in a savepoint of its own, whatever is queued in one commit."""

    def __init__(self, path: Path) -> None:
        self._engine = sync_engine(path, writer=True)
        self._connection = self._engine.connect()
        self._sound = True
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="sqlite-writer", daemon=True)
        self._thread.start()

    def submit(self, run: Callable[[Connection], R]) -> "Future[R]":
        job = _Job(run)
        self._queue.put(job)
        return job.future

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        stopping = False
        while not stopping:
            batch: list[_Job] = []
            job = self._queue.get()
            while True:
                if job is None:
                    stopping = True
                elif job.future.set_running_or_notify_cancel():
                    batch.append(job)
                if stopping or len(batch) >= GROUP:
                    break
                try:
                    job = self._queue.get_nowait()
                except Empty:
                    break
            if batch:
                self._answer(batch)

    def _answer(self, batch: list[_Job]) -> None:
        """Commit a batch and tell everybody. This thread lives as long as the process, whatever happens."""
        outcomes: list[Outcome]
        try:
            outcomes = self._commit(batch)
        except BaseException as error:  # noqa: BLE001 -- whatever it is, everybody who waits must hear of it
            self._undo()
            lost = unavailable(error) if isinstance(error, FAULTS) else error
            outcomes = [(job, None, lost) for job in batch]
        for job, value, failure in outcomes:
            if failure is None:
                job.future.set_result(value)
            else:
                job.future.set_exception(failure)

    def _commit(self, batch: list[_Job]) -> "list[Outcome]":
        """Run the jobs and commit. Nobody learns of success before the commit has succeeded."""
        if not self._sound:
            self._connect_again()
        self._sql("BEGIN IMMEDIATE")
        outcomes = [self._run(job) for job in batch]
        self._sql("COMMIT")
        return outcomes

    def _run(self, job: _Job) -> "Outcome":
        self._sql("SAVEPOINT job")
        try:
            with use(self._connection) as tx:
                value = job.run(tx)
        except BaseException as error:
            if (
                not self._driver.in_transaction
            ):  # a full disk or an I/O error may end the whole transaction, and the batch with it
                raise
            self._sql("ROLLBACK TO job")
            self._sql("RELEASE job")
            return job, None, unavailable(error) if isinstance(error, FAULTS) else error
        self._sql("RELEASE job")
        return job, value, None

    def _undo(self) -> None:
        """Roll back; a connection that cannot even do that is given up, and the next batch opens another."""
        try:
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK")
        except BaseException:  # the batch was told already what went wrong; this thread must not end
            log.exception("lost the writer's connection; opening another")
            self._sound = False

    def _connect_again(self) -> None:
        with suppress(Exception):  # it is broken already
            self._connection.invalidate()
            self._connection.close()
        self._connection = self._engine.connect()
        self._sound = True

    @property
    def _driver(self) -> sqlite3.Connection:
        return _driver(self._connection)

    def _sql(self, statement: str) -> None:
        say(self._driver, statement)
