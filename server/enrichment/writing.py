"""The runs that write chosen ORCID iDs into works, as an editor's change each, and that take back what was written.

An iD that stands in a work is never written over: what another has put there since the candidates were looked for stays, and the
run says so. What was written says of itself that its owner did not authenticate it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, String, bindparam, cast, exists, func, insert, literal, select, update

from server.audit.log import Actor
from server.db.engine import Database
from server.enrichment import store
from server.enrichment.gathering import Enriched, bare, name_of
from server.enrichment.store import Place
from server.enrichment.tables import enrichment_answers, enrichment_places, enrichment_writings
from server.publishing import Press, prepare
from server.records import store as records
from server.records.model import Agent, AgentId, Record
from server.runs.model import ItemOutcome, Outcome
from server.runs.model import Subject as Item
from server.runs.task import Deed, Task
from server.works import deeds, saving

WRITE = "enrich-write"
UNDO = "enrich-undo"


@dataclass(frozen=True, slots=True)
class Writing:
    """An iD for somebody a work names."""

    part: str
    position: int
    """Where the name stood when it was looked for; it is found again by the name where it moved."""
    family: str
    given: str
    orcid: str
    id: int = 0
    """Its number once it is written."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What writing would do: how many places in how many works, and where another iD stands, which stays."""

    places: int
    works: int
    conflicts: tuple[tuple[Place, str], ...]
    """Each with the iD that was chosen for the name."""


def plan(tx: Connection, number: int, most: int) -> Plan:
    """Say what writing would do now; of the conflicts the first, at most `most`."""
    count = _TO_WRITE.with_only_columns(func.count(), func.count(func.distinct(_P.record_id)), maintain_column_froms=True)
    places, works = tx.execute(count, {"number": number}).one()
    return Plan(int(places), int(works), tuple(store.conflicts(tx, number, most)))


_P, _A, _W = enrichment_places.c, enrichment_answers.c, enrichment_writings.c

#: How an answer names a place among those it leaves out: in JSON, between quotation marks (`Place.field`).
_LEFT_OUT = _A.left_out.contains(literal('"').concat(_P.record_id) + ":" + _P.part + ":" + cast(_P.position, String) + '"')

#: The places an iD is to be written to: not where one stands, was written, or is not to.
_TO_WRITE = (
    select(_P.record_id)
    .join(enrichment_answers, (_A.enrichment_id == _P.enrichment_id) & (_A.similar == _P.similar))
    .where(_P.enrichment_id == bindparam("number"), _P.orcid == "", _A.orcid != "", ~_LEFT_OUT)
    .where(
        ~exists().where(
            _W.enrichment_id == _P.enrichment_id, _W.record_id == _P.record_id, _W.undone.is_(None), _W.part == _P.part,
            _W.family == _P.family, _W.given == _P.given,
        )
    )
)  # fmt: skip

#: The places an iD was written to that was not taken back.
_TO_UNDO = select(_W.record_id).where(_W.enrichment_id == bindparam("number"), _W.undone.is_(None))


def count_written(tx: Connection, number: int) -> int:
    """Count the works something was written into that was not taken back."""
    return _count(_TO_UNDO)(tx, Enriched(enrichment=number))


def write_task(database: Database, press: Press) -> Task[Enriched]:
    """Return the task that writes what was chosen; it begins at the page of an enrichment."""

    async def do(item: Item, of: Enriched, by: Actor) -> ItemOutcome | Deed:
        return await _changed(database, press, item.id, of.enrichment, by, _WRITING)

    return Task(
        WRITE, "Write ORCID iDs into works", "Begins at the page of an enrichment.", Enriched, _count(_TO_WRITE),
        _subjects(_TO_WRITE), do, offered=False,
    )  # fmt: skip


def undo_task(database: Database, press: Press) -> Task[Enriched]:
    """Return the task that takes back what was written; it begins at the page of an enrichment."""

    async def do(item: Item, of: Enriched, by: Actor) -> ItemOutcome | Deed:
        return await _changed(database, press, item.id, of.enrichment, by, _UNDOING)

    return Task(
        UNDO, "Take back ORCID iDs", "Begins at the page of an enrichment.", Enriched, _count(_TO_UNDO), _subjects(_TO_UNDO), do,
        offered=False,
    )  # fmt: skip


def _count(places: Select[tuple[str]]) -> Callable[[Connection, Enriched], int]:
    works = select(func.count()).select_from(places.distinct().subquery())
    return lambda tx, of: int(tx.execute(works, {"number": of.enrichment}).scalar_one())


def _subjects(places: Select[Any]) -> Callable[[Connection, Enriched, str, int], Sequence[Item]]:
    """Return what finds the next works: they are asked for page by page, as there may be a hundred thousand."""
    [column] = places.selected_columns

    def subjects(tx: Connection, of: Enriched, after: str, size: int) -> Sequence[Item]:
        query = places.where(column > after).distinct().order_by(column).limit(size)
        found = list(tx.execute(query, {"number": of.enrichment}).scalars())
        titles = records.titles(tx, found)
        return [Item(number, titles.get(number, ""), f"/admin/works/{number}") for number in found]

    return subjects


