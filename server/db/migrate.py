"""Bring a database's tables to this release, forwards and backwards, with alembic.

Alembic is imported where a table is to be changed: a server that finds its tables up to date goes without, and is ten megabytes
smaller for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, create_engine, event, func, inspect, make_url, select
from sqlalchemy.pool import NullPool

from server.db.columns import metadata
from server.errors import Conflict, Invalid

if TYPE_CHECKING:
    from alembic.config import Config

_HERE = Path(__file__).parent / "migrations"
_LOCK = int.from_bytes(b"sheaf")
"""The advisory lock of those who migrate; a number that nobody else on the same database takes by chance."""


_marked = Table("alembic_version", MetaData(), Column("version_num", String(32)))


def engine_for(url: str) -> Engine:
    """Return a plain engine for migrations and checks; SQLite's file and folder are made where missing."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_engine(address.set(drivername="postgresql+psycopg"), poolclass=NullPool)
    from server.db.sqlite import connect

    path = Path(address.database or "sheaf.db").absolute()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return create_engine("sqlite://", creator=lambda: connect(path, writer=True), poolclass=NullPool)


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database to a revision: forwards, or back to an earlier one. Safe to run when there is nothing to do.

    Raises Invalid for a revision nobody knows, Conflict where the database is of a newer release than this one.
    """
    names = revisions()
    if revision not in {"head", "base", *names}:
        raise Invalid(
            f"There is no revision {revision!r}.", place="--to", remedy=f"One of: head, {', '.join(reversed(names))}, base."
        )
    engine = engine_for(url)
    if engine.dialect.name == "sqlite":  # a table that is changed is written anew, and what refers to it must stay meanwhile
        event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA foreign_keys=OFF"))
    try:
        with _alone(engine), engine.connect() as connection:
            current = revision_of(connection)
            if current == (names[-1] if revision == "head" else revision):
                return
            if current and current not in names:
                raise Conflict(
                    f"The database is at revision {current}, which this release does not know.",
                    place="alembic_version",
                    remedy="It is of a newer release: use that one, or go back with it first: `sheaf migrate --to REVISION`.",
                )
            from alembic import command

            back = current is not None and (revision == "base" or revision in names[: names.index(current)])
            config = _config()
            config.attributes["connection"] = connection
            (command.downgrade if back else command.upgrade)(config, revision)
            connection.commit()
    finally:
        engine.dispose()


def revisions() -> list[str]:
    """Return every revision this release knows, the first one first: their files are named by them."""
    return sorted(path.name.partition("_")[0] for path in (_HERE / "versions").glob("[0-9]*_*.py"))


def revision_of(connection: Connection) -> str | None:
    """Return the revision a database is at, None where there are no tables yet."""
    return connection.execute(select(_marked.c.version_num)).scalar() if inspect(connection).has_table(_marked.name) else None


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Hold the database for one migration: of several processes that start at once one makes the tables, the others wait.

    The lock is its session's, so that it outlives each migration's transaction and goes with a process that dies. SQLite has one
    owner anyway.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as holder:
        holder.execute(select(func.pg_advisory_lock(_LOCK)))
        try:
            yield
        finally:
            holder.execute(select(func.pg_advisory_unlock(_LOCK)))


def new_revision(url: str, message: str) -> None:
    """Write a migration from the difference between the tables in the code and those in the database."""
    from alembic import command

    engine = engine_for(url)
    with engine.connect() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.revision(config, message, autogenerate=True)
    engine.dispose()


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.set_main_option("path_separator", "os")
    config.attributes["metadata"] = metadata
    return config
