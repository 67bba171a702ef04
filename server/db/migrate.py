"""Bring a database's tables to this release, forwards and backwards, with alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.pool import NullPool

from server.db.columns import metadata

_HERE = Path(__file__).parent / "migrations"


def engine_for(url: str) -> Engine:
    """Return a plain engine for migrations and checks; SQLite's file and folder are made where missing."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_engine(address.set(drivername="postgresql+psycopg"), poolclass=NullPool)
    from server.db.sqlite import connect

    path = Path(address.database or "sheaf.db").absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    return create_engine("sqlite://", creator=lambda: connect(path, writer=True), poolclass=NullPool)


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade (or, to an earlier revision, downgrade) the database. Safe to run when there is nothing to do."""
    engine = engine_for(url)
    try:
        with engine.connect() as connection:
            config = _config()
            config.attributes["connection"] = connection
            (command.upgrade if revision == "head" else command.downgrade)(config, revision)
            connection.commit()
    finally:
        engine.dispose()


def new_revision(url: str, message: str) -> None:
    """Write a migration from the difference between the tables in the code and those in the database."""
    engine = engine_for(url)
    with engine.connect() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.revision(config, message, autogenerate=True)
    engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.set_main_option("path_separator", "os")
    config.attributes["metadata"] = metadata
    return config