def _chosen(tx: Connection, number: int, record_id: str) -> list[Writing]:
    """Return what is to be written into a work."""
    places = store.places_of(tx, number, record_id)
    answers = store.answers(tx, number, {place.similar for place in places})
    return [
        Writing(place.part, place.position, place.family, place.given, said.orcid)
        for place in places
        if not place.orcid and (said := answers.get(place.similar)) and said.orcid and place.field not in said.left_out
    ]


def _written(tx: Connection, number: int, record_id: str) -> list[Writing]:
    """Return what was written into a work and not taken back."""
    w = enrichment_writings.c
    rows = tx.execute(select(enrichment_writings).where(w.enrichment_id == number, w.record_id == record_id, w.undone.is_(None)))
    return [Writing(row.part, 0, row.family, row.given, row.orcid, row.id) for row in rows]


def with_id(agent: Agent, orcid: str) -> Agent | None:
    """Return somebody with an iD; None where one stands there, whichever it is."""
    if agent.id_of("orcid"):
        return None
    found = AgentId(scheme="orcid", value=f"https://orcid.org/{orcid}", authenticated=False)
    return msgspec.structs.replace(agent, ids=(*agent.ids, found))


def without_id(agent: Agent, orcid: str) -> Agent | None:
    """Return somebody without an iD that was chosen for them; None where it does not stand there, or its owner confirmed it."""
    ids = tuple(one for one in agent.ids if not (one.scheme == "orcid" and bare(one.value) == orcid and not one.authenticated))
    return None if ids == agent.ids else msgspec.structs.replace(agent, ids=ids)


Mending = Callable[[Agent, str], Agent | None]


def changed(record: Record, writings: Sequence[Writing], mending: Mending) -> tuple[Record, list[Writing], list[Writing]]:
    """Return a record with what can be done to it, which that is, and which cannot be done."""
    done, left = [], []
    parts: dict[str, list[Agent]] = {part: list(getattr(record, part)) for part in ("creators", "contributors")}
    for writing in writings:
        agents = parts[writing.part]
        place = _place(agents, writing, mending)
        mended = None if place is None else mending(agents[place], writing.orcid)
        if place is None or mended is None:
            left.append(writing)
            continue
        agents[place] = mended
        done.append(writing)
    return msgspec.structs.replace(record, **{part: tuple(agents) for part, agents in parts.items()}), done, left


def _place(agents: Sequence[Agent], writing: Writing, mending: Mending) -> int | None:
    """Return where somebody stands now: at the old place, else at the only one of the name that can be mended."""
    name = (writing.family, writing.given)
    same = [n for n, agent in enumerate(agents) if agent.kind == "person" and name_of(agent) == name]
    if writing.position in same and not writing.id:
        return writing.position
    fit = [n for n in same if mending(agents[n], writing.orcid) is not None]
    return fit[0] if len(fit) == 1 or (fit and writing.id) else None


@dataclass(frozen=True, slots=True)
class _Way:
    """Writing, or taking back."""

    find: Callable[[Connection, int, str], list[Writing]]
    mending: Mending
    note: Callable[[Connection, int, str, Sequence[Writing], Actor, datetime], None]
    left: str
    """What is said where something could not be done."""


def _note_written(tx: Connection, number: int, record_id: str, done: Sequence[Writing], by: Actor, now: datetime) -> None:
    if done:
        tx.execute(insert(enrichment_writings), [
            {
                "enrichment_id": number, "record_id": record_id, "part": each.part, "family": each.family, "given": each.given,
                "orcid": each.orcid, "by": by.name[:100], "at": now,
            }
            for each in done
        ])  # fmt: skip


def _note_undone(tx: Connection, number: int, record_id: str, _done: Sequence[Writing], _by: Actor, now: datetime) -> None:
    """Note that all of a work is taken back: what could not be is not ours any more."""
    w = enrichment_writings.c
    mine = (w.enrichment_id == number, w.record_id == record_id, w.undone.is_(None))
    tx.execute(update(enrichment_writings).where(*mine).values(undone=now))


_WRITING = _Way(_chosen, with_id, _note_written, "An iD stands there already, or the name does not, for: {names}.")
_UNDOING = _Way(_written, without_id, _note_undone, "Somebody changed it since, and it stays, for: {names}.")


async def _changed(database: Database, press: Press, number: str, enrichment: int, by: Actor, way: _Way) -> ItemOutcome | Deed:
    stored, shown = await database.read(deeds.seen, number)
    writings = await database.read(way.find, enrichment, number)
    if not writings:
        return ItemOutcome(Outcome.UNCHANGED, "There is nothing to do any more.")
    record, done, left = changed(stored.record, writings, way.mending)
    message = way.left.format(names="; ".join(f"{one.family}, {one.given}".rstrip(", ") for one in left)) if left else ""
    if not done:

        def noted(tx: Connection, now: datetime) -> ItemOutcome:
            way.note(tx, enrichment, number, done, by, now)
            return ItemOutcome(Outcome.WARNING, message)

        return noted
    prepared = await asyncio.to_thread(prepare, press, number, record, stored.created, names=shown, provenance=stored.provenance)

    def written(tx: Connection, now: datetime) -> ItemOutcome:
        way.note(tx, enrichment, number, done, by, now)
        deeds.do(tx, press, stored, prepared, by, saving.change, now)
        return ItemOutcome(Outcome.WARNING if left else Outcome.CHANGED, message)

    return written
