"""PostgreSQL: psycopg with a pool; use cases run on threads, ordinary reads on the event loop."""

import asyncio
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from psycopg import errors
from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from server.db.engine import FAULTS, P, T, UseCase, closed, is_taken, unavailable, use

CONNECTIONS = 8
ATTEMPTS = 5
PAUSE = 0.01
"""Seconds before the second attempt at most; doubled each time, and drawn by lot so that rivals do not meet again."""

WAIT = 10.0
"""Seconds to wait for a free connection."""

_CONNECT_TIMEOUT = "5"
_LOCK_TIMEOUT = 20_000
"""Milliseconds to wait for somebody else's row: longer than any use case of ours lasts, shorter than a client's patience."""

_SNAPSHOT: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_AGAIN = (errors.DeadlockDetected, errors.SerializationFailure)


class PostgresqlDatabase:
    """A Database on a PostgreSQL server, shared by any number of processes."""

    def __init__(self, url: str) -> None:
        address = _patient(make_url(url).set(drivername="postgresql+psycopg"))
        self._engine = create_engine(
            address, pool_size=CONNECTIONS, max_overflow=0, pool_pre_ping=True, pool_timeout=WAIT, hide_parameters=True
        )
        self._closed = False
        self._hot_engine = self._engine.execution_options(**_SNAPSHOT)
        self._async_engine = create_async_engine(
            address, pool_size=CONNECTIONS, max_overflow=0, pool_pre_ping=True, pool_timeout=WAIT, hide_parameters=True
        ).execution_options(**_SNAPSHOT)
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="postgresql")

    async def write(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run and commit.

        Where two transactions stood in each other's way the use case runs again, which it may, as it does nothing but SQL. A row
        somebody else wrote between our look and our insert counts as that: at the second look the use case sees it and says
        what it thinks of it. What is there at every look becomes a Conflict.
        """

        def run() -> T:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    with self._engine.begin() as tx, use(tx):
                        return use_case(tx, *args, **kwargs)
                except FAULTS as error:
                    again = isinstance(getattr(error, "orig", None), _AGAIN) or is_taken(error)
                    if attempt == ATTEMPTS or not again:
                        raise unavailable(error) from error
                time.sleep(random.uniform(PAUSE / 2, PAUSE) * 2 ** (attempt - 1))  # noqa: S311 -- a lot, not a secret
            raise AssertionError("unreachable")

        if self._closed:
            raise closed()
        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    async def read(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._closed:
            raise closed()
        try:
            async with self._async_engine.connect() as connection:
                return await connection.run_sync(lambda tx: use_case(tx, *args, **kwargs))
        except FAULTS as error:
            raise unavailable(error) from error

    async def read_hot(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def run() -> T:
            try:
                with self._hot_engine.connect() as tx:
                    return use_case(tx, *args, **kwargs)
            except FAULTS as error:
                raise unavailable(error) from error

        if self._closed:
            raise closed()
        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    def read_at_once(self, use_case: UseCase[P, T | None], *args: P.args, **kwargs: P.kwargs) -> T | None:  # noqa: ARG002
        """Return None: a server is waited for on a thread."""
        if self._closed:
            raise closed()
        return None

    async def close(self) -> None:
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()
        await self._async_engine.dispose()


def _patient(address: URL) -> URL:
    """Add how long to wait for the server and for locks, where the operator's address does not say."""
    given = address.query
    more = {"connect_timeout": _CONNECT_TIMEOUT} if "connect_timeout" not in given else {}
    if "options" not in given:
        more["options"] = f"-c lock_timeout={_LOCK_TIMEOUT}"
    return address.update_query_dict(more)
