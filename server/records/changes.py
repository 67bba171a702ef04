"""The feed: each visible change of a record gets a number and a datestamp, in an order nobody can overtake.

It gets them last before its commit. A record that changes moves to the end. The row it leaves stays for a while as a ghost, so
that a list begun before the change can be walked to its end exactly as it was; whoever begins later does not see it. A
withdrawn record's ghosts become tombstones at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, text, update

from server.db import upsert
from server.db.sequences import last, take
from server.db.statement import Statement
from server.records import blocks
from server.records.headers import header, whole
from server.records.tables import feed, formats, fragments, memberships, quarantine, sets

#: fragments.key = format << SHIFT | seq
SHIFT = 44
_LOCK = 0x5348454146  # one advisory lock for the whole feed
_SEQUENCE = "feed"
_CORRECTIONS = "feed-corrections"  # how often what was in the feed already came into lists or out of them where it stands
_CLOCK = "feed-clock"  # epoch seconds of the newest datestamp, so that a clock set back cannot make datestamps fall


class Written(Struct, frozen=True, array_like=True):
    """A work as it is given to harvesters.

    `bodies` are the `<metadata>…</metadata>` bytes by format id, of the formats that are written at once; `others` has a bit for
    each further format it can be given in, written when somebody asks; `broken` says by format id why it cannot be written.
    """

    bodies: dict[int, bytes] = {}
    others: int = 0
    broken: dict[int, str] = {}

    @property
    def formats(self) -> int:
        """A bit for each format it can be given in."""
        return self.others | sum(1 << number for number in self.bodies)


_NOTHING = Written()


@dataclass(frozen=True, slots=True)
class Change:
    """One record's next state in the feed.

    `identifier` is its OAI identifier; `sets` its setSpecs. `deleted` makes a tombstone, in every set and format it was known in.
    A set or a format that a record leaves is told of the leaving: there it is a deletion (OAI-PMH 2.5.1).
    """

    record_id: str
    identifier: str
    sets: tuple[str, ...]
    written: Written = _NOTHING
    deleted: bool = False
    missed: tuple[str, ...] = ()
    """Hidden sets it never was in and is announced as deleted in: base URLs that held every record, and this one no longer."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The edge of what is visible: the last `seq`, and the moment at which no earlier change was still on its way."""

    seq: int
    at: datetime


