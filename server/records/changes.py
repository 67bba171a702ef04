"""The feed: each visible change of a record gets a number and a datestamp, last before its commit, in an order nobody can overtake.

A record that changes moves to the end. The row it leaves stays for a while as a ghost, so that a list begun before the change can be
walked to its end exactly as it was; whoever begins later does not see it. A withdrawn record's ghosts lose their metadata at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, func, insert, select, text, update

from server.clock import to_wire
from server.db.sequences import sequences, take
from server.errors import NotFound
from server.records.sets import name_of
from server.records.tables import feed, formats, fragments, memberships, sets

#: fragments.key = format << SHIFT | seq
SHIFT = 44
_LOCK = 0x5348454146  # one advisory lock for the whole feed
_SEQUENCE = "feed"
_CLOCK = "feed-clock"  # epoch seconds of the newest datestamp, so that a clock set back cannot make datestamps fall


@dataclass(frozen=True, slots=True)
class Change:
    """One record's next state in the feed.

    `identifier` is its OAI identifier; `sets` its setSpecs; `bodies` the `<metadata>…</metadata>` bytes by format id, as many as apply.
    `deleted` makes a tombstone, then `bodies` holds the ids of the formats in which the record was known, with any bytes.
    """

    record_id: str
    identifier: str
    sets: tuple[str, ...]
    bodies: Mapping[int, bytes]
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Horizon:
    """The edge of what is visible: the last `seq`, and the moment at which no earlier change was still on its way."""

    seq: int
    at: datetime


def lock(tx: Connection) -> None:
    """Wait for the feed. On SQLite the one writer is the lock; on PostgreSQL it is held until the commit."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def stamp(tx: Connection, changes: Iterable[Change], now: datetime) -> int:
    """Make changes visible and return the last `seq` given. The last act of a transaction: it holds the feed until the commit."""
    pending = list(changes)
    if not pending:
        return 0
    lock(tx)
    second = take(tx, _CLOCK, 0, start=int(now.timestamp()) + 1)
    moment = datetime.fromtimestamp(second, tz=now.tzinfo)
    last = take(tx, _SEQUENCE, len(pending))
    ids = set_ids(tx, sorted({spec for change in pending for spec in change.sets}))
    first = last - len(pending) + 1
    rows, bodies, members = [], [], []
    for seq, change in enumerate(pending, first):
        head = header(change.identifier, moment, change.sets, deleted=change.deleted)
        rows.append({"seq": seq, "record_id": change.record_id, "datestamp": moment, "deleted": change.deleted, "header": head})
        for format_id, body in change.bodies.items():
            bodies.append({"key": format_id << SHIFT | seq, "body": b"<record>" + head + (b"" if change.deleted else body) + b"</record>"})
        members.extend({"set_id": ids[spec], "seq": seq} for spec in change.sets)
    tx.execute(_SUPERSEDE, [{"id": row["record_id"], "by": row["seq"]} for row in rows])
    tx.execute(insert(feed), rows)
    if bodies:
        tx.execute(insert(fragments), bodies)
    if members:
        tx.execute(insert(memberships), members)
    for change in pending:
        if change.deleted:
            _forget_bodies(tx, change.record_id)
    return last


_SUPERSEDE = (
    update(feed).where(feed.c.record_id == bindparam("id"), feed.c.superseded.is_(None)).values(superseded=bindparam("by"))
)


def header(identifier: str, moment: datetime, specs: Iterable[str], *, deleted: bool) -> bytes:
    """Write a record's header (OAI-PMH 2.5). Identifiers and setSpecs are of our making and need no escaping."""
    status = ' status="deleted"' if deleted else ""
    inner = "".join(f"<setSpec>{spec}</setSpec>" for spec in specs)
    return f"<header{status}><identifier>{identifier}</identifier><datestamp>{to_wire(moment)}</datestamp>{inner}</header>".encode()


def set_ids(tx: Connection, specs: Iterable[str]) -> dict[str, int]:
    """Return the ids of sets by spec; a set seen for the first time is made."""
    wanted = list(specs)
    if not wanted:
        return {}
    found = {row.spec: row.id for row in tx.execute(select(sets.c.spec, sets.c.id).where(sets.c.spec.in_(wanted)))}
    for spec in wanted:
        if spec not in found:
            found[spec] = tx.execute(insert(sets).values(spec=spec, name=name_of(spec)).returning(sets.c.id)).scalar_one()
    return found


