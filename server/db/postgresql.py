"""PostgreSQL: psycopg with a pool; use cases run on threads, ordinary reads on the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from psycopg import errors
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from server.db.engine import P, T, UseCase, closed, unavailable, use

CONNECTIONS = 8
ATTEMPTS = 5
_SNAPSHOT: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_AGAIN = (errors.DeadlockDetected, errors.SerializationFailure)


class PostgresqlDatabase:
    """A Database on a PostgreSQL server, shared by any number of processes."""

    def __init__(self, url: str) -> None:
        address = make_url(url).set(drivername="postgresql+psycopg")
        self._engine = create_engine(address, pool_size=CONNECTIONS, max_overflow=0, pool_pre_ping=True)
        self._closed = False
        self._hot_engine = self._engine.execution_options(**_SNAPSHOT)
        self._async_engine = create_async_engine(
            address, pool_size=CONNECTIONS, max_overflow=0, pool_pre_ping=True
        ).execution_options(**_SNAPSHOT)
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="postgresql")

    async def write(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run and commit.

        Where two transactions stood in each other's way the use case runs again, which it may, as it does nothing but SQL.
        """

        def run() -> T:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    with self._engine.begin() as tx, use(tx):
                        return use_case(tx, *args, **kwargs)
                except DBAPIError as error:
                    if attempt == ATTEMPTS or not isinstance(error.orig, _AGAIN):
                        raise unavailable(error) from error
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
        except DBAPIError as error:
            raise unavailable(error) from error

    async def read_hot(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def run() -> T:
            try:
                with self._hot_engine.connect() as tx:
                    return use_case(tx, *args, **kwargs)
            except DBAPIError as error:
                raise unavailable(error) from error

        if self._closed:
            raise closed()
        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    async def close(self) -> None:
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()
        await self._async_engine.dispose()
