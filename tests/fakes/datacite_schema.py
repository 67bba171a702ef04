"""DataCite's refusals of metadata: kernel 4 validated as its REST API does, in the words and the shape of its answers."""

import os
from functools import cache
from pathlib import Path

from lxml import etree

KERNEL = "http://datacite.org/schema/kernel-4"
SHARED = Path(os.environ.get("SHEAF_SHARED") or Path(__file__).resolve().parents[2] / ".." / "shared").resolve()
XSD = SHARED / "data" / "schemas" / "datacite" / "kernel-4.7" / "metadata.xsd"

#: Schema element → attribute of the REST API, where their names differ.
_SOURCES = {
    "date": "dates",
    "publicationYear": "publication_year",
    "alternateIdentifiers": "identifiers",
    "relatedIdentifiers": "related_identifiers",
    "relatedItems": "related_items",
    "geoLocations": "geo_locations",
    "rightsList": "rights_list",
    "fundingReferences": "funding_references",
    "version": "version_info",
    "resource": "xml",
}

Error = dict[str, str]


@cache
def schema() -> etree.XMLSchema | None:
    """Load the official schema, or nothing where the shared data is not at hand."""
    return etree.XMLSchema(file=str(XSD)) if XSD.exists() else None


def refusals(doi: str, xml: bytes) -> list[Error]:
    """Return what is wrong with a document, one error for each source as the API gives them."""
    try:
        document = etree.fromstring(xml, etree.XMLParser(no_network=True, resolve_entities=False))
    except etree.XMLSyntaxError as error:
        return [{"source": "xml", "title": f"{error.msg} at line {error.position[0]}, column {error.position[1]}", "uid": doi}]
    namespace = etree.QName(document).namespace or ""
    if namespace != KERNEL:
        return [{"source": "xml", "title": f"DOI {doi}: Schema {namespace} is no longer supported", "uid": doi}]
    official = schema()
    if official is None or official.validate(document):
        return []
    found: dict[str, Error] = {}
    for entry in official.error_log:
        # libxml2 says: Element '{namespace}name'[, attribute 'name']: text. The API cuts at the brace and drops the last quote.
        element, _, text = entry.message.partition(": ")
        source = element.rpartition("}")[2][:-1]
        source = _SOURCES.get(source, source)
        found.setdefault(source, {"source": source, "title": f"DOI {doi}: {text} at line {entry.line}, column 0", "uid": doi})
    return list(found.values())


def document_of(doi: str, attributes: dict[str, object]) -> bytes:
    """Write the mandatory properties of JSON attributes as XML, so that both ways in meet the same schema."""
    root = etree.Element(f"{{{KERNEL}}}resource", nsmap={None: KERNEL})

    def add(parent: etree._Element, tag: str, text: object = "", **attribute: str) -> etree._Element:
        child = etree.SubElement(parent, f"{{{KERNEL}}}{tag}", attribute)
        child.text = str(text)
        return child

    add(root, "identifier", doi, identifierType="DOI")
    creators, titles = add(root, "creators"), add(root, "titles")
    for creator in attributes.get("creators") or []:
        add(add(creators, "creator"), "creatorName", creator.get("name", ""))
    for title in attributes.get("titles") or []:
        add(titles, "title", title.get("title", ""))
    publisher = attributes.get("publisher") or ""
    add(root, "publisher", publisher.get("name", "") if isinstance(publisher, dict) else publisher)
    add(root, "publicationYear", attributes.get("publicationYear") or "")
    types = attributes.get("types") or {}
    add(root, "resourceType", types.get("resourceType", ""), resourceTypeGeneral=types.get("resourceTypeGeneral", ""))
    return etree.tostring(root)
