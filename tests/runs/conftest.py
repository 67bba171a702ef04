"""An allotment on an empty database of either kind."""

from collections.abc import AsyncIterator

import pytest

from server.db.opening import open_database
from tests.conftest import SetClock
from tests.runs.allotment import Allotment, allotment


@pytest.fixture
async def plot(database_url: str, clock: SetClock) -> AsyncIterator[Allotment]:
    database = await open_database(database_url)
    yield allotment(database, clock)
    await database.close()
