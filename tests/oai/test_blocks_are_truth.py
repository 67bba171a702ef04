"""Sealed blocks change nothing: walks of any size are their rows while others write and seal, and nobody gets another's bytes."""

import asyncio
import random
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import Connection, func, select

from server.clock import now
from server.db.engine import Database
from server.dissemination import disseminate
from server.house import House
from server.metadata.fragments import Renderer
from server.records import blocks, changes, lists, parts, sealing
from server.records.deflated import Piece
from server.records.lists import Entry, Range
from server.records.parts import Part, Write
from server.records.tables import blocks as sealed
from server.settings import Settings
from tests.oai.test_list_is_truth import change_something, houses
from tests.writers import Writer

_ID = re.compile(rb"<identifier>([^<]*)</identifier>")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "COUNT", 2)
    monkeypatch.setattr(blocks, "LARGEST", 3)


@pytest.fixture
def many(database_url: str) -> int:
    """How many houses may stand on the database: SQLite belongs to one."""
    return 1 if database_url.startswith("sqlite") else 2


def writing(renderer: Renderer, name: str) -> Write:
    def write(tx: Connection, entries: Sequence[Entry]) -> list[bytes]:
        return [record for record in disseminate(tx, renderer, renderer.formats[name], entries).records if record is not None]

    return write


def texts_of(part: Part) -> bytes:
    return b"".join(text.text() if isinstance(text, Piece) else text for text in part.texts)


def both(tx: Connection, wanted: Range, size: int, write: Write) -> tuple[Part, bytes]:
    """Read a part, and its rows in the same transaction."""
    part = parts.records(tx, wanted, size, write)
    return part, b"".join(write(tx, lists.page(tx, wanted, part.count)))


async def walk(writer: Writer, name: str, size: int, chance: random.Random) -> int:
    """Walk a list, sealing now and then what was read as rows; return how many blocks were met."""
    database, renderer = writer.database, writer.press.renderer
    write, met, found = writing(renderer, name), 0, list[bytes]()
    horizon = await database.write(changes.horizon, writer.clock())
    wanted = Range(renderer.ids[name], horizon.seq)
    expected = [entry.header for entry in await database.read_hot(lists.headers, wanted, 10_000)]
    more = bool(expected)
    while more:
        part, rows = await database.read_hot(both, wanted, size, write)
        assert texts_of(part) == rows, "byte for byte"
        met += sum(isinstance(text, Piece) for text in part.texts)
        found += _ID.findall(b"".join(re.findall(rb"<header.*?</header>", rows)))
        for stretch in part.stretches:
            if stretch.is_worth_sealing and chance.random() < 0.7:
                await seal(database, wanted, stretch, write, chance)
        wanted, more = replace(wanted, after=part.after), part.more
        await asyncio.sleep(0)
    assert found == [_ID.findall(header)[0] for header in expected], "the set as of the horizon, in order, each once"
    return met


async def seal(database: Database, wanted: Range, stretch: parts.Stretch, write: Write, chance: random.Random) -> None:
    while bundles := await database.read_hot(sealing.collect, wanted, stretch, write):
        made = sealing.deflate(bundles)
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)  # so that something may change in between
        await database.write(sealing.keep, wanted, made, now())
        stretch = replace(stretch, after=made[-1].place.last)


async def test_walks_of_any_size_are_their_rows_while_others_write(settings: Settings, many: int):
    async with houses(settings, many) as opened:
        writers = [writer for writer, _ in opened]
        for number in range(20):
            await writers[number % many].publish(f"old {number}")
        done = asyncio.Event()

        async def write_on(writer: Writer, seed: int) -> None:
            await change_something(writer, random.Random(seed), 24)
            done.set()

        async def walk_on(writer: Writer, name: str, size: int) -> int:
            chance, met = random.Random(size), 0
            while not done.is_set():
                met += await walk(writer, name, size, chance)
            return met + await walk(writer, name, size, chance)

        walkers = [(name, size) for size in (2, 3, 7) for name in ("oai_dc", "datacite")]
        met = await asyncio.gather(
            *(walk_on(writers[at % many], name, size) for at, (name, size) in enumerate(walkers)),
            *(write_on(writer, seed) for seed, writer in enumerate(writers)),
        )
        assert sum(count or 0 for count in met) > 10, "or nothing was shown"


async def test_eight_at_once_never_get_the_bytes_of_another(client: TestClient, house: House, writer: Writer):
    for number in range(15):
        await writer.publish(f"Title {number}.", type="dataset.dataset" if number % 2 else "publication.book")

    async def harvest(at: int) -> list[bytes]:
        chosen = {"metadataPrefix": ("oai_dc", "datacite")[at % 2]} | ({"set": "type:dataset"} if at % 4 > 1 else {})
        asked, found = {"verb": "ListRecords"} | chosen, list[bytes]()
        while True:
            answer = await client.get("/oai", params=asked, headers={"Accept-Encoding": ("gzip", "identity")[at // 4]})
            body = await answer.read()
            assert ("Content-Encoding" in answer.headers) == (at < 4)
            records = re.findall(rb"<record>.*?</record>", body, re.DOTALL)
            for record in records:
                number = _ID.findall(record)[0].rpartition(b":")[2].decode()
                assert writer.alive[number].encode() in record
                assert (b"oai_dc:dc" in record) == (at % 2 == 0)
            found += records
            token = re.search(rb"<resumptionToken[^>]*>([^<]+)<", body)
            if token is None:
                return found
            asked = {"verb": "ListRecords", "resumptionToken": token[1].decode()}

    first = await asyncio.gather(*map(harvest, range(8)))
    for _ in range(100):
        if await house.database.read(lambda tx: tx.execute(select(func.count()).select_from(sealed)).scalar_one()) >= 14:
            break
        await asyncio.sleep(0.02)
    second = await asyncio.gather(*map(harvest, range(8)))
    assert [len(found) for found in first] == [15, 15, 7, 7, 15, 15, 7, 7]
    assert first == second, "sealed or not"
    assert first[:4] == first[4:], "compressed or not"
