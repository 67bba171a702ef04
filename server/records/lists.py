"""The lists harvesters walk: what is read of the feed, in its order, in a set or in all.

A row is given as a deletion where the work was withdrawn, and where it has left the format or the set that is asked for.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any

from msgspec import Struct
from sqlalchemy import BigInteger, Connection, Select, and_, bindparam, exists, func, or_, select

from server.db.prepared import Prepared
from server.errors import NotFound
from server.records.changes import SHIFT
from server.records.headers import buried, whole
from server.records.sets import is_hidden
from server.records.tables import feed, formats, fragments, memberships, records, sets


@dataclass(frozen=True, slots=True)
class Range:
    """A list to walk: a format, maybe a set, and the `seq` it ends at (the horizon it was begun with) and starts after."""

    format_id: int
    last: int
    set_id: int | None = None
    filter_id: int | None = None
    """The set a base URL chooses its records by."""
    after: int = 0
    until: int | None = None
    """The last `seq` within the asked-for dates, where that is less than the horizon."""
    shown: str = ""
    """Which sets its headers name, where not all: see `Offer.shown`."""

    @property
    def end(self) -> int:
        return self.last if self.until is None else min(self.last, self.until)


class Entry(Struct, frozen=True):
    """One element of a list.

    `body` is the whole `<record>` where it is kept written; None where it is to be written now, and for a deletion, which has
    none. `header` is its `<header>` as this list shows it.
    """

    seq: int
    record_id: str
    header: bytes
    gone: bool
    body: bytes | None = None

    @property
    def record(self) -> bytes | None:
        """The whole `<record>`, or None where it is still to be written."""
        return whole(self.header) if self.gone else self.body


#: A work that is given to harvesters.
GIVEN = (feed.c.superseded.is_(None), feed.c.deleted.is_(False))

_MEMBERS = memberships.alias("members")
_CHOSEN = memberships.alias("chosen")


@cache
def _half(what: str, *, ghosts: bool, in_set: bool, chosen: bool) -> Prepared:
    """Return the statement for one half of a list: rows that live, or ghosts whose successor came after it began.

    `what` is body, header, count or left: the number of ghosts whose successor came after a list begun earlier and before it.
    Built once, as pages are many.
    """
    # The sums keep SQLite from walking all rows to the end of the list in search of the few ghosts,
    # which have an index of their own.
    seq = feed.c.seq + 0 if ghosts else feed.c.seq
    condition = feed.c.superseded > bindparam("last") if ghosts else feed.c.superseded.is_(None)
    bit = bindparam("bit", type_=BigInteger)
    offered = feed.c.formats.op("|")(feed.c.left).op("&")(bit) != 0
    query = select(feed.c.seq).where(seq > bindparam("after"), seq <= bindparam("end"), condition, offered)
    if what == "left":
        query = query.where(feed.c.superseded <= bindparam("until"))
    gone = [feed.c.deleted, feed.c.left.op("&")(bit) != 0]
    for wanted, table, name in ((in_set, _MEMBERS, "set_id"), (chosen, _CHOSEN, "filter_id")):
        if wanted:
            query = query.join(table, and_(table.c.seq == feed.c.seq, table.c.set_id == bindparam(name)))
            query = query.where(table.c.seq > bindparam("after"), table.c.seq <= bindparam("end"))
            gone.append(table.c.left)
    if what in {"count", "left"}:
        return Prepared(query.with_only_columns(func.count()))
    columns = [feed.c.seq, feed.c.record_id, feed.c.header, feed.c.deleted, or_(*gone).label("gone")]
    if what == "body":
        key = feed.c.seq + bindparam("base", type_=BigInteger)
        query, columns = query.outerjoin(fragments, fragments.c.key == key), [*columns, fragments.c.body]
    return Prepared(query.with_only_columns(*columns).order_by(seq).limit(bindparam("size")))


def _values(wanted: Range) -> dict[str, int | None]:
    number = wanted.format_id
    return {
        "last": wanted.last,
        "after": wanted.after,
        "end": wanted.end,
        "bit": 1 << number,
        "base": number << SHIFT,
        "set_id": wanted.set_id,
        "filter_id": wanted.filter_id,
    }


def page(tx: Connection, wanted: Range, size: int) -> list[Entry]:
    """Return up to `size` elements after `wanted.after`, in order, with their bodies where these are kept written."""
    return _walk(tx, wanted, size, "body")


def headers(tx: Connection, wanted: Range, size: int) -> list[Entry]:
    """Return up to `size` elements after `wanted.after`, in order, without their bodies."""
    return _walk(tx, wanted, size, "header")


def _walk(tx: Connection, wanted: Range, size: int, what: str) -> list[Entry]:
    values = {**_values(wanted), "size": size}
    shape = {"in_set": wanted.set_id is not None, "chosen": wanted.filter_id is not None}
    rows = _half(what, ghosts=False, **shape).rows(tx, values)
    if ghosts := _half(what, ghosts=True, **shape).rows(tx, values):
        rows = sorted([*rows, *ghosts], key=itemgetter(0))[:size]
    spec = ""
    if wanted.set_id is not None and any(gone and not deleted for _, _, _, deleted, gone, *_ in rows):
        spec = tx.execute(select(sets.c.spec).where(sets.c.id == wanted.set_id)).scalar_one()
    return [
        _left(seq, record_id, header, spec) if gone and not deleted else Entry(seq, record_id, header, bool(gone), *body)
        for seq, record_id, header, deleted, gone, *body in rows
    ]


def _left(seq: int, record_id: str, header: bytes, spec: str = "") -> Entry:
    """Return an element that has left: it is given a tombstone's header, with the set it is missed in."""
    named = f"<setSpec>{spec}</setSpec>".encode()
    head = buried(header)
    if spec and named not in head:
        head = head.replace(b"</header>", named + b"</header>")
    return Entry(seq, record_id, head, gone=True)


