"""A DOI another deposited under our prefix at Crossref: it is seen before ours is deposited, as far as Crossref shows it."""

import dataclasses
from collections.abc import AsyncIterator

import aiohttp
import pytest

from server.identifiers.crossref.client import CrossrefClient
from server.identifiers.model import Fault, Pending
from tests.fakes.crossref import FakeCrossref, Mood
from tests.identifiers.test_agency_crossref import DOI, PASSWORD, account, needs_schema, ticket, wanted


@pytest.fixture
async def service() -> AsyncIterator[FakeCrossref]:
    fake = FakeCrossref()
    fake.members[0].password = PASSWORD
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def client(service: FakeCrossref) -> AsyncIterator[CrossrefClient]:
    async with aiohttp.ClientSession() as session:
        yield CrossrefClient(account(service.url), session)


@needs_schema
async def test_anothers_doi_is_seen_before_it_is_deposited_and_left_as_it_is(service, client):
    theirs = "https://old.example.net/thesis/1"
    await client.agree(dataclasses.replace(wanted(), url=theirs), ticket())
    service.finish()
    service.dois[DOI].url = theirs
    new = dataclasses.replace(ticket(2), known=False)
    refused = await client.agree(wanted(), new)
    assert refused.fault is Fault.REJECTED
    assert f"leads to {theirs}" in refused.message
    assert (len(service.submissions), service.dois[DOI].url) == (1, theirs)
    service.moods.append(Mood.DOWN)
    assert (await client.agree(wanted(), new)).fault is Fault.TRANSIENT, "what cannot be seen is not written over"
    assert isinstance(await client.agree(wanted(), dataclasses.replace(new, addresses=frozenset({theirs}))), Pending)


@needs_schema
async def test_a_greater_stamp_of_another_is_not_outbid(service, client):
    await client.agree(wanted(), ticket())
    service.finish()
    service.dois[DOI].version = 10**17
    new = dataclasses.replace(ticket(2), known=False)
    assert isinstance(await client.agree(wanted(), new), Pending), "it leads here"
    refused = await client.agree(wanted(), dataclasses.replace(new, waiting=True))
    assert (refused.fault, refused.above) == (Fault.REJECTED, 0)
    assert f"has a version ({10**17}) that was not sent from here" in refused.message
