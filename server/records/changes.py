"""The feed: each visible change of a record gets a number and a datestamp, in an order nobody can overtake.

It gets them last before its commit. A record that changes moves to the end. The row it leaves stays for a while as a ghost, so
that a list begun before the change can be walked to its end exactly as it was; whoever begins later does not see it. A
withdrawn record's ghosts become tombstones at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, and_, bindparam, delete, func, insert, select, text, update

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

    `identifier` is its OAI identifier; `sets` its setSpecs; `bodies` the `<metadata>…</metadata>` bytes by format id, as many
    as apply. `deleted` makes a tombstone, then `bodies` holds the ids of the formats in which the record was known, with any
    bytes.
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
    rows: list[dict[str, Any]] = []
    bodies: list[dict[str, Any]] = []
    members: list[dict[str, Any]] = []
    for seq, change in enumerate(pending, first):
        head = header(change.identifier, moment, change.sets, deleted=change.deleted)
        mask = sum(1 << format_id for format_id in change.bodies)
        row = {
            "seq": seq,
            "record_id": change.record_id,
            "datestamp": moment,
            "deleted": change.deleted,
            "formats": mask,
            "header": head,
        }
        rows.append(row)
        for format_id, body in change.bodies.items():
            bodies.append(
                {"key": format_id << SHIFT | seq, "body": b"<record>" + head + (b"" if change.deleted else body) + b"</record>"}
            )
        members.extend({"set_id": ids[spec], "seq": seq} for spec in change.sets)
    tx.execute(_SUPERSEDE, [{"id": row["record_id"], "by": row["seq"]} for row in rows])
    tx.execute(insert(feed), rows)
    if bodies:
        tx.execute(insert(fragments), bodies)
    if members:
        tx.execute(insert(memberships), members)
    for change in pending:
        if change.deleted:
            _bury_ghosts(tx, change, header(change.identifier, moment, change.sets, deleted=True))
    return last


_SUPERSEDE = (
    update(feed).where(feed.c.record_id == bindparam("id"), feed.c.superseded.is_(None)).values(superseded=bindparam("by"))
)


def header(identifier: str, moment: datetime, specs: Iterable[str], *, deleted: bool) -> bytes:
    """Write a record's header (OAI-PMH 2.5). Identifiers and setSpecs are of our making and need no escaping."""
    status = ' status="deleted"' if deleted else ""
    inner = "".join(f"<setSpec>{spec}</setSpec>" for spec in specs)
    return (
        f"<header{status}><identifier>{identifier}</identifier><datestamp>{to_wire(moment)}</datestamp>{inner}</header>".encode()
    )


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


def _bury_ghosts(tx: Connection, change: Change, head: bytes) -> None:
    """Make a withdrawn work's ghosts tombstones: its metadata is given to nobody any more.

    A list begun earlier gets the tombstone in its place, and stays as long as it was.
    """
    mine = (feed.c.record_id == change.record_id, feed.c.superseded.is_not(None), feed.c.deleted.is_(False))
    ghosts = list(tx.execute(select(feed.c.seq).where(*mine)).scalars())
    if not ghosts:
        return
    ids = list(tx.execute(select(formats.c.id)).scalars())
    tx.execute(update(feed).where(feed.c.seq.in_(ghosts)).values(deleted=True, header=head))
    keys = [i << SHIFT | seq for i in ids for seq in ghosts]
    tx.execute(update(fragments).where(fragments.c.key.in_(keys)).values(body=b"<record>" + head + b"</record>"))


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
    second = take(tx, _CLOCK, 0, start=int(now.timestamp()) + 1)
    return Horizon(edge(tx), datetime.fromtimestamp(second, tz=now.tzinfo))


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


@cache
def _half(what: str, *, ghosts: bool, in_set: bool) -> Select[Any]:
    """Return the statement for one half of a list: rows that live, or ghosts whose successor came after it began.

    `what` is body, header or count. Built once, as pages are many.
    """
    # The sums keep SQLite from walking all rows to the end of the list in search of the few ghosts,
    # which have an index of their own.
    seq = feed.c.seq + 0 if ghosts else feed.c.seq
    condition = feed.c.superseded > bindparam("last") if ghosts else feed.c.superseded.is_(None)
    offered = feed.c.formats.op("&")(bindparam("bit", type_=BigInteger)) != 0
    query = select(feed.c.seq).where(seq > bindparam("after"), seq <= bindparam("end"), condition, offered)
    if in_set:
        members = memberships.c
        query = query.join(memberships, and_(members.seq == feed.c.seq, members.set_id == bindparam("set_id")))
        query = query.where(members.seq > bindparam("after"), members.seq <= bindparam("end"))
    if what == "count":
        return query.with_only_columns(func.count())
    if what == "header":
        return query.with_only_columns(feed.c.seq, feed.c.header).order_by(seq).limit(bindparam("size"))
    query = query.join(fragments, fragments.c.key == feed.c.seq + bindparam("base", type_=BigInteger))
    return query.with_only_columns(feed.c.seq, fragments.c.body).order_by(seq).limit(bindparam("size"))


def _values(wanted: Range) -> dict[str, int | None]:
    number = wanted.format_id
    return {
        "last": wanted.last,
        "after": wanted.after,
        "end": wanted.end,
        "bit": 1 << number,
        "base": number << SHIFT,
        "set_id": wanted.set_id,
    }