def count(tx: Connection, wanted: Range) -> int:
    """Count the members of a list: exact as of its horizon."""
    shape = {"in_set": wanted.set_id is not None, "chosen": wanted.filter_id is not None}
    halves = [_half("count", ghosts=ghosts, **shape) for ghosts in (False, True)]
    return sum(int(half.rows(tx, _values(wanted))[0][0]) for half in halves)


def left_since(tx: Connection, wanted: Range, seq: int) -> int:
    """Count those who were members of a list when its horizon was at `seq`, and have another place in the feed by now."""
    shape = {"in_set": wanted.set_id is not None, "chosen": wanted.filter_id is not None}
    values = _values(replace(wanted, last=seq)) | {"until": wanted.last}
    return int(_half("left", ghosts=True, **shape).rows(tx, values)[0][0])


def first_at(tx: Connection, moment: datetime) -> int | None:
    """Return the first `seq` with a datestamp of `moment` or later. Datestamps never fall, so dates are ranges of `seq`."""
    # Not min and max: SQLite would walk the rows in search of them, as many as there are.
    query = select(feed.c.seq).where(feed.c.datestamp >= moment).order_by(feed.c.datestamp, feed.c.seq).limit(1)
    return tx.execute(query).scalar()


def last_at(tx: Connection, moment: datetime) -> int:
    """Return the last `seq` with a datestamp of `moment` (a whole second, as all datestamps are) or earlier, 0 if none."""
    query = select(feed.c.seq).where(feed.c.datestamp <= moment).order_by(feed.c.datestamp.desc(), feed.c.seq.desc()).limit(1)
    return int(tx.execute(query).scalar() or 0)


def reached(tx: Connection, seq: int) -> datetime | None:
    """Return the datestamp of the last change up to `seq`: who came so far misses nothing by asking again from there."""
    return tx.execute(select(feed.c.datestamp).where(feed.c.seq <= seq).order_by(feed.c.seq.desc()).limit(1)).scalar()


def earliest(tx: Connection) -> datetime | None:
    """Return the lower limit of all datestamps."""
    return tx.execute(select(feed.c.datestamp).order_by(feed.c.datestamp, feed.c.seq).limit(1)).scalar()


def sample(tx: Connection, filter_id: int | None = None) -> str | None:
    """Return the id of a record that is given, of those `filter_id` chooses: the one that has changed least lately."""
    query = select(feed.c.record_id).where(*GIVEN)
    if filter_id is None:
        query = query.order_by(feed.c.seq)
    else:
        query = query.join(_CHOSEN, and_(_CHOSEN.c.seq == feed.c.seq, _CHOSEN.c.set_id == filter_id))
        query = query.where(_CHOSEN.c.left.is_(False)).order_by(_CHOSEN.c.seq)
    return tx.execute(query.limit(1)).scalar()


