"""A work as a record of Crossref's deposit schema, 5.4.0 or 5.5.0: every value decided here, so that the template only writes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from server.metadata.addresses import bare, uri
from server.metadata.crossref.people import Complain, Institution, Person, folded, institution, people, ror_of
from server.metadata.crossref.record_types import KINDS_OF_5_5, PEER_REVIEW, RECORD_TYPES, STANDARD, RecordType
from server.metadata.crossref.relations import Relation, relations
from server.metadata.formats.datacite import funder_id, once
from server.metadata.languages import iso639_2b, iso639_3, written
from server.metadata.work import Work
from server.records.model import Record
from server.records.vocabulary import TYPES
from server.xml import kept

_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_YEARS = range(1400, 2201)
_WEB = 1991
"""The year of the first website: nothing was published online before."""

_ISBN = re.compile(r"(?:97[89]-)?\d[\d -]+[\dX]", re.ASCII)
_WITHDRAWN = "WITHDRAWN: "
DEFAULT = "5.4.0"
"""The version of the schema that is written where no other is wanted; 5.5.0 is the other."""
_LONGEST_PLACE = 255
_LONGEST_PUBLISHER = 255
_LONGEST_DEGREE = 255
_LONGEST_DESIGNATION = 150
_LONGEST_PAGE = 32
_LONGEST_SUFFIX = 200
_SHORTEST_LICENCE = 10

# fmt: off
#: What ISO 639-2 names and ISO 639-3, and so Crossref, does not: families of languages.
_NO_LANGUAGES = frozenset({
    "afa", "alg", "apa", "art", "ath", "aus", "bad", "bai", "bat", "ber", "bih", "bnt", "btk", "cai", "cau", "cel",
    "cmc", "cpe", "cpf", "cpp", "crp", "cus", "day", "dra", "fiu", "gem", "him", "ijo", "inc", "ine", "ira", "iro",
    "kar", "khi", "kro", "map", "mkh", "mno", "mun", "myn", "nah", "nai", "nic", "nub", "oto", "paa", "phi", "pra",
    "roa", "sai", "sal", "sem", "sgn", "sio", "sit", "sla", "smi", "son", "ssa", "tai", "tup", "tut", "wak", "wen",
    "ypk", "znd",
})
# fmt: on


@dataclass(frozen=True, slots=True)
class Problem:
    """What Crossref would refuse of a work: the path of the field, and the sentence."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Date:
    year: str
    month: str = ""
    day: str = ""
    medium: str = "online"


@dataclass(frozen=True, slots=True)
class Abstract:
    lang: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fund:
    """A funder by its ROR ID, or by its name and perhaps its Funder ID, and the award."""

    name: str
    id: str
    ror: str
    award: str


@dataclass(frozen=True, slots=True)
class Licence:
    uri: str
    start: str


@dataclass(frozen=True, slots=True)
class Deposit:
    """The one record of a deposit."""

    version: str
    type: RecordType
    doi: str
    url: str
    title: str
    subtitle: str
    language: str
    people: tuple[Person, ...]
    abstracts: tuple[Abstract, ...]
    date: Date
    created: Date | None
    publisher: str
    place: str
    institution: Institution
    degree: str
    isbn: str
    edition: str
    pages: tuple[str, str]
    whole: str
    """The title of what it is a part of: the book of a chapter, the database of a dataset."""
    designation: str
    acronym: str
    funds: tuple[Fund, ...]
    licences: tuple[Licence, ...]
    free_from: str | None
    """The day from which on everybody may read it, empty for always; None where not everybody may."""
    relations: tuple[Relation, ...]


def record_type(record: Record) -> RecordType | None:
    """Return the record type of a work; None for one that Crossref does not take from a repository."""
    special = _WHERE_KNOWN.get(record.type)
    return special[0] if special is not None and special[1](record) else RECORD_TYPES.get(record.type)


def _names_what_it_reviews(record: Record) -> bool:
    """Whether a review has what a peer review must have: the reviewed work, and the day."""
    reviews = any(related.relation == "Reviews" and related.scheme.strip().lower() == "doi" for related in record.related)
    day = day_of(record.dates.issued)
    return reviews and day is not None and bool(day.day)


def _is_designated(record: Record) -> bool:
    return 2 <= len(folded(record.identifier("standard"))) <= _LONGEST_DESIGNATION  # noqa: PLR2004 - XSD, std_designatorvalue_t


