"""What becomes of a work: published, revised, withdrawn. The one place where record, identifiers and feed change together.

Each function is part of somebody's transaction and ends with the stamp, which must come last. The bytes are rendered before the
transaction (`prepare`); only where the transaction finds that a name of ours was confirmed meanwhile, or the work was harvested
anew, are they rendered again.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from server.errors import Conflict
from server.events.telling import tell
from server.identifiers import ledger
from server.identifiers.mint import ask, identify, keep
from server.identifiers.model import Agency
from server.metadata.fragments import Renderer
from server.metadata.work import NAMELESS, Names
from server.people import linking
from server.records import changes, store
from server.records.changes import Written
from server.records.model import Record
from server.records.provenance import Provenance
from server.records.store import New, State, Stored
from server.registry import Registry


@dataclass(frozen=True, slots=True)
class Press:
    """What publishing needs besides the transaction."""

    renderer: Renderer
    agencies: Registry[Agency]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A work rendered before its transaction: the record, the names and the origin it was rendered with, and the bytes."""

    record_id: str
    record: Record
    names: Names
    written: Written
    provenance: Provenance | None = None


def prepare(
    press: Press,
    record_id: str,
    record: Record,
    deposited: datetime,
    *,
    names: Names = NAMELESS,
    provenance: Provenance | None = None,
) -> Prepared:
    """Render a work for the feed; pure, and costly enough to be kept out of the transaction."""
    work = press.renderer.work(record_id, record, names=names, deposited=deposited.date().isoformat(), provenance=provenance)
    return Prepared(record_id, record, names, press.renderer.write(work), provenance)


def publish(tx: Connection, press: Press, new: New, prepared: Prepared, now: datetime) -> list[ledger.Entry]:
    """Keep a new work, give it its identifiers and show it; return the identifiers.

    Raises Conflict (code duplicate) where it came with a DOI of another work, Invalid where it came with a DOI that is none.
    """
    entries, change = published(tx, press, new, prepared, now)
    changes.stamp(tx, [change], now)
    return entries


def published(
    tx: Connection, press: Press, new: New, prepared: Prepared, now: datetime
) -> tuple[list[ledger.Entry], changes.Change]:
    """Do what `publish` does, but for the stamp."""
    keep_new(tx, [new], now)
    entries = identify(tx, press.agencies, new.id, new.record, now)
    _tell(tx, press, "record.published", store.first(new, now), now)
    return entries, _change(press, prepared, new.collection)


def keep_new(tx: Connection, works: list[New], now: datetime) -> None:
    """Keep new works, drafts or not, and link their creators to the people we know; nothing is shown."""
    store.add(tx, works, now)
    linking.link_new(tx, [(work.id, work.record) for work in works], now)


def approve(tx: Connection, press: Press, stored: Stored, prepared: Prepared, now: datetime) -> Stored:
    """Publish a work that is not published yet, or a withdrawn one again."""
    return show(tx, press, "record.published", approved(tx, press, stored, prepared, now), now)


def revise(tx: Connection, press: Press, stored: Stored, prepared: Prepared, now: datetime) -> Stored:
    """Make a record the next version of its work; a published work is shown anew, its agencies are told. No change, no effect."""
    return show(tx, press, "record.revised", revised(tx, press, stored, prepared, now), now)


def withdraw(
    tx: Connection, press: Press, stored: Stored, reason: str, now: datetime, *, replacement: str | None = None
) -> Stored:
    """Take a work out of view: its page becomes a tombstone with the reason, harvesters get a deletion, agencies hide it.

    `replacement` names what took its place: the id of a work of ours, a DOI or an address.
    """
    return show(tx, press, "record.withdrawn", withdrawn(tx, press, stored, reason, now, replacement=replacement), now)


def hand_back(tx: Connection, press: Press, stored: Stored, reason: str, now: datetime) -> Stored:
    """Return a work that is not published to its depositor, with the reason. Raises Conflict where it is published or gone."""
    if not stored.state.before:
        raise Conflict("Only a work that is not published yet can be returned.", code="state")
    back = store.replace(tx, stored, stored.record, now, state=State.RETURNED, reason=reason)
    _tell(tx, press, "record.returned", back, now)
    return back