def _forget_bodies(tx: Connection, record_id: str) -> None:
    """A withdrawn work's metadata is given to nobody any more, not even to a list begun earlier: its ghosts go."""
    ghosts = list(tx.execute(select(feed.c.seq).where(feed.c.record_id == record_id, feed.c.superseded.is_not(None))).scalars())
    remove(tx, ghosts)


def remove(tx: Connection, seqs: list[int]) -> None:
    """Take rows out of the feed with all that hangs on them."""
    if not seqs:
        return
    ids = list(tx.execute(select(formats.c.id)).scalars())
    tx.execute(delete(fragments).where(fragments.c.key.in_([i << SHIFT | seq for i in ids for seq in seqs])))
    tx.execute(delete(memberships).where(memberships.c.seq.in_(seqs)))
    tx.execute(delete(feed).where(feed.c.seq.in_(seqs)))


def purge(tx: Connection, before: datetime, limit: int = 500) -> int:
    """Remove up to `limit` ghosts whose successor is older than `before` (the life of a resumptionToken); return how many went."""
    edge = tx.execute(select(func.max(feed.c.seq)).where(feed.c.datestamp < before)).scalar()
    if edge is None:
        return 0
    ghosts = list(tx.execute(select(feed.c.seq).where(feed.c.superseded <= edge).order_by(feed.c.superseded).limit(limit)).scalars())
    remove(tx, ghosts)
    return len(ghosts)


def horizon(tx: Connection, now: datetime) -> Horizon:
    """Read the edge of the feed with the clock. Runs as a write: it must wait for whoever is stamping."""
    lock(tx)
    second = take(tx, _CLOCK, 0, start=int(now.timestamp()) + 1)
    seq = tx.execute(select(sequences.c.value).where(sequences.c.name == _SEQUENCE)).scalar()
    return Horizon(int(seq or 0), datetime.fromtimestamp(second, tz=now.tzinfo))


def format_ids(tx: Connection, prefixes: Iterable[str]) -> dict[str, int]:
    """Return the ids of formats by prefix; a format seen for the first time gets the next one. Runs as a write, at start."""
    lock(tx)
    found: dict[str, int] = {row.prefix: row.id for row in tx.execute(select(formats))}
    for prefix in prefixes:
        if prefix not in found:
            found[prefix] = max(found.values(), default=0) + 1
            tx.execute(insert(formats).values(id=found[prefix], prefix=prefix))
    return found


@dataclass(frozen=True, slots=True)
class Range:
    """A list to walk: a format, maybe a set, and the `seq` it ends at (the horizon it was begun with) and starts after."""

    format_id: int
    last: int
    set_id: int | None = None
    after: int = 0
    until: int | None = None
    """The last `seq` within the asked-for dates, where that is less than the horizon."""

    @property
    def end(self) -> int:
        return self.last if self.until is None else min(self.last, self.until)


def _members(wanted: Range, *, ghosts: bool) -> Select[Any]:
    """Select the seqs of one half of a list: rows that live, or ghosts whose successor came after the list began."""
    end, condition = wanted.end, (feed.c.superseded > wanted.last if ghosts else feed.c.superseded.is_(None))
    query = select(feed.c.seq).where(feed.c.seq > wanted.after, feed.c.seq <= end, condition)
    if wanted.set_id is not None:
        query = query.join(memberships, and_(memberships.c.seq == feed.c.seq, memberships.c.set_id == wanted.set_id)).where(
            memberships.c.seq > wanted.after, memberships.c.seq <= end
        )
    return query.join(fragments, fragments.c.key == feed.c.seq + (wanted.format_id << SHIFT))


def page(tx: Connection, wanted: Range, size: int) -> tuple[list[int], list[bytes]]:
    """Return up to `size` seqs and complete `<record>` elements after `wanted.after`, in order."""
    return _walk(tx, wanted, size, fragments.c.body)


