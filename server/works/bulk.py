"""One change to many works: to those that were selected or to all a search finds, as a run that reports on each.

What is done to a work is done in the transaction that reports it, so exactly once, and only to a work that still is as it was
read. A work the change does not concern, or that is as it should be already, is left as it is.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select

from server.accounts.tables import accounts
from server.audit import log as audit
from server.audit.log import Actor
from server.db.engine import Database
from server.errors import Invalid
from server.identifiers import ledger
from server.identifiers.mint import ask
from server.publishing import Prepared, Press, prepare
from server.records import changes, store
from server.records.model import Licence, Record, Subject
from server.records.store import State, Stored
from server.records.vocabulary import ACCESS
from server.runs.model import ItemOutcome, Outcome
from server.runs.model import Subject as Item
from server.runs.task import Deed as Written
from server.runs.task import Task
from server.works import deeds, find, saving
from server.works.find import wanted_of
from server.works.labels import LICENCES


class Deed(StrEnum):
    """What can be done to many works."""

    APPROVE = "approve"
    RETURN = "return"
    DECLINE = "decline"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    RESTORE = "restore"
    ADD_SUBJECT = "add-subject"
    REMOVE_SUBJECT = "remove-subject"
    LICENCE = "licence"
    ACCESS = "access"
    COLLECTION = "collection"
    OWNER = "owner"
    REGISTER = "register"
    RENDER = "render"


class Change(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One change to many works."""

    deed: Deed
    ids: tuple[str, ...] = ()
    """The works that were selected; none means all the query finds."""
    query: str = ""
    value: str = ""
    """The reason, subject, licence, access, collection or account, as the deed needs it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A deed as people choose it: what it is called, what its value is (empty: it needs none), and which works it concerns."""

    title: str
    value: str = ""
    concerns: frozenset[State] = frozenset(State)
    grave: bool = False
    """Whether the count must be typed before it is done: the world sees it, and there is no way back for all of them at once."""
    record: Callable[[Record, str], Record] | None = None
    """What becomes of the record, for deeds that change nothing else."""


_BEFORE = frozenset(state for state in State if state.before) - {State.DECLINED}


def _with_subject(record: Record, value: str) -> Record:
    if any(subject.value == value for subject in record.subjects):
        return record
    return msgspec.structs.replace(record, subjects=(*record.subjects, Subject(value=value)))


def _without_subject(record: Record, value: str) -> Record:
    return msgspec.structs.replace(record, subjects=tuple(subject for subject in record.subjects if subject.value != value))


def _licensed(record: Record, value: str) -> Record:
    name, spdx = LICENCES.get(value, ("", ""))
    return msgspec.structs.replace(record, licences=(Licence(uri=value, name=name, spdx=spdx),))


def _accessible(record: Record, value: str) -> Record:
    return msgspec.structs.replace(record, access=value)


KINDS: dict[Deed, Kind] = {
    Deed.APPROVE: Kind("Publish", concerns=_BEFORE, grave=True),
    Deed.RETURN: Kind("Return to their depositors", "Reason", frozenset({State.PENDING, State.DRAFT})),
    Deed.DECLINE: Kind("Decline", "Reason", frozenset({State.PENDING, State.RETURNED})),
    Deed.REOPEN: Kind("Let what was declined wait for approval again", concerns=frozenset({State.DECLINED})),
    Deed.WITHDRAW: Kind("Withdraw", "Reason", frozenset(State) - {State.WITHDRAWN}, grave=True),
    Deed.RESTORE: Kind("Publish again what was withdrawn", concerns=frozenset({State.WITHDRAWN}), grave=True),
    Deed.ADD_SUBJECT: Kind("Add a subject", "Subject", record=_with_subject),
    Deed.REMOVE_SUBJECT: Kind("Remove a subject", "Subject", record=_without_subject),
    Deed.LICENCE: Kind("Set the licence", "Address of the licence", grave=True, record=_licensed),
    Deed.ACCESS: Kind("Set the access", "Access", grave=True, record=_accessible),
    Deed.COLLECTION: Kind("Move to another collection", "Collection"),
    Deed.OWNER: Kind("Give to another account", "Name of the account"),
    Deed.REGISTER: Kind("Ask the agencies about their identifiers", concerns=frozenset({State.PUBLISHED, State.WITHDRAWN})),
    Deed.RENDER: Kind("Give them to harvesters anew", concerns=frozenset({State.PUBLISHED})),
}


def checked(tx: Connection, change: Change) -> None:
    """Raise Invalid where the value of a change is none."""
    kind = KINDS[change.deed]
    if kind.value and not change.value:
        raise Invalid(f"{kind.title}: the field “{kind.value}” is needed.", place="value")
    if change.deed is Deed.ACCESS and change.value not in ACCESS:
        raise Invalid(f"Access is one of {', '.join(ACCESS)}.", place="value")
    if change.deed is Deed.LICENCE and not change.value.startswith(("https://", "http://")):
        raise Invalid("A licence is named by its address, which begins with https://.", place="value")
    if change.deed is Deed.COLLECTION and change.value not in {*find.collections(tx), saving.COLLECTION}:
        raise Invalid(f"There is no collection {change.value!r}.", place="value")
    if change.deed is Deed.OWNER:
        _account(tx, change.value)


