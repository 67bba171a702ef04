"""XMetaDissPlus 2.5 of the Deutsche Nationalbibliothek: theses, and other works that are complete in themselves.

Its schema is one long sequence, so the elements come in the groups of the template, each in the order of the schema.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from server.metadata import theses
from server.metadata.addresses import bare, uri
from server.metadata.dewey import is_dewey, main_class
from server.metadata.languages import iso639_2b
from server.metadata.theses import Element, Level, element
from server.metadata.types import NAMES
from server.metadata.work import Work
from server.records.model import Agent, File, Record, Related
from server.records.vocabulary import TYPES, VERSIONS
from server.xml import kept

#: What is taken beside theses. An article or a chapter is delivered to the library as part of a journal or book that it knows
#: by a number of its own, which no record of ours holds.
_COMPLETE = frozenset(
    {
        "publication.book", "publication.editedBook", "publication.conferenceProceeding", "publication.report",
        "publication.technicalDocumentation", "postedContent.workingPaper", "teaching.textbook",
    }
)  # fmt: skip
#: thesis:level as the schema recommends it since 2023.
LEVELS = {
    Level.BACHELOR: "BachelorThesis",
    Level.MASTER: "MasterThesis",
    Level.DOCTOR: "DoctoralThesis",
    Level.HABILITATION: "Habilitation",
}
#: Our word for a part in a work → thesis:role, which must be given; who had another part cannot be named.
ROLES = {"Supervisor": "advisor", "Editor": "editor"}
#: ddb:relatedIdentifier: the schemes and relations its schema lists.
SCHEMES = {"urn": "URN", "doi": "DOI", "handle": "handle"}
RELATIONS = frozenset(
    {
        "IsCitedBy", "Cites", "IsSupplementTo", "IsSupplementedBy", "IsContinuedBy", "Continues", "HasMetadata", "IsMetadataFor",
        "IsNewVersionOf", "IsPreviousVersionOf", "IsPartOf", "HasPart", "IsReferencedBy", "References", "IsDocumentedBy",
        "Documents", "IsCompiledBy", "Compiles", "IsVariantFormOf", "IsOriginalFormOf", "IsIdenticalTo", "IsReviewedBy",
        "Reviews", "IsDerivedFrom", "IsSourceOf",
    }
)  # fmt: skip
_DOI = re.compile(r"10\.\d+/\S+", re.ASCII)
_NBN = re.compile(r"urn:nbn:[a-z]{2}:\S+", re.ASCII)
W3CDTF = "dcterms:W3CDTF"


@dataclass(frozen=True, slots=True)
class Person:
    """A creator or contributor: the parts of a person's name, or the one name of a person or a body, and what identifies them."""

    name: str
    given: str = ""
    family: str = ""
    is_body: bool = False
    orcid: str = ""
    isni: str = ""
    gnd: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """A publisher or the institution that awards a degree."""

    name: str
    place: str = ""
    department: str = ""


@dataclass(frozen=True, slots=True)
class XMetaDissView:
    """What the template writes, in its order."""

    titles: tuple[Element, ...]
    creators: tuple[Person, ...]
    contents: tuple[Element, ...]
    publisher: Body
    contributors: tuple[Person, ...]
    description: tuple[Element, ...]
    level: str
    grantor: Body
    degree: tuple[Element, ...]
    files: tuple[tuple[str, int], ...]
    delivery: tuple[Element, ...]


def applies(record: Record) -> bool:
    """Say whether a work can be delivered: of a fitting type, open as a whole, with a file, a publisher and a day."""
    thesis = theses.is_thesis(record)
    return (
        (thesis or record.type in _COMPLETE)
        and record.access == "open"  # a chapter of a closed thesis is not the thesis
        and any(record.access_to(file) == "open" for file in record.files)
        and bool(kept(record.publisher.name) or (thesis and kept(record.thesis.grantor)))
        and bool(theses.issued(record))
    )


