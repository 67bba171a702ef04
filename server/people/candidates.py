"""What of the works is a person's, and what may be: with the evidence that lets somebody decide."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from server.people import names, store
from server.people.linking import Creator, Link, LinkState, Made, Place, creators, link_of
from server.people.model import Person
from server.people.tables import person_links
from server.records import store as records
from server.records.store import State, Stored
from server.records.tables import records as works

MOST = 200
"""So many candidates of one person are weighed at once."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A work and who of its creators the person is."""

    work: Stored
    creator: Creator
    link: Link

    @property
    def field(self) -> str:
        """How a form names the place."""
        place = self.creator.place
        return f"{place.record_id}:{place.part}:{place.position}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A creator who may be the person, and what speaks for it."""

    linked: Linked
    spelling: int
    """0: it does not fit; 1: the initials fit; 2: the whole names."""
    affiliations: tuple[str, ...]
    """Institutions the person and the creator share."""
    together: tuple[str, ...]
    """Names of people with whom the person made other works."""
    has_id: bool
    """Whether the work names an ORCID iD for the creator, which is no known person's."""
    says: bool = False
    """Whether the person says that an identifier of the creator is theirs, and nobody else says so."""

    @property
    def weight(self) -> int:
        return self.spelling + 4 * self.says + 3 * bool(self.affiliations) + 2 * min(len(self.together), 3)


def place_of(text: str) -> Place | None:
    """Return the place a form names, or None."""
    record_id, _, rest = text.partition(":")
    part, _, position = rest.partition(":")
    if part not in {"creators", "contributors"} or not (position.isascii() and position.isdecimal() and len(position) < 6):  # noqa: PLR2004 -- digits
        return None
    return Place(record_id, part, int(position))


def tallies(tx: Connection, numbers: Iterable[int]) -> dict[int, dict[str, int]]:
    """Count the links of people by state."""
    query = (
        select(person_links.c.person_id, person_links.c.state, func.count(func.distinct(person_links.c.record_id)))
        .where(person_links.c.person_id.in_(list(numbers)))
        .group_by(person_links.c.person_id, person_links.c.state)
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for number, state, count in tx.execute(query):
        found[number][state] = count
    return found


def linked_works(tx: Connection, person_id: int, page: int, size: int) -> tuple[list[Linked], int]:
    """Return a page of a person's works, the newest first, and how many there are."""
    mine = (person_links.c.person_id == person_id, person_links.c.state == LinkState.LINKED.value)
    total = int(tx.execute(select(func.count(func.distinct(person_links.c.record_id))).where(*mine)).scalar_one())
    ids = select(person_links.c.record_id).where(*mine).distinct().order_by(person_links.c.record_id.desc())
    shown = list(tx.execute(ids.limit(size).offset((page - 1) * size)).scalars())
    rows = tx.execute(select(person_links).where(*mine, person_links.c.record_id.in_(shown))).mappings()
    found = _with_works(tx, [link_of(row) for row in rows])
    return sorted(found, key=lambda one: one.work.id, reverse=True), total


def published_of(tx: Connection, person_id: int, most: int | None = None) -> list[Linked]:
    """Return a person's published works; `most`: only so many places of the newest, the newest first."""
    query = (
        select(person_links)
        .join(works, works.c.id == person_links.c.record_id)
        .where(
            person_links.c.person_id == person_id,
            person_links.c.state == LinkState.LINKED.value,
            works.c.state == State.PUBLISHED.value,
        )
    )
    if most is not None:
        query = query.order_by(person_links.c.record_id.desc()).limit(most)
    return _with_works(tx, [link_of(row) for row in tx.execute(query).mappings()])


def lacking_orcid(tx: Connection, person_id: int, person: Person) -> int:
    """Count the published works that do not name a person's ORCID iD though the person is among their creators."""
    if not person.id_of("orcid"):
        return 0
    return len({one.work.id for one in published_of(tx, person_id) if not one.creator.agent.id_of("orcid")})


def refused_works(tx: Connection, person_id: int) -> list[Linked]:
    """Return the works somebody said are not this person's."""
    query = select(person_links).where(person_links.c.person_id == person_id, person_links.c.state == LinkState.REFUSED.value)
    return _with_works(tx, [link_of(row) for row in tx.execute(query.limit(MOST)).mappings()])


def candidates(tx: Connection, person_id: int, person: Person) -> tuple[list[Candidate], int]:
    """Return who may be the person, what speaks most for it first, and how many there are."""
    mine = (person_links.c.person_id == person_id, person_links.c.state == LinkState.CANDIDATE.value)
    total = int(tx.execute(select(func.count()).select_from(person_links).where(*mine)).scalar_one())
    if not total:
        return [], 0
    query = select(person_links).where(*mine).order_by(person_links.c.record_id.desc()).limit(MOST)
    found = _with_works(tx, [link_of(row) for row in tx.execute(query).mappings()])
    others = _companions(tx, person_id)
    weighed = [_weighed(one, person, others) for one in found]
    return sorted(weighed, key=lambda one: (-one.weight, one.linked.work.id)), total


def _weighed(found: Linked, person: Person, others: set[str]) -> Candidate:
    agent = found.creator.agent
    same = [n for n in person.names if names.key(*n) == found.creator.key]
    rors = {post.ror for post in person.affiliations if post.ror}
    bodies = {names.folded(post.name) for post in person.affiliations}
    shared = tuple(a.name for a in agent.affiliations if a.ror in rors or names.folded(a.name) in bodies)
    company = [c for c in creators(found.work.id, found.work.record) if c.place != found.creator.place]
    return Candidate(
        found,
        max((names.likeness(given, agent.given) for _, given in same), default=0),
        shared,
        tuple(c.agent.label for c in company if c.key in others),
        found.link.made is Made.NAME and bool(agent.id_of("orcid")),
        found.link.made is Made.ID,
    )


def _companions(tx: Connection, person_id: int) -> set[str]:
    """Return with whom a person made works, as the keys of their names."""
    found, _ = linked_works(tx, person_id, 1, MOST)
    return {other.key for one in found for other in creators(one.work.id, one.work.record) if other.place != one.creator.place}


def _with_works(tx: Connection, links: Iterable[Link]) -> list[Linked]:
    result, seen = [], dict[str, Stored | None]()
    for link in links:
        number = link.place.record_id
        if number not in seen:
            seen[number] = records.find(tx, number)
        work = seen[number]
        creator = next((c for c in creators(number, work.record) if c.place == link.place), None) if work else None
        if work is not None and creator is not None:
            result.append(Linked(work, creator, link))
    return result


def people_of(tx: Connection, record_id: str) -> dict[Place, tuple[int, str]]:
    """Return who the creators of a work are: number and name, by place."""
    query = select(person_links).where(person_links.c.record_id == record_id, person_links.c.state == LinkState.LINKED.value)
    links = [link_of(row) for row in tx.execute(query).mappings()]
    who = store.some(tx, {link.person_id for link in links})
    return {link.place: (link.person_id, who[link.person_id].person.label) for link in links}
