"""Parts of lists: whatever was sealed and whatever changed since, they are the rows, byte for byte."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as run
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete, insert, select

from server.db.migrate import engine_for, migrate
from server.records import blocks, changes, lists, parts, sealing, sizes
from server.records.changes import Change, Written
from server.records.deflated import Piece
from server.records.lists import Entry, Range
from server.records.parts import Stretch
from server.records.sizes import Sizes
from server.records.tables import blocks as rows
from server.records.tables import lists as sealed_lists
from server.records.tables import records
from tests.conftest import START

NAMES = tuple("abcdefghij")
SPECS = ("type", "type:dataset", "open_access")
CHANGE = st.tuples(st.sampled_from(NAMES), st.booleans(), st.sets(st.sampled_from(SPECS)))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("stamp"), st.lists(CHANGE, min_size=1, max_size=4, unique_by=lambda change: change[0])),
        st.tuples(st.just("begin"), st.tuples(st.sampled_from((None, *SPECS)), st.integers(1, 7))),
        st.tuples(st.just("seal"), st.tuples(st.sampled_from((None, *SPECS)), st.integers(0, 20), st.integers(1, 40))),
        st.tuples(st.just("collect"), st.sampled_from((None, *SPECS))),
        st.tuples(st.just("keep"), st.none()),
        st.tuples(st.just("hold"), st.sampled_from(NAMES)),
        st.tuples(st.just("drop"), st.sampled_from(NAMES)),
        st.tuples(st.just("offer"), st.sampled_from(NAMES)),
    ),
    max_size=25,
)
#: Begins with something to seal.
ALL = ("stamp", [(name, False, {"type"}) for name in NAMES])


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "COUNT", 2)
    monkeypatch.setattr(blocks, "LARGEST", 3)
    monkeypatch.setattr(sizes, "WORTH", 1)
    monkeypatch.setattr(sizes, "NEAR", 1000)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path_factory.mktemp('parts') / 'parts.db'}"
    migrate(url)
    engine = engine_for(url)
    common = {"state": "published", "type": "other.other", "version": 1, "title": "", "collection": "works", "document": "{}"}
    with engine.begin() as tx:
        tx.execute(insert(records), [common | {"id": name, "created": START, "modified": START} for name in NAMES])
    yield engine
    engine.dispose()


@pytest.fixture
def history(engine: Engine) -> Iterator["History"]:
    with engine.connect() as tx:
        tx.exec_driver_sql("BEGIN")
        try:
            yield History(tx)
        finally:
            tx.exec_driver_sql("ROLLBACK")


def written(_tx: Connection, entries: list[Entry]) -> list[bytes]:
    return [entry.record or b"?" for entry in entries]


def shown(texts: list) -> bytes:
    return b"".join(text.text() if isinstance(text, Piece) else text for text in texts)


class History:
    """Plays steps; after each, every list begun goes on by a part, which must be what its rows are."""

    def __init__(self, tx: Connection) -> None:
        self.tx, self.now, self.version = tx, START, 0
        self.format, self.other = changes.format_ids(tx, ["a", "b"]).values()
        self.known: dict[str, Change] = {}
        self.walks: list[list] = []
        self.collected: list[tuple[Range, list[sealing.Bundle]]] = []
        self.from_blocks = self.sealed = 0
        self.sizes = Sizes()

    def play(self, steps: list) -> None:
        for kind, what in steps:
            getattr(self, f"_{kind}")(what)
            self._walk()
        for spec in (None, *SPECS):
            self._begin((spec, 3))
        while self.walks:
            self._walk()

    def _list(self, spec: str | None, last: int, form: int = 0) -> Range | None:
        number = None if spec is None else lists.set_id(self.tx, spec)
        return None if spec is not None and number is None else Range(form or self.format, last, number)

    def _stamp(self, what: list) -> None:
        self.version += 1
        body = f"<metadata>{self.version}</metadata>".encode()
        batch = [
            Change(name, name, tuple(sorted(specs)), Written({} if deleted else {self.format: body}), deleted=deleted)
            for name, deleted, specs in what
        ]
        self._change(*batch)

    def _change(self, *batch: Change) -> None:
        self.now += timedelta(seconds=1)
        self.known |= {change.record_id: change for change in batch}
        changes.stamp(self.tx, batch, self.now)

    def _drop(self, name: str) -> None:
        """Take the other format away from a record that has it, as when nobody offers it any more."""
        change = self.known.get(name)
        if change is not None and change.written.others:
            self._change(replace(change, written=Written(change.written.bodies)))

    def _offer(self, name: str) -> None:
        """Let a record be given in the other format, too, for the first time or again."""
        change = self.known.get(name)
        if change is None or change.deleted:
            return
        change = replace(change, written=Written(change.written.bodies, 1 << self.other))
        if changes.shows(self.tx, change, [self.other]):
            seq = lists.one(self.tx, name, self.format).seq
            changes.offer(self.tx, [(seq, change)], [self.other])
            self.known[name] = change
        else:
            self._change(change)
        assert not lists.one(self.tx, name, self.other).gone, "what is offered is given"

    def _begin(self, what: tuple[str | None, int]) -> None:
        spec, size = what
        newest = changes.horizon(self.tx, self.now).seq
        begun = (self._list(spec, newest, form) for form in (self.format, self.other))
        for wanted in (each for each in begun if each is not None):
            self.walks.append([wanted, size])
            for part in (wanted, replace(wanted, after=2), replace(wanted, until=8), replace(wanted, after=4, until=11)):
                assert self.sizes.of(self.tx, part, self.now) == lists.count(self.tx, part)

    def _seal(self, what: tuple[str | None, int, int]) -> None:
        spec, after, last = what
        self._collect(spec, Stretch(after, min(last, changes.horizon(self.tx, self.now).seq), 2, closed=False))
        self._keep(None)

    def _collect(self, spec: str | None, stretch: Stretch | None = None) -> None:
        newest = changes.horizon(self.tx, self.now).seq
        for form in (self.format, self.other):
            if (wanted := self._list(spec, newest, form)) is not None:
                found = sealing.collect(self.tx, wanted, stretch or Stretch(0, newest, 2, closed=False), written)
                if found:
                    self.collected.append((wanted, found))

    def _keep(self, _what: None) -> None:
        for wanted, found in self.collected:
            sealing.keep(self.tx, wanted, sealing.deflate(found), self.now)
        self.collected = []
        places = self.tx.execute(select(rows.c.list_id, rows.c.after, rows.c.last).order_by(rows.c.list_id, rows.c.last)).all()
        for (number, _, last), (following, after, _) in pairwise(places):
            assert number != following or last <= after, "no two blocks of a list overlap"

    def _hold(self, name: str) -> None:
        changes.hold(self.tx, name, self.format, "It is broken.", self.now)

    def _walk(self) -> None:
        for walk in list(self.walks):
            wanted, size = walk
            part = parts.records(self.tx, wanted, size, written)
            entries = lists.page(self.tx, wanted, size + 1)
            assert shown(part.texts) == b"".join(written(self.tx, entries[: part.count]))
            assert part.count == min(len(entries), size) or (part.more and part.count > 0), "a part may end early, with a block"
            assert part.more == (part.count < len(entries))
            self.from_blocks += sum(isinstance(text, Piece) for text in part.texts)
            if (alone := parts.sealed(self.tx, wanted, size)) is not None:
                assert (alone.texts, alone.count, alone.after, alone.more) == (part.texts, part.count, part.after, True)
                self.sealed += 1
            walk[0] = replace(wanted, after=part.after)
            if not part.more:
                self.walks.remove(walk)
            elif part.count:
                assert entries[part.count - 1].seq <= part.after < entries[part.count].seq


@run(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
@example(steps=[("offer", "c"), ("begin", (None, 2)), ("collect", None), ("drop", "c"), ("keep", None), ("offer", "c")])
def test_a_part_is_its_rows_whatever_was_sealed(engine: Engine, steps: list):
    with engine.connect() as tx:
        tx.exec_driver_sql("BEGIN")
        try:
            History(tx).play([ALL, *steps])
        finally:
            tx.exec_driver_sql("ROLLBACK")


def test_what_cannot_be_written_is_sealed_in_no_block(history: History):
    history._stamp(ALL[1])
    wanted = history._list(None, 10)
    assert wanted is not None

    def write(_tx: Connection, entries: list[Entry]) -> list[bytes]:
        return [each.record or b"?" for each in entries if each.record_id != "c"]

    part = parts.records(history.tx, wanted, 5, write)
    assert (part.count, len(part.texts), part.after) == (4, 4, 5), "counted is what is given"
    found = sealing.collect(history.tx, wanted, Stretch(0, 10, 10, closed=False), write)
    assert [(each.after, each.last, each.seqs, len(each.texts)) for each in found] == [(0, 2, (1, 2), 2)]


def test_what_is_sealed_is_sent_as_it_is(history: History):
    history.play([ALL, ("seal", (None, 0, 10)), ("begin", (None, 4))])
    assert history.from_blocks >= 4, "or the test above says nothing"
    assert history.sealed >= 1, "nor does it of parts that are blocks alone"


def placed(tx: Connection) -> list[tuple[int, int, int]]:
    return [tuple(row) for row in tx.execute(select(rows.c.after, rows.c.last, rows.c.count).order_by(rows.c.last))]


def seal(history: History, after: int, last: int, *, closed: bool = False) -> None:
    wanted = history._list(None, changes.horizon(history.tx, history.now).seq)
    assert wanted is not None
    stretch = Stretch(after, last, 2, closed=closed)
    while found := sealing.collect(history.tx, wanted, stretch, written):
        sealing.keep(history.tx, wanted, sealing.deflate(found), history.now)
        stretch = replace(stretch, after=found[-1].last)


def test_a_change_removes_its_block_alone_and_what_is_left_joins_its_neighbour(history: History):
    history._stamp(ALL[1])
    seal(history, 0, 10)
    assert placed(history.tx) == [(0, 2, 2), (2, 4, 2), (4, 6, 2), (6, 8, 2), (8, 10, 2)]
    history._stamp([("c", False, set())])
    assert placed(history.tx) == [(0, 2, 2), (4, 6, 2), (6, 8, 2), (8, 10, 2)]
    wanted = Range(history.format, 11)
    part = parts.records(history.tx, wanted, 10, written)
    (gap,) = [stretch for stretch in part.stretches if stretch.is_worth_sealing]
    assert (gap.after, gap.last, gap.closed) == (2, 4, True)
    seal(history, 2, 4, closed=True)
    assert placed(history.tx) == [(0, 2, 2), (2, 6, 3), (6, 8, 2), (8, 10, 2)]
    assert not [each for each in parts.records(history.tx, wanted, 10, written).stretches if each.is_worth_sealing]


def test_a_list_begun_before_a_change_does_not_use_the_block_sealed_after_it(history: History):
    history._stamp(ALL[1])
    before = Range(history.format, 10)
    history._stamp([("c", False, set())])
    seal(history, 0, 10)
    assert [each.raw for each in parts.records(history.tx, before, 4, written).texts if isinstance(each, Piece)] != []
    assert b">1<" in shown(parts.records(history.tx, before, 10, written).texts)
    assert shown(parts.records(history.tx, before, 10, written).texts).count(b"<record>") == 10


def test_blocks_of_lists_nobody_reads_are_forgotten(history: History):
    history._stamp(ALL[1])
    seal(history, 0, 10)
    assert blocks.forget(history.tx, history.now + blocks.FORGOTTEN - timedelta(days=1)) == 0
    blocks.noted(history.tx, [blocks.Name(history.format)], history.now + timedelta(days=30))
    assert blocks.forget(history.tx, history.now + blocks.FORGOTTEN + timedelta(days=1)) == 0
    assert blocks.forget(history.tx, history.now + blocks.FORGOTTEN + timedelta(days=31), limit=3) == 3
    assert names(history.tx) == [history.format]
    assert blocks.forget(history.tx, history.now + blocks.FORGOTTEN + timedelta(days=31)) == 2
    assert names(history.tx) == [], "nor is the list kept"
    seal(history, 0, 10)
    assert len(placed(history.tx)) == 5


def names(tx: Connection) -> list[int]:
    """The formats of the lists that have or had blocks."""
    return list(tx.execute(select(sealed_lists.c.format_id)).scalars())


def test_many_changes_at_random_leave_blocks_of_a_fair_size(history: History):
    chance = random.Random(1)
    history._stamp(ALL[1])
    for _ in range(60):
        history._stamp([(chance.choice(NAMES), False, set())])
        newest = changes.horizon(history.tx, history.now).seq
        part = parts.records(history.tx, Range(history.format, newest), 10, written)
        for stretch in part.stretches:
            seal(history, stretch.after, stretch.last, closed=stretch.closed)
    counts = [count for _, _, count in placed(history.tx)]
    assert sum(counts) >= 6
    assert min(counts) >= 1
    history.tx.execute(delete(rows))