def view(work: Work) -> XMetaDissView:
    """Decide what the library is told of a work."""
    record, thesis = work.record, work.record.thesis
    files = [(file, url) for file, url in zip(record.files, work.file_urls, strict=True) if url]
    is_thesis = theses.is_thesis(record)
    return XMetaDissView(
        titles=theses.once(_titles(record)),
        creators=tuple(_person(creator) for creator in record.creators if kept(creator.label)),
        contents=theses.once(_contents(record)),
        publisher=_publisher(record),
        contributors=tuple(
            _person(c, ROLES[c.role]) for c in record.contributors if c.role in ROLES and kept(c.label)
        ),
        description=theses.once(_description(work, files)),
        level=LEVELS[theses.level(record)] if is_thesis else "",
        grantor=Body(kept(thesis.grantor), thesis.grantor_place, kept(thesis.department)),
        degree=(*element("thesis:discipline", thesis.discipline), *element("thesis:name", thesis.degree_name)),
        files=tuple((file.name, file.bytes) for file, _ in files),
        delivery=theses.once(_delivery(work, files)),
    )  # fmt: skip


def _language(record: Record, tag: str) -> str:
    """Return the code of a text's language, which must be given: its own, else that of the work, else "undetermined"."""
    return next((code for code in map(iso639_2b, (tag, *record.languages)) if code), "und")


def _titles(record: Record) -> Iterator[Element]:
    lang = _language(record, record.title.lang)
    yield from element("dc:title", record.title.value, xsi_type="ddb:titleISO639-2", lang=lang)
    for title in record.alt_titles:
        if title.kind == "translated":
            kind = {"xsi_type": "ddb:titleISO639-2", "ddb_type": "translated", "lang": _language(record, title.lang)}
            yield from element("dc:title", title.value, **kind)
    yield from element("dcterms:alternative", record.subtitle, xsi_type="ddb:talternativeISO639-2", lang=lang)
    for title in record.alt_titles:
        if title.kind != "translated":
            lang = _language(record, title.lang)
            yield from element("dcterms:alternative", title.value, xsi_type="ddb:talternativeISO639-2", lang=lang)


def _person(agent: Agent, role: str = "") -> Person:
    return Person(
        name=kept(agent.label),
        given=kept(agent.given) if agent.kind == "person" else "",
        family=kept(agent.family) if agent.kind == "person" else "",
        is_body=agent.kind == "org",
        orcid=theses.id_of(agent.ids, "orcid"),
        isni=theses.id_of(agent.ids, "isni"),
        gnd=theses.id_of(agent.ids, "gnd"),
        role=role,
    )


def _contents(record: Record) -> Iterator[Element]:
    classes = [s for s in record.subjects if is_dewey(s) and main_class(s.code)]
    for subject in classes:
        yield from element("dc:subject", main_class(subject.code), xsi_type="xMetaDiss:DDC-SG")
    for subject in record.subjects:
        if subject not in classes:
            yield from element("dc:subject", subject.value, xsi_type="xMetaDiss:noScheme")
    text = {"xsi_type": "ddb:contentISO639-2", "ddb_type": "noScheme"}
    yield from element("dcterms:tableOfContents", record.toc, **text, lang=_language(record, record.title.lang))
    for abstract in record.abstracts:
        yield from element("dcterms:abstract", abstract.value, **text, lang=_language(record, abstract.lang))


def _publisher(record: Record) -> Body:
    if name := kept(record.publisher.name):
        return Body(name, kept(record.publisher.place))
    # Crosswalk C.2: a thesis is published by the institution that awards the degree.
    return Body(kept(record.thesis.grantor), kept(record.thesis.grantor_place))


