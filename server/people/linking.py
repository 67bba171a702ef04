"""Which creators of the works are people we know: found by identifier or name when a work comes, confirmed or refused by hand.

A link stands at a place of a work: creators or contributors, and the position there. An identifier both have makes it at once,
but not where only the person says that it is theirs. That, like a name both have, makes a candidate, which somebody confirms or
refuses; a refusal is remembered. When a work's creators move, what was done by hand moves with them, by their names.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, delete, insert, select

from server.db.statement import Statement
from server.errors import Conflict, NotFound
from server.people import names, schemes
from server.people.tables import people, person_ids, person_links, person_names
from server.records.model import Agent, Record

CREATORS, CONTRIBUTORS = "creators", "contributors"
_MOST = 5_000
"""Values asked for in one statement."""

_Id = tuple[str, str]


class LinkState(StrEnum):
    """What we know of a creator and a person. candidate → linked or refused; linked → refused; refused → linked."""

    LINKED = "linked"
    CANDIDATE = "candidate"
    REFUSED = "refused"


class Made(StrEnum):
    """What a link comes from."""

    ID = "id"
    NAME = "name"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a creator stands."""

    record_id: str
    part: str
    position: int


@dataclass(frozen=True, slots=True)
class Link:
    place: Place
    person_id: int
    state: LinkState
    made: Made
    by: str
    at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Creator:
    """Somebody a work names, with what they can be found by."""

    place: Place
    agent: Agent
    ids: tuple[_Id, ...]
    key: str

    @property
    def name(self) -> str:
        return names.whole(self.agent.family or self.agent.name, self.agent.given)


def creators(record_id: str, record: Record) -> Iterator[Creator]:
    """Yield the people a work names, in their places."""
    yield from named(record_id, record.creators, record.contributors)


def named(record_id: str, first: Iterable[Agent], then: Iterable[Agent]) -> Iterator[Creator]:
    """Yield the people among creators and contributors, in their places."""
    for part, agents in ((CREATORS, first), (CONTRIBUTORS, then)):
        for position, agent in enumerate(agents):
            if agent.kind == "person":
                ids = tuple((one.scheme, schemes.known(one.scheme, one.value)) for one in agent.ids)
                yield Creator(Place(record_id, part, position), agent, ids, names.key(agent.family or agent.name, agent.given))


@dataclass(slots=True)
class Known:
    """The people that may be among some creators."""

    by_id: dict[_Id, int] = field(default_factory=dict)
    claimed: dict[_Id, int] = field(default_factory=dict)
    """Who says of themselves that an identifier is theirs, which nobody else has said yet."""
    by_key: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    """Number and given name, by the key of the name."""
    orcids: dict[int, str] = field(default_factory=dict)

    def add(self, row: Row[Any]) -> None:
        """Take in a row of the identifiers."""
        (self.claimed if row.claimed and not row.proved else self.by_id)[row.scheme, row.value] = row.person_id

    def linked(self, creator: Creator) -> int | None:
        """Return who the creator is by identifier."""
        return next((self.by_id[one] for one in creator.ids if one in self.by_id), None)

    def candidates(self, creator: Creator) -> set[int]:
        """Return who the creator may be by name, or by what they say; an ORCID iD that differs says no."""
        own = dict(creator.ids).get("orcid")
        alike = {n for n, given in self.by_key.get(creator.key, ()) if names.likeness(given, creator.agent.given)}
        named = {n for n in alike if not own or self.orcids.get(n, own) == own}
        return named | self.claiming(creator)

    def claiming(self, creator: Creator) -> set[int]:
        """Return who says that an identifier of the creator is theirs."""
        return {self.claimed[one] for one in creator.ids if one in self.claimed}


def link_new(tx: Connection, works: Iterable[tuple[str, Record]], now: datetime) -> None:
    """Link the creators of works that are new; three short statements where nobody is among them, however many works."""
    if not _ANYBODY.values(tx, {}):
        return
    found = [creator for record_id, record in works for creator in creators(record_id, record)]
    who = known(tx, found)
    if rows := [link for creator in found for link in _links(creator, who, (), now)]:
        tx.execute(insert(person_links), [_row(link) for link in rows])


_ANYBODY = Statement(select(people.c.id).limit(1))


def link_again(tx: Connection, record_id: str, record: Record, now: datetime) -> None:
    """Link the creators of a work that changed, or whose people may have; what was done by hand stays with its creator."""
    before = of_record(tx, record_id)
    found = list(creators(record_id, record))
    after = _moved(before, found)
    who = known(tx, found)
    wanted = [link for creator in found for link in _links(creator, who, after.get(creator.place, ()), now)]
    kept = {(link.place, link.person_id): link for link in before}
    wanted = [_as_before(link, kept.get((link.place, link.person_id))) for link in wanted]
    if set(wanted) == set(before):
        return
    tx.execute(delete(person_links).where(person_links.c.record_id == record_id))
    if wanted:
        tx.execute(insert(person_links), [_row(link) for link in wanted])


def _as_before(link: Link, before: Link | None) -> Link:
    """Keep the day of a link that is as it was."""
    return before if before is not None and replace(link, at=before.at) == before else link


