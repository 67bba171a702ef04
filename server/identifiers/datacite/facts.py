"""DataCite's metadata in the form in which they are compared: of a document of ours, and of an answer of its REST API.

DataCite keeps the document and makes attributes of it: names are turned around and titled, markup is taken away, an *Issued* date
and subjects of the Fields of Science are added, licences get the address of their legal code. Whatever it may change by itself is
left out or levelled here, on both sides; so what differs was changed by somebody.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lxml import etree

from server.identifiers.canonical import address, name, plain, several
from server.identifiers.model import Facts
from server.xml import parse, text_of

Row = Mapping[str, str]
"""One entry of a field: its parts by their names in the REST API."""

_CONTENT = "content"
_LEGAL_CODE = "/legalcode"
_DOI = ("doi.org/", "dx.doi.org/", "doi:")


def _related(row: Row) -> str:
    value = address(row.get("relatedIdentifier", ""))
    for lead in _DOI:
        value = value.removeprefix(lead)
    return f"{row.get('relationType', '')} {value}"


def _subject(row: Row) -> str:
    said = plain(row.get("subject", ""))
    return "" if said.startswith("fos:") else said


def _date(row: Row) -> str:
    kind = row.get("dateType", "")
    return "" if kind == "Issued" else f"{kind} {plain(row.get('date', ''))}"


def _licence(row: Row) -> str:
    return address(row.get("rightsUri", "")).removesuffix(_LEGAL_CODE).rstrip("/")


def _grant(row: Row) -> str:
    return f"{plain(row.get('funderName', ''))} {plain(row.get('awardNumber', ''))}".strip()


def _named(part: str) -> Callable[[Row], str]:
    def named(row: Row) -> str:
        return name(row.get(part, ""))

    return named


def _said(part: str) -> Callable[[Row], str]:
    def said(row: Row) -> str:
        return plain(row.get(part, ""))

    return said


#: Field → (the name of its list in the REST API, path in the document, what is compared of each entry).
FIELDS: dict[str, tuple[str, str, Callable[[Row], str]]] = {
    "titles": ("titles", "titles/title", _said("title")),
    "creators": ("creators", "creators/creator", _named("name")),
    "contributors": ("contributors", "contributors/contributor", _named("name")),
    "publisher": ("publisher", "publisher", _said("name")),
    "publicationYear": ("publicationYear", "publicationYear", _said(_CONTENT)),
    "resourceType": ("types", "resourceType", _said("resourceTypeGeneral")),
    "subjects": ("subjects", "subjects/subject", _subject),
    "dates": ("dates", "dates/date", _date),
    "relatedIdentifiers": ("relatedIdentifiers", "relatedIdentifiers/relatedIdentifier", _related),
    "version": ("version", "version", _said(_CONTENT)),
    "rights": ("rightsList", "rightsList/rights", _licence),
    "descriptions": ("descriptions", "descriptions/description", _said("description")),
    "funding": ("fundingReferences", "fundingReferences/fundingReference", _grant),
}

#: Element → what its text is called in the REST API; of elements with children, which child it is.
_TEXTS = {
    "title": "title",
    "publisher": "name",
    "subject": "subject",
    "date": "date",
    "relatedIdentifier": "relatedIdentifier",
    "description": "description",
    "creatorName": "name",
    "contributorName": "name",
    "funderName": "funderName",
    "awardNumber": "awardNumber",
}
#: Attribute → its name in the REST API, where they differ.
_ATTRIBUTES = {"rightsURI": "rightsUri"}


def of_document(document: bytes) -> Facts:
    """Return the facts of a document in the DataCite schema."""
    root = parse(document)
    return {
        field: several(compared(_row(element)) for element in root.iterfind(_path(path)))
        for field, (_, path, compared) in FIELDS.items()
    }


def of_attributes(attributes: Mapping[str, Any]) -> Facts:
    """Return the facts of `data.attributes`, as far as they are what the REST API documents."""
    return {
        field: several(compared(row) for row in _rows(attributes.get(listed))) for field, (listed, _, compared) in FIELDS.items()
    }


def _path(path: str) -> str:
    return "/".join(f"{{*}}{step}" for step in path.split("/"))


def _row(element: etree._Element) -> Row:
    row = {_ATTRIBUTES.get(str(key), str(key)): str(value) for key, value in element.attrib.items()}
    for each in (element, *element):
        local = etree.QName(each).localname if isinstance(each.tag, str) else ""
        row[_TEXTS.get(local, _CONTENT if each is element else local)] = text_of(each)
    return row


def _rows(value: object) -> Iterable[Row]:
    """Yield the entries of an attribute, which may be a list, one entry, or a bare text."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            yield {key: str(part) for key, part in each.items() if isinstance(part, str | int) and not isinstance(part, bool)}
        elif isinstance(each, str | int):
            yield {_CONTENT: str(each), "name": str(each)}
