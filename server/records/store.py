"""The works as the database keeps them: each with its earlier versions. Takes the transaction, returns model values."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from server.db.statement import Statement
from server.errors import Conflict, NotFound
from server.records import listed
from server.records import provenance as origins
from server.records.model import Record, decode, encode
from server.records.provenance import Provenance
from server.records.searchable import full
from server.records.tables import record_versions, records, searchable


class State(StrEnum):
    """draft → pending → published → withdrawn.

    A pending work may be returned, and is pending again when its depositor changed it; or declined, and is pending again only
    where those who declined it think again. Whatever else is not published may be published, whatever is not withdrawn may be
    withdrawn, and a withdrawn work published again.
    """

    DRAFT = "draft"  # somebody is still writing it
    PENDING = "pending"  # complete, waits for approval
    RETURNED = "returned"  # its depositor was told what to change
    DECLINED = "declined"  # the repository does not take it
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"

    @property
    def before(self) -> bool:
        """Whether the public never heard of it: not published yet."""
        return self in _BEFORE


_BEFORE = frozenset({State.DRAFT, State.PENDING, State.RETURNED, State.DECLINED})


@dataclass(frozen=True, slots=True)
class Stored:
    """A record with what the repository keeps beside it."""

    id: str
    state: State
    version: int
    collection: str
    owner: int | None
    origin: str | None
    reason: str | None
    """Why it was withdrawn or returned."""
    created: datetime
    modified: datetime
    record: Record
    replacement: str | None = None
    """What took a withdrawn work's place: the id of a work, a DOI or an address."""
    provenance: Provenance | None = None
    """Where it was harvested from; it stays the same through all that is done to it here."""


@dataclass(frozen=True, slots=True)
class New:
    """A record to be kept for the first time under an id of the caller's making (ULID)."""

    id: str
    record: Record
    collection: str
    state: State
    owner: int | None = None
    origin: str | None = None
    provenance: Provenance | None = None


def add(tx: Connection, works: Iterable[New], now: datetime) -> None:
    """Keep new records as version 1."""
    works = list(works)
    rows = [
        {
            "id": work.id,
            "state": work.state.value,
            "type": work.record.type,
            "version": 1,
            "title": work.record.title.value,
            "collection": work.collection,
            "owner": work.owner,
            "origin": work.origin,
            "provenance": origins.encode(work.provenance),
            "created": now,
            "modified": now,
            "document": encode(work.record).decode(),
        }
        for work in works
    ]
    if rows:
        _ADD.run_each(tx, rows)
        _ADD_CARD.run_each(tx, [_card(work, now) for work in works])
        listed.enter(tx, [(work.id, work.record, now) for work in works if work.state is State.PUBLISHED])


_ADD, _ADD_CARD = Statement(insert(records)), Statement(insert(searchable))


def _card(new: New, now: datetime) -> dict[str, Any]:
    return full(
        new.id, new.record, state=new.state.value, collection=new.collection, owner=new.owner, origin=new.origin, modified=now
    )


def first(new: New, now: datetime) -> Stored:
    """Return a new record as `add` keeps it."""
    return Stored(
        new.id, new.state, 1, new.collection, new.owner, new.origin, None, now, now, new.record, provenance=new.provenance
    )


def get(tx: Connection, record_id: str, *, to_change: bool = False) -> Stored:
    """Return a record; raises NotFound. `to_change` as in `find`."""
    found = find(tx, record_id, to_change=to_change)
    if found is None:
        raise NotFound(f"There is no work {record_id}.", code="record")
    return found


def find(tx: Connection, record_id: str, *, to_change: bool = False) -> Stored | None:
    """Return a record, or None. `to_change` lets nobody else change it, or what hangs on it, before the transaction ends."""
    row = (_FIND_TO_CHANGE if to_change else _FIND).one(tx, {"id": record_id})
    return None if row is None else _stored(row)


_THIS = select(records).where(records.c.id == bindparam("id"))
_FIND, _FIND_TO_CHANGE = Statement(_THIS), Statement(_THIS.with_for_update(key_share=True))


def some(tx: Connection, ids: Iterable[str]) -> list[Stored]:
    """Return the records that are there of those named, in no order."""
    return [_stored(row) for row in tx.execute(select(records).where(records.c.id.in_(list(ids)))).mappings()]


def by_origins(tx: Connection, names: Iterable[str]) -> dict[str, Stored]:
    """Return the records that came from elsewhere under the names given, by name."""
    rows = tx.execute(select(records).where(records.c.origin.in_(list(names)))).mappings()
    return {row["origin"]: _stored(row) for row in rows}


@dataclass(frozen=True, slots=True)
class Come:
    """A record that came from elsewhere under a name; its JSON is not decoded, as most did not change."""

    origin: str
    id: str
    state: State
    document: bytes
    created: datetime
    provenance: Provenance | None


def documents_by_origins(tx: Connection, names: Iterable[str]) -> list[Come]:
    """Return the records that came from elsewhere under the names given."""
    columns = (records.c.origin, records.c.id, records.c.state, records.c.document, records.c.created, records.c.provenance)
    rows = tx.execute(select(*columns).where(records.c.origin.in_(list(names))))
    return [
        Come(row.origin, row.id, State(row.state), row.document.encode(), row.created, origins.decode(row.provenance))
        for row in rows
    ]


