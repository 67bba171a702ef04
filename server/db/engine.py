"""The database as everybody else sees it: `write`, `read`, `read_hot`. Use cases are plain functions over a Core connection."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from server.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

UseCase = Callable[Concatenate[Connection, P], T]
"""A synchronous function whose first argument is the transaction.

It never commits, and as it cannot await, it cannot call the network.
"""


class Database(Protocol):
    """The only ways to the database.

    Each call is one transaction: `write` commits when the function returns and rolls back when it raises; the reads see one
    snapshot. All raise Unavailable where the database cannot answer (away, locked, disk full) and whatever the function raises.
    """

    def write(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        """Run a use case that changes something."""
        ...

    def read(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        """Run an ordinary read: pages, admin screens."""
        ...

    def read_hot(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        """Run a read of the harvest's path on a thread of its own."""
        ...

    async def close(self) -> None:
        """Finish what is queued, then let go of every connection."""
        ...


def unavailable(error: DBAPIError) -> Exception:
    """Turn a fault of the database itself into Unavailable; return anything else (a broken constraint, a bug) as it is."""
    if not (isinstance(error, OperationalError) or error.connection_invalidated):
        return error
    if (
        getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    ):  # what SQLite says of a statement it cannot understand
        return error
    reason = str(error.orig).strip().splitlines()[0] if error.orig and str(error.orig).strip() else type(error.orig).__name__
    return Unavailable(
        f"The database does not answer: {reason}.", remedy="Try again later; the operator finds the cause in the log."
    )


def closed() -> Unavailable:
    """Return what they hear who come after `close`."""
    return Unavailable("The database is closed.", remedy="Try again when the server is up again.")


@contextmanager
def use(tx: Connection) -> Iterator[Connection]:
    """Hand a transaction to a use case, which cannot end it."""
    endings = ("commit", "rollback", "close")
    for ending in endings:
        setattr(tx, ending, _refuse)  # on this connection alone; the engine's own transaction does not go this way
    try:
        yield tx
    finally:
        for ending in endings:
            delattr(tx, ending)


def _refuse() -> None:
    raise RuntimeError("a use case must not end its transaction: it returns to commit and raises to roll back")