def count(tx: Connection, change: Change) -> int:
    """Count the works a change is asked for."""
    return len(find.named(tx, change.ids)) if change.ids else find.count_all(tx, wanted_of(change.query))


def subjects(tx: Connection, change: Change, after: str, size: int) -> Sequence[Item]:
    """Return the next works."""
    if change.ids:
        found = [pair for pair in find.named(tx, change.ids) if pair[0] > after][:size]
    else:
        found = find.ids(tx, wanted_of(change.query), after, size)
    return [Item(number, title, f"/admin/works/{number}") for number, title in found]


def task(database: Database, press: Press) -> Task[Change]:
    """Return the task that carries a change out."""

    async def do(item: Item, change: Change, by: Actor) -> ItemOutcome | Written:
        return await _one(database, press, item.id, change, by)

    return Task(
        "change-works", "Change many works", "Begins in the list of works.", Change, count, subjects,
        do, offered=False,
    )  # fmt: skip


async def _one(database: Database, press: Press, number: str, change: Change, by: Actor) -> ItemOutcome | Written:
    kind = KINDS[change.deed]
    stored, names = await database.read(deeds.seen, number)
    if stored.state not in kind.concerns:
        return ItemOutcome(Outcome.UNCHANGED, f"It is {stored.state.value}.")
    record = kind.record(stored.record, change.value) if kind.record else stored.record
    if kind.record and record == stored.record:
        return ItemOutcome(Outcome.UNCHANGED, "It is so already.")
    prepared = await asyncio.to_thread(prepare, press, number, record, stored.created, names=names, provenance=stored.provenance)

    def written(tx: Connection, now: datetime) -> ItemOutcome:
        after = deeds.do(tx, press, stored, prepared, by, _deed(change), now)
        touched = after != stored or change.deed in {Deed.REGISTER, Deed.RENDER}
        return ItemOutcome(Outcome.CHANGED if touched else Outcome.UNCHANGED)

    return written


def _deed(change: Change) -> deeds.Deed:
    """Return what is done to one work."""
    simple: dict[Deed, deeds.Deed] = {
        Deed.APPROVE: deeds.approve,
        Deed.RESTORE: deeds.restore,
        Deed.REOPEN: deeds.reopen,
        Deed.REGISTER: _register,
        Deed.RENDER: _render,
    }
    reasoned = {Deed.RETURN: deeds.returned, Deed.DECLINE: deeds.declined, Deed.WITHDRAW: deeds.taken_away}
    if change.deed in simple:
        return simple[change.deed]
    if change.deed in reasoned:
        return reasoned[change.deed](change.value)
    if KINDS[change.deed].record is not None:
        return saving.change
    return _assigned(change)


def _register(tx: Connection, press: Press, stored: Stored, _prepared: Prepared, _by: Actor, now: datetime) -> Stored:
    """Ask for the registration of a work's identifiers again."""
    ask(tx, ledger.of_record(tx, stored.id), press.agencies, now)
    return stored


def _render(tx: Connection, press: Press, stored: Stored, prepared: Prepared, _by: Actor, now: datetime) -> Stored:
    """Show a work anew as it is: harvesters get it again with today's datestamp."""
    work = press.renderer.kept(stored, names=prepared.names)
    changes.stamp(tx, [press.renderer.change(work, stored.collection)], now)
    return stored


def _assigned(change: Change) -> deeds.Deed:
    """Return the deed that moves a work to a collection or an account; a published one changes its sets."""

    def deed(tx: Connection, press: Press, stored: Stored, prepared: Prepared, by: Actor, now: datetime) -> Stored:
        owner = _account(tx, change.value) if change.deed is Deed.OWNER else stored.owner
        collection = change.value if change.deed is Deed.COLLECTION else stored.collection
        after = store.assign(tx, stored, now, owner=owner, collection=collection)
        if after is stored:
            return stored
        said = {"owner": (stored.owner, after.owner), "collection": (stored.collection, after.collection)}
        differs = {name: pair for name, pair in said.items() if pair[0] != pair[1]}
        audit.note(tx, by, "record.assigned", "record", stored.id, now, summary=stored.record.title.value, changes=differs)
        if after.state is State.PUBLISHED and after.collection != stored.collection:
            _render(tx, press, after, prepared, by, now)
        return after

    return deed


def _account(tx: Connection, name: str) -> int:
    found = tx.execute(select(accounts.c.id).where(accounts.c.name == name)).scalar()
    if found is None:
        raise Invalid(f"There is no account {name!r}.", place="value")
    return int(found)
