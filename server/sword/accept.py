"""What becomes of a received deposit: a draft, a work, or a deposit held with its cause. One write transaction each."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection

from server import observe
from server.accounts import store as accounts
from server.audit import log as audit
from server.audit.log import Actor
from server.clock import Clock
from server.db.engine import Database
from server.errors import Conflict, Invalid, NotFound, SheafError, Unavailable
from server.events.telling import tell
from server.identifiers import ledger
from server.identifiers.ledger import Entry
from server.identifiers.preflight.responsible import Responsible
from server.jobs import queue
from server.metadata.work import NAMELESS, Names
from server.profiles.seal import Seal
from server.publishing import Prepared, Press, hand_in, keep_new, prepare, published, revised, show, withdraw
from server.records import changes
from server.records import store as records
from server.records.model import Record
from server.records.store import New, State, Stored
from server.registry import Registry
from server.sword import described, problems, reference_store, store
from server.sword.check import Check, Looked, looked_into
from server.sword.citable import missed
from server.sword.conditions import refuse_changed
from server.sword.decisions import OWN, is_taken_as_it_is, lenient
from server.sword.duplicates import REFUSE, UPDATE, VERSION, Other, asks, find, following, joined
from server.sword.duplicates import problem as duplicate
from server.sword.mapping import finished, mapped, relevant, weighed
from server.sword.model import Container, ContainerState, Content, Deposit, DepositState, Draft, Operation, Problem, Rules
from server.sword.operations import applied, drafted, mended
from server.sword.queued import READ
from server.sword.registrable import foreseen
from server.sword.researchers import tell_researchers
from server.sword.superseding import newer, refuse_superseded
from server.sword.unfit import Unfit
from server.sword.untaken import write_held

TRIES = 12
_REASON = "Withdrawn by its depositor."
_TOO_LATE = Problem("deleted", "The deposit was deleted before this was read.", "", "Its bytes are kept.")
log = observe.logger("sword")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Takes understood content into its container."""

    database: Database
    press: Press
    clock: Clock
    rules: Callable[[str], Rules]
    """How deposits into a collection are taken, as it is at this moment."""
    shelf: Registry[Check]
    path: Callable[[str], Path]
    """Where the bytes of a file are, by their SHA-256."""
    seal: Seal
    agencies: Callable[[Sequence[Entry]], Responsible]
    """Who registers the DOI of a work with these identifiers, as the profiles are at this moment."""
    called: Callable[[str], str]
    """What a field of a work is called where people read of it."""

    async def take(
        self, deposit: Deposit, content: Content, *, answers: bool = False, begun: Container | None = None
    ) -> list[Deposit]:
        """Take content in; return what was held for want of its metadata and is to be read again now.

        Raises Conflict or Invalid for content that must be held; writes nothing then.

        Rendered before the transaction from the container as it was read; where another request changed it meanwhile, all is
        done again. A deposit somebody else took meanwhile is left as it is. `answers`: whether its client still waits for the
        receipt, and may be given that of another container. `begun` is the container this deposit just began.
        """
        assert deposit.container_id is not None  # noqa: S101 -- it was received into one
        waived = deposit.replays > 0 and await self.database.read_hot(is_taken_as_it_is, deposit.id)
        for attempt in range(1, TRIES + 1):
            basis = _Basis(begun, begun.draft) if begun is not None else await self.database.read_hot(_basis, deposit)
            begun, rules = None, self.rules(basis.container.collection)
            rules = lenient(rules) if waived else rules
            if attempt == 1:  # once, as a scanner may take its time
                content = await self.look(content, rules)
            understood, notes = mapped(content, rules)
            try:
                taken = await asyncio.to_thread(_made, self, deposit, basis, understood, rules)
                if (other := await self._other(deposit, basis, taken, rules)) is not None:
                    if other.policy not in {OWN, VERSION}:
                        deposit = await self._instead(deposit, basis, other, understood, answers=answers)
                        continue
                    taken = await asyncio.to_thread(_next_version, self.press, basis, taken, other)
                taken = replace(taken, notes=notes)
                return await self.database.write(_take, self, deposit, basis, taken, self.clock(), rules)
            except (Invalid, Conflict) as error:
                if error.code != "changed":
                    if deposit.sha256 is None:  # nothing came that could be held
                        raise
                    raise Unfit.of(error, understood, notes) from error
                await asyncio.sleep(random.uniform(0.0, 0.01 * attempt))  # noqa: S311 -- no secret: it parts those who met
        raise Unavailable(
            "Many requests change this deposit at once.", remedy="What was sent is kept and will be read; ask for the statement."
        )

    async def look(self, content: Content, rules: Rules) -> Content:
        """Let every check look into what came. Raises NotFound where a file is not in the store any more."""
        return await asyncio.to_thread(looked_into, self.shelf, Looked(content, rules, self.path))

    async def suspected(self, error: Unfit, rules: Rules) -> Unfit:
        """Return what is held before it was looked into with what a look into its files finds: they can be downloaded."""
        looked = await self.look(error.content, rules)
        holding, warnings = weighed(looked.remarks[len(error.content.remarks) :], None, rules)
        return Unfit((*error.problems, *holding), (*error.warnings, *warnings), looked, error.notes, refuses=error.refuses)

    async def _other(self, deposit: Deposit, basis: "_Basis", taken: "Taken", rules: Rules) -> Other | None:
        """Return the work a new one would be a second time, where the profile wants to know."""
        if basis.stored is not None or taken.prepared is None or not asks(taken.prepared.record, rules.duplicates):
            return None
        return await self.database.read_hot(find, deposit, taken.prepared.record, rules.duplicates)

    async def _instead(self, deposit: Deposit, basis: "_Basis", other: Other, content: Content, *, answers: bool) -> Deposit:
        """Return a deposit as a change of the work that is here already. Raises Unfit where it cannot be one, or must not."""
        alone = deposit.operation is Operation.CREATE and (answers or other.decided)
        if other.policy == UPDATE and alone and other.may_change(basis.container.account_id):
            return await self.database.write(joined, deposit, basis.container, other, content)
        said = duplicate(other, self.press.renderer.repository, basis.container.account_id)
        raise Unfit((said,), [Problem.from_remark(remark) for remark in content.remarks], content, refuses=other.policy == REFUSE)

    async def hold(self, deposit: Deposit, error: SheafError, *, refused: bool = False) -> None:
        """Keep a deposit whose content is wrong, with the cause; a refused one leaves no container, so that it may come again."""
        state = DepositState.REFUSED if refused else DepositState.HELD
        await self.database.write(write_held, deposit, state, Unfit.of(error), self.clock())
        log.info("did not take a deposit", extra={"deposit": deposit.id, "problem": error.code})
        observe.deposits.labels(state.value).inc()

    async def delete(self, deposit: Deposit, account_id: int, seen: datetime | None = None) -> None:
        """Delete a deposit's container; the work it made is withdrawn, its tombstone stays (SWORD 2.0 § 6.8).

        Raises NotFound, and ChangedMeanwhile where it is not as it was `seen` any more.
        """
        await self.database.write(_delete, self.press, deposit, account_id, seen, self.clock())
        observe.deposits.labels("taken").inc()