def decline(tx: Connection, press: Press, stored: Stored, reason: str, now: datetime) -> Stored:
    """Do not take a work that waits for approval or was returned. Raises Conflict for any other."""
    if stored.state not in {State.PENDING, State.RETURNED}:
        raise Conflict("Only a work that waits for approval, or was returned, can be declined.", code="state")
    declined = store.replace(tx, stored, stored.record, now, state=State.DECLINED, reason=reason)
    _tell(tx, press, "record.declined", declined, now)
    return declined


def hand_in(tx: Connection, stored: Stored, now: datetime) -> Stored:
    """Let a draft or a returned work wait for approval. Raises Conflict where it is published or gone."""
    if not stored.state.before:
        raise Conflict("Only a work that is not published yet can wait for approval.", code="state")
    return store.replace(tx, stored, stored.record, now, state=State.PENDING)


Outcome = tuple[Stored, changes.Change | None]
"""A work as it is then, and what is still to be stamped: for whoever changes many works and stamps once, at the end."""


def approved(tx: Connection, press: Press, stored: Stored, prepared: Prepared, now: datetime) -> Outcome:
    """Do what `approve` does, but for the stamp."""
    if stored.state is State.PUBLISHED:
        raise Conflict("The work is published already.")
    shown = store.replace(tx, stored, stored.record, now, state=State.PUBLISHED)
    identify(tx, press.agencies, shown.id, shown.record, now)
    return shown, _next(tx, press, shown, prepared)


def revised(
    tx: Connection, press: Press, stored: Stored, prepared: Prepared, now: datetime, *, provenance: Provenance | None = None
) -> Outcome:
    """Do what `revise` does, but for the stamp; `provenance` where it was harvested anew."""
    reason, replacement = stored.reason, stored.replacement
    changed = store.replace(tx, stored, prepared.record, now, reason=reason, replacement=replacement, provenance=provenance)
    if changed is not stored:
        linking.link_again(tx, changed.id, changed.record, now)
    if changed is stored or changed.state is not State.PUBLISHED:
        return changed, None
    keep(tx, press.agencies, changed.id, changed.record, now)
    return changed, _next(tx, press, changed, prepared)


def withdrawn(
    tx: Connection, press: Press, stored: Stored, reason: str, now: datetime, *, replacement: str | None = None
) -> Outcome:
    """Do what `withdraw` does, but for the stamp."""
    if stored.state is State.WITHDRAWN:
        raise Conflict("The work is withdrawn already.")
    gone = store.replace(tx, stored, stored.record, now, state=State.WITHDRAWN, reason=reason, replacement=replacement)
    ask(tx, ledger.of_record(tx, gone.id), press.agencies, now)
    if stored.state is not State.PUBLISHED:
        return gone, None
    return gone, press.renderer.tombstone(gone.id)


def show(tx: Connection, press: Press, event: str, outcome: Outcome, now: datetime) -> Stored:
    """Tell of what was done to a work, and stamp it: the last thing in a transaction. Nothing where the public sees no change."""
    stored, change = outcome
    if change is not None:
        _tell(tx, press, event, stored, now)
        changes.stamp(tx, [change], now)
    return stored


def _tell(tx: Connection, press: Press, event: str, stored: Stored, now: datetime) -> None:
    """Tell who wants to know; before the stamp, which comes last."""
    said = {"title": stored.record.title.value, "type": stored.record.type, "version": stored.version}
    said |= {"url": press.renderer.repository.item(stored.id), "owner": stored.owner}
    if stored.reason:
        said["reason"] = stored.reason
    tell(tx, event, stored.id, said, now)


def _next(tx: Connection, press: Press, stored: Stored, prepared: Prepared) -> changes.Change:
    names = ledger.shown(tx, stored.id)
    if (prepared.names, prepared.record, prepared.provenance) != (names, stored.record, stored.provenance):
        prepared = prepare(press, stored.id, stored.record, stored.created, names=names, provenance=stored.provenance)
    return _change(press, prepared, stored.collection)


def _change(press: Press, prepared: Prepared, collection: str) -> changes.Change:
    identifier = press.renderer.repository.oai_id(prepared.record_id)
    sets = press.renderer.sets(prepared.record, collection, prepared.names.doi)
    return changes.Change(prepared.record_id, identifier, sets, prepared.written)