_WHERE_KNOWN: dict[str, tuple[RecordType, Callable[[Record], bool]]] = {
    "publication.bookReview": (PEER_REVIEW, _names_what_it_reviews),
    "publication.technicalDocumentation": (STANDARD, _is_designated),
}


def view(work: Work, *, repository: str, withdrawn: bool, version: str = DEFAULT) -> tuple[Deposit | None, tuple[Problem, ...]]:
    """Decide what Crossref is told of a work, or why it would refuse it.

    `repository` is the name its datasets stand under, `version` that of the schema.
    """
    record = work.record
    kind = record_type(record)
    if kind is None:
        return None, (Problem("type", f"Crossref takes no DOI for {TYPES[record.type].label} from a repository"),)
    if version != DEFAULT:
        kind = RecordType(kind.name, KINDS_OF_5_5.get(kind.kind, kind.kind))
    problems: list[Problem] = []

    def complain(path: str, message: str) -> None:
        problems.append(Problem(path, message))

    title = folded(record.title.value)
    if not title:
        complain("title", "is empty")
    if len(work.doi.partition("/")[2]) > _LONGEST_SUFFIX:
        complain("identifiers", f"Crossref takes DOIs with {_LONGEST_SUFFIX} characters behind the prefix at most")
    publisher = folded(record.publisher.name) or folded(record.thesis.grantor)
    body = _institution(work, kind, complain)
    container = record.container
    deposit = Deposit(
        version=version,
        type=kind,
        doi=work.doi,
        url=work.landing_url,
        title=_WITHDRAWN + title if withdrawn else title,
        subtitle=folded(record.subtitle),
        language=next((code for tag in (*record.languages, record.title.lang) if (code := _language(tag))), ""),
        people=people(record, complain),
        abstracts=tuple(_abstracts(record)),
        date=_date(work, kind, complain),
        created=day_of(record.dates.created),
        publisher=publisher,
        place=_within(record.publisher.place, _LONGEST_PLACE),
        institution=body,
        degree=_within(record.thesis.degree_name or record.thesis.degree_level, _LONGEST_DEGREE),
        isbn=_isbn(record),
        edition=next(iter(re.findall(r"\d{1,15}", container.edition)), ""),
        pages=(_within(container.first_page, _LONGEST_PAGE, 1), _within(container.last_page, _LONGEST_PAGE, 1)),
        whole=folded(repository if kind.name == "dataset" else container.title),
        designation=folded(record.identifier("standard")),
        acronym=_acronym(record),
        funds=once(_funds(record)),
        licences=once(_licences(record)),
        free_from=_free_from(record),
        relations=relations(record, work.doi),
    )
    for path, message in _missing(deposit):
        complain(path, message)
    return (None if problems else deposit), tuple(problems)


def _missing(deposit: Deposit) -> Iterator[tuple[str, str]]:
    """Yield what a record type demands and the work does not have (XSD 5.4.0)."""
    name = deposit.type.name
    if name in {"book", "chapter"}:
        if not deposit.publisher:
            yield "publisher.name", "is missing; Crossref registers no book or chapter without its publisher"
        elif len(deposit.publisher) > _LONGEST_PUBLISHER:
            yield "publisher.name", f"Crossref takes names of {_LONGEST_PUBLISHER} characters at most"
    if name == "chapter" and not deposit.whole:
        yield "container.title", "is missing: the title of the book this is a part of"
    if name == "standard" and not deposit.publisher:
        yield "publisher.name", "is missing: the body that issued the standard"


def _institution(work: Work, kind: RecordType, complain: Complain) -> Institution:
    """Return the body behind a work: who awards the degree, who published it, else the repository it is posted in."""
    thesis, publisher = work.record.thesis, work.record.publisher
    rors = next((i.value for i in publisher.ids if i.scheme.lower() == "ror"), "")
    if kind.name == "dissertation":
        found = institution(thesis.grantor, thesis.grantor_ror) or institution(publisher.name, rors)
        if found is None:
            complain("thesis.grantor", "is missing: the institution that awards the degree")
    else:
        found = institution(publisher.name, rors) or institution(work.repository_name)
    return found or Institution("")


