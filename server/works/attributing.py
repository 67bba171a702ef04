"""A person's ORCID iD written into the published works that name them without it: a run over these, each a revision."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import Connection

from server.audit.log import Actor
from server.db.engine import Database
from server.people import candidates
from server.people import store as people
from server.people.candidates import Linked
from server.people.linking import Place
from server.publishing import Press, prepare
from server.records.model import Agent, AgentId, Record
from server.records.store import State
from server.runs.model import ItemOutcome, Outcome
from server.runs.model import Subject as Item
from server.runs.task import Deed, Task
from server.works import deeds, saving

NAME = "write-orcid"


class Whose(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose ORCID iD is written."""

    person: Annotated[int, Meta(title="Number of the person")]


def lacking(tx: Connection, person_id: int) -> list[Linked]:
    """Return where published works name a person without any ORCID iD, in the order of the works."""
    if not people.get(tx, person_id).person.id_of("orcid"):
        return []
    found = (one for one in candidates.published_of(tx, person_id) if not one.creator.agent.id_of("orcid"))
    return sorted(found, key=lambda one: one.work.id)


def with_orcid(record: Record, places: Sequence[Place], orcid: str) -> Record:
    """Return a record with an ORCID iD at those of the places where there is none yet."""
    changed = {}
    for part in {place.part for place in places}:
        wanted = {place.position for place in places if place.part == part}
        agents: tuple[Agent, ...] = getattr(record, part)
        changed[part] = tuple(
            msgspec.structs.replace(agent, ids=(*agent.ids, AgentId(scheme="orcid", value=orcid)))
            if position in wanted and not agent.id_of("orcid")
            else agent
            for position, agent in enumerate(agents)
        )
    return msgspec.structs.replace(record, **changed)


def task(database: Database, press: Press) -> Task[Whose]:
    """Return the task that writes the iD; it begins at the page of the person."""

    async def do(item: Item, whose: Whose, by: Actor) -> ItemOutcome | Deed:
        return await _one(database, press, item.id, whose.person, by)

    return Task(
        NAME, "Write an ORCID iD into works", "Begins at the page of a person.", Whose, _count, _subjects, do, offered=False
    )


def _count(tx: Connection, whose: Whose) -> int:
    return len({one.work.id for one in lacking(tx, whose.person)})


def _subjects(tx: Connection, whose: Whose, after: str, size: int) -> Sequence[Item]:
    works = {one.work.id: one.work.record.title.value for one in lacking(tx, whose.person) if one.work.id > after}
    return [Item(number, title, f"/admin/works/{number}") for number, title in list(works.items())[:size]]


def _places(tx: Connection, number: str, person_id: int) -> tuple[list[Place], str]:
    """Return where a work names the person, and the person's iD, as both are now."""
    places = [place for place, (who, _) in candidates.people_of(tx, number).items() if who == person_id]
    return places, people.get(tx, person_id).person.id_of("orcid")


async def _one(database: Database, press: Press, number: str, person_id: int, by: Actor) -> ItemOutcome | Deed:
    stored, names = await database.read(deeds.seen, number)
    places, orcid = await database.read(_places, number, person_id)
    record = with_orcid(stored.record, places, orcid) if orcid else stored.record
    if record == stored.record or stored.state is not State.PUBLISHED:
        return ItemOutcome(Outcome.UNCHANGED, "There is nothing to write any more.")
    prepared = await asyncio.to_thread(prepare, press, number, record, stored.created, names=names, provenance=stored.provenance)

    def written(tx: Connection, now: datetime) -> ItemOutcome:
        deeds.do(tx, press, stored, prepared, by, saving.change, now)
        return ItemOutcome(Outcome.CHANGED)

    return written