def headers(tx: Connection, wanted: Range, size: int) -> tuple[list[int], list[bytes]]:
    """Return up to `size` seqs and `<header>` elements after `wanted.after`, in order."""
    return _walk(tx, wanted, size, feed.c.header)


def _walk(tx: Connection, wanted: Range, size: int, what: Any) -> tuple[list[int], list[bytes]]:
    halves = [_members(wanted, ghosts=g).with_only_columns(feed.c.seq, what.label("bytes")).order_by(feed.c.seq).limit(size) for g in (False, True)]
    rows = [row for half in halves for row in tx.execute(half)]
    rows.sort(key=itemgetter(0))
    del rows[size:]
    return [row[0] for row in rows], [row[1] for row in rows]


def count(tx: Connection, wanted: Range) -> int:
    """Count the members of a list: exact as of its horizon."""
    halves = [_members(wanted, ghosts=g).with_only_columns(func.count()) for g in (False, True)]
    return sum(int(tx.execute(half).scalar_one()) for half in halves)


def first_at(tx: Connection, moment: datetime) -> int | None:
    """Return the first `seq` with a datestamp of `moment` or later. Datestamps never fall, so dates are ranges of `seq`."""
    return tx.execute(select(func.min(feed.c.seq)).where(feed.c.datestamp >= moment)).scalar()


def last_at(tx: Connection, moment: datetime) -> int:
    """Return the last `seq` with a datestamp of `moment` or earlier, 0 if none."""
    return int(tx.execute(select(func.max(feed.c.seq)).where(feed.c.datestamp < moment + timedelta(seconds=1))).scalar() or 0)


def earliest(tx: Connection) -> datetime | None:
    """Return the lower limit of all datestamps."""
    return tx.execute(select(feed.c.datestamp).order_by(feed.c.datestamp, feed.c.seq).limit(1)).scalar()


def fragment(tx: Connection, record_id: str, format_id: int) -> bytes:
    """Return one record's `<record>` element as it is now; raises NotFound if it was never visible or not in this format."""
    seq = tx.execute(select(feed.c.seq).where(feed.c.record_id == record_id, feed.c.superseded.is_(None))).scalar()
    if seq is None:
        raise NotFound("There is no such record.", code="record")
    body: bytes | None = tx.execute(select(fragments.c.body).where(fragments.c.key == format_id << SHIFT | seq)).scalar()
    if body is None:
        raise NotFound("The record is not available in this format.", code="format")
    return body


def formats_of(tx: Connection, record_id: str) -> Iterator[str]:
    """Yield the prefixes in which a record is available; raises NotFound if it was never visible."""
    seq = tx.execute(select(feed.c.seq).where(feed.c.record_id == record_id, feed.c.superseded.is_(None))).scalar()
    if seq is None:
        raise NotFound("There is no such record.", code="record")
    query = select(formats.c.prefix).join(fragments, fragments.c.key == formats.c.id * (1 << SHIFT) + seq).order_by(formats.c.id)
    yield from tx.execute(query).scalars()


def known_formats(tx: Connection, record_id: str) -> dict[int, bytes]:
    """Return the ids of the formats a record is available in now, with empty bytes: what a tombstone must be announced in."""
    seq = tx.execute(select(feed.c.seq).where(feed.c.record_id == record_id, feed.c.superseded.is_(None))).scalar()
    ids = tx.execute(select(formats.c.id)).scalars().all()
    keys = tx.execute(select(fragments.c.key).where(fragments.c.key.in_([i << SHIFT | (seq or 0) for i in ids]))).scalars()
    return {key >> SHIFT: b"" for key in keys}


def was_shown(tx: Connection, record_id: str) -> bool:
    """Say whether harvesters were ever told of a record."""
    return tx.execute(select(feed.c.seq).where(feed.c.record_id == record_id).limit(1)).scalar() is not None


def all_sets(tx: Connection) -> list[tuple[str, str]]:
    """Return spec and name of every set, parents before children."""
    return [(row.spec, row.name) for row in tx.execute(select(sets.c.spec, sets.c.name).order_by(sets.c.spec))]


def set_id(tx: Connection, spec: str) -> int | None:
    return tx.execute(select(sets.c.id).where(sets.c.spec == spec)).scalar()
