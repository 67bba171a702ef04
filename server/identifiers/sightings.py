"""What stood in the list of an agency, and how far it was read. Takes the transaction, returns values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from server.db import upsert
from server.identifiers.comparing import digest
from server.identifiers.model import Listed
from server.identifiers.tables import agency_lists, identifiers, sightings


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a list was read."""

    cursor: str
    pages: int
    calls: int
    seen: int
    begun: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a list said of one identifier."""

    id: int
    value: str
    url: str | None
    state: str
    digest: str


def begin(tx: Connection, walk: str, now: datetime) -> None:
    """Begin to read a list from its start; what was read before is forgotten."""
    forget(tx, walk)
    tx.execute(delete(agency_lists).where(agency_lists.c.walk == walk))
    tx.execute(insert(agency_lists).values(walk=walk, cursor="", pages=0, calls=0, seen=0, begun=now))


def again(tx: Connection, walk: str) -> None:
    """Read a list from its start once more, as its cursor is not taken any more; what was read stays."""
    tx.execute(update(agency_lists).where(agency_lists.c.walk == walk).values(cursor="", calls=agency_lists.c.calls + 1))


def forget(tx: Connection, walk: str) -> None:
    """Forget what stood in a list, and keep how far it was read."""
    tx.execute(delete(sightings).where(sightings.c.walk == walk))


def find(tx: Connection, walk: str) -> Walk | None:
    row = tx.execute(select(agency_lists).where(agency_lists.c.walk == walk)).one_or_none()
    return None if row is None else Walk(row.cursor, row.pages, row.calls, row.seen, row.begun, row.ended)


def keep(tx: Connection, walk: str, page: Listed, normals: Sequence[str], now: datetime) -> None:
    """Write down a page of a list; `normals` are its names as they are compared."""
    rows = [
        {
            "walk": walk,
            "normal": normal,
            "value": told.value,
            "url": told.url,
            "state": told.state[:60],
            "digest": digest(told.facts),
        }
        for told, normal in zip(page.told, normals, strict=True)
    ]
    if rows:
        statement = upsert.insert(tx, sightings)
        changed = {name: statement.excluded[name] for name in ("value", "url", "state", "digest")}
        tx.execute(statement.on_conflict_do_update(index_elements=["walk", "normal"], set_=changed), rows)
    values: dict[str, object] = {
        "cursor": page.cursor,
        "pages": agency_lists.c.pages + 1,
        "seen": agency_lists.c.seen + len(rows),
    }
    values |= {"calls": agency_lists.c.calls + page.calls, "ended": None if page.cursor else now}
    tx.execute(update(agency_lists).where(agency_lists.c.walk == walk).values(values))


def called(tx: Connection, walk: str) -> None:
    """Count a call for one identifier."""
    tx.execute(update(agency_lists).where(agency_lists.c.walk == walk).values(calls=agency_lists.c.calls + 1))


def of(tx: Connection, walk: str, normal: str) -> Sighting | None:
    """Return what a list said of a name."""
    query = select(sightings).where(sightings.c.walk == walk, sightings.c.normal == normal)
    row = tx.execute(query).one_or_none()
    return None if row is None else Sighting(row.id, row.value, row.url, row.state, row.digest)


def get(tx: Connection, number: int) -> Sighting | None:
    row = tx.execute(select(sightings).where(sightings.c.id == number)).one_or_none()
    return None if row is None else Sighting(row.id, row.value, row.url, row.state, row.digest)


def strangers(tx: Connection, walk: str, scheme: str, after: int, limit: int) -> list[Sighting]:
    """Return names of a list that are in our ledger under no state at all."""
    known = select(identifiers.c.id).where(identifiers.c.scheme == scheme, identifiers.c.normal == sightings.c.normal)
    query = select(sightings).where(sightings.c.walk == walk, sightings.c.id > after, ~known.exists())
    rows = tx.execute(query.order_by(sightings.c.id).limit(limit))
    return [Sighting(row.id, row.value, row.url, row.state, row.digest) for row in rows]


def forget_old(tx: Connection, before: datetime) -> None:
    """Remove the lists that were read to their end before a moment: whoever wanted them has what was asked for."""
    old = select(agency_lists.c.walk).where(agency_lists.c.ended < before)
    tx.execute(delete(sightings).where(sightings.c.walk.in_(old)))
    tx.execute(delete(agency_lists).where(agency_lists.c.ended < before))
