"""MODS 3.8 of a record: every value decided here, so that the template only writes."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from server.metadata.addresses import bare, link, uri
from server.metadata.bibliographic import (
    IDENTIFIER_SOURCES,
    embargo,
    identifiers,
    is_whole_book,
    languages,
    publisher,
    subject_source,
)
from server.metadata.languages import iso639_2b, written
from server.metadata.roles import CREATOR, relator
from server.metadata.types import COAR_ACCESS, COAR_TERMS, COAR_VERSION, NAMES
from server.metadata.work import Work
from server.records.model import Agent, Funding, Place, Record, Subject
from server.records.vocabulary import ACCESS, TYPES, VERSIONS

#: Position 06 of a MARC leader → typeOfResource, as the Library of Congress maps one to the other.
RESOURCES = {
    "a": "text", "t": "text", "c": "notated music", "e": "cartographic", "g": "moving image", "i": "sound recording-nonmusical",
    "j": "sound recording-musical", "k": "still image", "m": "software, multimedia", "p": "mixed material",
    "r": "three dimensional object",
}  # fmt: skip

#: DataCite relationType → relatedItem/@type; whatever else is an @otherType (MODS 3.8).
RELATED = {
    "Continues": "preceding", "IsContinuedBy": "succeeding", "IsVariantFormOf": "otherFormat", "HasPart": "constituent",
    "HasVersion": "otherVersion", "IsReferencedBy": "isReferencedBy", "References": "references", "Reviews": "reviewOf",
}  # fmt: skip


class Text(NamedTuple):
    """A text, what it is, and its language in ISO 639-2 (lang) and BCP 47 (xml:lang)."""

    value: str
    kind: str = ""
    lang: str = ""
    tag: str = ""
    href: str = ""


class Name(NamedTuple):
    """A <name>: `parts` are (type, text), `ids` (type, address), `affiliations` (name, ROR), `role` (code, term)."""

    kind: str
    parts: tuple[tuple[str, str], ...]
    role: tuple[str, str] = ("", "")
    affiliations: tuple[tuple[str, str], ...] = ()
    ids: tuple[tuple[str, str], ...] = ()
    description: str = ""


class Date(NamedTuple):
    """A date of <originInfo>: the element and its attributes beyond the encoding."""

    element: str
    value: str
    encoding: str
    kind: str = ""
    key: bool = False


class Topic(NamedTuple):
    """A <subject> or <classification>; `label` is what a notation stands for."""

    value: str
    lang: str = ""
    tag: str = ""
    authority: str = ""
    authority_uri: str = ""
    value_uri: str = ""
    label: str = ""


class Host(NamedTuple):
    """What the work stands in: its title, (type, value) of its identifiers, (type, number) of the part, and the pages."""

    title: str
    ids: tuple[tuple[str, str], ...]
    details: tuple[tuple[str, str], ...]
    first_page: str
    last_page: str


class Related(NamedTuple):
    """Another work: the attribute that says how it is related, and its identifier."""

    attribute: str
    relation: str
    scheme: str
    value: str


class View(NamedTuple):
    """The elements of MODS 3.8 in the order they are written."""

    title: Text
    subtitle: str
    titles: tuple[Text, ...]
    names: tuple[Name, ...]
    resource: str
    genres: tuple[tuple[str, str, str], ...]
    place: str
    publisher: str
    dates: tuple[Date, ...]
    edition: str
    languages: tuple[tuple[str, str], ...]
    media: tuple[str, ...]
    abstracts: tuple[Text, ...]
    contents: str
    notes: tuple[Text, ...]
    subjects: tuple[Topic, ...]
    classifications: tuple[Topic, ...]
    places: tuple[tuple[str, str], ...]
    periods: tuple[str, ...]
    host: Host | None
    series: str
    related: tuple[Related, ...]
    identifiers: tuple[tuple[str, str], ...]
    landing_url: str
    file_urls: tuple[str, ...]
    conditions: tuple[Text, ...]
    degree: tuple[tuple[str, str], ...]
    record_id: str
    source: str
    owner: str
    created: str
    changed: str


def view(work: Work) -> View:
    """Decide what MODS says of a work."""
    record = work.record
    kind, container = TYPES[record.type], record.container
    lang, tag = _languages(record.title.lang)
    return View(
        title=Text(record.title.value, lang=lang, tag=tag),
        subtitle=record.subtitle.strip(),
        titles=tuple(
            Text(t.value, "translated" if t.kind == "translated" else "alternative", *_languages(t.lang))
            for t in record.alt_titles
        ),
        names=tuple(_names(record)),
        resource=RESOURCES[NAMES[record.type].leader[0]],
        genres=(("coar", kind.coar_uri, COAR_TERMS[kind.coar]), ("local", "", kind.code)),
        place=record.publisher.place.strip(),
        publisher=publisher(record),
        dates=tuple(_dates(record)),
        edition=container.edition.strip(),
        languages=languages(record),
        media=tuple(dict.fromkeys(mime for file in record.files if (mime := file.mime.strip()))),
        abstracts=tuple(Text(a.value, "", *_languages(a.lang)) for a in record.abstracts if a.value.strip()),
        contents=record.toc.strip(),
        notes=tuple(_notes(record)),
        subjects=tuple(_topic(s) for s in record.subjects if not _is_notation(s) and s.value.strip()),
        classifications=tuple(_topic(s) for s in record.subjects if _is_notation(s)),
        places=tuple(p for place in record.geo if any(p := (place.name.strip(), _point(place)))),
        periods=tuple(period for text in record.temporal if (period := text.strip())),
        host=_host(record),
        series=container.series.strip(),
        related=tuple(_related(record)),
        identifiers=identifiers(work),
        landing_url=work.landing_url,
        file_urls=tuple(url for url in work.file_urls if url),
        conditions=tuple(_conditions(record)),
        degree=_degree(record),
        record_id=work.oai_id,
        source=work.oai_id.split(":", 2)[1],
        owner=work.repository_name.strip(),
        created=work.deposited,
        changed=work.modified,
    )


def _languages(tag: str) -> tuple[str, str]:
    return (iso639_2b(tag), written(tag)) if tag else ("", "")


def _names(record: Record) -> Iterator[Name]:
    for creator in record.creators:
        yield _name(creator, CREATOR)
    for contributor in record.contributors:
        yield _name(contributor, contributor.role)
    meeting = record.conference
    if name := meeting.name.strip():
        parts = (("", name), ("date", meeting.date.strip()))
        yield Name("conference", tuple(part for part in parts if part[1]), description=meeting.place.strip())


def _name(agent: Agent, role: str) -> Name:
    if agent.kind == "person" and agent.family:
        parts: tuple[tuple[str, str], ...] = (("family", agent.family),)
        if agent.given.strip():
            parts = (*parts, ("given", agent.given))
    else:
        parts = (("", agent.label),)
    return Name(
        "personal" if agent.kind == "person" else "corporate",
        parts,
        relator(role),
        tuple((a.name, uri(link("ror", a.ror)) if a.ror.strip() else "") for a in agent.affiliations),
        tuple((i.scheme.strip().lower(), link(i.scheme.strip(), i.value)) for i in agent.ids),
    )


def _dates(record: Record) -> Iterator[Date]:
    dates = record.dates
    told = (
        ("dateIssued", dates.issued, "", True),
        ("dateCreated", dates.created, "", False),
        ("dateModified", dates.updated, "", False),
        ("dateOther", dates.submitted, "submitted", False),
        ("dateOther", dates.accepted, "accepted", False),
        ("dateOther", dates.available, "available", False),
    )
    for element, value, kind, key in told:
        if value:  # W3CDTF has no years before the first, EDTF has
            yield Date(element, value, "edtf" if value.startswith("-") else "w3cdtf", kind, key)


def _notes(record: Record) -> Iterator[Text]:
    version = VERSIONS.get(record.version)
    if version and version.eurepo:
        yield Text(version.label, "version", href=COAR_VERSION + version.coar)
    yield from (Text(line, "funding") for grant in record.funding if (line := _grant(grant)))
    if record.citation_text.strip():
        yield Text(record.citation_text, "preferred citation")
    if record.source_note.strip():
        yield Text(record.source_note)
    if record.thesis.date_awarded.strip():
        yield Text(record.thesis.date_awarded, "degree awarded")


def _grant(grant: Funding) -> str:
    parts = (grant.funder_name, grant.award_no, grant.award_title or grant.acronym)
    return ", ".join(text for part in parts if (text := part.strip()))


def _is_notation(subject: Subject) -> bool:
    return bool(subject.code.strip() and subject.scheme.strip())


def _topic(subject: Subject) -> Topic:
    lang, tag = _languages(subject.lang)
    authority = subject_source(subject) if subject.scheme else ""
    about = (lang, tag, authority, uri(subject.scheme_uri), uri(subject.value_uri))
    return Topic(subject.code, *about, subject.value) if _is_notation(subject) else Topic(subject.value, *about)


def _point(place: Place) -> str:
    """Write a point as MODS' cartographics holds it, or nothing where there is none on earth."""
    latitude, longitude = place.latitude, place.longitude
    if latitude is None or longitude is None or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):  # noqa: PLR2004
        return ""
    return f"{latitude:.6f}, {longitude:.6f}"


