"""A list walked by tokens equals the list at its horizon while others write; incremental harvests miss nothing."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, given
from hypothesis import settings as run
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import Connection, Engine, insert, select

from server.app import open_house
from server.db.migrate import engine_for
from server.records import changes, lists
from server.records.changes import Change, Written
from server.records.lists import Range
from server.records.tables import feed, formats, fragments, memberships, records, sets
from server.rooms import web_application
from server.settings import Settings
from tests.conftest import START
from tests.oai.conftest import NS
from tests.writers import Writer

Copy = dict[str, str | None]
"""What a harvester holds: title by local id, None for a deletion."""


async def harvest(
    client: TestClient, begun_: asyncio.Event | None = None, pause: float = 0.0, **first: str
) -> tuple[list[tuple[str, str | None]], str]:
    """Walk a list; return its records in order and the responseDate of its first part, which is announced by the event."""
    arguments, found, begun = {"verb": "ListRecords", "metadataPrefix": "oai_dc"} | first, [], ""
    while True:
        response = await client.get("/oai", params=arguments)
        root = etree.fromstring(await response.read())
        begun = begun or root.xpath("string(//o:responseDate)", namespaces=NS)
        codes = root.xpath("//o:error/@code", namespaces=NS)
        assert not codes or codes == ["noRecordsMatch"], codes
        for record in root.xpath("//o:record", namespaces=NS):
            number = record.xpath("string(.//o:identifier)", namespaces=NS).rpartition(":")[2]
            deleted = record.xpath("string(.//o:header/@status)", namespaces=NS) == "deleted"
            found.append((number, None if deleted else record.xpath("string(.//dc:title)", namespaces=NS)))
        token = root.xpath("string(//o:resumptionToken)", namespaces=NS)
        if not token:
            return found, begun
        arguments = {"verb": "ListRecords", "resumptionToken": token}
        if begun_ is not None:
            begun_.set()
        await asyncio.sleep(pause)


async def follow(client: TestClient, copy: Copy, since: str) -> str:
    """Harvest what changed since a responseDate into a copy; return the new one."""
    found, begun = await harvest(client, **({"from": since} if since else {}))
    for number, title in found:
        copy[number] = title
    return begun


async def change_something(writer: Writer, chance: random.Random, count: int) -> None:
    """Publish, revise, withdraw and restore works of one's own, in any order."""
    for number in range(count):
        alive, gone = sorted(writer.alive), sorted(writer.gone)
        match chance.choice(("publish", "revise", "revise", "withdraw", "restore")):
            case "revise" if alive:
                await writer.revise(chance.choice(alive), f"revised {number}")
            case "withdraw" if alive:
                await writer.withdraw(chance.choice(alive))
            case "restore" if gone:
                await writer.restore(chance.choice(gone))
            case _:
                await writer.publish(f"new {number}")
        await asyncio.sleep(0)


@asynccontextmanager
async def houses(settings: Settings, count: int) -> AsyncIterator[list[tuple[Writer, TestClient]]]:
    """Open several houses on one database, with the real clock."""
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(count):
            house = await stack.enter_async_context(open_house(settings, moved={"oai_page_size": "5"}))
            client = await stack.enter_async_context(TestClient(TestServer(web_application(house))))
            opened.append((Writer(house.database, house.press, house.clock), client))
        yield opened


@pytest.fixture
def many(database_url: str) -> int:
    """How many houses may stand on the database: SQLite belongs to one."""
    return 1 if database_url.startswith("sqlite") else 3


