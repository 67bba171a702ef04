"""A DataCite on loopback, an account there, and a client of ours that speaks for it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from server.identifiers.agencies.datacite import Account, DataciteClient
from server.identifiers.model import Ticket
from tests.fakes.datacite import FakeDatacite, Repository
from tests.fakes.datacite_schema import XSD

#: DataCite makes nothing of it.
TICKET = Ticket(1, 20261122120000000, known=True)


@pytest.fixture
async def fake() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(
        Repository(domains=("*.example.org", "repo.example.org")),
        Repository("OTHER.REPO", "other", prefixes=("10.14454",)),
        Repository("INST.ASLEEP", "asleep", active=False),
        Repository("INST", "member"),
    )
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def account(fake: FakeDatacite, **changes: object) -> Account:
    fields = {
        "prefix": "10.82433",
        "account_id": "INST.REPO",
        "password": "correct horse",
        "environment": "test",
        "endpoint": fake.url,
    }
    return Account(**(fields | changes))


@pytest.fixture
async def client(fake: FakeDatacite, session: aiohttp.ClientSession) -> DataciteClient:
    return DataciteClient(account(fake), session)


needs_schema = pytest.mark.skipif(not XSD.exists(), reason="needs kernel 4.7 of SHEAF_SHARED")