def replace(
    tx: Connection,
    stored: Stored,
    record: Record,
    now: datetime,
    *,
    state: State | None = None,
    reason: str | None = None,
    replacement: str | None = None,
    provenance: Provenance | None = None,
) -> Stored:
    """Make a record the next version of a work and keep the one before; return the work as it is then.

    `provenance` says where it was harvested from now; without it that stays as it is.
    Nothing is written where nothing differs. Raises Conflict where somebody else changed the work since it was read.
    """
    state = state or stored.state
    after = dataclasses.replace(
        stored, record=record, state=state, reason=reason, replacement=replacement, provenance=provenance or stored.provenance
    )
    if after == stored:
        return stored
    after = dataclasses.replace(after, version=stored.version + (record != stored.record), modified=now)
    _write(tx, stored, after)
    if after.version != stored.version:
        old = {"record_id": stored.id, "version": stored.version, "ended": now, "document": encode(stored.record).decode()}
        tx.execute(insert(record_versions).values(old))
    return after


def assign(tx: Connection, stored: Stored, now: datetime, *, owner: int | None, collection: str) -> Stored:
    """Give a work to another account or into another collection; raises Conflict as `replace` does."""
    after = dataclasses.replace(stored, owner=owner, collection=collection)
    if after == stored:
        return stored
    after = dataclasses.replace(after, modified=now)
    _write(tx, stored, after)
    return after


def _write(tx: Connection, stored: Stored, after: Stored) -> None:
    changed = tx.execute(
        update(records)
        .where(records.c.id == stored.id, records.c.version == stored.version, records.c.state == stored.state.value)
        .values(
            state=after.state.value,
            type=after.record.type,
            version=after.version,
            title=after.record.title.value,
            collection=after.collection,
            owner=after.owner,
            reason=after.reason,
            replacement=after.replacement,
            provenance=origins.encode(after.provenance),
            modified=after.modified,
            document=encode(after.record).decode(),
        )
    )
    if changed.rowcount != 1:
        raise Conflict(
            "The work was changed by somebody else at the same moment.",
            remedy="Read it again and repeat the change.",
            code="changed",
        )
    card = full(
        after.id, after.record, state=after.state.value, collection=after.collection, owner=after.owner, origin=after.origin,
        modified=after.modified,
    )  # fmt: skip
    tx.execute(update(searchable).where(searchable.c.record_id == after.id).values(card))
    if after.state is State.PUBLISHED:
        if (after.state, after.record) != (stored.state, stored.record):
            listed.change(tx, after.id, after.record, after.modified)
    elif stored.state is State.PUBLISHED:
        listed.leave(tx, after.id)


@dataclass(frozen=True, slots=True)
class Version:
    """An earlier version of a work, and when the next one took its place."""

    number: int
    ended: datetime
    record: Record


def versions(tx: Connection, record_id: str) -> list[tuple[int, datetime]]:
    """Return the numbers of a work's earlier versions and when each ended, the latest first."""
    query = select(record_versions.c.version, record_versions.c.ended).where(record_versions.c.record_id == record_id)
    return [(row.version, row.ended) for row in tx.execute(query.order_by(record_versions.c.version.desc()))]


def version(tx: Connection, record_id: str, number: int) -> Version:
    """Return an earlier version of a work; raises NotFound."""
    query = select(record_versions).where(record_versions.c.record_id == record_id, record_versions.c.version == number)
    row = tx.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no version {number} of this work.", code="version")
    return Version(number, row["ended"], decode(row["document"]))


def counts(tx: Connection) -> dict[str, int]:
    """Count the works by state."""
    return {row[0]: row[1] for row in tx.execute(select(records.c.state, func.count()).group_by(records.c.state))}


def waiting(tx: Connection) -> dict[str, tuple[int, datetime]]:
    """Count the works that wait for approval, with the oldest one's time of change."""
    query = select(searchable.c.state, func.count(), func.min(searchable.c.modified)).group_by(searchable.c.state)
    found = tx.execute(query.where(searchable.c.state == State.PENDING.value))
    return {state: (count, oldest) for state, count, oldest in found}


def newest(tx: Connection, limit: int) -> list[Stored]:
    """Return the published works that came last."""
    query = select(records).where(records.c.state == State.PUBLISHED.value).order_by(records.c.id.desc()).limit(limit)
    return [_stored(row) for row in tx.execute(query).mappings()]


def titles(tx: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Return the titles of works, by id."""
    return {row.id: row.title for row in tx.execute(select(records.c.id, records.c.title).where(records.c.id.in_(list(ids))))}


def walk(tx: Connection, after: str = "", size: int = 500, *, state: State = State.PUBLISHED) -> list[Stored]:
    """Return up to `size` records of a state with ids after `after`, in the order of their ids."""
    query = select(records).where(records.c.id > after, records.c.state == state.value).order_by(records.c.id).limit(size)
    return [_stored(row) for row in tx.execute(query).mappings()]


def _stored(row: Mapping[Any, Any]) -> Stored:
    return Stored(
        id=row["id"],
        state=State(row["state"]),
        version=row["version"],
        collection=row["collection"],
        owner=row["owner"],
        origin=row["origin"],
        reason=row["reason"],
        created=row["created"],
        modified=row["modified"],
        record=decode(row["document"]),
        replacement=row["replacement"],
        provenance=origins.decode(row["provenance"]),
    )