@dataclass(frozen=True, slots=True)
class _Basis:
    container: Container
    draft: Draft
    names: Names = NAMELESS
    stored: Stored | None = None
    held: tuple[Deposit, ...] = ()
    """What is held of the container, the oldest first."""
    waits: bool = False
    """Whether files that were named by their address have not come yet: nothing is complete before."""
    later: Deposit | None = None
    """What was taken after the deposit that is read: while that was held, its client went on."""
    newer: str = ""
    """What it would undo, in a sentence."""
    entries: tuple[Entry, ...] = ()
    """Its identifiers."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a deposit makes of its container."""

    draft: Draft
    prepared: Prepared | None
    """The work, rendered; None while more is expected."""
    mended: frozenset[str]
    """What was held and is not any more."""
    whole: bool
    """Whether nothing of the container is held any more."""
    content: Content
    notes: tuple[str, ...] = ()
    """What was mapped on the way, in sentences."""


def _basis(tx: Connection, deposit: Deposit) -> _Basis:
    container = store.container(tx, deposit.container_id or "")
    if container is None:
        raise Conflict("The deposit was deleted meanwhile.")
    held = tuple(store.held(tx, container.id))
    began = deposit.operation is Operation.CREATE
    later = store.latest(tx, container.id, DepositState.TAKEN) if began or deposit.replays else None
    later, undone = later if later is not None and later.id > deposit.id else None, newer(tx, deposit)
    if not container.has_record:
        waits = reference_store.outstanding(tx, container.id, deposit.id)
        return _Basis(container, container.draft, held=held, waits=waits, later=later, newer=undone)
    stored, entries = records.get(tx, container.id), tuple(ledger.of_record(tx, container.id))
    names = ledger.shown(tx, container.id)
    return _Basis(container, drafted(stored.record), names, stored, held, later=later, newer=undone, entries=entries)


