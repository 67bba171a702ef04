"""The record: what a repository knows of a work (names of the crosswalk's record model). Values and their rules, no I/O."""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from server.errors import Invalid
from server.records.vocabulary import ACCESS, TYPES, VERSIONS
from server.ruled import values_of
from server.xml import FORBIDDEN

Name = Annotated[str, Meta(min_length=1)]

_ULID = re.compile("[0-9A-Z]{26}")
_DATE = re.compile(r"-?([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12][0-9]|3[01]))?)?")


def is_id(text: str) -> bool:
    """Whether a text can be the id of a work or of a deposit (ULID)."""
    return bool(_ULID.fullmatch(text))


def is_date(value: str) -> bool:
    """Whether a string is YYYY, YYYY-MM or YYYY-MM-DD of a day that exists."""
    found = _DATE.fullmatch(value)
    if found is None:
        return False
    year, month, day = found.groups()
    return day is None or int(day) <= monthrange(int(year) or 4, int(month))[1]


class Value(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every part of a record is: frozen, spoken in JSON, strict about unknown fields."""


class Text(Value, frozen=True, kw_only=True):
    """A string and the language it is in (BCP 47)."""

    value: Name
    lang: str = ""


class Title(Text, frozen=True, kw_only=True):
    """A further title; `kind` is alternative, translated or other."""

    kind: str = "alternative"


class AgentId(Value, frozen=True, kw_only=True):
    """An identifier of a person or body: scheme orcid, isni, gnd, viaf, wikidata or ror; the value as its registry writes it."""

    scheme: Name
    value: Name
    authenticated: bool | None = None
    """Whether its owner said so at the registry; false where somebody else chose it among candidates, none where nobody knows."""


class Affiliation(Value, frozen=True, kw_only=True):
    name: Name
    ror: str = ""


class Agent(Value, frozen=True, kw_only=True):
    """A person (family, given) or an organisation (name); a person known by one name only has just `family`."""

    kind: str = "person"
    family: str = ""
    given: str = ""
    name: str = ""
    ids: tuple[AgentId, ...] = ()
    affiliations: tuple[Affiliation, ...] = ()
    corresponding: bool = False

    def __post_init__(self) -> None:
        if self.kind not in {"person", "org"}:
            raise ValueError("kind must be person or org")
        if not (self.family or self.name):
            raise ValueError("a person needs a family name, an organisation a name")

    @property
    def label(self) -> str:
        """`Family, Given` for a person, the name for an organisation."""
        if self.kind == "org" or not self.family:
            return self.name or self.family
        return f"{self.family}, {self.given}" if self.given else self.family

    def id_of(self, scheme: str) -> str:
        return next((i.value for i in self.ids if i.scheme == scheme), "")


class Contributor(Agent, frozen=True, kw_only=True):
    """An agent with a part in the work other than creating it; `role` is a DataCite contributorType (Editor, Supervisor, …)."""

    role: str = "Other"


class Subject(Text, frozen=True, kw_only=True):
    """A keyword, or a term of a named scheme with its address and notation."""

    scheme: str = ""
    scheme_uri: str = ""
    value_uri: str = ""
    code: str = ""


class Dates(Value, frozen=True, kw_only=True):
    """Dates as YYYY, YYYY-MM or YYYY-MM-DD; years before 1000 are zero-filled, before 1 carry a minus (ISO 8601)."""

    issued: str = ""
    accepted: str = ""
    submitted: str = ""
    available: str = ""
    embargo_until: str = ""
    created: str = ""
    updated: str = ""

    def __post_init__(self) -> None:
        for field, sentence in self.faults(values_of(self)):
            raise ValueError(f"dates.{field} {sentence}")

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for field, value in values.items():
            if value and not is_date(value):
                yield field, f"must be YYYY, YYYY-MM or YYYY-MM-DD, not {value!r}"


class Publisher(Value, frozen=True, kw_only=True):
    name: str = ""
    ids: tuple[AgentId, ...] = ()
    place: str = ""


class Container(Value, frozen=True, kw_only=True):
    """The journal, book or series the work stands in."""

    title: str = ""
    issn_print: str = ""
    issn_online: str = ""
    isbn: str = ""
    volume: str = ""
    issue: str = ""
    first_page: str = ""
    last_page: str = ""
    article_no: str = ""
    edition: str = ""
    series: str = ""


class Conference(Value, frozen=True, kw_only=True):
    name: str = ""
    place: str = ""
    date: str = ""


class Identifier(Value, frozen=True, kw_only=True):
    """An identifier the work came with; what we minted stands in the ledger.

    Its scheme is doi, handle, urn, isbn, pmid, arxiv, oai, url, …
    """

    scheme: Name
    value: Name


class Related(Value, frozen=True, kw_only=True):
    """Another work, by identifier; `relation` is a DataCite relationType, `type_code` one of our types."""

    scheme: Name
    value: Name
    relation: str = "References"
    type_code: str = ""


class Funding(Value, frozen=True, kw_only=True):
    funder_name: str = ""
    funder_id: str = ""
    funder_id_scheme: str = ""
    stream: str = ""
    award_no: str = ""
    award_uri: str = ""
    award_title: str = ""
    acronym: str = ""
    jurisdiction: str = ""


class Licence(Value, frozen=True, kw_only=True):
    name: str = ""
    uri: str = ""
    spdx: str = ""
    start_date: str = ""


class File(Value, frozen=True, kw_only=True):
    """A file of the work. The bytes stand in the file store under `sha256`; `access` empty means the work's own."""

    name: Name
    mime: str = "application/octet-stream"
    bytes: int = 0
    sha256: str = ""
    md5: str = ""
    role: str = "fulltext"
    access: str = ""
    licence: str = ""
    primary: bool = False


class Thesis(Value, frozen=True, kw_only=True):
    degree_name: str = ""
    degree_level: str = ""
    discipline: str = ""
    grantor: str = ""
    grantor_ror: str = ""
    grantor_place: str = ""
    department: str = ""
    date_awarded: str = ""


class Place(Value, frozen=True, kw_only=True):
    """A place the work is about; latitude and longitude in decimal degrees, WGS 84."""

    name: str = ""
    latitude: float | None = None
    longitude: float | None = None


class Record(Value, frozen=True, kw_only=True):
    """One work. Construction refuses what no format could express; all else is the crosswalks' business."""

    type: str
    title: Text
    subtitle: str = ""
    alt_titles: tuple[Title, ...] = ()
    creators: tuple[Agent, ...] = ()
    contributors: tuple[Contributor, ...] = ()
    abstracts: tuple[Text, ...] = ()
    toc: str = ""
    subjects: tuple[Subject, ...] = ()
    dates: Dates = Dates()
    languages: tuple[str, ...] = ()
    publisher: Publisher = Publisher()
    container: Container = Container()
    conference: Conference = Conference()
    identifiers: tuple[Identifier, ...] = ()
    related: tuple[Related, ...] = ()
    funding: tuple[Funding, ...] = ()
    version: str = ""
    peer_reviewed: bool | None = None
    access: str = "open"
    licences: tuple[Licence, ...] = ()
    rights_statement: str = ""
    files: tuple[File, ...] = ()
    thesis: Thesis = Thesis()
    geo: tuple[Place, ...] = ()
    temporal: tuple[str, ...] = ()
    citation_text: str = ""
    source_note: str = ""

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"type {self.type!r} is not one of the {len(TYPES)} types (for example publication.journalArticle)")
        if self.access not in ACCESS:
            raise ValueError(f"access must be one of {', '.join(ACCESS)}, not {self.access!r}")
        if self.version and self.version not in VERSIONS:
            raise ValueError(f"version must be one of {', '.join(VERSIONS)}, not {self.version!r}")
        names = [f.name for f in self.files]
        if len(names) != len(set(names)):
            raise ValueError("two files have the same name")

    def access_to(self, file: File) -> str:
        """Return the access code of one of the files: its own, else the work's."""
        return file.access or self.access

    def identifier(self, scheme: str) -> str:
        """Return the first identifier of a scheme that the work came with, or an empty string."""
        return next((i.value for i in self.identifiers if i.scheme == scheme), "")


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)
#: What the JSON encoder leaves of a character XML forbids: an escape, or U+FFFE and U+FFFF as they are.
_SUSPECT = re.compile(rb"\\u00[01][0-9a-f]|\\[bf]|\xef\xbf[\xbe\xbf]")