def lock(tx: Connection) -> None:
    """Wait for the feed. On SQLite the one writer is the lock; on PostgreSQL it is held until the commit."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


@dataclass(frozen=True, slots=True)
class _Shown:
    """What harvesters were told of a record before a change: the formats and sets it was known in."""

    seq: int
    formats: int
    sets: tuple[str, ...]


def stamp(tx: Connection, changes: Iterable[Change], now: datetime) -> int:
    """Make changes visible and return the last `seq` given. The last act of a transaction: it holds the feed until the commit."""
    pending = list(changes)
    if not pending:
        return 0
    lock(tx)
    second = take(tx, _CLOCK, 0, start=int(now.timestamp()) + 1)
    moment = datetime.fromtimestamp(second, tz=now.tzinfo)
    last = take(tx, _SEQUENCE, len(pending))
    before = _shown(tx, [change.record_id for change in pending])
    known = {spec for shown in before.values() for spec in shown.sets}
    ids = set_ids(tx, sorted(known.union(*(change.sets + change.missed for change in pending))))
    rows: list[dict[str, Any]] = []
    bodies: list[dict[str, Any]] = []
    members: list[dict[str, Any]] = []
    for seq, change in enumerate(pending, last - len(pending) + 1):
        shown = before.get(change.record_id, _UNKNOWN)
        gone = tuple(spec for spec in dict.fromkeys(shown.sets + change.missed) if spec not in change.sets)
        offered, left = change.written.formats, 0
        if change.deleted:
            offered = shown.formats
        else:
            left = shown.formats & ~offered & ~_bits(change.written.broken)
        specs = sorted(change.sets + gone) if change.deleted else change.sets
        head = header(change.identifier, moment, specs, deleted=change.deleted)
        rows.append({
            "seq": seq, "record_id": change.record_id, "datestamp": moment, "deleted": change.deleted, "formats": offered,
            "left": left, "header": head,
        })  # fmt: skip
        written = {} if change.deleted else change.written.bodies
        bodies += ({"key": number << SHIFT | seq, "body": whole(head, body)} for number, body in written.items())
        members += ({"set_id": ids[spec], "seq": seq, "left": False} for spec in change.sets)
        members += ({"set_id": ids[spec], "seq": seq, "left": not change.deleted} for spec in gone)
    if before:
        _SUPERSEDE.run_each(tx, [{"id": row["record_id"], "by": row["seq"]} for row in rows if row["record_id"] in before])
    blocks.unseal(tx, ((shown.seq, shown.formats) for shown in before.values()))
    _FEED.run_each(tx, rows)
    if bodies:
        _FRAGMENTS.run_each(tx, bodies)
    if members:
        _MEMBERSHIPS.run_each(tx, members)
    _quarantine(tx, pending, before, moment)
    for row, change in zip(rows, pending, strict=True):
        if change.deleted:
            _bury_ghosts(tx, change.record_id, row["header"])
    return last


_UNKNOWN = _Shown(0, 0, ())


def _shown(tx: Connection, ids: Sequence[str]) -> dict[str, _Shown]:
    """Return what was told of records, by record id; nothing for those nobody heard of."""
    rows = _LIVE.rows(tx, {"ids": ids})
    if not rows:
        return {}
    seqs = {seq: list[str]() for _, seq, _, _ in rows}
    everywhere = memberships.c.set_id.in_(select(sets.c.id))  # so that it is found by its key
    spoken = select(memberships.c.seq, sets.c.spec).join(sets, sets.c.id == memberships.c.set_id)
    for member in tx.execute(spoken.where(everywhere, memberships.c.seq.in_(seqs)).order_by(sets.c.spec)):
        seqs[member.seq].append(member.spec)
    held = dict[str, int]()
    for broken in tx.execute(select(quarantine).where(quarantine.c.record_id.in_(ids))):
        held[broken.record_id] = held.get(broken.record_id, 0) | 1 << broken.format_id
    return {number: _Shown(seq, offered | left | held.get(number, 0), tuple(seqs[seq])) for number, seq, offered, left in rows}


_LIVE = Statement(
    select(feed.c.record_id, feed.c.seq, feed.c.formats, feed.c.left).where(
        feed.c.record_id.in_(bindparam("ids", expanding=True)), feed.c.superseded.is_(None)
    )
)


def _bits(numbers: Iterable[int]) -> int:
    return sum(1 << number for number in numbers)


def _quarantine(tx: Connection, pending: Sequence[Change], before: dict[str, _Shown], now: datetime) -> None:
    """Remember what cannot be written, and forget of it what now can."""
    known = [change.record_id for change in pending if change.record_id in before]
    if known:
        tx.execute(delete(quarantine).where(quarantine.c.record_id.in_(known)))
    held = [
        {"record_id": change.record_id, "format_id": number, "cause": cause, "since": now}
        for change in pending
        for number, cause in change.written.broken.items()
    ]
    if held:
        tx.execute(insert(quarantine), held)


def hold(tx: Connection, record_id: str, format_id: int, cause: str, now: datetime) -> None:
    """Leave a record out of a format it cannot be written in, as it turned out when somebody asked; until its next change."""
    lock(tx)
    live = (feed.c.record_id == record_id, feed.c.superseded.is_(None), feed.c.formats.op("&")(1 << format_id) != 0)
    taken = update(feed).where(*live).values(formats=feed.c.formats - (1 << format_id)).returning(feed.c.seq)
    if (seq := tx.execute(taken).scalar()) is not None:
        take(tx, _CORRECTIONS)
        blocks.unseal(tx, [(seq, 1 << format_id)])
        row = {"record_id": record_id, "format_id": format_id, "cause": cause, "since": now}
        tx.execute(insert(quarantine).values(row))


_SUPERSEDE = Statement(
    update(feed).where(feed.c.record_id == bindparam("id"), feed.c.superseded.is_(None)).values(superseded=bindparam("by"))
)


_FEED, _FRAGMENTS, _MEMBERSHIPS = Statement(insert(feed)), Statement(insert(fragments)), Statement(insert(memberships))
_SETS = Statement(select(sets.c.spec, sets.c.id).where(sets.c.spec.in_(bindparam("specs", expanding=True))))


def set_ids(tx: Connection, specs: Iterable[str]) -> dict[str, int]:
    """Return the ids of sets by spec; a set seen for the first time is made, and called by its spec until somebody says more."""
    wanted = list(specs)
    if not wanted:
        return {}
    found: dict[str, int] = dict(_SETS.rows(tx, {"specs": wanted}))
    for spec in wanted:
        if spec not in found:
            found[spec] = tx.execute(insert(sets).values(spec=spec, name=spec).returning(sets.c.id)).scalar_one()
    return found


def join(tx: Connection, members: Iterable[tuple[int, str, bool]]) -> None:
    """Have records be in sets, or have left them, from the place they have in the feed: by `seq`, spec, and whether it has left.

    For sets nobody is given yet: no list that was walked is otherwise for it. Whoever calls holds the feed.
    """
    given = {(seq, spec): left for seq, spec, left in members}
    live = select(feed.c.seq).where(feed.c.superseded.is_(None), feed.c.seq.in_({seq for seq, _ in given}))
    here = set(tx.execute(live).scalars())
    take(tx, _CORRECTIONS)
    ids = set_ids(tx, sorted({spec for _, spec in given}))
    rows = [{"set_id": ids[spec], "seq": seq, "left": left} for (seq, spec), left in given.items() if seq in here]
    if rows:
        statement = upsert.insert(tx, memberships)
        tx.execute(
            statement.on_conflict_do_update(index_elements=["set_id", "seq"], set_={"left": statement.excluded.left}), rows
        )


def describe(tx: Connection, spec: str, name: str, description: str) -> None:
    """Keep what a set is called, so that it can still be said when nobody defines the set any more."""
    number = set_ids(tx, [spec])[spec]
    tx.execute(update(sets).where(sets.c.id == number).values(name=name, description=description))


def unmoved(tx: Connection, made: Sequence[tuple[int, Change]]) -> list[Change]:
    """Return those changes whose record still stands where it stood when it was read, and hold the feed.

    What was changed meanwhile was written by that change as it is now.
    """
    lock(tx)
    ids = [change.record_id for _, change in made]
    live = select(feed.c.record_id, feed.c.seq).where(feed.c.record_id.in_(ids), feed.c.superseded.is_(None))
    places = {row.record_id: row.seq for row in tx.execute(live)} if ids else {}
    return [change for seq, change in made if places.get(change.record_id) == seq]


def _bury_ghosts(tx: Connection, record_id: str, head: bytes) -> None:
    """Make a withdrawn work's ghosts tombstones: its metadata is given to nobody any more.

    A list begun earlier gets the tombstone in its place, and stays as long as it was.
    """
    mine = (feed.c.record_id == record_id, feed.c.superseded.is_not(None), feed.c.deleted.is_(False))
    ghosts = list(tx.execute(select(feed.c.seq).where(*mine)).scalars())
    if not ghosts:
        return
    ids = list(tx.execute(select(formats.c.id)).scalars())
    tx.execute(update(feed).where(feed.c.seq.in_(ghosts)).values(deleted=True, header=head))
    tx.execute(delete(fragments).where(fragments.c.key.in_([number << SHIFT | seq for number in ids for seq in ghosts])))


def lighten(tx: Connection, kept: Iterable[int], limit: int = 2_000) -> int:
    """Remove up to `limit` fragments that an earlier release kept of other formats; return how many.

    Those are written when somebody asks now.
    """
    spans = [fragments.c.key.between(number << SHIFT, (number + 1 << SHIFT) - 1) for number in kept]
    some = select(fragments.c.key).where(~or_(*spans)).limit(limit)
    return tx.execute(delete(fragments).where(fragments.c.key.in_(some))).rowcount


def remove(tx: Connection, seqs: list[int]) -> None:
    """Take rows out of the feed with all that hangs on them."""
    if not seqs:
        return
    ids = list(tx.execute(select(formats.c.id)).scalars())
    tx.execute(delete(fragments).where(fragments.c.key.in_([i << SHIFT | seq for i in ids for seq in seqs])))
    tx.execute(delete(memberships).where(memberships.c.set_id.in_(select(sets.c.id)), memberships.c.seq.in_(seqs)))  # by its key
    tx.execute(delete(feed).where(feed.c.seq.in_(seqs)))


def purge(tx: Connection, before: datetime, limit: int = 500) -> int:
    """Remove up to `limit` ghosts whose successor is older than `before`; return how many went.

    `before` is the life of a resumptionToken ago.
    """
    edge = tx.execute(select(func.max(feed.c.seq)).where(feed.c.datestamp < before)).scalar()
    if edge is None:
        return 0
    ghosts = list(
        tx.execute(select(feed.c.seq).where(feed.c.superseded <= edge).order_by(feed.c.superseded).limit(limit)).scalars()
    )
    remove(tx, ghosts)
    return len(ghosts)


def horizon(tx: Connection, now: datetime) -> Horizon:
    """Read the edge of the feed with the clock. Runs as a write: it must wait for whoever is stamping."""
    lock(tx)
    second, seq = int(now.timestamp()), last(tx, _SEQUENCE)
    known = last(tx, _CLOCK)
    if known < second:  # else nothing is written, and of a thousand lists begun in a second one waits for the disk
        known = take(tx, _CLOCK, 0, start=second + 1)
    return Horizon(seq, datetime.fromtimestamp(known, tz=now.tzinfo))


def corrections(tx: Connection) -> int:
    """Return how often the members of lists changed without a change in the feed, which has a number of its own."""
    return last(tx, _CORRECTIONS)


def format_ids(tx: Connection, prefixes: Iterable[str]) -> dict[str, int]:
    """Return the ids of formats by prefix; a format seen for the first time gets the next one. Runs as a write, at start."""
    lock(tx)
    found: dict[str, int] = {row.prefix: row.id for row in tx.execute(select(formats))}
    for prefix in prefixes:
        if prefix not in found:
            found[prefix] = max(found.values(), default=0) + 1
            tx.execute(insert(formats).values(id=found[prefix], prefix=prefix))
    return found


def stamped(tx: Connection, record_id: str) -> datetime | None:
    """Return the datestamp harvesters see of a record, or None where they were never told of it."""
    return tx.execute(select(feed.c.datestamp).where(feed.c.record_id == record_id, feed.c.superseded.is_(None))).scalar()


def offer(tx: Connection, shown: Sequence[tuple[int, Change]], added: Iterable[int]) -> None:
    """Let records be given in formats nobody could ask for before; each with its `seq`, as one that has moved is left alone.

    Their datestamps stay: who asks for a new format begins at the beginning.
    """
    lock(tx)
    take(tx, _CORRECTIONS)
    bits = _bits(added)
    blocks.unseal(tx, ((seq, bits) for seq, _ in shown))  # what was sealed of these formats before, it was not yet in
    for seq, change in shown:
        if new := 0 if change.deleted else change.written.formats & bits:
            row = update(feed).where(feed.c.seq == seq, feed.c.superseded.is_(None))
            tx.execute(row.values(formats=feed.c.formats.op("|")(new)))


def shows(tx: Connection, change: Change, added: Iterable[int] = ()) -> bool:
    """Say whether a change would be none: harvesters are given just this already, in the sets and formats kept written.

    In the formats `added` nobody was given anything yet.
    """
    live = select(feed).where(feed.c.record_id == change.record_id, feed.c.superseded.is_(None))
    row, old = tx.execute(live).one_or_none(), ~_bits(added)
    if row is None or row.deleted != change.deleted:
        return False
    if not change.deleted and row.formats & old != change.written.formats & old:
        return False
    if row.left & change.written.formats:  # there it is announced as deleted, and so must be announced again
        return False
    member = select(sets.c.spec).join(memberships, memberships.c.set_id == sets.c.id)
    everywhere = memberships.c.set_id.in_(select(sets.c.id))
    specs = set(tx.execute(member.where(everywhere, memberships.c.seq == row.seq, memberships.c.left.is_(False))).scalars())
    if not (specs >= set(change.sets) if change.deleted else specs == set(change.sets)):
        return False
    head = header(change.identifier, row.datestamp, change.sets, deleted=False)
    written = {} if change.deleted else change.written.bodies
    keys = {number << SHIFT | row.seq: whole(head, body) for number, body in written.items()}
    known = {each.key: each.body for each in tx.execute(select(fragments).where(fragments.c.key.in_(keys)))}
    return known == keys


def was_shown(tx: Connection, record_id: str) -> bool:
    """Say whether harvesters were ever told of a record."""
    return tx.execute(select(feed.c.seq).where(feed.c.record_id == record_id).limit(1)).scalar() is not None
