"""ETD-MS 1.0 of the NDLTD, for theses: one sequence of elements, the degree last.

Version 1.0 and not 1.1, as harvesters know the prefix `etdms` by it, and its schema says what must be there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from server.metadata import theses
from server.metadata.addresses import link, uri
from server.metadata.dewey import is_dewey
from server.metadata.formats import oai_dc
from server.metadata.languages import written
from server.metadata.theses import Element, element
from server.metadata.work import Work
from server.records.model import Contributor, Record, Subject
from server.records.vocabulary import ACCESS, TYPES
from server.xml import kept

#: ETD-MS 1.0, type: the words it recommends as one of the values.
ETD = "Electronic Thesis or Dissertation"
#: Our word for a part in a thesis → the one the standard's examples use. Any word is allowed.
_ROLES = {"Supervisor": "advisor", "Other": ""}


@dataclass(frozen=True, slots=True)
class Thesis:
    """The elements of a thesis in the order of the schema, and those of its degree."""

    elements: tuple[Element, ...]
    degree: tuple[Element, ...]


def applies(record: Record) -> bool:
    """Say whether a work is a thesis and has what the schema demands of one: title, creator, subject, date."""
    return (
        theses.is_thesis(record)
        and bool(theses.issued(record))
        and theses.is_named(record)
        and (any(kept(subject.value) for subject in record.subjects) or bool(kept(record.thesis.discipline)))
    )


def view(work: Work) -> Thesis:
    """Decide what ETD-MS is told of a thesis."""
    return Thesis(theses.once(_elements(work)), theses.once(_degree(work.record)))


def _elements(work: Work) -> Iterator[Element]:
    record = work.record
    yield from element("title", oai_dc.titled(record), xml_lang=written(record.title.lang))
    for title in record.alt_titles:
        yield from element("alternativeTitle", title.value, xml_lang=written(title.lang))
    for creator in record.creators:
        yield from element("creator", creator.label, resource=theses.authority(creator.ids))
    yield from _subjects(record)
    for abstract in record.abstracts:
        yield from element("description", abstract.value, xml_lang=written(abstract.lang))
    yield from _publisher(record)
    for contributor in record.contributors:
        yield from _contributor(contributor)
    yield from element("date", theses.issued(record))
    yield from element("type", ETD)
    yield from element("type", TYPES[record.type].label, xml_lang="en")
    yield from element("type", TYPES[record.type].dcmi)
    for file, url in zip(record.files, work.file_urls, strict=True):
        yield from element("format", file.mime if url else "")
    for identifier in oai_dc.identifiers(work):
        yield from element("identifier", identifier)
    for tag in record.languages:
        yield from element("language", written(tag))  # ISO 639-2 or RFC 1766, whose successor this is
    for place in record.geo:
        yield from element("coverage", place.name)
    for period in record.temporal:
        yield from element("coverage", period)
    yield from _rights(record)


def _subjects(record: Record) -> Iterator[Element]:
    """Return the subjects; where none is given, the discipline of the degree is what the thesis is about."""
    found = [e for subject in record.subjects for e in _subject(subject)]
    yield from found or element("subject", record.thesis.discipline)


def _subject(subject: Subject) -> Iterator[Element]:
    if is_dewey(subject) and kept(subject.code):
        yield from element("subject", subject.code, scheme="DDC", resource=uri(subject.value_uri))
    else:
        lang = written(subject.lang)
        yield from element("subject", subject.value, scheme=subject.scheme, resource=uri(subject.value_uri), xml_lang=lang)


def _publisher(record: Record) -> Iterator[Element]:
    if kept(record.publisher.name):
        yield from element("publisher", record.publisher.name, resource=theses.authority(record.publisher.ids))
    else:  # crosswalk C.2: a thesis is published by the institution that awards the degree
        yield from element("publisher", record.thesis.grantor, resource=_ror(record))


def _ror(record: Record) -> str:
    return uri(link("ror", record.thesis.grantor_ror)) if kept(record.thesis.grantor_ror) else ""


def _contributor(contributor: Contributor) -> Iterator[Element]:
    role = _ROLES.get(contributor.role, contributor.role)
    yield from element("contributor", contributor.label, role=role, resource=theses.authority(contributor.ids))


def _rights(record: Record) -> Iterator[Element]:
    end = record.dates.embargo_until if record.access == "embargoed" else ""
    yield from element(
        "rights", f"{ACCESS[record.access].label} until {end}" if end else ACCESS[record.access].label, xml_lang="en"
    )
    for licence in record.licences:
        yield from element("rights", licence.uri or licence.name)
    yield from element("rights", record.rights_statement)


def _degree(record: Record) -> Iterator[Element]:
    thesis = record.thesis
    yield from element("name", thesis.degree_name)
    yield from element("level", theses.level(record))
    yield from element("discipline", thesis.discipline)
    yield from element("grantor", thesis.grantor, resource=_ror(record))
