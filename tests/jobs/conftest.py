"""A transaction on an empty database of either kind."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from server.db.migrate import engine_for


@pytest.fixture
def tx(database_url: str) -> Iterator[Connection]:
    engine = engine_for(database_url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()
