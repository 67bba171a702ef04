"""The feed: numbers and datestamps in the order of commits, ghosts for lists under way, tombstones for ever."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, func, insert, select

from server.db.migrate import engine_for
from server.errors import NotFound
from server.records import changes, lists
from server.records.changes import Change, Written
from server.records.lists import Range
from server.records.tables import feed, fragments, memberships, quarantine, records
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
        Written({} if deleted else {number: body or name.encode() for number in formats}),
        deleted=deleted,
    )


def stamp(tx: Connection, *what: Change, at: datetime = START) -> int:
    return changes.stamp(tx, what, at)


def walk(tx: Connection, wanted: Range, size: int = 100) -> list[bytes]:
    """Return the bodies of a list: nothing for a deletion, a question mark for what is to be written when somebody asks."""
    return [
        (entry.record or b"</header>?").partition(b"</header>")[2].removesuffix(b"</record>")
        for entry in lists.page(tx, wanted, size)
    ]


def whole(tx: Connection, number: int = A, spec: str | None = None) -> Range:
    horizon = changes.horizon(tx, START)
    return Range(number, horizon.seq, None if spec is None else lists.set_id(tx, spec))


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
    assert lists.one(tx, "one", A).record == b"<record>" + header + b"<metadata/></record>"
    assert [(entry.seq, entry.header, entry.gone) for entry in lists.headers(tx, whole(tx), 9)] == [(1, header, False)]


def test_datestamps_never_fall_when_the_clock_goes_back(tx):
    for seconds, name in ((0, "one"), (-3600, "two"), (5, "three"), (4, "four")):
        stamp(tx, change(name), at=START + timedelta(seconds=seconds, milliseconds=999))
    stamps = list(tx.execute(select(feed.c.datestamp).order_by(feed.c.seq)).scalars())
    assert stamps == [START, START, START + 5 * SECOND, START + 5 * SECOND]
    assert changes.horizon(tx, START - DAY) == changes.Horizon(4, START + 5 * SECOND), "nor does a responseDate"
    stamp(tx, change("one"), at=START)
    assert lists.first_at(tx, START + 5 * SECOND) == 3


def test_what_comes_after_a_horizon_has_no_earlier_datestamp(tx):
    stamp(tx, change("one"))
    edge = changes.horizon(tx, START + 90 * SECOND)
    stamp(tx, change("two"), at=START + 30 * SECOND)
    assert (edge.seq, edge.at) == (1, START + 90 * SECOND)
    assert lists.first_at(tx, edge.at) == 2


def test_dates_are_ranges_of_numbers(tx):
    for days, name in enumerate(("one", "two", "three")):
        stamp(tx, change(name), at=START + days * DAY)
    assert [lists.first_at(tx, START + moment) for moment in (-DAY, timedelta(), SECOND, 2 * DAY, 3 * DAY)] == [
        1,
        1,
        2,
        3,
        None,
    ]
    assert [lists.last_at(tx, START + moment) for moment in (-SECOND, timedelta(), DAY - SECOND, DAY, 9 * DAY)] == [
        0,
        1,
        1,
        2,
        3,
    ]
    assert lists.last_at(tx, datetime.max.replace(tzinfo=START.tzinfo, microsecond=0)) == 3
    assert lists.first_at(tx, datetime.min.replace(tzinfo=START.tzinfo)) == 1
    assert lists.earliest(tx) == START


def test_an_empty_feed(tx):
    assert changes.horizon(tx, START) == changes.Horizon(0, START)
    assert lists.earliest(tx) is None
    assert lists.count(tx, whole(tx)) == 0
    assert changes.purge(tx, START + DAY) == 0


def test_a_list_under_way_is_walked_as_it_was_begun(tx):
    stamp(tx, change("one"), change("two"), change("three"))
    begun = whole(tx)
    stamp(tx, change("one", b"ONE"), change("four"))
    stamp(tx, change("one", b"ONE!"))
    assert walk(tx, begun) == [b"one", b"two", b"three"]
    assert lists.count(tx, begun) == 3
    assert walk(tx, whole(tx)) == [b"two", b"three", b"four", b"ONE!"]
    assert walk(tx, Range(A, begun.last, after=1), 1) == [b"two"]
    assert walk(tx, Range(A, begun.last, until=2)) == [b"one", b"two"]
    between = Range(A, 5)
    assert walk(tx, between) == [b"two", b"three", b"ONE", b"four"], "a ghost is seen only by lists begun while it lived"


def test_a_withdrawn_record_is_a_tombstone_and_so_are_its_ghosts(tx):
    stamp(tx, change("one"), change("two"))
    stamp(tx, change("one", b"secret"))
    begun = whole(tx)
    stamp(tx, change("one", deleted=True), at=START + DAY)
    assert walk(tx, begun) == [b"two", b""], (
        "what was withdrawn is given to nobody; a list begun earlier gets the tombstone in its place"
    )
    assert lists.count(tx, begun) == 2
    assert not [
        body for body in tx.execute(select(fragments.c.body)).scalars() if b"secret" in body or body.endswith(b"one</record>")
    ]
    assert walk(tx, whole(tx)) == [b"two", b""]
    assert walk(tx, whole(tx, B)) == [b"two", b""]
    assert b'<header status="deleted"><identifier>oai:x:one' in (lists.one(tx, "one", A).record or b"")
    assert lists.formats_of(tx, "one") == ["a", "b"]
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
    assert [lists.formats_of(tx, name) for name in ("one", "two", "three", "four")] == [["a"], ["a", "b"], ["b"], []]
    with pytest.raises(NotFound) as missing:
        lists.one(tx, "one", B)
    assert missing.value.code == "format"
    for never_shown in (lambda: lists.one(tx, "five", A), lambda: lists.formats_of(tx, "five")):
        with pytest.raises(NotFound) as missing:
            never_shown()
        assert missing.value.code == "record"


def test_a_format_keeps_its_number(tx):
    assert changes.format_ids(tx, ["c", "a"]) == {"a": A, "b": B, "c": 3}
    assert changes.format_ids(tx, []) == {"a": A, "b": B, "c": 3}


def test_sets_are_made_once_and_counted_with_their_tombstones(tx):
    stamp(tx, change("one", sets=("type", "type:dataset")), change("two", sets=("type",)), change("three", sets=("open_access",)))
    assert lists.all_sets(tx).keys() == {"open_access", "type", "type:dataset"}
    changes.describe(tx, "type", "By type", "All of them")
    assert lists.all_sets(tx)["type"] == ("By type", "All of them")
    counted = {spec: lists.count(tx, whole(tx, A, spec)) for spec in lists.all_sets(tx)}
    assert counted == {"open_access": 1, "type": 2, "type:dataset": 1}
    begun = whole(tx, A, "type:dataset")
    stamp(tx, change("one", b"moved", sets=("type", "type:etd")))
    assert walk(tx, begun) == [b"one"]
    assert walk(tx, whole(tx, A, "type:dataset")) == [b""], "the set it left is told of a deletion"
    assert walk(tx, whole(tx, A, "type:etd")) == [b"moved"]
    stamp(tx, change("two", sets=("type",), deleted=True))
    assert walk(tx, whole(tx, A, "type")) == [b"moved", b""]
    assert lists.set_id(tx, "nothing") is None


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
    while found := lists.page(tx, Range(A, begun.last, after=after), 1):
        seen += walk(tx, Range(A, begun.last, after=after), 1)
        after = found[-1].seq
    assert seen == [b"one", b"two", b"three", b"four"]


def test_what_leaves_a_set_or_a_format_is_a_deletion_there_for_ever(tx):
    stamp(tx, change("one", sets=("type", "open_access", "/dini")), change("two", sets=("type", "open_access")))
    edge = changes.horizon(tx, START)
    stamp(tx, change("one", b"left", sets=("type",), formats=(B,)), at=START + DAY)
    (entry,) = lists.page(tx, Range(A, 9, lists.set_id(tx, "open_access"), after=edge.seq), 9)
    assert entry.gone
    assert entry.header.startswith(b'<header status="deleted"><identifier>oai:x:one</identifier><datestamp>2026-03-15')
    assert entry.header.endswith(b"<setSpec>type</setSpec><setSpec>open_access</setSpec></header>"), (
        "and says what it is missed in"
    )
    assert walk(tx, whole(tx, B)) == [b"two", b"left"], "it is given where it stayed"
    assert walk(tx, whole(tx, A)) == [b"two", b""], "and missed in the format"
    assert lists.one(tx, "one", A).gone
    assert lists.formats_of(tx, "one") == ["b"]
    chosen = lists.set_id(tx, "/dini")
    assert [entry.gone for entry in lists.page(tx, Range(B, 9, filter_id=chosen), 9)] == [True], "it left the base URL's choice"
    assert lists.one(tx, "one", B, chosen).gone
    with pytest.raises(NotFound):
        lists.one(tx, "two", B, chosen)
    stamp(tx, change("one", b"again", sets=("type",), formats=(B,)), at=START + 2 * DAY)
    assert lists.count(tx, whole(tx, A, "open_access")) == 2
    assert walk(tx, whole(tx, A, "open_access")) == [b"two", b""], "later changes announce it again, for who was away"
    stamp(tx, change("one", b"back", sets=("type", "open_access"), formats=(A, B)), at=START + 3 * DAY)
    assert walk(tx, whole(tx, A, "open_access")) == [b"two", b"back"]
    assert b"/dini" not in b"".join(tx.execute(select(feed.c.header)).scalars())
    assert "/dini" not in lists.all_sets(tx)


def test_a_tombstone_is_announced_wherever_the_record_was_ever_known(tx):
    stamp(tx, change("one", sets=("open_access",), formats=(A,)))
    stamp(tx, change("one", sets=("type",), formats=(B,)))
    stamp(tx, change("one", sets=("type",), deleted=True))
    for number in (A, B):
        for spec in ("open_access", "type"):
            assert [entry.gone for entry in lists.page(tx, whole(tx, number, spec), 9)] == [True]
    header = lists.one(tx, "one", A).header
    assert header.endswith(b"<setSpec>open_access</setSpec><setSpec>type</setSpec></header>")


def test_what_cannot_be_written_is_left_out_and_named_until_it_can(tx):
    sound = change("one", formats=(A,))
    stamp(tx, Change("one", sound.identifier, sound.sets, Written({A: b"one"}, broken={B: "no title"})), change("two"))
    assert walk(tx, whole(tx, B)) == [b"two"]
    assert [tuple(row)[:3] for row in tx.execute(select(quarantine))] == [("one", B, "no title")]
    stamp(tx, change("one"), at=START + DAY)
    assert walk(tx, whole(tx, B)) == [b"two", b"one"]
    assert not tx.execute(select(quarantine)).all()
    changes.hold(tx, "one", B, "cannot be written", START)
    changes.hold(tx, "one", B, "and is held once", START)
    assert walk(tx, whole(tx, B)) == [b"two"]
    assert [row.cause for row in tx.execute(select(quarantine))] == ["cannot be written"]
    stamp(tx, change("one", deleted=True))
    assert walk(tx, whole(tx, B)) == [b"two", b""], "who has it from before hears that it is gone"


def test_what_is_written_when_somebody_asks_stands_in_the_list_without_a_body(tx):
    stamp(tx, Change("one", "oai:x:one", (), Written({A: b"one"}, others=1 << B)))
    assert walk(tx, whole(tx, A)) == [b"one"]
    assert walk(tx, whole(tx, B)) == [b"?"]


def test_a_new_format_moves_no_datestamp(tx):
    stamp(tx, change("one", formats=(A,)))
    both = Change("one", "oai:x:one", ("type",), Written({A: b"one"}, others=1 << B))
    assert not changes.shows(tx, both)
    assert changes.shows(tx, both, [B])
    changes.offer(tx, [(9, both), (1, both)], [B])
    assert walk(tx, whole(tx, B)) == [b"?"]
    assert changes.shows(tx, both)
    assert not changes.shows(tx, change("one", b"otherwise"), [B])


def test_a_format_taken_away_and_offered_again_is_given_again(tx):
    both = Change("one", "oai:x:one", ("type",), Written({A: b"one"}, 1 << B))
    fewer = Change("one", "oai:x:one", ("type",), Written({A: b"one"}))
    stamp(tx, both)
    stamp(tx, fewer)
    assert lists.one(tx, "one", B).gone
    assert not changes.shows(tx, both, [B]), "it was announced as deleted, so its return must be announced, too"
    stamp(tx, both)
    assert not lists.one(tx, "one", B).gone
    assert changes.shows(tx, both)
