"""Sealed blocks change nothing: walks of any size are their rows while others write and seal, and nobody gets another's bytes."""

import asyncio
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import Connection, delete, func, select

from server import rendering
from server.clock import now
from server.db.engine import Database
from server.db.sequences import last
from server.dissemination import disseminate
from server.house import House
from server.metadata.fragments import Renderer
from server.oai import verbs
from server.oai.definition import Context, Definition, Offer
from server.records import blocks, changes, lists, parts, sealing
from server.records.deflated import Piece
from server.records.lists import Entry, Range
from server.records.parts import Part, Write
from server.records.tables import blocks as sealed
from server.settings import Settings
from tests.conftest import SetClock, configured
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


async def test_parts_of_sealed_blocks_wait_for_no_thread_where_the_database_is_near(
    client: TestClient, house: House, writer: Writer, monkeypatch: pytest.MonkeyPatch
):
    await configured(house, "oai", page_size=4)
    for number in range(15):
        await writer.publish(f"Title {number}.")

    async def harvest() -> list[bytes]:
        asked, found = {"verb": "ListRecords", "metadataPrefix": "oai_dc"}, list[bytes]()
        while asked:
            body = await (await client.get("/oai", params=asked)).read()
            found.append(body[body.index(b"</request>") :])
            token = re.search(rb"<resumptionToken[^>]*>([^<]+)<", body)
            asked = {"verb": "ListRecords", "resumptionToken": token[1].decode()} if token else {}
        return found

    rows = await harvest()
    for _ in range(100):
        if await house.database.read(lambda tx: tx.execute(select(func.count()).select_from(sealed)).scalar_one()) >= 7:
            break
        await asyncio.sleep(0.02)
    waited, read_hot = list[str](), house.database.read_hot

    def counted(use_case: Any, *args: Any) -> Any:
        waited.append("once more")
        return read_hot(use_case, *args)

    monkeypatch.setattr(house.database, "read_hot", counted)
    blocks_ = await harvest()
    assert [records(page) for page in blocks_] == [records(page) for page in rows]
    assert len(waited) == (2 if house.settings.is_sqlite else len(rows)), "the first part counts the list, the last one looks on"


def records(page: bytes) -> list[bytes]:
    return re.findall(rb"<record>.*?</record>", page, re.DOTALL)


OPEN = {"path": "open", "title": "Open", "sets": ["type"], "conditions": {"access": ["open"]}}
DATA = OPEN | {"sets": ["open_access"], "conditions": {"types": ["dataset"]}}


