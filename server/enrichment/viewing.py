"""What a page of an enrichment shows: names with the works they stand in, candidates with their evidence, the answers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from server.enrichment import asking, store
from server.enrichment.gathering import bare
from server.enrichment.model import Facts
from server.enrichment.store import Answer, Enrichment, Place
from server.enrichment.weighing import NOBODY, Named, Ours, Weighed, dois_of, ranked, weigh
from server.identifiers import ledger
from server.people import store as people
from server.people.store import Kept
from server.people.tables import person_ids
from server.records import store as records
from server.records.model import Agent
from server.records.store import Stored

MOST_WORKS = 100
"""So many works of one name are compared with what a candidate made."""


@dataclass(frozen=True, slots=True)
class At:
    """A place with its work."""

    place: Place
    work: Stored

    @property
    def agent(self) -> Agent | None:
        agents: tuple[Agent, ...] = getattr(self.work.record, self.place.part)
        return agents[self.place.position] if self.place.position < len(agents) else None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody it may be, with the age of what ORCID said."""

    weighed: Weighed
    asked: datetime | None
    """When ORCID said so; None where only we say so."""

    @property
    def orcid(self) -> str:
        return self.weighed.facts.orcid


@dataclass(frozen=True, slots=True)
class Group:
    """Similar values: one name, the places where it stands, and who that may be."""

    similar: str
    family: str
    given: str
    lacking: tuple[At, ...]
    """Where no iD stands."""
    known: tuple[At, ...]
    """Where one stands already, which stays."""
    candidates: tuple[Candidate, ...]
    answer: Answer | None

    @property
    def label(self) -> str:
        return f"{self.family}, {self.given}" if self.given else self.family

    def conflicts(self, orcid: str) -> tuple[At, ...]:
        """Return where another iD stands than one."""
        return tuple(each for each in self.known if each.place.orcid != orcid)


def groups(tx: Connection, enrichment: Enrichment, similars: Sequence[str]) -> list[Group]:
    """Return some names with all that is shown of them, in the order given."""
    number = enrichment.id
    where: dict[str, list[Place]] = defaultdict(list)
    for place in store.places(tx, number, similars):
        where[place.similar].append(place)
    offered: dict[str, list[str]] = defaultdict(list)
    for similar, orcid in store.candidates(tx, number, similars):
        offered[similar].append(orcid)
    told = asking.kept(tx, enrichment.registry, {orcid for each in offered.values() for orcid in each})
    here = owners(tx, {orcid for each in offered.values() for orcid in each})
    answers = store.answers(tx, number, similars)
    wanted = {place.record_id for places in where.values() for place in places[:MOST_WORKS]}
    works = {stored.id: stored for stored in records.some(tx, wanted)}
    dois = {number: dois_of(stored.record, _minted(tx, number)) for number, stored in works.items()}
    found = []
    for similar in similars:
        places = [At(place, works[place.record_id]) for place in where[similar] if place.record_id in works]
        if not places:
            continue
        first = places[0].place
        named = [Named(each.agent, each.work.record, dois[each.work.id]) for each in places if each.agent is not None]
        weighed = [
            _weighed(orcid, told, here.get(orcid), (first.family, first.given), named, places) for orcid in offered[similar]
        ]
        candidates = tuple(Candidate(each, _asked(told, each)) for each in ranked(weighed))
        lacking = tuple(each for each in places if not each.place.orcid)
        known = tuple(each for each in places if each.place.orcid)
        found.append(Group(similar, first.family, first.given, lacking, known, candidates, answers.get(similar)))
    return found


def _asked(told: dict[str, tuple[Facts, datetime]], weighed: Weighed) -> datetime | None:
    found = told.get(weighed.facts.orcid)
    return None if found is None else found[1]


def _weighed(
    orcid: str,
    told: dict[str, tuple[Facts, datetime]],
    owner: tuple[Kept, bool] | None,
    name: tuple[str, str],
    named: list[Named],
    places: list[At],
) -> Weighed | None:
    """Weigh a candidate by what ORCID says, else by what we know of one of our people; None where nobody says anything."""
    facts = told[orcid][0] if orcid in told and not told[orcid][0].closed else of_person(orcid, owner[0]) if owner else None
    if facts is None:
        return None
    works = len({each.work.id for each in places if each.place.orcid == orcid})
    ours = Ours(owner[0].person.label if owner else "", bool(owner and owner[1]), works) if owner or works else NOBODY
    return weigh(facts, name, named, ours)


def of_person(orcid: str, kept: Kept) -> Facts:
    """Return what we know of one of our people as ORCID would say it."""
    person = kept.person
    current = tuple(post.affiliation for post in person.affiliations if not post.until)
    past = tuple(post.affiliation for post in person.affiliations if post.until)
    others = tuple(" ".join(part for part in (given, family) if part) for family, given in person.names[1:])
    return Facts(orcid=orcid, given=person.given, family=person.family, others=others, current=current, past=past)


def owners(tx: Connection, orcids: Iterable[str]) -> dict[str, tuple[Kept, bool]]:
    """Return whose of our people some bare iDs are, and whether they proved it."""
    values = [f"https://orcid.org/{orcid}" for orcid in orcids]
    # What only the person says is no evidence for anybody but themselves.
    sure = (~person_ids.c.claimed) | person_ids.c.proved
    query = select(person_ids).where(person_ids.c.scheme == "orcid", person_ids.c.value.in_(values), sure)
    rows = tx.execute(query).all()
    who = people.some(tx, {row.person_id for row in rows})
    return {bare(row.value): (who[row.person_id], row.proved) for row in rows if row.person_id in who}


def _minted(tx: Connection, number: str) -> list[str]:
    return [entry.value for entry in ledger.of_record(tx, number) if entry.scheme == "doi"]
