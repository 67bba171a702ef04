"""UKETD_DC of the British Library's EThOS, for theses: Dublin Core, its terms, and those of its own for degree and award."""

from collections.abc import Iterator

from server.metadata import theses
from server.metadata.addresses import link, uri
from server.metadata.dewey import is_dewey
from server.metadata.languages import iso639_2b, written
from server.metadata.theses import Element, Level, element
from server.metadata.work import Work
from server.records.model import Agent, Record, Subject
from server.records.vocabulary import ACCESS
from server.xml import kept

#: What EThOS calls the level of a qualification.
LEVELS = {
    Level.BACHELOR: "Bachelors",
    Level.MASTER: "Masters",
    Level.DOCTOR: "Doctoral",
    Level.HABILITATION: "Post-doctoral",
}
#: Schemes of subjects that DCMI's terms have a type for.
SCHEMES = {"lcsh": "dcterms:LCSH", "mesh": "dcterms:MESH", "lcc": "dcterms:LCC", "udc": "dcterms:UDC"}
URI = "dcterms:URI"


def applies(record: Record) -> bool:
    """Say whether a work is a thesis of which EThOS can be told what it demands.

    Author, awarding institution, year of award and name of the qualification must be known, and the title; the level always is.
    """
    thesis = record.thesis
    return (
        theses.is_thesis(record)
        and bool(kept(thesis.grantor) and kept(thesis.degree_name) and theses.awarded(record))
        and theses.is_named(record)
    )


def view(work: Work) -> tuple[Element, ...]:
    """Decide what EThOS is told of a thesis, in the order of its element list."""
    return theses.once(_elements(work))


def _elements(work: Work) -> Iterator[Element]:
    record = work.record
    title = f"{record.title.value} : {record.subtitle}" if kept(record.subtitle) else record.title.value
    yield from element("dc:title", title, xml_lang=written(record.title.lang))
    for further in record.alt_titles:
        yield from element("dcterms:alternative", further.value, xml_lang=written(further.lang))
    yield from _people(record)
    for subject in record.subjects:
        yield from _subject(subject)
    for abstract in record.abstracts:
        yield from element("dcterms:abstract", abstract.value, xml_lang=written(abstract.lang))
    yield from _award(record)
    for funding in record.funding:
        yield from element("uketdterms:sponsor", funding.funder_name)
        yield from element("uketdterms:grantnumber", funding.award_no)
    yield from element("dc:type", "Thesis or dissertation")
    for tag in record.languages:
        yield from element("dc:language", iso639_2b(tag), xsi_type="dcterms:ISO639-2")
    yield from _addresses(work)
    yield from _rights(record)


def _people(record: Record) -> Iterator[Element]:
    for creator in record.creators:
        yield from element("dc:creator", creator.label)
        yield from _identifiers(creator)
    for contributor in record.contributors:
        name = "uketdterms:advisor" if contributor.role == "Supervisor" else "dc:contributor"
        yield from element(name, contributor.label)


def _identifiers(creator: Agent) -> Iterator[Element]:
    """EThOS wants the sixteen characters without hyphens, spaces or address."""
    for scheme in ("orcid", "isni"):
        value = theses.id_of(creator.ids, scheme).replace("-", "").replace(" ", "")
        yield from element("uketdterms:authoridentifier", value, xsi_type=f"uketdterms:{scheme.upper()}")


def _subject(subject: Subject) -> Iterator[Element]:
    if is_dewey(subject) and kept(subject.code):
        yield from element("dc:subject", subject.code, xsi_type="dcterms:DDC")
    elif typed := SCHEMES.get(subject.scheme.strip().lower()):
        yield from element("dc:subject", subject.value, xsi_type=typed)
    else:
        yield from element("dc:subject", subject.value, xml_lang=written(subject.lang))


def _award(record: Record) -> Iterator[Element]:
    thesis = record.thesis
    yield from element("uketdterms:institution", thesis.grantor)
    yield from element("uketdterms:department", thesis.department)
    yield from element("uketdterms:qualificationlevel", LEVELS[theses.level(record)])
    yield from element("uketdterms:qualificationname", thesis.degree_name)
    yield from element("dcterms:issued", theses.awarded(record)[:4])  # the year of award
    publisher = kept(record.publisher.name)
    yield from element("uketdterms:commercial", "" if publisher == kept(thesis.grantor) else publisher)


def _addresses(work: Work) -> Iterator[Element]:
    record = work.record
    yield from element("dcterms:isReferencedBy", work.landing_url, xsi_type=URI)
    for file, url in zip(record.files, work.file_urls, strict=True):
        if url:
            yield from element("dc:identifier", url, xsi_type=URI)
            yield from element("uketdterms:checksum", file.md5, xsi_type="uketdterms:MD5")
            yield from element("dc:format", file.mime)
    # An address and not a bare DOI of type dcterms:DOI: the DCMI's schema has no such type, and a validator refuses the record.
    for scheme, value in (("doi", kept(work.doi)), ("handle", kept(work.handle))):
        yield from element("dc:identifier", uri(link(scheme, value)) if value else "", xsi_type=URI)
    for related in record.related:
        if related.relation in {"References", "Cites"}:
            yield from element("dcterms:references", link(related.scheme.strip(), related.value))


def _rights(record: Record) -> Iterator[Element]:
    if record.access == "embargoed":
        yield from element("uketdterms:embargodate", record.dates.embargo_until)
    yield from element("dcterms:accessRights", ACCESS[record.access].label)
    for licence in record.licences:
        address = uri(licence.uri)
        yield from element("dcterms:license", address, xsi_type=URI) if address else element("dc:rights", licence.name)
    yield from element("dc:rights", record.rights_statement)
