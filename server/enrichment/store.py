"""Enrichments in the database: which works were chosen, who is named in them, who that may be, and what was answered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from server.db import upsert
from server.enrichment.tables import (
    enrichment_answers,
    enrichment_candidates,
    enrichment_places,
    enrichment_writings,
    enrichments,
)
from server.errors import NotFound


class Chosen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which works: those that were selected, the members of a set, or all a query finds."""

    ids: tuple[str, ...] = ()
    spec: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class Enrichment:
    """One choice of works whose creators are looked for."""

    id: int
    by: str
    created: datetime
    chosen: Chosen
    registry: str
    gathered: int
    """The run that searches."""
    written: int | None
    undone: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a work names somebody, and the iD that stands there already."""

    record_id: str
    part: str
    position: int
    similar: str
    family: str
    given: str
    orcid: str

    @property
    def field(self) -> str:
        """How a form names the place."""
        return f"{self.record_id}:{self.part}:{self.position}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answered for a name: an iD, or that it is none of the candidates; and for which places it does not hold."""

    similar: str
    orcid: str
    left_out: frozenset[str]
    by: str
    at: datetime

    @property
    def stamp(self) -> str:
        """What tells this answer from an earlier or later one for the name."""
        return f"{self.at.isoformat()} {self.orcid or 'none'} {' '.join(sorted(self.left_out))}".strip()


def add(tx: Connection, by: str, chosen: Chosen, registry: str, run: int, now: datetime) -> int:
    """Keep a new enrichment and return its number."""
    values = {
        "by": by[:100],
        "created": now,
        "chosen": msgspec.json.encode(chosen).decode(),
        "registry": registry,
        "gathered": run,
    }
    return int(tx.execute(insert(enrichments).values(values).returning(enrichments.c.id)).scalar_one())


def get(tx: Connection, number: int) -> Enrichment:
    """Return an enrichment; raises NotFound."""
    row = tx.execute(select(enrichments).where(enrichments.c.id == number)).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no such enrichment.", remedy="The list shows those there are.")
    return _enrichment(row)


def latest(tx: Connection, size: int) -> list[Enrichment]:
    """Return the newest enrichments."""
    query = select(enrichments).order_by(enrichments.c.id.desc()).limit(size)
    return [_enrichment(row) for row in tx.execute(query).mappings()]


def runs_as(tx: Connection, number: int, **runs: int) -> None:
    """Note the run that gathers (`gathered`), writes (`written`) or takes back (`undone`)."""
    tx.execute(update(enrichments).where(enrichments.c.id == number).values(**runs))


def _enrichment(row: RowMapping) -> Enrichment:
    chosen = msgspec.json.decode(row["chosen"], type=Chosen)
    return Enrichment(
        row["id"], row["by"], row["created"], chosen, row["registry"], row["gathered"], row["written"], row["undone"]
    )


def put_places(
    tx: Connection, number: int, record_id: str, places: Sequence[Place], candidates: Iterable[tuple[str, str]]
) -> None:
    """Write down who a work names, in place of what was known of it, and who these may be: (similar, orcid)."""
    mine = (enrichment_places.c.enrichment_id == number, enrichment_places.c.record_id == record_id)
    tx.execute(delete(enrichment_places).where(*mine))
    if places:
        tx.execute(insert(enrichment_places), [{"enrichment_id": number, **_values(place)} for place in places])
    rows = [{"enrichment_id": number, "similar": similar, "orcid": orcid} for similar, orcid in dict.fromkeys(candidates)]
    if rows:
        statement = upsert.insert(tx, enrichment_candidates).on_conflict_do_nothing()
        tx.execute(statement, rows)


