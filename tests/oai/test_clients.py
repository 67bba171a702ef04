"""Harvesters in use read us: sickle and oaipmh-scythe over a loopback port, parts, deletions and errors included."""

import asyncio
import warnings
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import pytest
from aiohttp.test_utils import TestServer
from oaipmh_scythe import Scythe

from server.house import House
from server.rooms import web_application
from tests.oai.conftest import Dozen

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # its source is older than today's rules for escapes
    from sickle import Sickle
    from sickle.oaiexceptions import BadArgument, NoRecordsMatch

T = TypeVar("T")


@pytest.fixture
async def address(house: House, dozen: Dozen) -> AsyncIterator[str]:
    async with TestServer(web_application(house)) as server:
        yield str(server.make_url("/oai"))


async def using_sickle(address: str, use: Callable[[Sickle], T]) -> T:
    """Let the client, which blocks, work on a thread of its own."""

    return await asyncio.to_thread(lambda: use(Sickle(address)))


async def using_scythe(address: str, use: Callable[[Scythe], T]) -> T:
    def work() -> T:
        with Scythe(address) as client:
            return use(client)

    return await asyncio.to_thread(work)


async def test_sickle_harvests_every_part_with_its_deletions(address: str, dozen: Dozen):
    records = await using_sickle(address, lambda client: list(client.ListRecords(metadataPrefix="oai_dc")))
    assert sorted(record.header.identifier.rpartition(":")[2] for record in records) == sorted(dozen.ids)
    gone = {record.header.identifier.rpartition(":")[2] for record in records if record.deleted}
    assert gone == {dozen.ids[5], dozen.ids[7]}
    titles = {record.metadata["title"][0] for record in records if not record.deleted}
    assert titles == {"Work 3, revised", *(f"Work {number}" for number in range(12) if number not in {3, 5, 7})}
    living = await using_sickle(address, lambda client: list(client.ListRecords(metadataPrefix="oai_dc", ignore_deleted=True)))
    assert len(living) == 10


async def test_sickle_asks_everything_else(address: str, dozen: Dozen):
    def ask(client: Sickle) -> None:
        assert client.Identify().deletedRecord == "persistent"
        assert {form.metadataPrefix for form in client.ListMetadataFormats()} >= {"oai_dc", "datacite"}
        assert "type:dataset:dataset" in {found.setSpec for found in client.ListSets()}
        one = client.GetRecord(metadataPrefix="oai_dc", identifier=f"oai:repository.example.org:{dozen.ids[0]}")
        assert one.metadata["title"] == ["Work 0"]
        assert len(list(client.ListIdentifiers(metadataPrefix="oai_dc", set="type:dataset"))) == 4
        with pytest.raises(NoRecordsMatch):
            client.ListRecords(metadataPrefix="oai_dc", until="1999-01-01")
        with pytest.raises(BadArgument):
            client.ListRecords(metadataPrefix="oai_dc", until="1999-1-1")

    await using_sickle(address, ask)


async def test_sickle_harvests_what_is_new(address: str, dozen: Dozen):
    records = await using_sickle(
        address, lambda client: list(client.ListRecords(metadataPrefix="oai_dc", **{"from": "2026-03-26"}))
    )
    assert {record.header.identifier.rpartition(":")[2] for record in records} == {dozen.ids[number] for number in (3, 5, 7, 9)}


async def test_scythe_harvests_every_part_with_its_deletions(address: str, dozen: Dozen):
    records = await using_scythe(address, lambda client: list(client.list_records(metadata_prefix="oai_dc")))
    assert sorted(record.header.identifier.rpartition(":")[2] for record in records) == sorted(dozen.ids)
    assert {record.header.identifier.rpartition(":")[2] for record in records if record.deleted} == {dozen.ids[5], dozen.ids[7]}


async def test_scythe_asks_everything_else(address: str, dozen: Dozen):
    def ask(client: Scythe) -> None:
        assert client.identify() is not None
        assert {form.metadataPrefix for form in client.list_metadata_formats()} >= {"oai_dc", "datacite"}
        assert "open_access" in {found.setSpec for found in client.list_sets()}
        assert len(list(client.list_identifiers(metadata_prefix="datacite", set_="open_access"))) == 6
        one = client.get_record(identifier=f"oai:repository.example.org:{dozen.ids[0]}", metadata_prefix="oai_dc")
        assert one.header.identifier.endswith(dozen.ids[0])

    await using_scythe(address, ask)
