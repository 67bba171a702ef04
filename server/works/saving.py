"""A work written in a browser is kept: as a draft, handed in, or published; what somebody else changed meanwhile is not lost."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from server import publishing
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict
from server.house import House
from server.identifiers import ledger
from server.identifiers.mint import reserve
from server.publishing import Prepared, Press, prepare
from server.records import store
from server.records.model import Record, cleaned
from server.records.store import New, State, Stored
from server.sword import store as sword
from server.works import deeds

COLLECTION = "works"


class Then(StrEnum):
    """What is to become of a work that is saved; one that is published stays published."""

    SAVE = "save"
    HAND_IN = "hand-in"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True)
class Author:
    """Who a new work is brought by, and into which collection."""

    actor: Actor
    owner: int | None
    collection: str = COLLECTION


_STATES = {Then.SAVE: State.DRAFT, Then.HAND_IN: State.PENDING, Then.PUBLISH: State.PUBLISHED}


async def create(
    house: House, record: Record, by: Author, then: Then, along: Callable[[Connection, str], None] | None = None
) -> str:
    """Keep a new work and return its id. Raises Conflict (code duplicate) and Invalid for its DOIs where it is published.

    `along` is done with its id in the same transaction; where it raises nothing is kept.
    """
    record, number = cleaned(record), sword.new_id()
    new = New(number, record, by.collection, _STATES[then], owner=by.owner)
    prepared = None
    if then is Then.PUBLISH:
        prepared = await asyncio.to_thread(prepare, house.press, number, record, house.clock())
    await house.database.write(_create, house.press, new, prepared, by.actor, house.clock(), along)
    house.worker.call()
    return number


def _create(
    tx: Connection, press: Press, new: New, prepared: Prepared | None, by: Actor, now: datetime,
    along: Callable[[Connection, str], None] | None,
) -> None:  # fmt: skip
    audit.note(
        tx, by, "record.created", "record", new.id, now, summary=new.record.title.value, changes={"state": (None, new.state)}
    )
    if prepared is None:
        publishing.keep_new(tx, [new], now)
    else:
        publishing.publish(tx, press, new, prepared, now)
    if along is not None:
        along(tx, new.id)


async def save(
    house: House, number: str, record: Record, by: Actor, *, version: int, then: Then, allow: Callable[[Stored], None]
) -> Stored:
    """Make a record the next version of a work. Raises Conflict (code changed) where it is at another version than was seen.

    `allow` raises where the work may not be written as it is then.
    """

    def deed(tx: Connection, press: Press, stored: Stored, prepared: Prepared, by: Actor, now: datetime) -> Stored:
        allow(stored)
        if stored.version != version:
            raise Conflict("Somebody else changed the work while you did.", code="changed")
        return change(tx, press, stored, prepared, by, now, then=then)

    return await deeds.carried_out(house, number, by, deed, cleaned(record))


def change(
    tx: Connection, press: Press, stored: Stored, prepared: Prepared, by: Actor, now: datetime, *, then: Then = Then.SAVE
) -> Stored:
    """Make a prepared record the next version of a work and note it; then publish it or hand it in where that is asked for."""
    changed, shown = publishing.revised(tx, press, stored, prepared, now)
    if changed is not stored:
        changes = deeds.changes_of(stored.record, changed.record)
        audit.note(tx, by, "record.changed", "record", stored.id, now, summary=changed.record.title.value, changes=changes)
    if then is Then.PUBLISH and changed.state is not State.PUBLISHED:
        publish = deeds.restore if changed.state is State.WITHDRAWN else deeds.approve
        return publish(tx, press, changed, prepared, by, now)
    if then is Then.HAND_IN and changed.state in {State.DRAFT, State.RETURNED}:
        return deeds.hand_in(tx, changed, by, now)
    return publishing.show(tx, press, "record.revised", (changed, shown), now)


async def reserve_doi(house: House, number: str, by: Actor) -> str:
    """Reserve a DOI for a work and return it. Raises NotFound where no profile serves its type, Conflict where it has one."""
    return await house.database.write(_reserve, house.press, number, by, house.clock())


def _reserve(tx: Connection, press: Press, number: str, by: Actor, now: datetime) -> str:
    stored = store.get(tx, number, to_change=True)  # whoever reserves at the same moment waits, and finds this DOI
    if any(entry.scheme == "doi" for entry in ledger.of_record(tx, number)):
        raise Conflict("The work has a DOI already.", code="state")
    if stored.record.identifier("doi"):
        raise Conflict("The work came with a DOI; that one is kept when it is published.", code="state")
    entry = reserve(tx, press.agencies, number, stored.record.type, now)
    audit.note(
        tx,
        by,
        "identifier.reserved",
        "record",
        number,
        now,
        summary=stored.record.title.value,
        changes={"doi": (None, entry.value)},
    )
    return entry.value