def _date(work: Work, kind: RecordType, complain: Complain) -> Date:
    """Return the day of the record; what has no year Crossref knows (1400 to 2200) was published here when it was deposited."""
    dates, awarded = work.record.dates, work.record.thesis.date_awarded
    told = (
        (awarded, dates.accepted, dates.issued)
        if kind.name == "dissertation"
        else (dates.issued, dates.available, work.deposited)
    )
    for text in told:
        if found := day_of(text):
            return found
    if kind.name == "dissertation":
        complain("thesis.date_awarded", "is missing: the day, or at least the year, the degree was awarded")
    else:
        complain("dates.issued", f"is missing, with a year from {_YEARS[0]} to {_YEARS[-1]}")
    return Date("")


def day_of(text: str) -> Date | None:
    """Return a day, month or year as Crossref's calendar has it (1400 to 2200), or None."""
    found = _DATE.fullmatch(text.strip())
    if found is None or int(found[1]) not in _YEARS:
        return None
    month, day = found[2] or "", found[3] or ""
    if not 1 <= int(month or 1) <= 12 or not 1 <= int(day or 1) <= 31:  # noqa: PLR2004 - a thesis has any text for its date
        return None
    return Date(found[1], month, day, "online" if int(found[1]) >= _WEB else "print")


def _language(tag: str) -> str:
    """Return a language by its code of ISO 639-3 where ISO 639-2 knows it too: a list that ends, all of it Crossref's."""
    code = iso639_3(tag) if iso639_2b(tag) else ""
    return "" if code in _NO_LANGUAGES else code


def _abstracts(record: Record) -> Iterator[Abstract]:
    for abstract in record.abstracts:
        paragraphs = tuple(part for each in re.split(r"\n\s*\n", kept(abstract.value)) if (part := folded(each)))
        if paragraphs:
            yield Abstract(written(abstract.lang), paragraphs)


def _isbn(record: Record) -> str:
    """Return the ISBN of the book; empty where none has the right checksum, for Crossref refuses the whole record."""
    told = [record.container.isbn, *(i.value for i in record.identifiers if i.scheme.strip().lower() == "isbn")]
    return next((isbn for each in told if _is_isbn(isbn := kept(each).upper().removeprefix("ISBN").strip(": "))), "")


def _is_isbn(text: str) -> bool:
    digits = re.sub("[ -]", "", text)
    if len(text) > 17 or not _ISBN.fullmatch(text) or len(digits) not in {10, 13} or "X" in digits[:-1]:  # noqa: PLR2004 - isbn_t
        return False
    values = [10 if digit == "X" else int(digit) for digit in digits]
    if len(values) == 10:  # noqa: PLR2004 - ISO 2108 of old
        return sum(value * (10 - place) for place, value in enumerate(values)) % 11 == 0
    return 10 not in values and sum(value * (3 if place % 2 else 1) for place, value in enumerate(values)) % 10 == 0  # noqa: PLR2004


def _acronym(record: Record) -> str:
    """Return the letters a designation begins with: ISO of ISO 15836-1:2017."""
    found = re.match(r"[^\W\d_]+", folded(record.identifier("standard")))
    return found[0] if found else folded(record.identifier("standard"))


def _funds(record: Record) -> Iterator[Fund]:
    for funding in record.funding:
        identifier = funder_id(funding)
        scheme, value = (identifier.scheme, identifier.value) if identifier else ("", "")
        ror = ror_of(value) if scheme == "ROR" else ""
        number = bare("doi", value)
        registry = f"https://doi.org/{number}" if scheme == "Crossref Funder ID" and number.startswith("10.13039/") else ""
        name, award = folded(funding.funder_name), folded(funding.award_no)
        if name or ror:
            yield Fund(name, registry, ror, award)


def _licences(record: Record) -> Iterator[Licence]:
    for licence in record.licences:
        address = uri(licence.uri)
        if address.lower().startswith(("http://", "https://")) and len(address) >= _SHORTEST_LICENCE:
            yield Licence(address, _day(licence.start_date))


def _free_from(record: Record) -> str | None:
    if record.access == "open":
        return ""
    return _day(record.dates.embargo_until) or None if record.access == "embargoed" else None


def _day(text: str) -> str:
    found = day_of(text)
    return text.strip() if found is not None and found.day else ""


def _within(text: str, longest: int, shortest: int = 2) -> str:
    """Return a text the schema can hold, else nothing: it is not mandatory."""
    text = folded(text)
    return text if shortest <= len(text) <= longest else ""