def _made(to: Acceptance, deposit: Deposit, basis: _Basis, content: Content, rules: Rules) -> Taken:
    """Make of the container what the deposit asks; costly with many files, so it runs in a thread. Raises Unfit and Invalid.

    What was held while its client went on is complete if what came later was; what began a container fills that.
    """
    refuse_superseded(basis.newer)
    operation = Operation.ADD if basis.later and deposit.operation is Operation.CREATE else deposit.operation
    in_progress = basis.later.in_progress if basis.later is not None else deposit.in_progress
    draft = applied(basis.draft, operation, content)
    content = relevant(content, operation, basis.draft, draft)
    mends = mended(basis.held, deposit, content, draft)
    whole = len(mends) == len(basis.held)
    record = None
    if basis.container.has_record or (whole and not in_progress and not basis.waits):
        before = basis.stored.record if basis.stored is not None else None
        record, remarks = finished(draft, rules, basis.container.created.date(), before)
        if draft.record is not None and (before is None or content.record is not None):
            remarks += missed(record, content.source.name)
        remarks += foreseen(to.press.renderer, record, basis.container.created, to.agencies(basis.entries), to.called)
        content = replace(content, remarks=(*content.remarks, *remarks))
    holding, warnings = weighed(content.remarks, draft.record, rules)
    if holding:
        raise Unfit(holding, warnings, content)
    if record is None:
        return Taken(draft, None, mends, whole, content)
    came = basis.stored.provenance if basis.stored is not None else None
    prepared = prepare(to.press, basis.container.id, record, basis.container.created, names=basis.names, provenance=came)
    return Taken(draft, prepared, mends, whole, content)


def _next_version(press: Press, basis: _Basis, taken: Taken, other: Other) -> Taken:
    """Make what is here already once more, as its next version."""
    assert taken.prepared is not None  # noqa: S101 -- the other was found by it
    record = following(taken.prepared.record, other, press.renderer.repository.item(other.id))
    return replace(taken, prepared=prepare(press, basis.container.id, record, basis.container.created, names=basis.names))


def _take(
    tx: Connection, to: Acceptance, deposit: Deposit, basis: _Basis, taken: Taken, now: datetime, rules: Rules
) -> list[Deposit]:
    """Take a deposit in, unless somebody else did; the container's row is locked first, whoever comes."""
    container = basis.container
    store.lock_container(tx, container.id)
    title = taken.draft.record.title.value if taken.draft.record is not None else None
    if not store.end_deposit(tx, deposit.id, DepositState.TAKEN, None, title=title):
        return []
    if deposit.replays:
        problems.forget(tx, deposit.id)
    problems.keep(tx, deposit.id, (), map(Problem.from_remark, taken.content.remarks))
    problems.keep_content(tx, deposit.id, taken.content)
    for sentence in taken.notes:
        store.note(tx, deposit.id, now, "mapped", sentence)
    tell(tx, "import.taken", deposit.id, {"title": title or "", "work": container.id, "operation": deposit.operation.value}, now)
    queue.drop(tx, READ, deposit.id)
    if taken.mended:
        store.close_held(tx, container.id, now, f"Mended by import {deposit.id}.", taken.mended)
    if taken.prepared is None:
        again = described.reopen(tx, basis.held, taken.mended, deposit, taken.content, rules.read_now, now)
        state = ContainerState.RECEIVED if again else ContainerState.IN_PROGRESS if taken.whole else ContainerState.HELD
        store.change_container(tx, container, now, draft=taken.draft, state=state)
        return [each for each in again if each.bytes <= rules.read_now]
    complete = ContainerState.ACCEPTED if rules.approves else ContainerState.PENDING
    if container.has_record:  # what was returned waits again once it was changed
        returned = basis.stored is not None and basis.stored.state is State.RETURNED
        complete = ContainerState.PENDING if returned else container.state
    store.change_container(tx, container, now, draft=Draft(), has_record=True, state=complete)
    _complete(tx, to, deposit, basis, taken.prepared, now, rules)
    return []


