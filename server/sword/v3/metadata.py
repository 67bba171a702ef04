"""A record as the default metadata of SWORD 3.0: Dublin Core in JSON, one string for each term (§ 9.3). Pure."""

from collections.abc import Iterable

from server.records.model import Record
from server.records.vocabulary import TYPES
from server.sword.model import UNTYPED

CONTEXT = "https://swordapp.github.io/swordv3/swordv3.jsonld"
_BETWEEN = "; "
"""Stands between several values of a term, as the schema allows one string each; our reader takes them apart again."""


def terms(record: Record) -> dict[str, str]:
    """Return what is known of a work as terms; those it has nothing for are left out."""
    container, dates = record.container, record.dates
    found: dict[str, Iterable[str]] = {
        "dc:title": [record.title.value + (f": {record.subtitle}" if record.subtitle else "")],
        "dcterms:alternative": (title.value for title in record.alt_titles),
        "dc:creator": (agent.label for agent in record.creators),
        "dc:contributor": (agent.label for agent in record.contributors),
        "dc:subject": (subject.value for subject in record.subjects),
        "dcterms:abstract": (text.value for text in record.abstracts),
        "dcterms:tableOfContents": [record.toc],
        "dc:publisher": [record.publisher.name],
        "dcterms:issued": [dates.issued],
        "dcterms:dateAccepted": [dates.accepted],
        "dcterms:dateSubmitted": [dates.submitted],
        "dcterms:available": [dates.available or dates.embargo_until],
        "dcterms:created": [dates.created],
        "dcterms:modified": [dates.updated],
        "dc:type": [TYPES[record.type].label if record.type != UNTYPED else ""],
        "dc:language": record.languages,
        "dc:identifier": (f"{each.scheme}:{each.value}" if each.scheme == "doi" else each.value for each in record.identifiers),
        "dcterms:isPartOf": [container.title],
        "dcterms:bibliographicCitation": [record.citation_text],
        "dcterms:license": (licence.uri or licence.name for licence in record.licences[:1]),
        "dc:rights": [record.rights_statement],
        "dcterms:spatial": (place.name for place in record.geo),
        "dcterms:temporal": record.temporal,
    }
    return {term: text for term, values in found.items() if (text := _BETWEEN.join(filter(None, values)))}


def document(address: str, record: Record | None) -> dict[str, str]:
    """Return the metadata document of an object; one without metadata has no fields."""
    return {"@context": CONTEXT, "@id": address, "@type": "Metadata", **(terms(record) if record is not None else {})}