async def test_a_walk_is_its_horizon_while_others_write(settings: Settings, many: int):
    async with houses(settings, many) as opened:
        writers = [writer for writer, _ in opened]
        for number in range(24):
            await writers[number % many].publish(f"old {number}")
        before = {number: title for writer in writers for number, title in writer.alive.items()}
        client, begun = opened[-1][1], asyncio.Event()

        async def disturb(writer: Writer, seed: int) -> None:
            await begun.wait()
            await change_something(writer, random.Random(seed), 16)

        (found, _), *_ = await asyncio.gather(
            harvest(client, begun, pause=0.05), *(disturb(writer, seed) for seed, writer in enumerate(writers))
        )
        ids = [number for number, _ in found]
        assert len(ids) == len(set(ids)), "no record twice"
        seen = dict(found)
        withdrawn = {number for writer in writers for number in writer.ever_gone}
        assert {number: title for number, title in before.items() if number not in withdrawn} == {
            number: title for number, title in seen.items() if number not in withdrawn
        }, "what was not withdrawn is there as it was when the list was begun"
        assert seen.keys() == before.keys(), "the list is exactly what it was; what came later comes with the next harvest"
        assert all(title in {before[number], None} for number, title in seen.items()), (
            "a withdrawn work is given as its tombstone"
        )


async def test_harvests_one_after_the_other_hold_the_final_state(settings: Settings, many: int):
    async with houses(settings, many) as opened:
        writers = [writer for writer, _ in opened]
        copies: list[Copy] = [{} for _ in opened]
        done = asyncio.Event()

        async def keep_up(client: TestClient, copy: Copy) -> str:
            since = ""
            while not done.is_set():
                since = await follow(client, copy, since)
            return since

        async def write_all() -> None:
            await asyncio.gather(
                *(change_something(writer, random.Random(seed), 40 // many) for seed, writer in enumerate(writers))
            )
            done.set()

        results = await asyncio.gather(
            *(keep_up(client, copy) for (_, client), copy in zip(opened, copies, strict=True)), write_all()
        )
        final: Copy = {}
        for writer in writers:
            final |= writer.alive | dict.fromkeys(writer.gone)
        fresh: Copy = {}
        for (_, client), copy, since in zip(opened, copies, results[:-1], strict=True):
            await follow(client, copy, str(since))
            assert copy == final
        await follow(opened[0][1], fresh, "")
        assert fresh == final


# The feed alone, against a list in memory.

NAMES = tuple("pqrst")
SPECS = ("type", "type:dataset", "open_access")
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("stamp"),
            st.lists(
                st.tuples(st.sampled_from(NAMES), st.booleans(), st.sets(st.sampled_from(SPECS))),
                min_size=1,
                max_size=3,
                unique_by=lambda c: c[0],
            ),
        ),
        st.tuples(st.just("begin"), st.tuples(st.sampled_from((None, *SPECS)), st.integers(1, 3))),
        st.tuples(st.just("pass"), st.integers(-5, 50)),
        st.tuples(st.just("purge"), st.integers(1, 3)),
    ),
    max_size=30,
)
LIFE = 60


