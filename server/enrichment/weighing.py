"""What speaks for a candidate, in words and in points from 0 to 100: the name, institutions, works in common. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from server.enrichment.model import Facts, title_key
from server.errors import Invalid
from server.identifiers.schemes import doi
from server.people import names
from server.records.model import Affiliation, Agent, Record


class Sort(StrEnum):
    """What a piece of evidence is of."""

    NAME = "name"
    WORK = "work"
    AFFILIATION = "affiliation"
    HERE = "here"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for a candidate."""

    sort: Sort
    points: int
    label: str
    """What it is; goes through the translation."""
    value: str = ""
    """Of what: a title, an institution, a name."""


@dataclass(frozen=True, slots=True)
class Named:
    """A place of a work where the name stands, with the work."""

    agent: Agent
    record: Record
    dois: tuple[str, ...] = ()
    """Of the work: those it came with and ours."""


@dataclass(frozen=True, slots=True)
class Ours:
    """What is known here of an iD: whose of our people it is, and in how many works the name stands with it already."""

    person: str = ""
    proved: bool = False
    works: int = 0


@dataclass(frozen=True, slots=True)
class Weighed:
    """A candidate with what speaks for it, the weightiest first."""

    facts: Facts
    evidence: tuple[Evidence, ...]

    @property
    def score(self) -> int:
        return min(100, sum(each.points for each in self.evidence))

    @property
    def is_strong(self) -> bool:
        """Whether more than a name and an institution speaks for it."""
        return self.score >= STRONG


STRONG = 75
"""Points from which somebody need not look twice: the whole name and a DOI in common. No name alone comes so far."""

NOBODY = Ours()

#: How well the given names fit (names.likeness) → points and words; the family name is the same.
_NAMES = {2: (25, "The name is the same"), 1: (10, "The initials fit")}
_OTHER_NAME = (20, "Also known as")
_DOI, _FURTHER_DOI = 50, 5
_TITLE, _FURTHER_TITLE = 30, 5
_MOST_FURTHER = 4


def weigh(facts: Facts, name: tuple[str, str], places: Sequence[Named], ours: Ours = NOBODY) -> Weighed | None:
    """Weigh somebody as the bearer of a name (family, given) in some works; None where the name is another's."""
    evidence = [*_here(ours)]
    spelled = _name(facts, name)
    if spelled is None and not evidence:
        return None
    evidence += [] if spelled is None else [spelled]
    evidence += _works(facts, places)
    evidence += _places(facts, places)
    return Weighed(facts, tuple(sorted(evidence, key=lambda each: -each.points)))


def ranked(weighed: Iterable[Weighed | None]) -> list[Weighed]:
    """Return those that may be it, the likeliest first."""
    found = [each for each in weighed if each is not None]
    return sorted(found, key=lambda each: (-each.score, each.facts.orcid))


def _here(ours: Ours) -> Iterator[Evidence]:
    if ours.person:
        label = "One of our people, who proved the iD" if ours.proved else "One of our people"
        yield Evidence(Sort.HERE, 45 if ours.proved else 35, label, ours.person)
    if ours.works:
        yield Evidence(Sort.HERE, 30, "The name stands with this iD in other works of the selection", str(ours.works))


def _name(facts: Facts, name: tuple[str, str]) -> Evidence | None:
    family, given = name
    if names.folded(facts.family) == names.folded(family) or (not facts.family and _is(facts.given, family)):
        likeness = names.likeness(given, facts.given)
        if likeness:
            points, label = _NAMES[likeness]
            return Evidence(Sort.NAME, points, label, facts.name)
    wanted = set(names.whole(family, given).split())
    for other in (facts.credit, *facts.others):
        if other and set(names.folded(other.replace(",", " ")).split()) == wanted:
            return Evidence(Sort.NAME, *_OTHER_NAME, other)
    return None


def _is(one: str, other: str) -> bool:
    return bool(one) and names.folded(one) == names.folded(other)


def _works(facts: Facts, places: Sequence[Named]) -> Iterator[Evidence]:
    """Yield works in common; one that fits by its DOI is not counted by its title as well."""
    dois, titles = set(facts.dois), set(facts.titles)
    by_doi = [place.record for place in places if dois.intersection(place.dois)]
    by_title = [p.record for p in places if p.record not in by_doi and title_key(p.record.title.value) in titles - {""}]
    yield from _counted(by_doi, _DOI, _FURTHER_DOI, "A work in common, by its DOI")
    yield from _counted(by_title, _TITLE, _FURTHER_TITLE, "A work in common, by its title")


def _counted(records: Sequence[Record], first: int, further: int, label: str) -> Iterator[Evidence]:
    for place, record in enumerate(records[: _MOST_FURTHER + 1]):
        yield Evidence(Sort.WORK, further if place else first, label, record.title.value)


def _places(facts: Facts, places: Sequence[Named]) -> Iterator[Evidence]:
    """Yield the weightiest institution in common: the current one by its ROR or name, else a past one."""
    theirs = [affiliation for place in places for affiliation in place.agent.affiliations]
    for kept, points, label in ((facts.current, 25, "Works at an institution the work names"), (facts.past, 15, "Worked at")):
        for place in kept:
            if any(_same(place, each) for each in theirs):
                yield Evidence(Sort.AFFILIATION, points, label, place.name)
                return


def _same(one: Affiliation, other: Affiliation) -> bool:
    """Whether two are one institution: by ROR where both have one, else where one's name stands within the other's."""
    if one.ror and other.ror:
        return one.ror == other.ror
    mine, theirs = names.folded(one.name), names.folded(other.name)
    return bool(mine and theirs) and (f" {mine} " in f" {theirs} " or f" {theirs} " in f" {mine} ")


def dois_of(record: Record, minted: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the DOIs of a work as they are compared; what is none is passed over."""
    found = []
    for text in (*(one.value for one in record.identifiers if one.scheme == "doi"), *minted):
        try:
            found.append(doi.normal(text))
        except Invalid:
            continue
    return tuple(dict.fromkeys(found))
