"""Which sets a record is in: computed from the record, every node of the hierarchy named (OAI-PMH 2.6)."""

from server.records.model import Record
from server.records.vocabulary import ACCESS, CATEGORIES, TYPES

OPEN = "open_access"
"""The set of what everybody may read."""


def specs_of(record: Record, collection: str) -> tuple[str, ...]:
    """Return the setSpecs of a published record, parents before children."""
    category = TYPES[record.type].category
    short = record.type.partition(".")[2]
    specs = [f"collection:{collection}", f"type:{category}", f"type:{category}:{short}"]
    if record.access == "open":
        specs.append(OPEN)
    return ("collection", *specs[:1], "type", *specs[1:])


def name_of(spec: str) -> str:
    """Return what a set is called."""
    kind, _, rest = spec.partition(":")
    if is_hidden(spec):
        return spec
    if kind == OPEN:
        return f"Works in {ACCESS['open'].label}"
    if not rest:
        return {"collection": "Works by collection", "type": "Works by type"}[kind]
    if kind == "collection":
        return f"Collection {rest}"
    category, _, short = rest.partition(":")
    return TYPES[f"{category}.{short}"].label if short else CATEGORIES[category]


def is_hidden(spec: str) -> bool:
    """Whether this is no set, but what a base URL chooses its records by: no client can ask for it, no header shows it."""
    return spec.startswith("/")
