"""OpenAIRE Guidelines for Literature Repositories 4.0: every value decided here, so that the template only writes.

It is made of DataCite's properties as kernel 4.1 had them, of Dublin Core and of OpenAIRE's own; what DataCite has learnt since
is brought to the nearest word of the older lists, or left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from server.metadata import kernel
from server.metadata.addresses import uri, uri_of
from server.metadata.dates import date_of
from server.metadata.formats import datacite
from server.metadata.formats.datacite import once
from server.metadata.kernel import Date, Fund, Geo, Id, Name, Related, Rights, Subject, Text
from server.metadata.languages import iso639_3, written
from server.metadata.types import COAR_ACCESS, COAR_TYPE, COAR_VERSION, NAMES
from server.metadata.work import Work
from server.records.model import Container, Licence, Record
from server.records.vocabulary import ACCESS, TYPES, VERSIONS
from server.xml import kept

#: relatedIdentifierType of kernel 4.7 → of OpenAIRE 4.0. What is missing cannot be said there.
IDENTIFIER_TYPES = {
    name: name
    for name in (
        "ARK", "arXiv", "bibcode", "DOI", "EAN13", "EISSN", "Handle", "IGSN", "ISBN", "ISSN", "ISTC", "LISSN", "LSID", "PMID",
        "PURL", "UPC", "URL", "URN",
    )
} | {"w3id": "PURL"}  # fmt: skip

#: relationType of kernel 4.7 → the nearest of OpenAIRE 4.0, where it is not the same. `Other` has none.
RELATIONS = {
    "IsPublishedIn": "IsPartOf", "IsCollectedBy": "IsPartOf", "Collects": "HasPart", "Obsoletes": "IsNewVersionOf",
    "IsObsoletedBy": "IsPreviousVersionOf", "IsTranslationOf": "IsVersionOf", "HasTranslation": "HasVersion", "Other": "",
}  # fmt: skip

#: resourceTypeGeneral as a related identifier may have it: kernel 4.1.
GENERAL = frozenset(
    {
        "Audiovisual", "Collection", "DataPaper", "Dataset", "Event", "Image", "InteractiveResource", "Model", "PhysicalObject",
        "Service", "Software", "Sound", "Text", "Workflow", "Other",
    }
)  # fmt: skip

#: contributorType: all of kernel 4.7 but the newest.
CONTRIBUTOR_TYPES = kernel.CONTRIBUTOR_TYPES - {"Translator"}

#: Role of a file → objectType; whatever else is other.
OBJECTS = {"fulltext": "fulltext", "dataset": "dataset", "data": "dataset", "software": "software"}

#: The dates of the guidelines have years of four digits; the year 0 is what machines write for "unknown".
_W3CDTF = re.compile(r"(?!0000)\d{4}(-\d\d(-\d\d)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class File:
    """Where a file is, what may be done with it, and what it is."""

    url: str
    access: str
    mime: str
    kind: str


@dataclass(frozen=True, slots=True)
class Terms:
    """A licence: its words, its address and the day from which it holds."""

    text: str
    uri: str
    since: str


@dataclass(frozen=True, slots=True)
class OpenaireView:
    """The properties of the application profile, in the order of its documentation."""

    titles: tuple[Text, ...]
    creators: tuple[Name, ...]
    contributors: tuple[Name, ...]
    funding: tuple[tuple[Fund, str], ...]
    alternates: tuple[Id, ...]
    related: tuple[Related, ...]
    dates: tuple[Date, ...]
    languages: tuple[str, ...]
    publisher: str
    general: str
    type_uri: str
    type: str
    descriptions: tuple[Text, ...]
    formats: tuple[str, ...]
    identifier: Id
    access: Rights
    subjects: tuple[Subject, ...]
    licences: tuple[Terms, ...]
    coverage: tuple[str, ...]
    sizes: tuple[str, ...]
    geo: tuple[Geo, ...]
    version: str
    version_uri: str
    files: tuple[File, ...]
    citation: tuple[tuple[str, str], ...]


def view(work: Work) -> OpenaireView:
    """Decide what OpenAIRE is told of a work."""
    record, data, kind = work.record, datacite.view(work), TYPES[work.record.type]
    identifier, names, access = _identifier(work), NAMES[work.record.type], ACCESS[work.record.access]
    version = VERSIONS.get(record.version)
    return OpenaireView(
        titles=data.titles,
        # DataCite wants a creator at any price; here a work that has none says so by having none.
        creators=data.creators if any(kept(c.label) for c in record.creators) else (),
        contributors=tuple(_contributors(work, data.contributors)),
        funding=tuple((fund, kept(f.stream)) for f in record.funding if (fund := datacite.fund_of(f))),
        alternates=once(_alternates(work, identifier, data.alternates)),
        related=once(_related(work)),
        dates=tuple(_dates(work)),
        languages=once(code for tag in record.languages if (code := iso639_3(tag)) and code != "und"),
        publisher=kept(record.publisher.name) or kept(record.thesis.grantor),
        general=names.oaire,
        type_uri=COAR_TYPE + names.coar_4,
        type=kind.label,
        descriptions=tuple(_descriptions(record)),
        formats=data.formats,
        identifier=identifier,
        access=Rights(access.label, COAR_ACCESS + access.coar),
        subjects=once(_subjects(record, data.subjects)),
        licences=tuple(terms for licence in record.licences if (terms := _terms(licence))),
        coverage=once(text for period in record.temporal if (text := kept(period))),
        sizes=data.sizes,
        geo=data.geo,
        version=version.code if version and version.eurepo else "",
        version_uri=COAR_VERSION + version.coar if version else "",
        files=tuple(_files(work)),
        citation=tuple((name, text) for name, raw in _citation(record) if (text := kept(raw))),
    )


def _identifier(work: Work) -> Id:
    """Resource Identifier (M, 1): where the work is found, as an address; persistent where it is persistent with us."""
    for name, scheme, own in (("DOI", "doi", work.doi), ("HANDLE", "handle", work.handle)):
        if address := uri_of(scheme, kept(own)):
            return Id(address, name)
    return Id(work.landing_url, "URL")


def _contributors(work: Work, named: tuple[Name, ...]) -> Iterator[Name]:
    yield from (
        Name(n.name, n.kind, n.given, n.family, n.ids, n.affiliations, n.role if n.role in CONTRIBUTOR_TYPES else "Other")
        for n in named
    )
    host = kept(work.repository_name)
    if host and not any(n.role == "HostingInstitution" for n in named):
        yield Name(host, "Organizational", role="HostingInstitution")


def _alternates(work: Work, identifier: Id, known: tuple[Id, ...]) -> Iterator[Id]:
    for i in (Id(work.landing_url, "URL"), *known):
        if uri_of(i.scheme, i.value) != identifier.value and i.value != identifier.value:
            yield i


def _related(work: Work) -> Iterator[Related]:
    for r in datacite.relations_of(work.record, kept(work.doi)):
        scheme, relation = IDENTIFIER_TYPES.get(r.scheme, ""), RELATIONS.get(r.relation, r.relation)
        if scheme and relation:
            yield Related(r.value, scheme, relation, general=r.general if r.general in GENERAL else "")
    c = work.record.container
    for scheme, value in (("PISSN", c.issn_print), ("EISSN", c.issn_online)):
        if issn := kept(value):
            yield Related(issn, scheme, "IsPartOf")
    if (isbn := kept(c.isbn)) and not datacite.is_whole_book(work.record):
        yield Related(isbn, "ISBN", "IsPartOf")


def _dates(work: Work) -> Iterator[Date]:
    """Publication Date (M, 1): where none is known, any other date is better than none. Embargo Period Date: both or neither."""
    record, dates = work.record, work.record.dates
    told = (
        dates.issued, date_of(record.thesis.date_awarded), dates.available, dates.accepted, dates.created, dates.submitted,
        dates.updated, work.deposited,
    )  # fmt: skip
    issued = next((date for date in told if _W3CDTF.fullmatch(date) and date != dates.embargo_until), "")
    if issued:
        yield Date("Issued", issued)
    if record.access == "embargoed" and _W3CDTF.fullmatch(dates.embargo_until) and (start := work.deposited or issued):
        yield Date("Accepted", start)
        yield Date("Available", dates.embargo_until)


def _subjects(record: Record, named: tuple[Subject, ...]) -> Iterator[Subject]:
    """Give a notation as a subject of its own scheme, for the profile has no place for it beside the word."""
    for s in record.subjects:
        if (code := kept(s.code)) and kept(s.scheme):
            yield Subject(code, "", kept(s.scheme), uri(kept(s.scheme_uri)), uri(kept(s.value_uri)))
    yield from (Subject(s.value, s.lang) if s.code else s for s in named)


def _descriptions(record: Record) -> Iterator[Text]:
    yield from (Text(value, written(a.lang)) for a in record.abstracts if (value := kept(a.value)))
    if toc := kept(record.toc):
        yield Text(toc)


def _terms(licence: Licence) -> Terms | None:
    text = kept(licence.name) or kept(licence.spdx) or kept(licence.uri)
    since = licence.start_date if _W3CDTF.fullmatch(licence.start_date) else ""
    return Terms(text, uri(kept(licence.uri)), since) if text else None


def _files(work: Work) -> Iterator[File]:
    """File Location (MA): of a closed file too, with what closes it; not of one of which we only keep a description."""
    for file in work.record.files:
        access = work.record.access_to(file)
        if access != "metadata_only":
            yield File(work.address(file), COAR_ACCESS + ACCESS[access].coar, kept(file.mime), OBJECTS.get(file.role, "other"))


def _citation(record: Record) -> Iterator[tuple[str, str]]:
    c: Container = record.container
    yield "citationTitle", kept(c.title) or kept(record.conference.name)
    yield "citationVolume", c.volume
    yield "citationIssue", c.issue
    yield "citationStartPage", c.first_page
    yield "citationEndPage", c.last_page
    yield "citationEdition", c.edition
    yield "citationConferencePlace", record.conference.place
    yield "citationConferenceDate", record.conference.date
