"""What somebody decides about a work: approved, returned, withdrawn, restored. Work, SWORD container, audit and events in one.

Each deed is a use case within somebody's transaction; the asynchronous function beside it renders first and then opens it.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from server import publishing
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, Invalid
from server.house import House
from server.identifiers import ledger
from server.identifiers.schemes import doi
from server.metadata.work import Names
from server.publishing import Prepared, Press, prepare
from server.records import store
from server.records.model import Record, is_id
from server.records.store import State, Stored
from server.sword import store as sword
from server.sword.model import ContainerState
from server.xml import clean

LONGEST_REASON = 2000


def approve(tx: Connection, press: Press, stored: Stored, prepared: Prepared, by: Actor, now: datetime) -> Stored:
    """Publish a work that is not published yet. Raises Conflict where it is, or was; Invalid as `publishing.approve`."""
    if not stored.state.before:
        raise Conflict("Only a work that is not published yet can be approved.", code="state")
    _not_declined(stored)
    return _publish(tx, press, stored, prepared, by, now)


def _publish(tx: Connection, press: Press, stored: Stored, prepared: Prepared, by: Actor, now: datetime) -> Stored:
    _move_container(tx, stored.id, ContainerState.ACCEPTED, now, "published", f"The work is published, approved by {by.name}.")
    deed = "record.restored" if stored.state is State.WITHDRAWN else "record.published"
    _note(tx, by, deed, stored, now, state=(stored.state.value, State.PUBLISHED.value))
    return publishing.approve(tx, press, stored, prepared, now)


def restore(tx: Connection, press: Press, stored: Stored, prepared: Prepared, by: Actor, now: datetime) -> Stored:
    """Publish a withdrawn work again. Raises Conflict where it is not withdrawn."""
    if stored.state is not State.WITHDRAWN:
        raise Conflict("The work is not withdrawn.", code="state")
    return _publish(tx, press, stored, prepared, by, now)


def hand_back(tx: Connection, press: Press, stored: Stored, reason: str, by: Actor, now: datetime) -> Stored:
    """Return a work to its depositor with the reason, who finds it in the statement and on their page. Raises Conflict."""
    _not_declined(stored)
    words = f"The work was returned by {by.name}: {reason}"
    _move_container(tx, stored.id, ContainerState.RETURNED, now, "returned", words)
    _note(tx, by, "record.returned", stored, now, state=(stored.state.value, State.RETURNED.value), reason=(None, reason))
    return publishing.hand_back(tx, press, stored, reason, now)


def decline(tx: Connection, press: Press, stored: Stored, reason: str, by: Actor, now: datetime) -> Stored:
    """Do not take a work, and say why; its depositor finds it in the statement and on their page. Raises Conflict."""
    words = f"The work was declined by {by.name}: {reason}"
    _move_container(tx, stored.id, ContainerState.DECLINED, now, "declined", words)
    _note(tx, by, "record.declined", stored, now, state=(stored.state.value, State.DECLINED.value), reason=(None, reason))
    return publishing.decline(tx, press, stored, reason, now)


def reopen(tx: Connection, _press: Press, stored: Stored, _prepared: Prepared, by: Actor, now: datetime) -> Stored:
    """Let a declined work wait for approval again. Raises Conflict where it was not declined."""
    if stored.state is not State.DECLINED:
        raise Conflict("The work was not declined.", code="state")
    return hand_in(tx, stored, by, now)


def _not_declined(stored: Stored) -> None:
    if stored.state is State.DECLINED:
        raise Conflict("The work was declined.", remedy="Let it wait for approval again first.", code="state")


def hand_in(tx: Connection, stored: Stored, by: Actor, now: datetime) -> Stored:
    """Let a draft or a returned work wait for approval. Raises Conflict."""
    _move_container(tx, stored.id, ContainerState.PENDING, now, "handed in", f"The work was handed in by {by.name}.")
    _note(tx, by, "record.handed-in", stored, now, state=(stored.state.value, State.PENDING.value))
    return publishing.hand_in(tx, stored, now)


def withdraw(
    tx: Connection, press: Press, stored: Stored, reason: str, by: Actor, now: datetime, *, replacement: str | None = None
) -> Stored:
    """Take a work out of view with the reason, and name what took its place.

    Raises Conflict, and Invalid for a replacement that names nothing.
    """
    after = replacing(tx, stored, replacement or "")
    words = f"The work was withdrawn by {by.name}: {reason}"
    _move_container(tx, stored.id, ContainerState.WITHDRAWN, now, "withdrawn", words)
    said = {"state": (stored.state.value, State.WITHDRAWN.value), "reason": (None, reason)}
    _note(tx, by, "record.withdrawn", stored, now, **said | ({"replacement": (None, after)} if after else {}))
    return publishing.withdraw(tx, press, stored, reason, now, replacement=after)


def restore_version(
    tx: Connection, press: Press, stored: Stored, number: int, prepared: Prepared, by: Actor, now: datetime
) -> Stored:
    """Make an earlier version the next one; files and all are as they were then."""
    changed, change = publishing.revised(tx, press, stored, prepared, now)
    if changed is not stored:
        _note(tx, by, "record.version-restored", stored, now, version=(stored.version, changed.version), of=(None, number))
    return publishing.show(tx, press, "record.revised", (changed, change), now)


def reason_of(text: str) -> str:
    """Return a reason as it is kept; raises Invalid for none."""
    reason = clean(text).strip()[:LONGEST_REASON]
    if not reason:
        raise Invalid("A reason is needed: it is what people will read.", place="reason")
    return reason


def replacing(tx: Connection, stored: Stored, text: str) -> str | None:
    """Return what takes a work's place as it is kept: the id of a published work, a DOI or an address.

    A DOI of ours becomes the id of its work. Raises Invalid for anything else, and for the work itself.
    """
    text = clean(text).strip()
    if not text:
        return None
    number = text.upper() if is_id(text.upper()) else ""
    if (not number and not text.startswith(("https://", "http://"))) or "doi.org/" in text:
        text = _doi(text)
        number = ledger.owner_of(tx, "doi", text) or ""
    if number == stored.id:
        raise Invalid("A work cannot take its own place.", place="replacement")
    if number:
        found = store.find(tx, number)
        if found is None or found.state is not State.PUBLISHED:
            raise Invalid(f"There is no published work {number}.", place="replacement", remedy="Give a work that can be read.")
        return number
    if len(text) > LONGEST_REASON or any(mark.isspace() for mark in text):
        raise Invalid(
            "This is no number of a work here, no DOI and no address.", place="replacement", remedy="Mend it, or leave it empty."
        )
    return text


def _doi(text: str) -> str:
    try:
        return doi.normal(text)
    except Invalid as error:
        message = "This is no number of a work here, no DOI and no address."
        raise Invalid(message, place="replacement", remedy=error.remedy) from error


Deed = Callable[[Connection, Press, Stored, Prepared, Actor, datetime], Stored]


async def carried_out(house: House, number: str, by: Actor, deed: Deed, record: Record | None = None) -> Stored:
    """Render a work (or what is to become of it), then do a deed to it in one transaction.

    Raises NotFound, and Conflict where it was changed since it was read.
    """
    stored, shown = await house.database.read(seen, number)
    prepared = await asyncio.to_thread(
        prepare, house.press, number, record or stored.record, stored.created, names=shown, provenance=stored.provenance
    )
    done = await house.database.write(do, house.press, stored, prepared, by, deed, house.clock())
    house.worker.call()
    return done


def seen(tx: Connection, number: str) -> tuple[Stored, Names]:
    """Return a work and the names harvesters are shown of it; raises NotFound."""
    return store.get(tx, number), ledger.shown(tx, number)


def do(tx: Connection, press: Press, before: Stored, prepared: Prepared, by: Actor, deed: Deed, now: datetime) -> Stored:
    """Do a deed to a work that is still as it was read; raises Conflict where it is not."""
    stored = store.get(tx, before.id)
    if (stored.version, stored.state) != (before.version, before.state):
        raise Conflict(
            "The work was changed by somebody else at the same moment.",
            remedy="Look at it as it is now, and try again.",
            code="changed",
        )
    return deed(tx, press, stored, prepared, by, now)


def _move_container(tx: Connection, number: str, state: ContainerState, now: datetime, what: str, words: str) -> None:
    """Keep the deposit a work came by in step, so that its depositor reads in the statement what became of it."""
    container = sword.container(tx, number, to_change=True)
    if container is None or container.state is state:
        return
    sword.change_container(tx, container, now, state=state)
    if (latest := sword.latest(tx, number)) is not None:
        sword.note(tx, latest.id, now, what, words)


def _note(tx: Connection, by: Actor, deed: str, stored: Stored, now: datetime, **changes: tuple[Any, Any]) -> None:
    audit.note(tx, by, deed, "record", stored.id, now, summary=stored.record.title.value, changes=changes)


def changes_of(before: Record, after: Record) -> dict[str, tuple[Any, Any]]:
    """Return what differs between two records, for the audit log."""
    return audit.differences(msgspec.to_builtins(before), msgspec.to_builtins(after))


Reasoned = Callable[[str, str], Deed]
"""Makes a deed of a reason and (where it has one) a replacement."""


def returned(reason: str, _replacement: str = "") -> Deed:
    """Return the deed that returns a work with a reason."""

    def deed(tx: Connection, press: Press, stored: Stored, _prepared: Prepared, by: Actor, now: datetime) -> Stored:
        return hand_back(tx, press, stored, reason, by, now)

    return deed


def declined(reason: str, _replacement: str = "") -> Deed:
    """Return the deed that declines a work with a reason."""

    def deed(tx: Connection, press: Press, stored: Stored, _prepared: Prepared, by: Actor, now: datetime) -> Stored:
        return decline(tx, press, stored, reason, by, now)

    return deed


def taken_away(reason: str, replacement: str = "") -> Deed:
    """Return the deed that withdraws a work with a reason and perhaps a replacement."""

    def deed(tx: Connection, press: Press, stored: Stored, _prepared: Prepared, by: Actor, now: datetime) -> Stored:
        return withdraw(tx, press, stored, reason, by, now, replacement=replacement)

    return deed


def brought_back(number: int) -> Deed:
    """Return the deed that makes an earlier version the next one."""

    def deed(tx: Connection, press: Press, stored: Stored, prepared: Prepared, by: Actor, now: datetime) -> Stored:
        return restore_version(tx, press, stored, number, prepared, by, now)

    return deed