T = TypeVar("T", bound=Struct)


def encode(record: Record) -> bytes:
    """Write a record as JSON, without defaults."""
    return _encoder.encode(record)


def decode(document: bytes | str) -> Record:
    """Read a record from its JSON.

    Characters that XML forbids are dropped, so that no output ever meets them. Raises Invalid with the JSON path as its place.
    """
    try:
        record = _decoder.decode(document)
        if not _SUSPECT.search(_encoder.encode(record)):
            return record
        return msgspec.convert(_cleaned(msgspec.to_builtins(record)), Record)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeError) as error:
        raise invalid(error) from error


def cleaned(value: T) -> T:
    """Return a model value with the characters XML forbids dropped from all its strings.

    Where there are none it is the value itself.
    """
    try:
        if not _SUSPECT.search(_encoder.encode(value)):
            return value
    except UnicodeError:  # a lone surrogate
        pass
    return msgspec.convert(_cleaned(msgspec.to_builtins(value)), type(value))


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return FORBIDDEN.sub("", value)
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value


def invalid(error: Exception) -> Invalid:
    """Turn what msgspec says of a bad document into an Invalid whose place is the JSON path."""
    message, _, path = str(error).partition(" - at `")
    return Invalid(
        f"The record is not valid: {message}.", place=path.rstrip("`"), remedy="Correct the field named.", code="record"
    )
