"""Qualified Dublin Core: what oai_dc says, told apart by the refinements and encoding schemes of DCMI (2008 schemas)."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from server.metadata.addresses import uri, uri_of
from server.metadata.dates import date_of
from server.metadata.dewey import is_dewey
from server.metadata.formats.datacite import is_whole_book
from server.metadata.formats.oai_dc import source_line
from server.metadata.languages import iso639_3, written
from server.metadata.types import COAR_ACCESS
from server.metadata.work import Work
from server.records.model import Identifier, Related
from server.records.vocabulary import ACCESS, TYPES
from server.xml import kept


class Element(NamedTuple):
    """One element: its qualified name, its text, the language of the text and the encoding scheme it is written in."""

    name: str
    value: str
    lang: str = ""
    scheme: str = ""


#: Encoding schemes that a subject's scheme stands for (DCMI Metadata Terms, § 4).
SUBJECTS = {
    "lcsh": "LCSH", "library of congress subject headings": "LCSH", "lcc": "LCC", "mesh": "MESH", "udc": "UDC",
}  # fmt: skip

#: DataCite relationType → the refinement of dc:relation that says the same; any other is a plain relation.
RELATIONS = {
    "References": "references", "Cites": "references", "IsReferencedBy": "isReferencedBy", "IsCitedBy": "isReferencedBy",
    "IsVersionOf": "isVersionOf", "IsTranslationOf": "isVersionOf", "HasVersion": "hasVersion", "HasTranslation": "hasVersion",
    "IsNewVersionOf": "replaces", "Obsoletes": "replaces", "IsPreviousVersionOf": "isReplacedBy",
    "IsObsoletedBy": "isReplacedBy", "Requires": "requires", "IsRequiredBy": "isRequiredBy", "IsPartOf": "isPartOf",
    "IsPublishedIn": "isPartOf", "IsCollectedBy": "isPartOf", "HasPart": "hasPart", "Collects": "hasPart",
    "IsVariantFormOf": "isFormatOf", "IsOriginalFormOf": "hasFormat",
}  # fmt: skip

#: W3CDTF has years of four digits, and XML Schema knows no year 0.
_W3CDTF = re.compile("(?!0000)[0-9]{4}")


def view(work: Work) -> list[Element]:
    """Return the elements of a work in the order they are written, none twice except creators, who may share a name."""
    elements: list[Element] = []
    for rule in RULES:
        for name, value, lang, scheme in rule(work):
            # A value in an encoding scheme is in no language: the schema refuses xml:lang beside xsi:type.
            element = Element(name, kept(value), "" if scheme else written(lang), scheme)
            if element.value and (name == "dc:creator" or element not in elements):
                elements.append(element)
    return elements


def _titles(work: Work) -> Iterator[Element]:
    record = work.record
    title, subtitle = kept(record.title.value), kept(record.subtitle)
    yield Element("dc:title", f"{title}: {subtitle}" if subtitle else title, record.title.lang)
    for more in record.alt_titles:
        yield Element("dcterms:alternative", more.value, more.lang)


def _people(work: Work) -> Iterator[Element]:
    for creator in work.record.creators:
        yield Element("dc:creator", creator.label)
    for contributor in work.record.contributors:
        yield Element("dc:contributor", contributor.label)


def _subjects(work: Work) -> Iterator[Element]:
    for subject in work.record.subjects:
        scheme = "DDC" if is_dewey(subject) else SUBJECTS.get(subject.scheme.strip().lower(), "")
        if scheme in {"DDC", "LCC", "UDC"} and kept(subject.code):
            yield Element("dc:subject", subject.code, "", scheme)
            yield Element("dc:subject", subject.value, subject.lang)
        else:
            yield Element("dc:subject", subject.value, subject.lang, "" if scheme in {"DDC", "LCC", "UDC"} else scheme)


def _descriptions(work: Work) -> Iterator[Element]:
    for abstract in work.record.abstracts:
        yield Element("dcterms:abstract", abstract.value, abstract.lang)
    yield Element("dcterms:tableOfContents", work.record.toc)


def _publisher(work: Work) -> Iterator[Element]:
    record = work.record
    yield Element("dc:publisher", kept(record.publisher.name) or record.thesis.grantor)


def _dates(work: Work) -> Iterator[Element]:
    dates = work.record.dates
    told = (
        ("issued", dates.issued or date_of(work.record.thesis.date_awarded)),
        ("available", dates.embargo_until if work.record.access == "embargoed" else dates.available),
        ("created", dates.created),
        ("dateSubmitted", dates.submitted),
        ("dateAccepted", dates.accepted),
        ("modified", dates.updated),
    )
    for name, date in told:
        yield Element(f"dcterms:{name}", date, "", "W3CDTF" if _W3CDTF.match(date) else "")


def _types(work: Work) -> Iterator[Element]:
    kind = TYPES[work.record.type]
    yield Element("dc:type", kind.label, "en")
    yield Element("dc:type", kind.coar_uri, "", "URI")
    yield Element("dc:type", kind.dcmi, "", "DCMIType")


def _formats(work: Work) -> Iterator[Element]:
    for file, url in zip(work.record.files, work.file_urls, strict=True):
        if url:
            yield Element("dcterms:medium", file.mime, "", "IMT")


def _identifiers(work: Work) -> Iterator[Element]:
    record = work.record
    yield Element("dc:identifier", work.landing_url, "", "URI")
    yield Element("dc:identifier", uri_of("doi", kept(work.doi)), "", "URI")
    yield Element("dc:identifier", uri_of("handle", kept(work.handle)), "", "URI")
    for identifier in record.identifiers:
        if identifier.scheme.strip().lower() != "doi":
            yield _named("dc:identifier", identifier)
    if is_whole_book(record):
        yield Element("dc:identifier", uri_of("isbn", kept(record.container.isbn)), "", "URI")
    yield Element("dcterms:bibliographicCitation", kept(record.citation_text) or source_line(record.container))
    for url in work.file_urls:
        yield Element("dcterms:hasFormat", url, "", "URI")


def _named(name: str, thing: Identifier | Related) -> Element:
    """Write an identifier as a URI where there is one, and else as it was given."""
    address = uri_of(thing.scheme, kept(thing.value))
    return Element(name, address, "", "URI") if address else Element(name, thing.value)


def _source(work: Work) -> Iterator[Element]:
    meeting = work.record.conference
    yield Element("dc:source", ", ".join(part for part in map(kept, (meeting.name, meeting.place, meeting.date)) if part))


def _languages(work: Work) -> Iterator[Element]:
    for tag in work.record.languages:
        yield Element("dc:language", iso639_3(tag), "", "ISO639-3")


def _relations(work: Work) -> Iterator[Element]:
    record, container = work.record, work.record.container
    yield Element("dcterms:isPartOf", container.title)
    parts = [("issn", container.issn_print), ("issn", container.issn_online)]
    if not is_whole_book(record):
        parts.append(("isbn", container.isbn))
    for scheme, value in parts:
        yield Element("dcterms:isPartOf", uri_of(scheme, kept(value)), "", "URI")
    yield Element("dcterms:isPartOf", container.series)
    for identifier in record.identifiers:
        # The publisher's DOI of a work of which we keep a version of our own.
        if identifier.scheme.strip().lower() == "doi":
            found = _named("dcterms:isVersionOf", identifier)
            if found.value.lower() != uri_of("doi", kept(work.doi)).lower():
                yield found
    for related in record.related:
        refinement = RELATIONS.get(related.relation)
        yield _named(f"dcterms:{refinement}" if refinement else "dc:relation", related)


def _coverage(work: Work) -> Iterator[Element]:
    for place in work.record.geo:
        yield Element("dcterms:spatial", place.name)
    for period in work.record.temporal:
        yield Element("dcterms:temporal", period)


def _rights(work: Work) -> Iterator[Element]:
    record = work.record
    yield Element("dcterms:accessRights", COAR_ACCESS + ACCESS[record.access].coar, "", "URI")
    for licence in record.licences:
        address = uri(kept(licence.uri))
        yield Element("dcterms:license", address, "", "URI") if address else Element("dc:rights", licence.name or licence.spdx)
    yield Element("dc:rights", record.rights_statement)


#: What is written, in this order.
RULES: tuple[Callable[[Work], Iterator[Element]], ...] = (
    _titles, _people, _subjects, _descriptions, _publisher, _dates, _types, _identifiers, _formats, _source, _languages,
    _relations, _coverage, _rights,
)  # fmt: skip
