"""A DataCite document that says what stands in the record and nothing else: whatever cannot be said so, the schema refuses."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from server.identifiers.preflight import looks
from server.metadata.addresses import bare, uri
from server.metadata.formats import datacite
from server.metadata.kernel import IDENTIFIER_TYPES, TITLE_TYPES
from server.metadata.languages import written
from server.records.model import Funding, Record
from server.records.vocabulary import TYPES
from server.xml import kept

NS = "http://datacite.org/schema/kernel-4"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass
class Plain:
    """The document as it grows, and the fields of the record each of its elements (by its line) is of."""

    record: Record
    root: etree._Element = field(default_factory=lambda: etree.Element(f"{{{NS}}}resource", nsmap={None: NS}))
    fields: dict[int, str] = field(default_factory=dict)

    def add(self, parent: etree._Element, name: str, path: str, text: str = "", **attributes: str) -> etree._Element:
        element = etree.SubElement(parent, f"{{{NS}}}{name}", {key: kept(value) for key, value in attributes.items()})
        element.text = kept(text)
        element.sourceline = len(self.fields) + 1
        self.fields[len(self.fields) + 1] = path
        return element

    def spoken(self, parent: etree._Element, name: str, path: str, text: tuple[str, str], **attributes: str) -> None:
        """Add an element in a language."""
        words, lang = text
        element = self.add(parent, name, path, words, **attributes)
        if kept(lang):
            element.set(_LANG, kept(as_it_stands(written, lang)))

    def part(self, name: str, path: str, *things: object) -> etree._Element | None:
        """Add what holds several things, where there is one."""
        return self.add(self.root, name, path) if things else None

    @property
    def repository(self) -> str:
        """Who is the publisher where nobody else is said to be; nobody, where somebody else is expected."""
        return "" if self.record.type in looks._BROUGHT_OUT else "Museum"

    def mandatory(self) -> None:
        record, root = self.record, self.root
        self.add(root, "identifier", "identifiers", "10.5072/x", identifierType="DOI")
        creators = self.add(root, "creators", "creators")
        for n, agent in enumerate(record.creators):
            self.add(self.add(creators, "creator", f"creators.{n}"), "creatorName", f"creators.{n}", agent.label)
        titles = self.add(root, "titles", "title")
        self.spoken(titles, "title", "title title.lang", (record.title.value, record.title.lang))
        for n, title in enumerate(record.alt_titles):
            kind = TITLE_TYPES.get(title.kind, "Other" if title.kind == "other" else title.kind)
            paths = f"alt_titles.{n}.kind alt_titles.{n}.lang"
            self.spoken(titles, "title", paths, (title.value, title.lang), titleType=kind)
        self.add(root, "publisher", "publisher.name", kept(record.publisher.name) or record.thesis.grantor or self.repository)
        year = re.match("[0-9]{4}", record.dates.issued)
        self.add(root, "publicationYear", "dates.issued", year[0] if year else record.dates.issued)
        self.add(root, "resourceType", "type", TYPES[record.type].label, resourceTypeGeneral=TYPES[record.type].datacite)

    def subjects(self) -> None:
        parent = self.part("subjects", "subjects", *self.record.subjects)
        for n, subject in enumerate(self.record.subjects):
            told = addresses(schemeURI=subject.scheme_uri, valueURI=subject.value_uri)
            paths = " ".join(f"subjects.{n}.{name}" for name in ("scheme_uri", "value_uri", "lang"))
            self.spoken(parent, "subject", paths, (subject.value, subject.lang), **told)

    def contributors(self) -> None:
        parent = self.part("contributors", "contributors", *self.record.contributors)
        for n, who in enumerate(self.record.contributors):
            one = self.add(parent, "contributor", f"contributors.{n}.role contributors.{n}", contributorType=who.role)
            self.add(one, "contributorName", f"contributors.{n}", who.label)

    def language(self) -> None:
        for tag in [tag for tag in self.record.languages if kept(tag)][:1]:
            self.add(self.root, "language", "languages", as_it_stands(written, tag))

    def related(self) -> None:
        parent = self.part("relatedIdentifiers", "related", *self.record.related)
        for n, each in enumerate(self.record.related):
            scheme = IDENTIFIER_TYPES.get(each.scheme.strip().lower(), each.scheme)
            told = {"relatedIdentifierType": scheme, "relationType": each.relation}
            paths = f"related.{n}.scheme related.{n}.relation"
            self.add(parent, "relatedIdentifier", paths, bare(each.scheme, each.value), **told)

    def rights(self) -> None:
        parent = self.part("rightsList", "licences", *self.record.licences)
        for n, licence in enumerate(self.record.licences):
            self.add(parent, "rights", f"licences.{n}.uri", licence.name or "x", **addresses(rightsURI=licence.uri))

    def descriptions(self) -> None:
        parent = self.part("descriptions", "abstracts", *self.record.abstracts)
        for n, text in enumerate(self.record.abstracts):
            path = f"abstracts.{n}.lang"
            self.spoken(parent, "description", path, (text.value, text.lang), descriptionType="Abstract")

    def places(self) -> None:
        points = [(n, each) for n, each in enumerate(self.record.geo) if (each.latitude, each.longitude) != (None, None)]
        parent = self.part("geoLocations", "geo", *points)
        for n, place in points:
            paths = f"geo.{n}.latitude geo.{n}.longitude"
            point = self.add(self.add(parent, "geoLocation", paths), "geoLocationPoint", paths)
            for name, degrees in (("pointLongitude", place.longitude), ("pointLatitude", place.latitude)):
                if degrees is not None:
                    self.add(point, name, paths, f"{degrees:.9f}")

    def funding(self) -> None:
        awards = [(n, each) for n, each in enumerate(self.record.funding) if says_something(each)]
        parent = self.part("fundingReferences", "funding", *awards)
        for n, each in awards:
            one = self.add(parent, "fundingReference", f"funding.{n}")
            self.add(one, "funderName", f"funding.{n}.funder_name", each.funder_name)
            scheme, known = kept(each.funder_id_scheme), datacite.funder_id(each)
            if scheme and known is not None:
                registry = known.scheme if known.scheme != "Other" or scheme.lower() == "other" else scheme
                path = f"funding.{n}.funder_id_scheme"
                self.add(one, "funderIdentifier", path, each.funder_id, funderIdentifierType=registry)
            self.add(one, "awardNumber", f"funding.{n}.award_uri", each.award_no, **addresses(awardURI=each.award_uri))


_PARTS = (
    Plain.mandatory, Plain.subjects, Plain.contributors, Plain.language, Plain.related, Plain.rights, Plain.descriptions,
    Plain.places, Plain.funding,
)  # fmt: skip


def document(record: Record) -> tuple[etree._Element, dict[int, str]]:
    """Return the document of a record, and the fields each of its elements (by its line) is of."""
    plain = Plain(record)
    for write in _PARTS:
        write(plain)
    return plain.root, plain.fields


def as_it_stands(read: Callable[[str], str], text: str) -> str:
    """Return a text as it is written where it can be, else as it stands."""
    return read(text) or text


def addresses(**given: str) -> dict[str, str]:
    return {name: as_it_stands(uri, text) for name, text in given.items() if kept(text)}


def says_something(funding: Funding) -> bool:
    return any(map(kept, (funding.funder_name, funding.funder_id, funding.award_no, funding.award_title, funding.acronym)))
