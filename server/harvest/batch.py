"""Works in bulk: prepared outside, stored in batches, each batch one transaction, and a second run changes nothing."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec
from msgspec import Struct
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from ulid import ULID

from server.clock import Clock
from server.errors import Invalid, SheafError
from server.identifiers import ledger
from server.identifiers.schemes import doi, handle
from server.metadata.fragments import Renderer
from server.metadata.work import NAMELESS, Names
from server.publishing import Prepared, Press, approved, keep_new, prepare, revised, withdrawn
from server.records import changes, store
from server.records.changes import Written
from server.records.model import Identifier, Record, decode
from server.records.provenance import Provenance
from server.records.store import New, State, Stored

SIZE = 500
"""Works in one batch: large enough for one flush to be cheap, small enough that others get their turn."""


class Bare(Struct, frozen=True, kw_only=True):
    """One work as a source gives it: its name there, and its record as JSON; `reason` makes it a deletion.

    `provenance` comes with what was harvested from a repository only.
    """

    origin: str
    document: bytes
    collection: str = "works"
    reason: str | None = None
    provenance: Provenance | None = None


class Item(Struct, frozen=True, kw_only=True):
    """One work ready to be stored: rendered for the feed, under the id it has or will have."""

    id: str
    origin: str
    document: bytes
    collection: str
    names: Names
    written: Written
    reason: str | None = None
    provenance: Provenance | None = None


class Known(Struct, frozen=True, kw_only=True):
    """What is there already under a source's name."""

    id: str
    document: bytes
    names: Names
    state: str
    deposited: str
    """The day it was first kept, YYYY-MM-DD."""
    provenance: Provenance | None = None

    def is_as(self, bare: Bare) -> bool:
        """Whether it is there just as a source gives it; when it was harvested does not matter."""
        same = bare.reason is None and self.state == State.PUBLISHED.value and self.document == bare.document
        return same and (bare.provenance is None or bare.provenance.tells_as(self.provenance))


