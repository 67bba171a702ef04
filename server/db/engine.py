"""The database as everybody else sees it: `write`, `read`, `read_hot`. Use cases are plain functions over a Core connection."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from server.errors import Conflict, Invalid, Unavailable

P = ParamSpec("P")
T = TypeVar("T")

UseCase = Callable[Concatenate[Connection, P], T]
"""A synchronous function whose first argument is the transaction.

It never commits, and as it cannot await, it cannot call the network.
"""


class Database(Protocol):
    """The only ways to the database.

    Each call is one transaction: `write` commits when the function returns and rolls back when it raises; the reads see one
    snapshot. All raise Unavailable where the database cannot answer (away, locked, disk full, every connection busy), Conflict
    where a row is there already that may be there once, Invalid for a value no column takes, and whatever the function raises.
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

    def read_at_once(self, use_case: UseCase[P, T | None], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Run a read that takes less time than handing it to a thread; everybody else waits meanwhile.

        None where the database is not near enough for that at this moment: then it is to be read in another way.
        """
        ...

    async def close(self) -> None:
        """Finish what is queued, then let go of every connection."""
        ...


#: What the database layer looks at: faults of the driver, and of the pool of connections.
FAULTS = (DBAPIError, PoolTimeout)

_UNIQUE_VIOLATION = "23505"


def is_taken(error: SQLAlchemyError) -> bool:
    """Whether a row is there already that may be there only once."""
    cause = getattr(error, "orig", None)
    number = getattr(cause, "sqlite_errorcode", None)
    return getattr(cause, "sqlstate", None) == _UNIQUE_VIOLATION or number in {
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    }


def unavailable(error: DBAPIError | PoolTimeout) -> Exception:
    """Turn a fault of the database itself into Unavailable, a row that is there already into Conflict, a value into Invalid.

    Anything else (another broken constraint, a bug) is returned as it is.
    """
    if isinstance(error, PoolTimeout):
        return Unavailable("The database has no connection free.", remedy="Try again in a moment.")
    if is_taken(error):
        return Conflict(
            "Somebody wrote the same at the same moment.", remedy="Look at what is there now, and try again.", code="taken"
        )
    if isinstance(error, DataError):
        return Invalid(
            f"A value cannot be stored: {_reason(error)}.", remedy="Leave out control characters, and shorten what is long."
        )
    if not (isinstance(error, OperationalError) or error.connection_invalidated):
        return error
    if (
        getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    ):  # what SQLite says of a statement it cannot understand
        return error
    return Unavailable(
        f"The database does not answer: {_reason(error)}.", remedy="Try again later; the operator finds the cause in the log."
    )


def _reason(error: DBAPIError) -> str:
    """Return the first line of what the driver said."""
    words = str(error.orig or "").strip()
    return words.splitlines()[0].rstrip(".") if words else type(error.orig).__name__


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
