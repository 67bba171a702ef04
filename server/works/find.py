"""Works found: by words, state, type, collection, depositor, year, access, files, DOI and time; in three orders.

A page begins behind the last work of the one before it, never at a number of works, so the last page is as fast as the first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, String, and_, exists, func, literal, not_, or_, select, tuple_

from server.accounts.tables import accounts
from server.db.columns import Utc
from server.identifiers.model import State as IdentifierState
from server.identifiers.tables import identifiers
from server.records.searchable import normal
from server.records.store import State
from server.records.tables import records, searchable
from server.records.vocabulary import ACCESS, CATEGORIES, TYPES

PAGE = 50
COUNTED = 10_000
"""So many are counted at most; whoever has more does not need the number to the last one."""

MOST_WORDS = 12

NO_DOI = "none"


class Wanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is looked for; empty means any. All of it must hold."""

    q: str = ""
    state: str = ""
    type: str = ""
    """A category or a type."""
    collection: str = ""
    owner: str = ""
    """The name of an account."""
    year: str = ""
    """A year or a range: 1866, 1860-1870, 1860-, -1870."""
    access: str = ""
    files: str = ""
    """yes or no."""
    doi: str = ""
    """A state of its DOI, or none."""
    since: str = ""
    """A day; changed then or later."""
    order: str = ""
    """changed or title; empty: the newest first."""

    @property
    def query(self) -> str:
        """Return it as the query of an address."""
        return urlencode(msgspec.to_builtins(self))

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return self != Wanted(order=self.order)


def wanted_of(query: str) -> Wanted:
    """Return what the query of an address asks for; what it does not know is passed over."""
    known = set(Wanted.__struct_fields__)
    return Wanted(**{name: value.strip()[:200] for name, value in parse_qsl(query) if name in known})


@dataclass(frozen=True, slots=True)
class Row:
    """A work as the list shows it."""

    id: str
    state: State
    type: str
    title: str
    year: int | None
    access: str
    collection: str
    owner: str | None
    files: bool
    created: datetime
    modified: datetime
    sorting: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the list: what it is called, by which column beside the id, and which way."""

    title: str
    column: Any
    key: Callable[[Row], str]
    read: Callable[[str], Any]
    down: bool = True


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


ORDERS: dict[str, Order] = {
    "": Order("Newest first", None, lambda _row: "", str),
    "changed": Order("Changed last first", searchable.c.modified, lambda row: row.modified.isoformat(), _moment),
    "title": Order("By title", searchable.c.sorting, lambda row: row.sorting, str, down=False),
}


@dataclass(frozen=True, slots=True)
class Behind:
    """Where a page begins: behind this work of the page before."""

    id: str = ""
    key: str = ""


def page(tx: Connection, wanted: Wanted, behind: Behind | None = None, size: int = PAGE, *, few: bool = False) -> list[Row]:
    """Return up to `size` works behind a work.

    Where only `few` match, they are found first and then put in order: the order's index would be walked to its end for them.
    """
    order = ORDERS.get(wanted.order, ORDERS[""])
    if few and order.column is not None:
        order = replace(order, column=func.coalesce(order.column, order.column))
    card = searchable.c
    query = _matching(wanted).with_only_columns(
        card.record_id, card.state, card.type, records.c.title, card.year, card.access, card.collection,
        accounts.c.name, card.files, records.c.created, card.modified, card.sorting,
    )  # fmt: skip
    query = query.join(records, records.c.id == card.record_id).join(accounts, accounts.c.id == card.owner, isouter=True)
    columns = [card.record_id] if order.column is None else [order.column, card.record_id]
    if behind is not None and (edge := _edge(order, behind)) is not None:
        query = query.where(edge)
    query = query.order_by(*(column.desc() if order.down else column for column in columns)).limit(size)
    return [_row(row) for row in tx.execute(query)]


def _row(row: Any) -> Row:
    return Row(row[0], State(row[1]), *row[2:])


def _edge(order: Order, behind: Behind) -> ColumnElement[bool] | None:
    card = searchable.c
    if order.column is None:
        return card.record_id < behind.id
    try:
        key = order.read(behind.key)
    except ValueError:
        return None
    kind = Utc() if isinstance(key, datetime) else String()
    left, right = tuple_(order.column, card.record_id), tuple_(literal(key, kind), literal(behind.id))
    return left < right if order.down else left > right


def count(tx: Connection, wanted: Wanted) -> int:
    """Count the works, up to COUNTED + 1."""
    inner = _matching(wanted).with_only_columns(searchable.c.record_id).limit(COUNTED + 1).subquery()
    return int(tx.execute(select(func.count()).select_from(inner)).scalar_one())


def count_all(tx: Connection, wanted: Wanted) -> int:
    """Count the works to the last one."""
    return int(tx.execute(_matching(wanted).with_only_columns(func.count())).scalar_one())


def ids(tx: Connection, wanted: Wanted, after: str, size: int) -> list[tuple[str, str]]:
    """Return ids and titles in the order of the ids, behind one: what a long work walks by."""
    query = _matching(wanted).with_only_columns(searchable.c.record_id, records.c.title)
    query = query.join(records, records.c.id == searchable.c.record_id).where(searchable.c.record_id > after)
    return [(row[0], row[1]) for row in tx.execute(query.order_by(searchable.c.record_id).limit(size))]


def named(tx: Connection, numbers: Sequence[str]) -> list[tuple[str, str]]:
    """Return ids and titles of the works among these, in the order of the ids."""
    query = select(records.c.id, records.c.title).where(records.c.id.in_(list(numbers))).order_by(records.c.id)
    return [(row[0], row[1]) for row in tx.execute(query)]


def collections(tx: Connection) -> list[str]:
    """Return the collections there are works in."""
    return list(tx.execute(select(searchable.c.collection).distinct().order_by(searchable.c.collection)).scalars())


def owners(tx: Connection) -> list[str]:
    """Return the names of the accounts that may have brought works."""
    return list(tx.execute(select(accounts.c.name).order_by(accounts.c.name).limit(500)).scalars())


def _matching(wanted: Wanted) -> Select[Any]:
    query = select().select_from(searchable)
    conditions = [condition for rule in _RULES if (condition := rule(wanted)) is not None]
    return query.where(and_(*conditions)) if conditions else query


def _words(wanted: Wanted) -> ColumnElement[bool] | None:
    """All words must be there, anywhere; one that may be a DOI is looked for among ours too, which no work's text holds."""
    found = normal(wanted.q).split()[:MOST_WORDS]
    return and_(*(_word(word) for word in found)) if found else None