def _values(place: Place) -> dict[str, Any]:
    return {name: getattr(place, name) for name in Place.__slots__}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many names an enrichment has, and how far it has come."""

    works: int = 0
    names: int = 0
    lacking: int = 0
    """Names that stand somewhere without an iD."""
    found: int = 0
    """Of these, those with candidates."""
    answered: int = 0
    chosen: int = 0
    """Of these, those with an iD."""
    writings: int = 0
    """Places an iD was written to and stands."""


def tally(tx: Connection, number: int) -> Tally:
    """Count."""
    p, c, a, w = enrichment_places.c, enrichment_candidates.c, enrichment_answers.c, enrichment_writings.c
    mine = p.enrichment_id == number
    with_candidates = select(c.similar).where(c.enrichment_id == number)
    lacking = (mine, p.orcid == "")
    distinct = func.count(func.distinct(p.similar))

    def one(query: Any) -> int:
        return int(tx.execute(query).scalar_one())

    return Tally(
        works=one(select(func.count(func.distinct(p.record_id))).where(mine)),
        names=one(select(distinct).where(mine)),
        lacking=one(select(distinct).where(*lacking)),
        found=one(select(distinct).where(*lacking, p.similar.in_(with_candidates))),
        answered=one(select(func.count()).where(a.enrichment_id == number)),
        chosen=one(select(func.count()).where(a.enrichment_id == number, a.orcid != "")),
        writings=one(select(func.count()).where(w.enrichment_id == number, w.undone.is_(None))),
    )


@dataclass(frozen=True, slots=True)
class Stand:
    """How far an enrichment has come, as a list of them says it: what can be counted without looking at each name."""

    answered: int = 0
    writings: int = 0


def stands(tx: Connection, numbers: Sequence[int]) -> dict[int, Stand]:
    """Count for some enrichments."""
    a, w = enrichment_answers.c, enrichment_writings.c
    count = func.count()
    answered = select(a.enrichment_id, count).where(a.enrichment_id.in_(numbers)).group_by(a.enrichment_id)
    written = select(w.enrichment_id, count).where(w.enrichment_id.in_(numbers), w.undone.is_(None)).group_by(w.enrichment_id)
    answers = {int(number): int(found) for number, found in tx.execute(answered)}
    writings = {int(number): int(found) for number, found in tx.execute(written)}
    return {number: Stand(answers.get(number, 0), writings.get(number, 0)) for number in numbers}


_AT_ONCE = 5_000
"""Names asked for in one statement."""

#: Which names a page shows.
SHOWN = ("open", "answered", "none", "all")


def similars(tx: Connection, number: int, shown: str, page: int, size: int) -> tuple[list[str], int]:
    """Return a page of the names that stand somewhere without an iD, in their order, and how many there are."""
    p, c, a = enrichment_places.c, enrichment_candidates.c, enrichment_answers.c
    found = select(c.similar).where(c.enrichment_id == number)
    answered = select(a.similar).where(a.enrichment_id == number)
    narrowed = {
        "open": (p.similar.in_(found), p.similar.not_in(answered)),
        "answered": (p.similar.in_(answered),),
        "none": (p.similar.not_in(found),),
    }
    query = select(p.similar).where(p.enrichment_id == number, p.orcid == "", *narrowed.get(shown, ())).distinct()
    total = int(tx.execute(select(func.count()).select_from(query.subquery())).scalar_one())
    rows = tx.execute(query.order_by(p.similar).limit(size).offset((page - 1) * size))
    return list(rows.scalars()), total


def places(tx: Connection, number: int, similars: Iterable[str]) -> list[Place]:
    """Return where some names stand, in the order of the works."""
    p = enrichment_places.c
    query = select(enrichment_places).where(p.enrichment_id == number).order_by(p.record_id, p.part.desc(), p.position)
    listed, found = list(similars), list[Place]()
    for start in range(0, len(listed), _AT_ONCE):
        some = query.where(p.similar.in_(listed[start : start + _AT_ONCE]))
        found += [_place(row) for row in tx.execute(some).mappings()]
    return found


def conflicts(tx: Connection, number: int, most: int) -> list[tuple[Place, str]]:
    """Return the first places where another iD stands than the one that was chosen for the name, each with that one."""
    p, a = enrichment_places.c, enrichment_answers.c
    query = (
        select(enrichment_places, a.orcid.label("chosen"))
        .join(enrichment_answers, (a.enrichment_id == p.enrichment_id) & (a.similar == p.similar))
        .where(p.enrichment_id == number, a.orcid != "", p.orcid != "", p.orcid != a.orcid)
        .order_by(p.record_id, p.part.desc(), p.position)
        .limit(most)
    )
    return [(_place(row), row["chosen"]) for row in tx.execute(query).mappings()]


def places_of(tx: Connection, number: int, record_id: str) -> list[Place]:
    """Return whom a work names."""
    p = enrichment_places.c
    query = select(enrichment_places).where(p.enrichment_id == number, p.record_id == record_id).order_by(p.part, p.position)
    return [_place(row) for row in tx.execute(query).mappings()]


def _place(row: RowMapping) -> Place:
    return Place(*(row[name] for name in Place.__slots__))


def candidates(tx: Connection, number: int, similars: Iterable[str]) -> list[tuple[str, str]]:
    """Return who people of some names may be: (similar, orcid)."""
    c = enrichment_candidates.c
    query = select(c.similar, c.orcid).where(c.enrichment_id == number, c.similar.in_(list(similars)))
    return [(row.similar, row.orcid) for row in tx.execute(query.order_by(c.similar, c.orcid))]


def answer(tx: Connection, number: int, said: Answer) -> None:
    """Keep an answer in the place of an earlier one."""
    values = {
        "orcid": said.orcid, "left_out": msgspec.json.encode(sorted(said.left_out)).decode(), "by": said.by[:100], "at": said.at,
    }  # fmt: skip
    statement = upsert.insert(tx, enrichment_answers).values(enrichment_id=number, similar=said.similar, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["enrichment_id", "similar"], set_=values))


def forget(tx: Connection, number: int, similar: str) -> None:
    """Let a name be open again."""
    a = enrichment_answers.c
    tx.execute(delete(enrichment_answers).where(a.enrichment_id == number, a.similar == similar))


def answers(tx: Connection, number: int, similars: Iterable[str] | None = None) -> dict[str, Answer]:
    """Return what was answered, by name."""
    query = select(enrichment_answers).where(enrichment_answers.c.enrichment_id == number)
    if similars is not None:
        query = query.where(enrichment_answers.c.similar.in_(list(similars)))
    return {
        row.similar: Answer(row.similar, row.orcid, frozenset(msgspec.json.decode(row.left_out)), row.by, row.at)
        for row in tx.execute(query)
    }