def _description(work: Work, files: list[tuple[File, str]]) -> Iterator[Element]:
    record, dates = work.record, work.record.dates
    yield from element("dcterms:created", theses.day(dates.created), xsi_type=W3CDTF)
    yield from element("dcterms:dateSubmitted", theses.day(dates.submitted), xsi_type=W3CDTF)
    yield from element("dcterms:dateAccepted", theses.day(record.thesis.date_awarded, dates.accepted), xsi_type=W3CDTF)
    yield from element("dcterms:issued", theses.day(dates.issued), xsi_type=W3CDTF)
    yield from element("dcterms:modified", theses.day(dates.updated), xsi_type=W3CDTF)
    habilitation = theses.is_thesis(record) and theses.level(record) is Level.HABILITATION
    yield from element("dc:type", "Habilitation" if habilitation else NAMES[record.type].dini, xsi_type="dini:PublType")
    yield from element("dc:type", TYPES[record.type].dcmi, xsi_type="dcterms:DCMIType")
    version = VERSIONS.get(record.version)
    yield from element("dini:version_driver", version.eurepo if version else "")
    yield next(_names(work))
    for file, _ in files:
        yield from element("dcterms:medium", file.mime, xsi_type="dcterms:IMT")
    isbn = record.identifier("isbn") or record.container.isbn
    yield from element("dc:source", isbn, xsi_type="ddb:ISBN")
    for tag in record.languages:
        yield from element("dc:language", iso639_2b(tag), xsi_type="dcterms:ISO639-2")
    series = " ; ".join(part for part in map(kept, (record.container.series, record.container.volume)) if part)
    yield from element("dcterms:isPartOf", series if record.container.series else "", xsi_type="ddb:noScheme")
    for licence in record.licences:
        yield from element("dc:rights", licence.name, xsi_type="ddb:noScheme")
    yield from element("dc:rights", record.rights_statement, xsi_type="ddb:noScheme")


def _names(work: Work) -> Iterator[Element]:
    """Return what the work can be cited by, the one the library prefers first; its page where it has nothing better."""
    urns = (kept(i.value) for i in work.record.identifiers if i.scheme.strip().lower() == "urn")
    yield from (Element("dc:identifier", urn, (("xsi:type", "urn:nbn"),)) for urn in urns if _NBN.fullmatch(urn))
    if _DOI.fullmatch(doi := kept(work.doi)):
        yield Element("dc:identifier", doi, (("xsi:type", "doi:doi"),))
    yield from element("dc:identifier", work.handle, xsi_type="hdl:hdl")
    theirs = kept(bare("doi", work.record.identifier("doi")))
    if _DOI.fullmatch(theirs):
        yield Element("dc:identifier", theirs, (("xsi:type", "doi:doi"),))
    yield Element("dc:identifier", work.landing_url, (("xsi:type", "dcterms:URI"),))


def _delivery(work: Work, files: list[tuple[File, str]]) -> Iterator[Element]:
    if len(files) == 1:  # the schema allows one checksum, and does not say of which file
        yield from element("ddb:checksum", files[0][0].sha256, ddb_type="SHA256")
    for _, url in files:
        yield from element("ddb:transfer", url, ddb_type="dcterms:URI")
    for related in work.record.related:
        yield from _related(related)
    yield from element("ddb:identifier", work.landing_url, ddb_type="URL")
    cited = next(_names(work)).value
    for before, scheme, value in (("doi:", "DOI", kept(work.doi)), ("hdl:", "handle", kept(work.handle))):
        if value != cited:
            yield from element("ddb:identifier", uri(before + value).removeprefix(before), ddb_type=scheme)
    yield Element("ddb:rights", "", (("ddb:kind", "free"),))  # what is transferred here anybody may read
    for licence in work.record.licences:
        yield from element("ddb:licence", uri(licence.uri), ddb_licenceType="URL")


def _related(related: Related) -> Iterator[Element]:
    scheme = related.scheme.strip().lower()
    if scheme in SCHEMES and related.relation in RELATIONS:
        kind = {"ddb_relatedIdentifierType": SCHEMES[scheme], "ddb_relationType": related.relation}
        yield from element("ddb:relatedIdentifier", bare(scheme, related.value), **kind)