def page(tx: Connection, wanted: Range, size: int) -> tuple[list[int], list[bytes]]:
    """Return up to `size` seqs and complete `<record>` elements after `wanted.after`, in order."""
    return _walk(tx, wanted, size, "body")


def headers(tx: Connection, wanted: Range, size: int) -> tuple[list[int], list[bytes]]:
    """Return up to `size` seqs and `<header>` elements after `wanted.after`, in order."""
    return _walk(tx, wanted, size, "header")


def _walk(tx: Connection, wanted: Range, size: int, what: str) -> tuple[list[int], list[bytes]]:
    values = {**_values(wanted), "size": size}
    in_set = wanted.set_id is not None
    rows = tx.execute(_half(what, ghosts=False, in_set=in_set), values).all()
    if ghosts := tx.execute(_half(what, ghosts=True, in_set=in_set), values).all():
        rows = sorted([*rows, *ghosts], key=itemgetter(0))[:size]
    return [row[0] for row in rows], [row[1] for row in rows]


def count(tx: Connection, wanted: Range) -> int:
    """Count the members of a list: exact as of its horizon."""
    in_set = wanted.set_id is not None
    halves = [_half("count", ghosts=ghosts, in_set=in_set) for ghosts in (False, True)]
    return sum(int(tx.execute(half, _values(wanted)).scalar_one()) for half in halves)


def first_at(tx: Connection, moment: datetime) -> int | None:
    """Return the first `seq` with a datestamp of `moment` or later. Datestamps never fall, so dates are ranges of `seq`."""
    return tx.execute(select(func.min(feed.c.seq)).where(feed.c.datestamp >= moment)).scalar()


def last_at(tx: Connection, moment: datetime) -> int:
    """Return the last `seq` with a datestamp of `moment` (a whole second, as all datestamps are) or earlier, 0 if none."""
    return int(tx.execute(select(func.max(feed.c.seq)).where(feed.c.datestamp <= moment)).scalar() or 0)


def reached(tx: Connection, seq: int) -> datetime | None:
    """Return the datestamp of the last change up to `seq`: who came so far misses nothing by asking again from there."""
    return tx.execute(select(feed.c.datestamp).where(feed.c.seq <= seq).order_by(feed.c.seq.desc()).limit(1)).scalar()


def edge(tx: Connection) -> int:
    """Return the last `seq` given."""
    return int(tx.execute(select(sequences.c.value).where(sequences.c.name == _SEQUENCE)).scalar() or 0)


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


def formats_of(tx: Connection, record_id: str) -> list[str]:
    """Return the prefixes in which a record is available; raises NotFound if it was never visible."""
    mask = tx.execute(select(feed.c.formats).where(feed.c.record_id == record_id, feed.c.superseded.is_(None))).scalar()
    if mask is None:
        raise NotFound("There is no such record.", code="record")
    return [row.prefix for row in tx.execute(select(formats).order_by(formats.c.id)) if mask >> row.id & 1]


def known_formats(tx: Connection, record_id: str) -> dict[int, bytes]:
    """Return the ids of the formats a record is available in now, with empty bytes: what a tombstone must be announced in."""
    mask = tx.execute(select(feed.c.formats).where(feed.c.record_id == record_id, feed.c.superseded.is_(None))).scalar() or 0
    return {format_id: b"" for format_id in range(mask.bit_length()) if mask >> format_id & 1}


def stamped(tx: Connection, record_id: str) -> datetime | None:
    """Return the datestamp harvesters see of a record, or None where they were never told of it."""
    return tx.execute(select(feed.c.datestamp).where(feed.c.record_id == record_id, feed.c.superseded.is_(None))).scalar()


def shows(tx: Connection, change: Change) -> bool:
    """Say whether a change would be none: harvesters are given just this already."""
    live = select(feed).where(feed.c.record_id == change.record_id, feed.c.superseded.is_(None))
    row = tx.execute(live).one_or_none()
    mask = sum(1 << format_id for format_id in change.bodies)
    if row is None or row.deleted != change.deleted or row.formats != mask:
        return False
    head = header(change.identifier, row.datestamp, change.sets, deleted=change.deleted)
    keys = {format_id << SHIFT | row.seq: body for format_id, body in change.bodies.items()}
    known = {each.key: each.body for each in tx.execute(select(fragments).where(fragments.c.key.in_(keys)))}
    whole = {key: b"<record>" + head + (b"" if change.deleted else body) + b"</record>" for key, body in keys.items()}
    return row.header == head and known == whole


def was_shown(tx: Connection, record_id: str) -> bool:
    """Say whether harvesters were ever told of a record."""
    return tx.execute(select(feed.c.seq).where(feed.c.record_id == record_id).limit(1)).scalar() is not None


def all_sets(tx: Connection) -> list[tuple[str, str]]:
    """Return spec and name of every set, parents before children."""
    return [(row.spec, row.name) for row in tx.execute(select(sets.c.spec, sets.c.name).order_by(sets.c.spec))]


def set_id(tx: Connection, spec: str) -> int | None:
    return tx.execute(select(sets.c.id).where(sets.c.spec == spec)).scalar()
