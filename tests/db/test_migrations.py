"""The migrations make exactly the tables of the code, and can be gone back."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select

import server.app  # every table is known once the house can be built
from server.db.columns import metadata
from server.db.migrate import engine_for, migrate
from server.db.sequences import sequences, take
from server.records.tables import FULL_TEXT

assert server.app


@pytest.fixture
def engine(database_url: str):
    engine = engine_for(database_url)
    yield engine
    engine.dispose()


def differences(engine: Engine) -> list:
    with engine.connect() as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_name": is_ours}
        return compare_metadata(MigrationContext.configure(connection, opts=opts), metadata)


def is_ours(name: str | None, _kind: str, _parents: object) -> bool:
    """Whether the code has to know it: each database keeps its full text in things of its own."""
    return not (name or "").startswith(FULL_TEXT)


def test_migrations_equal_tables(engine):
    assert differences(engine) == []


def test_going_back_and_up_again(engine, database_url):
    migrate(database_url, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    migrate(database_url)
    assert differences(engine) == []


def test_migrating_what_is_up_to_date_changes_nothing(engine, database_url):
    with engine.begin() as connection:
        take(connection, "s", 5)
    migrate(database_url)
    with engine.begin() as connection:
        assert connection.execute(select(sequences.c.value)).scalar_one() == 5


def test_indices_are_in_the_database_as_in_the_code(engine):
    found = {name: {index["name"] for index in inspect(engine).get_indexes(name)} for name in metadata.tables}
    for name, table in metadata.tables.items():
        assert {str(index.name) for index in table.indexes} <= found[name]