def _complete(
    tx: Connection, to: Acceptance, deposit: Deposit, basis: _Basis, prepared: Prepared, now: datetime, rules: Rules
) -> None:
    """Make or change the work and note it; the stamp, which takes the feed's lock, comes last."""
    container = basis.container
    if basis.stored is not None:
        _change(tx, to.press, deposit, basis, prepared, now)
        return
    new = New(
        container.id,
        prepared.record,
        container.collection,
        State.PUBLISHED if rules.approves else State.PENDING,
        owner=container.account_id,
    )
    _note(tx, _by(tx, container.account_id), "record.created", new.id, prepared.record, now, state=(None, new.state.value))
    if not rules.approves:
        store.note(tx, deposit.id, now, "taken", "The work waits for approval.")
        keep_new(tx, [new], now)
        _tell(tx, to, deposit, new, now, rules)
        return
    store.note(tx, deposit.id, now, "published", "The work is published.")
    entries, change = published(tx, to.press, new, prepared, now)
    for entry in entries:
        store.note(tx, deposit.id, now, "identified", f"{entry.scheme.upper()} {entry.value}: {entry.state}.")
    _tell(tx, to, deposit, new, now, rules)
    changes.stamp(tx, [change], now)


def _tell(tx: Connection, to: Acceptance, deposit: Deposit, new: New, now: datetime, rules: Rules) -> None:
    """Tell the researchers of a new work that it came in, where the profile wants that."""
    if rules.notifies:
        link = to.press.renderer.repository.item(new.id) if rules.approves else f"{to.press.renderer.repository.url}/my"
        said = {"title": new.record.title.value, "link": link}
        for name in tell_researchers(tx, to.seal, new.id, said, new.owner or 0, now):
            store.note(tx, deposit.id, now, "told", f"{name} gets a letter.")


def _change(tx: Connection, press: Press, deposit: Deposit, basis: _Basis, prepared: Prepared, now: datetime) -> None:
    """Make a deposit the next version of its work; one that was returned waits again."""
    stored, by = basis.stored, _by(tx, basis.container.account_id)
    assert stored is not None  # noqa: S101 -- the container has a record
    store.note(tx, deposit.id, now, "revised", "The deposit changed its work.")
    changed, change = revised(tx, press, stored, prepared, now)
    if changed is not stored:
        differs = audit.differences(msgspec.to_builtins(stored.record), msgspec.to_builtins(changed.record))
        _note(tx, by, "record.changed", stored.id, changed.record, now, **differs)
    if changed.state is State.RETURNED:
        _note(tx, by, "record.handed-in", stored.id, changed.record, now, state=("returned", "pending"))
        hand_in(tx, changed, now)
        return
    show(tx, press, "record.revised", (changed, change), now)


def _delete(tx: Connection, press: Press, deposit: Deposit, account_id: int, seen: datetime | None, now: datetime) -> None:
    """Delete a container, and note who asked for it; what was not read yet never will be."""
    container = store.container(tx, deposit.container_id or "", to_change=True)
    if container is None:
        raise NotFound("The deposit was deleted meanwhile.")
    unread = store.unread(tx, container.id)
    refuse_changed(container, seen, waits=bool(unread))
    store.change_container(tx, container, now, state=ContainerState.DELETED)
    reference_store.clear(tx, container.id, Operation.DELETE)
    for number in unread:
        store.end_deposit(tx, number, DepositState.REFUSED, _TOO_LATE)
        store.note(tx, number, now, DepositState.REFUSED.value, _TOO_LATE.message)
        queue.drop(tx, READ, number)
    store.close_held(tx, container.id, now, f"The deposit was deleted by import {deposit.id}.")
    store.add_deposit(tx, replace(deposit, state=DepositState.TAKEN), account_id)
    store.note(tx, deposit.id, now, "deleted", "The deposit was deleted; a work it had made is withdrawn.")
    if container.has_record:
        stored = records.get(tx, container.id)
        if stored.state is not State.WITHDRAWN:
            said = {"state": (stored.state.value, State.WITHDRAWN.value), "reason": (None, _REASON)}
            _note(tx, _by(tx, account_id), "record.withdrawn", stored.id, stored.record, now, **said)
            withdraw(tx, press, stored, _REASON, now)


def _by(tx: Connection, account_id: int) -> Actor:
    """Return whose account a deposit came by, for the audit log."""
    account = accounts.by_id(tx, account_id)
    return Actor(account.name if account is not None else str(account_id), account_id, via="sword")


def _note(tx: Connection, by: Actor, deed: str, number: str, record: Record, now: datetime, **differs: tuple[Any, Any]) -> None:
    audit.note(tx, by, deed, "record", number, now, summary=record.title.value, changes=differs)