def known(tx: Connection, found: list[Creator]) -> Known:
    """Look up who of the people may be among the creators."""
    who = Known()
    values = {value for creator in found for _, value in creator.ids}
    for some in _parts(values):
        for row in tx.execute(select(person_ids).where(person_ids.c.value.in_(some))):
            who.add(row)
    for some in _parts({creator.key for creator in found}):
        query = select(person_names.c.key, person_names.c.person_id, person_names.c.given).where(person_names.c.key.in_(some))
        for row in tx.execute(query):
            who.by_key[row.key].append((row.person_id, row.given))
    for some in _parts({number for alike in who.by_key.values() for number, _ in alike}):
        query = select(person_ids.c.person_id, person_ids.c.value).where(
            person_ids.c.person_id.in_(some), person_ids.c.scheme == "orcid"
        )
        who.orcids |= {row.person_id: row.value for row in tx.execute(query)}
    return who


def _parts(values: set[Any]) -> Iterator[list[Any]]:
    listed = sorted(values)
    for start in range(0, len(listed), _MOST):
        yield listed[start : start + _MOST]


def _links(creator: Creator, who: Known, before: Iterable[Link], now: datetime) -> Iterator[Link]:
    """Yield what is known of a creator: an identifier decides, then what was done by hand, then names make candidates."""
    by_hand = {link.person_id: link for link in before if link.made is Made.HAND}
    is_it = who.linked(creator)
    if is_it is not None:
        yield Link(creator.place, is_it, LinkState.LINKED, Made.ID, "", now, creator.name)
        by_hand.pop(is_it, None)
        by_hand = {number: link for number, link in by_hand.items() if link.state is LinkState.REFUSED}
    for link in by_hand.values():
        yield replace(link, place=creator.place, name=creator.name)
    if is_it is None and not any(link.state is LinkState.LINKED for link in by_hand.values()):
        for number in who.candidates(creator) - set(by_hand):
            made = Made.ID if number in who.claiming(creator) else Made.NAME
            yield Link(creator.place, number, LinkState.CANDIDATE, made, "", now, creator.name)


def _moved(before: Iterable[Link], found: list[Creator]) -> Mapping[Place, list[Link]]:
    """Find where the creators of earlier links stand now: the nearest of the same name, else the same place and family name."""
    result: dict[Place, list[Link]] = defaultdict(list)
    for link in before:
        there = [creator for creator in found if creator.place.part == link.place.part]
        same = [creator for creator in there if creator.name == link.name]
        if not same:
            mine = link.name.partition(" ")[0]
            same = [c for c in there if c.place == link.place and c.name.partition(" ")[0] == mine]
        if same:
            nearest = min(same, key=lambda creator: abs(creator.place.position - link.place.position))
            result[nearest.place].append(link)
    return result


def of_record(tx: Connection, record_id: str) -> list[Link]:
    """Return all that is known of a work's creators."""
    query = select(person_links).where(person_links.c.record_id == record_id)
    return [link_of(row) for row in tx.execute(query).mappings()]


def decide(tx: Connection, creator: Creator, person_id: int, state: LinkState, by: str, now: datetime) -> Link:
    """Say by hand whether a creator is a person.

    Raises Conflict where an identifier says otherwise.
    """
    there = [link for link in of_record(tx, creator.place.record_id) if link.place == creator.place]
    certain = next((link for link in there if link.made is Made.ID and link.state is LinkState.LINKED), None)
    if certain is not None and (certain.person_id == person_id) is (state is LinkState.REFUSED):
        raise Conflict(
            "The work names this creator's identifier, and that decides who it is.",
            remedy="If it is wrong, correct the identifier of the creator in the work, or that of the person.",
            code="identifier",
        )
    link = Link(creator.place, person_id, state, Made.HAND, by, now, creator.name)
    if certain is not None and certain.person_id == person_id:
        return certain
    gone = [one.person_id for one in there if one.person_id == person_id or _gives_way(one, state)]
    for number in gone:
        _forget(tx, creator.place, number)
    tx.execute(insert(person_links).values(_row(link)))
    return link


def _gives_way(other: Link, state: LinkState) -> bool:
    """Whether what is known of somebody else ends when somebody is confirmed: one creator is one person."""
    return state is LinkState.LINKED and other.state is not LinkState.REFUSED


def _forget(tx: Connection, place: Place, person_id: int) -> None:
    tx.execute(
        delete(person_links).where(
            person_links.c.record_id == place.record_id,
            person_links.c.part == place.part,
            person_links.c.position == place.position,
            person_links.c.person_id == person_id,
        )
    )


def creator_at(record: Record, place: Place) -> Creator:
    """Return who stands at a place; raises NotFound where nobody does any more."""
    for creator in creators(place.record_id, record):
        if creator.place == place:
            return creator
    raise NotFound("The work does not name this creator any more.", remedy="Load the page again.")


def link_of(row: RowMapping) -> Link:
    place = Place(row["record_id"], row["part"], row["position"])
    return Link(place, row["person_id"], LinkState(row["state"]), Made(row["made"]), row["by"], row["at"], row["name"])


def _row(link: Link) -> dict[str, Any]:
    place = link.place
    return {
        "record_id": place.record_id,
        "part": place.part,
        "position": place.position,
        "person_id": link.person_id,
        "state": link.state.value,
        "made": link.made.value,
        "by": link.by,
        "at": link.at,
        "name": link.name,
    }
