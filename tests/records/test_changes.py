"""The feed: numbers and datestamps in the order of commits, ghosts for lists under way, tombstones for ever."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, func, insert, select

from server.db.migrate import engine_for
from server.errors import NotFound
from server.records import changes
from server.records.changes import Change, Range
from server.records.tables import feed, fragments, memberships, records
from tests.conftest import START

A, B = 1, 2
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = engine_for(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def tx(engine: Engine) -> Iterator[Connection]:
    """A transaction on a feed with two formats and works `one` … `four` that were never shown."""
    with engine.begin() as connection:
        assert changes.format_ids(connection, ["a", "b"]) == {"a": A, "b": B}
        known(connection, "one", "two", "three", "four")
        yield connection


def known(tx: Connection, *names: str) -> None:
    row = {
        "state": "published",
        "type": "other.other",
        "version": 1,
        "title": "",
        "collection": "works",
        "created": START,
        "modified": START,
    }
    tx.execute(insert(records), [row | {"id": name, "document": "{}"} for name in names])


def change(
    name: str, body: bytes = b"", *, sets: Iterable[str] = ("type",), formats: Iterable[int] = (A, B), deleted: bool = False
) -> Change:
    return Change(
        name,
        f"oai:x:{name}",
        tuple(sets),
        {number: b"" if deleted else body or name.encode() for number in formats},
        deleted=deleted,
    )


def stamp(tx: Connection, *what: Change, at: datetime = START) -> int:
    return changes.stamp(tx, what, at)


def walk(tx: Connection, wanted: Range, size: int = 100) -> list[bytes]:
    return [part.partition(b"</header>")[2].removesuffix(b"</record>") for part in changes.page(tx, wanted, size)[1]]


def whole(tx: Connection, number: int = A, spec: str | None = None) -> Range:
    horizon = changes.horizon(tx, START)
    return Range(number, horizon.seq, None if spec is None else changes.set_id(tx, spec))


def test_numbers_follow_the_order_of_changes_without_gaps(tx):
    assert stamp(tx, change("one"), change("two")) == 2
    assert stamp(tx, change("three")) == 3
    assert stamp(tx, change("one", b"again")) == 4
    assert stamp(tx) == 0
    assert walk(tx, whole(tx)) == [b"two", b"three", b"again"]
    assert list(tx.execute(select(feed.c.seq, feed.c.superseded).order_by(feed.c.seq))) == [
        (1, 4),
        (2, None),
        (3, None),
        (4, None),
    ]


def test_a_record_is_a_header_and_its_metadata(tx):
    stamp(tx, change("one", b"<metadata/>", sets=("type", "type:etd")))
    header = b"<header><identifier>oai:x:one</identifier><datestamp>2026-03-14T09:26:53Z</datestamp><setSpec>type</setSpec><setSpec>type:etd</setSpec></header>"
    assert changes.fragment(tx, "one", A) == b"<record>" + header + b"<metadata/></record>"
    assert changes.headers(tx, whole(tx), 9) == ([1], [header])


def test_datestamps_never_fall_when_the_clock_goes_back(tx):
    for seconds, name in ((0, "one"), (-3600, "two"), (5, "three"), (4, "four")):
        stamp(tx, change(name), at=START + timedelta(seconds=seconds, milliseconds=999))
    stamps = list(tx.execute(select(feed.c.datestamp).order_by(feed.c.seq)).scalars())
    assert stamps == [START, START, START + 5 * SECOND, START + 5 * SECOND]
    assert changes.horizon(tx, START - DAY) == changes.Horizon(4, START + 5 * SECOND), "nor does a responseDate"
    stamp(tx, change("one"), at=START)
    assert changes.first_at(tx, START + 5 * SECOND) == 3


def test_what_comes_after_a_horizon_has_no_earlier_datestamp(tx):
    stamp(tx, change("one"))
    edge = changes.horizon(tx, START + 90 * SECOND)
    stamp(tx, change("two"), at=START + 30 * SECOND)
    assert (edge.seq, edge.at) == (1, START + 90 * SECOND)
    assert changes.first_at(tx, edge.at) == 2


def test_dates_are_ranges_of_numbers(tx):
    for days, name in enumerate(("one", "two", "three")):
        stamp(tx, change(name), at=START + days * DAY)
    assert [changes.first_at(tx, START + moment) for moment in (-DAY, timedelta(), SECOND, 2 * DAY, 3 * DAY)] == [
        1,
        1,
        2,
        3,
        None,
    ]
    assert [changes.last_at(tx, START + moment) for moment in (-SECOND, timedelta(), DAY - SECOND, DAY, 9 * DAY)] == [
        0,
        1,
        1,
        2,
        3,
    ]
    assert changes.last_at(tx, datetime.max.replace(tzinfo=START.tzinfo, microsecond=0)) == 3
    assert changes.first_at(tx, datetime.min.replace(tzinfo=START.tzinfo)) == 1
    assert changes.earliest(tx) == START


def test_an_empty_feed(tx):
    assert changes.horizon(tx, START) == changes.Horizon(0, START)
    assert changes.earliest(tx) is None
    assert changes.count(tx, whole(tx)) == 0
    assert changes.purge(tx, START + DAY) == 0


def test_a_list_under_way_is_walked_as_it_was_begun(tx):
    stamp(tx, change("one"), change("two"), change("three"))
    begun = whole(tx)
    stamp(tx, change("one", b"ONE"), change("four"))
    stamp(tx, change("one", b"ONE!"))
    assert walk(tx, begun) == [b"one", b"two", b"three"]
    assert changes.count(tx, begun) == 3
    assert walk(tx, whole(tx)) == [b"two", b"three", b"four", b"ONE!"]
    assert walk(tx, Range(A, begun.last, after=1), 1) == [b"two"]
    assert walk(tx, Range(A, begun.last, until=2)) == [b"one", b"two"]
    between = Range(A, 5)
    assert walk(tx, between) == [b"two", b"three", b"ONE", b"four"], "a ghost is seen only by lists begun while it lived"


def test_a_withdrawn_record_is_a_tombstone_and_so_are_its_ghosts(tx):
    stamp(tx, change("one"), change("two"))
    stamp(tx, change("one", b"secret"))
    begun = whole(tx)
    formats = changes.known_formats(tx, "one")
    assert formats == {A: b"", B: b""}
    stamp(tx, change("one", formats=formats, deleted=True), at=START + DAY)
    assert walk(tx, begun) == [b"two", b""], (
        "what was withdrawn is given to nobody; a list begun earlier gets the tombstone in its place"
    )
    assert changes.count(tx, begun) == 2
    assert not [
        body for body in tx.execute(select(fragments.c.body)).scalars() if b"secret" in body or body.endswith(b"one</record>")
    ]
    assert walk(tx, whole(tx)) == [b"two", b""]
    assert walk(tx, whole(tx, B)) == [b"two", b""]
    assert b'<header status="deleted"><identifier>oai:x:one' in changes.fragment(tx, "one", A)
    assert changes.known_formats(tx, "one") == {A: b"", B: b""}
    assert changes.purge(tx, START + 9 * DAY) == 2, "the two ghosts go; the tombstone itself stays"
    assert walk(tx, whole(tx)) == [b"two", b""]
    stamp(tx, change("one", b"back"))
    assert walk(tx, whole(tx)) == [b"two", b"back"]


def test_formats_are_lists_of_their_own(tx):
    stamp(
        tx, change("one", formats=(A,)), change("two", formats=(A, B)), change("three", formats=(B,)), change("four", formats=())
    )
    assert walk(tx, whole(tx, A)) == [b"one", b"two"]
    assert walk(tx, whole(tx, B)) == [b"two", b"three"]
    assert [changes.formats_of(tx, name) for name in ("one", "two", "three", "four")] == [["a"], ["a", "b"], ["b"], []]
    assert changes.known_formats(tx, "one") == {A: b""}
    assert changes.known_formats(tx, "four") == {}
    with pytest.raises(NotFound) as missing:
        changes.fragment(tx, "one", B)
    assert missing.value.code == "format"
    for never_shown in (lambda: changes.fragment(tx, "five", A), lambda: changes.formats_of(tx, "five")):
        with pytest.raises(NotFound) as missing:
            never_shown()
        assert missing.value.code == "record"
    assert changes.known_formats(tx, "five") == {}


def test_a_format_keeps_its_number(tx):
    assert changes.format_ids(tx, ["c", "a"]) == {"a": A, "b": B, "c": 3}
    assert changes.format_ids(tx, []) == {"a": A, "b": B, "c": 3}


def test_sets_are_made_once_and_counted_with_their_tombstones(tx):
    stamp(tx, change("one", sets=("type", "type:dataset")), change("two", sets=("type",)), change("three", sets=("open_access",)))
    assert changes.all_sets(tx) == [
        ("open_access", "Works in open access"),
        ("type", "Works by type"),
        ("type:dataset", "Dataset"),
    ]
    counted = {spec: changes.count(tx, whole(tx, A, spec)) for spec, _ in changes.all_sets(tx)}
    assert counted == {"open_access": 1, "type": 2, "type:dataset": 1}
    begun = whole(tx, A, "type:dataset")
    stamp(tx, change("one", b"moved", sets=("type", "type:etd")))
    assert walk(tx, begun) == [b"one"]
    assert walk(tx, whole(tx, A, "type:dataset")) == []
    assert walk(tx, whole(tx, A, "type:etd")) == [b"moved"]
    stamp(tx, change("two", sets=("type",), deleted=True))
    assert walk(tx, whole(tx, A, "type")) == [b"moved", b""]
    assert changes.set_id(tx, "nothing") is None


def test_purge_keeps_what_a_token_may_need(tx):
    stamp(tx, change("one"), change("two"), at=START)
    old = whole(tx)
    stamp(tx, change("one", b"ONE"), at=START + 10 * DAY)
    stamp(tx, change("two", b"TWO"), at=START + 20 * DAY)
    assert changes.purge(tx, START + 10 * DAY) == 0, "what was superseded only then was seen until then"
    assert walk(tx, old) == [b"one", b"two"]
    assert changes.purge(tx, START + 10 * DAY + SECOND) == 1
    assert walk(tx, old) == [b"two"]
    assert changes.purge(tx, START + 99 * DAY, limit=1) == 1
    assert changes.purge(tx, START + 99 * DAY) == 0
    assert walk(tx, whole(tx)) == [b"ONE", b"TWO"]
    counted = [tx.execute(select(func.count()).select_from(table)).scalar_one() for table in (feed, fragments, memberships)]
    assert counted == [2, 4, 2]


def test_parts_follow_each_other_across_living_and_ghosts(tx):
    stamp(tx, *[change(name) for name in ("one", "two", "three", "four")])
    begun = whole(tx)
    stamp(tx, change("two", b"TWO"))
    stamp(tx, change("four", b"FOUR"))
    seen, after = [], 0
    while seqs := changes.page(tx, Range(A, begun.last, after=after), 1)[0]:
        seen += walk(tx, Range(A, begun.last, after=after), 1)
        after = seqs[-1]
    assert seen == [b"one", b"two", b"three", b"four"]