class Shelf:
    """Every kind of list of one house: of all, of a set, of what a base URL chooses, with all sets named or some."""

    def __init__(self, house: House, writer: Writer, clock: SetClock) -> None:
        self.house, self.writer, self.clock = house, writer, clock
        self.database, self.renderer = house.database, house.press.renderer
        self.datacite = self.renderer.formats["datacite"]
        self.collected: list[tuple[Range, list[sealing.Bundle]]] = []

    def lists(self, tx: Connection) -> list[tuple[Range, Write]]:
        horizon, numbers = last(tx, "feed"), [None, *(lists.set_id(tx, spec) for spec in ("type:dataset", "/open"))]
        contexts = [(msgspec.convert(each, Context),) for each in (OPEN, DATA)]
        mail = ("mendel@example.org",)
        offers = [Definition(repository_name="Abbey", admin_emails=mail, contexts=each).offer("open") for each in contexts]
        whole = [Range(self.renderer.ids["oai_dc"], horizon), Range(self.renderer.ids["datacite"], horizon)]
        found = [replace(each, set_id=of, filter_id=within) for each in whole for of in numbers[:2] for within in numbers[::2]]
        shown = [(each, offer) for each in found for offer in (None, *offers) if each.set_id is None or offer is None]
        return [(replace(each, shown=offer.shown if offer else ""), self.write(each, offer)) for each, offer in shown]

    def write(self, wanted: Range, offer: Offer | None) -> Write:
        form = self.datacite if wanted.format_id == self.renderer.ids["datacite"] else self.renderer.formats["oai_dc"]

        def write(tx: Connection, entries: Sequence[Entry]) -> list[bytes]:
            texts = [text for text in disseminate(tx, self.renderer, form, entries).records if text is not None]
            return [verbs._without_sets(text, offer) if offer else text for text in texts]

        return write

    def collect(self, tx: Connection) -> None:
        """Read what is not sealed; to be kept later."""
        for wanted, write in self.lists(tx):
            if found := sealing.collect(tx, wanted, parts.Stretch(0, wanted.last, 2, closed=False), write):
                self.collected.append((wanted, found))

    def keep(self, tx: Connection) -> None:
        for wanted, found in self.collected:
            sealing.keep(tx, wanted, sealing.deflate(found), now())
        self.collected = []

    async def seal(self) -> None:
        """Seal all there is."""
        await self.database.read(self.collect)
        while self.collected:
            await self.database.write(self.keep)
            await self.database.read(self.collect)

    def read(self, tx: Connection) -> int:
        """Walk every list, each part of which must be its rows; return how many blocks were met."""
        met = 0
        for wanted, write in self.lists(tx):
            at, more = wanted, True
            while more:
                part, rows = both(tx, at, 5, write)
                assert texts_of(part) == rows, "byte for byte"
                met += sum(isinstance(text, Piece) for text in part.texts)
                at, more = replace(at, after=part.after), part.more
            assert lists.page(tx, at, 1) == [], "nothing is left out"
        return met

    async def worked(self) -> None:
        self.clock.pass_time(seconds=15)
        await self.house.worker.drain()

    async def revise(self) -> None:
        await self.writer.revise(min(self.writer.alive), "Another title", access="restricted")

    async def withdraw(self) -> None:
        await self.writer.withdraw(max(self.writer.alive))

    async def hold(self) -> None:
        number = self.renderer.ids["datacite"]
        await self.database.write(changes.hold, sorted(self.writer.alive)[4], number, "It is broken.", self.clock())

    async def drop(self) -> None:
        """Give nothing in datacite any more."""
        self.renderer.formats.pop("datacite")
        await self.database.write(rendering.settle, rendering.shape_of(self.renderer), self.clock())
        await self.worked()

    async def offer(self) -> None:
        """Give datacite again: to a record that was in it as its return, to one that was not as if it had always been."""
        self.renderer.formats["datacite"] = self.datacite
        await self.database.write(rendering.settle, rendering.shape_of(self.renderer), self.clock())
        await self.worked()

    async def define(self) -> None:
        """Let the base URL choose other records."""
        await configured(self.house, "oai", contexts=[DATA])
        await self.worked()


@pytest.mark.parametrize("sealed_before", [True, False], ids=["sealed before", "sealed after"])
async def test_every_kind_of_list_is_its_rows_whatever_comes_between_sealing_and_reading(
    house: House, writer: Writer, clock: SetClock, *, sealed_before: bool
):
    await configured(house, "oai", contexts=[OPEN])
    shelf = Shelf(house, writer, clock)
    for number in range(8):
        kind, access = ("dataset.dataset", "publication.book")[number % 2], ("open", "restricted")[number // 2 % 2]
        await writer.publish(f"Title {number}", type=kind, access=access)
    await shelf.seal()
    assert await house.database.read(shelf.read) > 25, "or nothing is shown"
    for happen in (shelf.revise, shelf.hold, shelf.withdraw, shelf.drop, shelf.offer, shelf.define):
        if sealed_before:
            await shelf.seal()
        else:
            await house.database.write(lambda tx: tx.execute(delete(sealed)) and None)
            await house.database.read(shelf.collect)
        await happen()
        await house.database.write(shelf.keep)  # what was read before it happened
        met = await house.database.read(shelf.read)
        assert met or happen not in (shelf.revise, shelf.hold, shelf.withdraw), "a single change unseals its own blocks alone"