def _word(word: str) -> ColumnElement[bool]:
    there = searchable.c.text.contains(word, autoescape=True)
    if "/" not in word and not word.startswith("10."):
        return there
    bare = word.removeprefix("https://doi.org/").removeprefix("doi:")
    ours = select(identifiers.c.record_id).where(identifiers.c.own, identifiers.c.normal.contains(bare, autoescape=True))
    return or_(searchable.c.text.contains(bare, autoescape=True), searchable.c.record_id.in_(ours))


def _state(wanted: Wanted) -> ColumnElement[bool] | None:
    return searchable.c.state == wanted.state if wanted.state in set(State) else None


def _type(wanted: Wanted) -> ColumnElement[bool] | None:
    if wanted.type in CATEGORIES:
        return searchable.c.type.startswith(f"{wanted.type}.", autoescape=True)
    return searchable.c.type == wanted.type if wanted.type in TYPES else None


def _collection(wanted: Wanted) -> ColumnElement[bool] | None:
    return searchable.c.collection == wanted.collection if wanted.collection else None


def _owner(wanted: Wanted) -> ColumnElement[bool] | None:
    who = select(accounts.c.id).where(accounts.c.name == wanted.owner)
    return searchable.c.owner == who.scalar_subquery() if wanted.owner else None


def _year(wanted: Wanted) -> ColumnElement[bool] | None:
    """Read a year or a range of years."""
    first, dash, last = wanted.year.replace(" ", "").replace("\N{EN DASH}", "-").partition("-")
    if not any((first, last)) or not all(part.isascii() and part.isdecimal() and len(part) < 5 for part in (first, last) if part):  # noqa: PLR2004 -- years have four digits
        return None
    low, high = int(first or 0), int(last or 9999) if dash else int(first)
    return searchable.c.year.between(low, high)


def _access(wanted: Wanted) -> ColumnElement[bool] | None:
    return searchable.c.access == wanted.access if wanted.access in ACCESS else None


def _files(wanted: Wanted) -> ColumnElement[bool] | None:
    return {"yes": searchable.c.files, "no": not_(searchable.c.files)}.get(wanted.files)


def _doi(wanted: Wanted) -> ColumnElement[bool] | None:
    """Ask for the state of its DOI. Not as a question about each work: there an index of the states would be walked for each."""
    if wanted.doi == NO_DOI:
        return ~exists().where(identifiers.c.record_id == searchable.c.record_id, identifiers.c.scheme == "doi")
    if wanted.doi not in set(IdentifierState):
        return None
    in_state = (identifiers.c.scheme == "doi", identifiers.c.state == wanted.doi, identifiers.c.record_id.is_not(None))
    return searchable.c.record_id.in_(select(identifiers.c.record_id).where(*in_state))


def _since(wanted: Wanted) -> ColumnElement[bool] | None:
    try:
        day = date.fromisoformat(wanted.since)
    except ValueError:
        return None
    return searchable.c.modified >= datetime(day.year, day.month, day.day, tzinfo=UTC)


_RULES = (_words, _state, _type, _collection, _owner, _year, _access, _files, _doi, _since)
