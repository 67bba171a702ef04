"""A house whose works are registered with a stand-in for DataCite."""

from collections.abc import AsyncIterator

import pytest

from server import control
from server.house import House
from tests.fakes.datacite import FakeDatacite, Repository


@pytest.fixture
async def agency() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(Repository())
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def registering(house: House, agency: FakeDatacite) -> House:
    values = {
        "prefix": "10.82433",
        "account_id": "INST.REPO",
        "password": "correct horse",
        "environment": "test",
        "endpoint": agency.url,
    }
    await control.profile_set(house, control.ProfileSet(kind="datacite", name="Our DOIs", values=values))
    return house
