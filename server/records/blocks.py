"""Sealed blocks: about a hundred records of a list, deflated once and sent as they are until one of them changes.

A block holds all members of its list with `after` < seq <= `last` that have not changed since. In the transaction in which one of
them does change the block goes, so nobody can be given an old one; until it is sealed anew its records are read as rows.
A list begun before the latest change within a block (`lived`) must not use it: it still sees what was there then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    bindparam,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from server.db import upsert
from server.records.deflated import Piece
from server.records.tables import blocks, feed, lists, memberships

COUNT = 100
"""Records of a block: with fewer they take more room, with more a single change costs more (twice as many gain 2 %)."""

LARGEST = COUNT + COUNT // 4
"""Records of a block that took in what was left over before it."""

FORGOTTEN = timedelta(days=60)
"""After so long without a reader a list loses its blocks."""


@dataclass(frozen=True, slots=True)
class Name:
    """Which list: 0 stands for no set, and for a base URL that offers every record.

    `shown` says which sets its headers name, by their families; empty is all.
    """

    format_id: int
    set_id: int = 0
    filter_id: int = 0
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block lies in its list."""

    after: int
    last: int
    count: int


@dataclass(frozen=True, slots=True)
class Block:
    """A block as it is sent; one that is made also names its members."""

    place: Place
    piece: Piece
    lived: int = 0
    seqs: tuple[int, ...] = ()


_KEY = (lists.c.format_id, lists.c.set_id, lists.c.filter_id, lists.c.shown)
_NUMBER = select(lists.c.id).where(*(column == bindparam(f"its_{column.name}") for column in _KEY))
_MINE = blocks.c.list_id == _NUMBER.scalar_subquery()
_PLACE = (blocks.c.after, blocks.c.last, blocks.c.count)
_PIECE = (blocks.c.raw, blocks.c.crc, blocks.c.body, blocks.c.operator)

_SENT = (
    select(*_PLACE, *_PIECE)
    .where(_MINE, blocks.c.last > bindparam("after"), blocks.c.last <= bindparam("end"), blocks.c.lived <= bindparam("horizon"))
    .order_by(blocks.c.last)
    .limit(bindparam("limit"))
)
_BEFORE = select(*_PLACE).where(_MINE, blocks.c.last <= bindparam("at")).order_by(blocks.c.last.desc()).limit(1)
_FOLLOWING = select(*_PLACE).where(_MINE, blocks.c.last > bindparam("at")).order_by(blocks.c.last).limit(1)


def _values(name: Name) -> dict[str, object]:
    return {
        "its_format_id": name.format_id,
        "its_set_id": name.set_id,
        "its_filter_id": name.filter_id,
        "its_shown": name.shown,
    }


def sent(tx: Connection, name: Name, horizon: int, after: int, end: int, limit: int) -> list[Block]:
    """Return the first blocks of a list that end after `after` and no later than `end`, for a list begun at `horizon`."""
    values = _values(name) | {"horizon": horizon, "after": after, "end": end, "limit": limit}
    return [Block(Place(*row[:3]), Piece(*row[3:])) for row in tx.execute(_SENT, values)]


def neighbours(tx: Connection, name: Name, at: int) -> tuple[Place | None, Place | None]:
    """Return the last block that ends at or before a place in a list, and the first that ends after it."""
    found = (tx.execute(each, _values(name) | {"at": at}).one_or_none() for each in (_BEFORE, _FOLLOWING))
    before, following = (None if row is None else Place(*row) for row in found)
    return before, following


def lived(tx: Connection, after: int, last: int) -> int:
    """Return the latest `seq` that took the place of a row in between, 0 if all rows there are as they were."""
    ghosts = select(func.max(feed.c.superseded)).where(feed.c.seq > after, feed.c.seq <= last)
    return int(tx.execute(ghosts).scalar() or 0)