@pytest.fixture(scope="module")
def engine(sqlite_template: Path) -> Iterator[Engine]:
    engine = engine_for(f"sqlite:///{sqlite_template.with_name('truth.db')}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def tables(engine: Engine) -> Engine:
    records.metadata.create_all(engine)
    row = {
        "state": "published",
        "type": "other.other",
        "version": 1,
        "title": "",
        "collection": "works",
        "created": START,
        "modified": START,
    }
    with engine.begin() as tx:
        tx.execute(insert(records), [row | {"id": name, "document": "{}"} for name in NAMES])
    return engine


@run(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_any_history_can_be_walked_from_any_point(tables: Engine, steps: list):
    with tables.connect() as tx:
        tx.exec_driver_sql("BEGIN")  # connections of this kind leave transactions to the caller
        try:
            _History(tx).play(steps)
        finally:
            tx.exec_driver_sql("ROLLBACK")


class _History:
    """Plays steps on the feed and on a plain list; every list begun is walked to its end once a part a step."""

    def __init__(self, tx: Connection) -> None:
        self.tx, self.now = tx, START
        self.format = changes.format_ids(tx, ["a"])["a"]
        self.rows: list[tuple[int, str, bool, frozenset[str], bool]] = []
        self.known: dict[str, tuple[frozenset[str], bool]] = {}
        """The sets a record was ever in, and whether it was ever given: a deletion of what nobody had is in no list."""
        self.walks: list[dict] = []

    def play(self, steps: list) -> None:
        for kind, what in steps:
            getattr(self, f"_{kind}")(what)
            for walk in self.walks:
                self._part(walk)
        for walk in self.walks:
            while not walk["done"]:
                self._part(walk)
            deleted_since = {name for seq, name, deleted, _, _ in self.rows if deleted and seq > walk["last"]}
            assert walk["seen"] == [pair for pair in walk["expected"] if pair[1] not in deleted_since or pair in walk["seen"]]
            assert set(walk["expected"]) - set(walk["seen"]) <= {pair for pair in walk["expected"] if pair[1] in deleted_since}

    def _stamp(self, what: list) -> None:
        batch = [
            Change(name, name, tuple(sorted(specs)), Written({} if deleted else {self.format: b"x"}), deleted=deleted)
            for name, deleted, specs in what
        ]
        last = changes.stamp(self.tx, batch, self.now)
        first = last - len(batch) + 1
        for seq, (name, deleted, specs) in enumerate(what, first):
            known, offered = self.known.get(name, (frozenset(), False))
            self.known[name] = (known | specs, offered or not deleted)
            self.rows.append((seq, name, deleted, *self.known[name]))
        stamps = list(self.tx.execute(select(feed.c.datestamp).order_by(feed.c.seq)).scalars())
        assert stamps == sorted(stamps)

    def _pass(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def _begin(self, what: tuple[str | None, int]) -> None:
        spec, size = what
        edge = changes.horizon(self.tx, self.now)
        latest = {name: (seq, name, specs, given) for seq, name, _, specs, given in self.rows}
        expected = sorted((seq, name) for seq, name, specs, given in latest.values() if given and (spec is None or spec in specs))
        set_id = None if spec is None else lists.set_id(self.tx, spec)
        if spec is not None and set_id is None:
            assert not expected
            return
        wanted = Range(self.format, edge.seq, set_id)
        assert lists.count(self.tx, wanted) == len(expected)
        self.walks.append(
            {
                "range": wanted,
                "last": edge.seq,
                "size": size,
                "seen": [],
                "expected": expected,
                "done": False,
                "ends": edge.at.timestamp() + LIFE,
            }
        )

    def _part(self, walk: dict) -> None:
        if walk["done"]:
            return
        old = walk["range"]
        seqs = [entry.seq for entry in lists.page(self.tx, old, walk["size"])]
        assert (seqs, len(seqs)) == ([entry.seq for entry in lists.headers(self.tx, old, walk["size"])], len(set(seqs)))
        names = {seq: name for seq, name, _, _, _ in self.rows}
        walk["seen"] += [(seq, names[seq]) for seq in seqs]
        walk["done"] = not seqs
        if seqs:
            walk["range"] = Range(old.format_id, old.last, old.set_id, after=seqs[-1])

    def _purge(self, limit: int) -> None:
        """Purge as the housekeeping does: nothing that a list still under way may need."""
        running = [walk["ends"] - LIFE for walk in self.walks if not walk["done"]]
        edge = min([self.now.timestamp(), *running])
        changes.purge(self.tx, START + timedelta(seconds=edge - START.timestamp()), limit)
        live = set(self.tx.execute(select(feed.c.seq)).scalars())
        given = set(self.tx.execute(select(feed.c.seq).where(feed.c.deleted.is_(False))).scalars())
        assert {key & ((1 << changes.SHIFT) - 1) for key in self.tx.execute(select(fragments.c.key)).scalars()} == given
        assert set(self.tx.execute(select(memberships.c.seq)).scalars()) <= live
        assert self.tx.execute(select(formats.c.prefix)).scalars().all() == ["a"]
        assert len(set(self.tx.execute(select(sets.c.spec)).scalars())) <= len(SPECS)
