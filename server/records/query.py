"""A saved query: conditions a work fits or does not, told from its record alone. A value and its rules, no I/O."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from server.forms.field import Choice, Group, title
from server.records.model import Record, Subject
from server.records.searchable import normal, year_of
from server.records.vocabulary import ACCESS, CATEGORIES, TYPES
from server.ruled import refuse

_TYPES = tuple(
    Group(label, tuple(Choice(row.code, row.label) for row in TYPES.values() if row.category == category), value=category)
    for category, label in CATEGORIES.items()
)
_ACCESS = tuple(Choice(term.code, term.label[:1].upper() + term.label[1:]) for term in ACCESS.values())

Year = Annotated[int, Meta(ge=-9999, le=9999)]
Trait = Literal["fulltext", "doi", "orcid", "funding"]

#: What a work can be asked to have. A table.
TRAITS: dict[str, tuple[str, Callable[["Facts"], bool]]] = {
    "fulltext": ("A full text everybody can read", lambda facts: has_fulltext(facts.record)),
    "doi": ("A DOI", lambda facts: bool(facts.doi or facts.record.identifier("doi"))),
    "orcid": ("A creator with an ORCID iD", lambda facts: has_orcid(facts.record)),
    "funding": ("Funding", lambda facts: bool(facts.record.funding)),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What sets are told from: the record as it counts today, its collection, and the DOI the repository gave it."""

    record: Record
    collection: str
    doi: str = ""


def has_fulltext(record: Record) -> bool:
    """Whether a work has a full text everybody can read."""
    return any(file.role == "fulltext" and record.access_to(file) == "open" for file in record.files)


def has_orcid(record: Record) -> bool:
    """Whether one of the creators is known by an ORCID iD."""
    return any(creator.id_of("orcid") for creator in record.creators)


class Query(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Conditions over works. All that say something must hold; of the values of one, any. Without conditions every work fits."""

    types: Annotated[tuple[str, ...], title("Types", "None chosen means all.", choices=_TYPES)] = ()
    collections: Annotated[tuple[str, ...], Meta(max_length=200), title("Collections", "Codes, one a line.")] = ()
    access: Annotated[tuple[str, ...], title("Access", "None chosen means any.", choices=_ACCESS)] = ()
    languages: Annotated[
        tuple[str, ...],
        Meta(max_length=100),
        title("Languages", "Language tags, one a line: en, de, pt-BR. A tag stands for its variants: pt for pt-BR, too."),
    ] = ()
    year_from: Annotated[Year | None, title("Year, from")] = None
    year_to: Annotated[Year | None, title("Year, to")] = None
    funders: Annotated[
        tuple[str, ...],
        Meta(max_length=100),
        title("Funders", "Words of their names, or their identifiers such as https://ror.org/018mejw64, one a line."),
    ] = ()
    has: Annotated[
        tuple[Trait, ...],
        title("Has", "All that are chosen.", choices=tuple(Choice(name, label) for name, (label, _) in TRAITS.items())),
    ] = ()
    subject_scheme: Annotated[
        str, Meta(max_length=200), title("Scheme of a subject", "As it stands in the works, for example DDC.")
    ] = ""
    subject_code: Annotated[
        str,
        Meta(max_length=200),
        title("Notation begins with", "For example 57 for all of 570 to 579; empty: any of the scheme."),
    ] = ""
    words: Annotated[
        tuple[str, ...],
        Meta(max_length=100),
        title("Words of title or subjects", "One a line. Of a line with several words, all must stand there."),
    ] = ()

    def __post_init__(self) -> None:
        refuse(self, self.faults)

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for name, known in (("types", TYPES.keys() | CATEGORIES.keys()), ("access", ACCESS.keys())):
            for value in values.get(name) or ():
                if value not in known:
                    yield name, f"there is no {value!r}"
        first, last = values.get("year_from"), values.get("year_to")
        if first is not None and last is not None and first > last:
            yield "year_to", f"is before {first}, where it begins"
        if values.get("subject_code") and not values.get("subject_scheme", "-"):
            yield "subject_scheme", "is needed where a notation is given"

    @property
    def narrows(self) -> bool:
        """Whether it has any condition."""
        return self != _ALL

    def matches(self, facts: Facts) -> bool:
        """Whether a work fits."""
        return all(holds(self, facts) for said, holds in _CONDITIONS if getattr(self, said) not in _SAYS_NOTHING)


_SAYS_NOTHING: tuple[object, ...] = ((), "", None)
_ALL = Query()


def _of_types(query: Query, facts: Facts) -> bool:
    return facts.record.type in query.types or facts.record.type.partition(".")[0] in query.types


def _in_languages(query: Query, facts: Facts) -> bool:
    wanted = {tag.lower() for tag in query.languages}
    return any(tag.lower() in wanted or tag.lower().partition("-")[0] in wanted for tag in facts.record.languages)


def _from(query: Query, facts: Facts) -> bool:
    year = year_of(facts.record)
    return year is not None and query.year_from is not None and year >= query.year_from


def _to(query: Query, facts: Facts) -> bool:
    year = year_of(facts.record)
    return year is not None and query.year_to is not None and year <= query.year_to


def _funded(query: Query, facts: Facts) -> bool:
    for funding in facts.record.funding:
        name, number = normal(funding.funder_name), _bare(funding.funder_id)
        if any(_stands(funder, name) or (number and _bare(funder) == number) for funder in query.funders):
            return True
    return False


def _bare(identifier: str) -> str:
    """Return an identifier without the address it is resolved by: https://ror.org/018mejw64 and 018mejw64 are the same."""
    text = identifier.strip().lower().removeprefix("https://").removeprefix("http://")
    return text.removeprefix("ror.org/").removeprefix("dx.").removeprefix("doi.org/").rstrip("/")


def _classified(query: Query, facts: Facts) -> bool:
    scheme, code = normal(query.subject_scheme), query.subject_code.strip().lower()

    def fits(subject: Subject) -> bool:
        return normal(subject.scheme) == scheme and subject.code.strip().lower().startswith(code)

    return any(fits(subject) for subject in facts.record.subjects)


def _worded(query: Query, facts: Facts) -> bool:
    record = facts.record
    texts = (record.title.value, record.subtitle, *(t.value for t in record.alt_titles), *(s.value for s in record.subjects))
    text = normal(" ".join(texts))
    return any(_stands(line, text) for line in query.words)


def _stands(line: str, text: str) -> bool:
    """Whether all words of a line stand in a text as whole words or beginnings of them."""
    wanted = normal(line).split()
    found = [word.strip("\"'«»„“”‘’()[]{}.,;:!?¿¡…") for word in text.split()]
    return bool(wanted) and all(any(word.startswith(each) for word in found) for each in wanted)


#: What may be said, and whether it holds. A table.
_CONDITIONS: tuple[tuple[str, Callable[[Query, Facts], bool]], ...] = (
    ("types", _of_types),
    ("collections", lambda query, facts: facts.collection in query.collections),
    ("access", lambda query, facts: facts.record.access in query.access),
    ("languages", _in_languages),
    ("year_from", _from),
    ("year_to", _to),
    ("funders", _funded),
    ("has", lambda query, facts: all(TRAITS[name][1](facts) for name in query.has)),
    ("subject_scheme", _classified),
    ("words", _worded),
)