def keep(tx: Connection, name: Name, made: Sequence[Block], now: datetime) -> int:
    """Keep new blocks of a list, and return how many; whoever calls holds the feed.

    Those that lie within a new one give way to it. One that lies across the edge of another is left out: no two overlap, and
    `unseal` relies on it.
    """
    number = _number(tx, name, now)
    there = select(*_PLACE).where(
        blocks.c.list_id == number, blocks.c.last > made[0].place.after, blocks.c.after < made[-1].place.last
    )
    old = [Place(*row) for row in tx.execute(there)]
    fit = [block for block in made if all(_within(each, block.place) for each in old if _touches(each, block.place))]
    for place in (block.place for block in fit):
        tx.execute(delete(blocks).where(blocks.c.list_id == number, blocks.c.last > place.after, blocks.c.last <= place.last))
    if fit:
        tx.execute(insert(blocks), [_row(number, block) for block in fit])
    return len(fit)


def _touches(one: Place, other: Place) -> bool:
    return one.last > other.after and one.after < other.last


def _within(inner: Place, outer: Place) -> bool:
    return outer.after <= inner.after and inner.last <= outer.last


def _row(number: int, block: Block) -> dict[str, object]:
    place, piece = block.place, block.piece
    return {
        "list_id": number, "last": place.last, "after": place.after, "count": place.count, "lived": block.lived,
        "raw": piece.raw, "crc": piece.crc, "operator": piece.operator, "body": piece.body,
    }  # fmt: skip


def _number(tx: Connection, name: Name, now: datetime) -> int:
    """Return the number of a list; one that is sealed for the first time gets one, and each is written down as read."""
    values = {column.name: getattr(name, column.name) for column in _KEY}
    statement = upsert.insert(tx, lists).values(values | {"read": now})
    statement = statement.on_conflict_do_update(index_elements=list(values), set_={"read": now})
    return int(tx.execute(statement.returning(lists.c.id)).scalar_one())


def noted(tx: Connection, names: Iterable[Name], now: datetime) -> None:
    """Write down that lists are still read, so that they keep their blocks."""
    for name in names:
        tx.execute(update(lists).where(lists.c.id == _NUMBER.scalar_subquery()).values(read=now), _values(name))


def _member(column: ColumnElement[int]) -> ColumnElement[bool]:
    inside = select(memberships.c.seq).where(memberships.c.set_id == column, memberships.c.seq == bindparam("seq"))
    return or_(column == 0, inside.exists())


_EDGE = select(func.min(blocks.c.last)).where(blocks.c.list_id == lists.c.id, blocks.c.last >= bindparam("seq"))
_AROUND = select(lists.c.id, _EDGE.scalar_subquery()).where(
    bindparam("formats", type_=BigInteger).op("&")(literal(1, BigInteger).op("<<")(lists.c.format_id)) != 0,
    _member(lists.c.set_id),
    _member(lists.c.filter_id),
)
_UNSEAL = delete(blocks).where(tuple_(blocks.c.list_id, blocks.c.last).in_(_AROUND), blocks.c.after < bindparam("seq"))


def unseal(tx: Connection, rows: Iterable[tuple[int, int]]) -> None:
    """Remove the blocks that rows of the feed stand in: their `seq`s with a bit for each format they are listed in.

    Part of the transaction that supersedes them.
    """
    if values := [{"seq": seq, "formats": formats} for seq, formats in rows]:
        tx.execute(_UNSEAL, values)


def forget(tx: Connection, now: datetime, limit: int = 500) -> int:
    """Remove up to `limit` blocks of lists nobody reads any more, and the lists that have none left; return how many blocks went.

    Each change looks at every list there is.
    """
    unread = select(lists.c.id).where(lists.c.read < now - FORGOTTEN)
    some = select(blocks.c.list_id, blocks.c.last).where(blocks.c.list_id.in_(unread)).limit(limit)
    gone = tx.execute(delete(blocks).where(tuple_(blocks.c.list_id, blocks.c.last).in_(some))).rowcount
    sealed = select(blocks.c.last).where(blocks.c.list_id == lists.c.id)
    tx.execute(delete(lists).where(lists.c.read < now - FORGOTTEN, ~sealed.exists()))
    return gone