def _host(record: Record) -> Host | None:
    c = record.container
    ids = [("issn", c.issn_print), ("eissn", c.issn_online), ("isbn", "" if is_whole_book(record) else c.isbn)]
    details = [("volume", c.volume), ("issue", c.issue), ("article_number", c.article_no)]
    found = Host(c.title.strip(), _stated(ids), _stated(details), c.first_page.strip(), c.last_page.strip())
    return found if any(found) else None


def _stated(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, value in pairs if (text := value.strip()))


def _related(record: Record) -> Iterator[Related]:
    for r in record.related:
        scheme = r.scheme.strip().lower()
        value = bare(scheme, r.value)
        relation = r.relation.strip() or "References"
        attribute, word = ("type", RELATED[relation]) if relation in RELATED else ("otherType", relation)
        if scheme and value:
            yield Related(attribute, word, IDENTIFIER_SOURCES.get(scheme, scheme), value)


def _conditions(record: Record) -> Iterator[Text]:
    access = ACCESS[record.access]
    yield Text(access.label, "restriction on access", href=COAR_ACCESS + access.coar)
    if until := embargo(record, record.access):
        yield Text(f"info:eu-repo/date/embargoEnd/{until}", "restriction on access")
    for licence in record.licences:
        if text := licence.name.strip() or licence.spdx.strip() or licence.uri.strip():
            yield Text(text, "use and reproduction", href=uri(licence.uri))
    if record.rights_statement.strip():
        yield Text(record.rights_statement, "use and reproduction")


def _degree(record: Record) -> tuple[tuple[str, str], ...]:
    """Return the degree as the extension for theses has it: the elements of ETD-MS in the order of its schema."""
    t = record.thesis
    return _stated([("name", t.degree_name), ("level", t.degree_level), ("discipline", t.discipline), ("grantor", t.grantor)])