class Report(Struct, kw_only=True):
    """What a batch did."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    problems: list[str] = []

    def add(self, other: "Report") -> None:
        self.new += other.new
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.withdrawn += other.withdrawn
        self.problems += other.problems


@dataclass(frozen=True, slots=True)
class _Sorted:
    """A batch by what is to be done with each work."""

    new: list[tuple[Item, Record]]
    known: list[tuple[Item, Record, Stored]]


def known(tx: Connection, origins: Iterable[str]) -> dict[str, Known]:
    """Return what is there under the names given; the caller skips what did not change before it renders anything."""
    rows = store.documents_by_origins(tx, origins)
    shown = ledger.shown_of(tx, [row.id for row in rows])
    return {
        row.origin: Known(
            id=row.id,
            document=row.document,
            names=shown.get(row.id, NAMELESS),
            state=row.state.value,
            deposited=row.created.date().isoformat(),
            provenance=row.provenance,
        )
        for row in rows
    }


def render(renderer: Renderer, bare: Bare, there: Known | None, now: datetime) -> Item:
    """Make one work ready. Pure; runs in another process. Raises Invalid for a record that is none."""
    record = decode(bare.document)
    number = there.id if there is not None else str(ULID())
    shown = there.names if there is not None else NAMELESS
    deposited = there.deposited if there is not None else now.date().isoformat()
    came = bare.provenance or (there.provenance if there is not None else None)
    written = Written()
    if bare.reason is None:
        written = renderer.write(renderer.work(number, record, names=shown, deposited=deposited, provenance=came))
    return Item(
        id=number,
        origin=bare.origin,
        document=bare.document,
        collection=bare.collection,
        names=shown,
        written=written,
        reason=bare.reason,
        provenance=came,
    )


def store_batch(tx: Connection, press: Press, items: list[Item], clock: Clock) -> Report:
    """Store a batch; a work that cannot be stored is reported with its name and does not stop the rest."""
    now = clock()
    report = Report()
    ready = _sorted(tx, items, report)
    stamped: list[changes.Change] = []
    for item, record, stored in ready.known:
        stamped += _each(tx, report, item, partial(_change, tx, press, item, record, stored, report, now))
    fresh = _claimed(tx, press, ready.new, report, now)
    oai_id, sets = press.renderer.repository.oai_id, press.renderer.sets
    stamped += [
        changes.Change(item.id, oai_id(item.id), sets(record, item.collection, item.names.doi), item.written)
        for item, record in fresh
    ]
    changes.stamp(tx, stamped, now)
    report.new += len(fresh)
    return report


def _sorted(tx: Connection, items: list[Item], report: Report) -> _Sorted:
    there = store.by_origins(tx, [item.origin for item in items])
    result = _Sorted([], [])
    seen: set[str] = set()
    for item in items:
        if item.origin in seen:
            report.problems.append(f"{item.origin}: named twice in this batch; the first was taken.")
            continue
        seen.add(item.origin)
        record = decode(item.document)
        stored = there.get(item.origin)
        if stored is None and item.reason is not None:
            report.unchanged += 1  # it never was here, so there is nothing to withdraw
        elif stored is None:
            result.new.append((item, record))
        else:
            result.known.append((item, record, stored))
    return result


def _change(
    tx: Connection, press: Press, item: Item, record: Record, stored: Stored, report: Report, now: datetime
) -> changes.Change | None:
    """Change a work that is there already, and return what is to be stamped of it."""
    if item.reason is not None:
        if stored.state is State.WITHDRAWN:
            report.unchanged += 1
            return None
        _, change = withdrawn(tx, press, stored, item.reason, now)
        report.withdrawn += 1
        return change
    owners = ledger.owners_of(tx, "doi", [normal for _, normal in _dois(record)])
    record = _without_others(item, record, owners, report, own=stored.id)
    came = item.provenance
    if came is not None and record == stored.record and came.tells_as(stored.provenance):
        came = stored.provenance  # a second harvest of what did not change is no change
    ready = Prepared(stored.id, record, item.names, item.written, item.provenance)
    if item.id != stored.id:  # another batch brought it since this one was rendered
        ready = prepare(press, stored.id, record, stored.created, names=ledger.shown(tx, stored.id), provenance=came)
    changed, change = revised(tx, press, stored, ready, now, provenance=came)
    if changed.state is State.WITHDRAWN:
        changed, change = approved(tx, press, changed, ready, now)
    if changed is stored:
        report.unchanged += 1
    else:
        report.changed += 1
    return change


def _claimed(
    tx: Connection, press: Press, new: list[tuple[Item, Record]], report: Report, now: datetime
) -> list[tuple[Item, Record]]:
    """Write the DOIs and handles of new works down.

    A DOI that is another work's is taken from this one, which is kept without it, and reported. A handle may be.
    """
    owners = ledger.owners_of(tx, "doi", [normal for _, record in new for _, normal in _dois(record)])
    names, result = _free(new, _dois, owners), []
    handles = _free(new, _handles, ledger.owners_of(tx, "handle", [name for _, record in new for _, name in _handles(record)]))
    for item, record in new:
        sound = _without_others(item, record, owners, report)
        if sound is not record:
            work = press.renderer.work(item.id, sound, deposited=now.date().isoformat(), provenance=item.provenance)
            item = msgspec.structs.replace(item, written=press.renderer.write(work))  # noqa: PLW2901 -- the same work, mended
        result.append((item, sound))
    keep_new(tx, [_new(item, record) for item, record in result], now)
    ledger.add_external(tx, names, "doi", now)
    ledger.add_external(tx, handles, "handle", now)
    return result


def _free(
    new: list[tuple[Item, Record]], named: Callable[[Record], list[tuple[str, str]]], owners: dict[str, str | None]
) -> list[tuple[str, str, str]]:
    """Return the names (work, value, normal form) nobody had; the first that comes with one becomes its owner."""
    found = []
    for item, record in new:
        for value, normal in named(record):
            if normal not in owners:
                owners[normal] = item.id
                found.append((item.id, value, normal))
    return found


def _without_others(item: Item, record: Record, owners: dict[str, str | None], report: Report, own: str = "") -> Record:
    foreign = {value: owner for value, normal in _dois(record) if (owner := owners.get(normal)) not in {None, own or item.id}}
    for value, owner in foreign.items():
        report.problems.append(f"{item.origin}: the DOI {value} belongs to work {owner} already; this work is kept without it.")
    if not foreign:
        return record
    return msgspec.structs.replace(
        record, identifiers=tuple(i for i in record.identifiers if i.scheme != "doi" or i.value not in foreign)
    )


def _dois(record: Record) -> list[tuple[str, str]]:
    return [(i.value, doi.normal(i.value)) for i in record.identifiers if i.scheme == "doi"]


def _handles(record: Record) -> list[tuple[str, str]]:
    found = []
    for identifier in record.identifiers:
        with suppress(Invalid):
            if identifier.scheme == "handle":
                found.append((identifier.value, handle.normal(identifier.value)))
    return found


def sound(record: Record) -> tuple[Record, tuple[str, ...]]:
    """Return a record that can be brought in: its DOIs are DOIs, and it names no files, for no bytes came with it.

    Beside it come sentences on what was changed for that.
    """
    said, kept = [], []
    if record.files:
        said.append(f"names {len(record.files)} files; an import brings none")
        record = msgspec.structs.replace(record, files=())
    for identifier in record.identifiers:
        try:
            if identifier.scheme == "doi":
                doi.normal(identifier.value)
            kept.append(identifier)
        except SheafError as error:
            said.append(f"{error.message.rstrip('.')}; kept as a plain identifier")
            kept.append(Identifier(scheme="other", value=identifier.value))
    return (msgspec.structs.replace(record, identifiers=tuple(kept)), tuple(said)) if said else (record, ())


def _new(item: Item, record: Record) -> New:
    return New(item.id, record, item.collection, State.PUBLISHED, origin=item.origin, provenance=item.provenance)


def _each(tx: Connection, report: Report, item: Item, change: Callable[[], changes.Change | None]) -> list[changes.Change]:
    """Do one change in a savepoint, so that a failure takes back only itself; return what is to be stamped."""
    before = report.unchanged, report.changed, report.withdrawn
    tx.exec_driver_sql("SAVEPOINT work")
    made: list[changes.Change] = []
    try:
        made = [found for found in [change()] if found is not None]
    except (SheafError, IntegrityError) as error:
        tx.exec_driver_sql("ROLLBACK TO SAVEPOINT work")
        report.unchanged, report.changed, report.withdrawn = before
        report.problems.append(f"{item.origin}: {getattr(error, 'message', 'it contradicts what is there already.')}")
    tx.exec_driver_sql("RELEASE SAVEPOINT work")
    return made