def one(tx: Connection, record_id: str, format_id: int, filter_id: int | None = None) -> Entry:
    """Return one record as it is now, in a format.

    Raises NotFound where it was never visible, or never in what `filter_id` chooses (code record), or not in this format (code
    format).
    """
    bit = 1 << format_id
    gone = [feed.c.deleted, feed.c.left.op("&")(bit) != 0]
    query = select(feed.c.seq).outerjoin(fragments, fragments.c.key == feed.c.seq + (format_id << SHIFT))
    if filter_id is not None:
        query = query.join(_CHOSEN, and_(_CHOSEN.c.seq == feed.c.seq, _CHOSEN.c.set_id == filter_id))
        gone.append(_CHOSEN.c.left)
    query = query.where(feed.c.record_id == record_id, feed.c.superseded.is_(None)).with_only_columns(
        feed.c.seq, feed.c.record_id, feed.c.header, feed.c.deleted, or_(*gone).label("gone"), fragments.c.body,
        (feed.c.formats.op("|")(feed.c.left)).label("known"),
    )  # fmt: skip
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no such record.", code="record")
    if not row.known & bit:
        raise NotFound("The record is not available in this format.", code="format")
    if row.gone and not row.deleted:
        return _left(row.seq, row.record_id, row.header)
    return Entry(row.seq, row.record_id, row.header, row.gone, row.body)


def formats_of(tx: Connection, record_id: str, filter_id: int | None = None) -> list[str]:
    """Return the formats in which a record is available; raises NotFound if it was never visible, or not to `filter_id`."""
    query = select(feed.c.formats).where(feed.c.record_id == record_id, feed.c.superseded.is_(None))
    if filter_id is not None:
        query = query.join(_CHOSEN, and_(_CHOSEN.c.seq == feed.c.seq, _CHOSEN.c.set_id == filter_id))
    mask = tx.execute(query).scalar()
    if mask is None:
        raise NotFound("There is no such record.", code="record")
    return [row.prefix for row in tx.execute(select(formats).order_by(formats.c.id)) if mask >> row.id & 1]


def all_sets(tx: Connection) -> dict[str, tuple[str, str]]:
    """Return name and description of every set that has or had members, by spec."""
    return {row.spec: (row.name, row.description) for row in tx.execute(select(sets)) if not is_hidden(row.spec)}


def set_id(tx: Connection, spec: str) -> int | None:
    return tx.execute(select(sets.c.id).where(sets.c.spec == spec)).scalar()


@dataclass(frozen=True, slots=True)
class Member:
    """A work in a set."""

    id: str
    title: str


#: A work that is given to harvesters.
GIVEN = (feed.c.superseded.is_(None), feed.c.deleted.is_(False))


def sizes(tx: Connection, within: str = "") -> dict[str, int]:
    """Count the works that are given in each set, hidden ones too; of all of them under an empty spec.

    Where `within` names a hidden set, only the works in it count.
    """
    whole_ = _within(select(func.count()).select_from(feed), tx, within)
    query = select(memberships.c.set_id, func.count().label("number")).join(feed, feed.c.seq == memberships.c.seq)
    query = _within(query, tx, within).where(memberships.c.left.is_(False)).group_by(memberships.c.set_id)
    counted = {row.set_id: row.number for row in tx.execute(query)}
    specs = {row.spec: counted.get(row.id, 0) for row in tx.execute(select(sets.c.id, sets.c.spec))}
    return specs | {"": int(tx.execute(whole_).scalar_one())}


def size(tx: Connection, spec: str) -> int:
    """Count the works that are given in a set, or in all where the spec is empty."""
    return int(tx.execute(_within(select(func.count()).select_from(feed), tx, spec)).scalar_one())


def members(tx: Connection, spec: str, after: str, limit: int) -> list[Member]:
    """Return the next works of a set, or of all, in the order of their ids, which no new datestamp changes."""
    query = select(feed.c.record_id, records.c.title).join(records, records.c.id == feed.c.record_id)
    query = _within(query, tx, spec).where(feed.c.record_id > after).order_by(feed.c.record_id).limit(limit)
    return [Member(row.record_id, row.title) for row in tx.execute(query)]


def _within(query: Select[Any], tx: Connection, spec: str) -> Select[Any]:
    query = query.where(*GIVEN)
    if not spec:
        return query
    among = (_CHOSEN.c.set_id == (set_id(tx, spec) or 0), _CHOSEN.c.seq == feed.c.seq, _CHOSEN.c.left.is_(False))
    return query.where(exists().where(*among))
