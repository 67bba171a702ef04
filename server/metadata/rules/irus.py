"""What IRUS reads of a record to count its use: the page of the item, one DOI, and one type it can map."""

from collections.abc import Iterator

from lxml import etree

from server.metadata.harvested import Harvested, Need, lacking, place_of, read
from server.metadata.ruling import Facts, Fault, Rules
from server.metadata.types import NAMES
from server.records.vocabulary import TYPES

NEEDS = (
    Need("title", "Give the work a title."),
    Need("type", "Choose a type."),
    Need("identifier", "Give the address of its page."),
)
#: Our labels and codes, in lower case → the item type IRUS shows for them.
ITEM_TYPES = {word.lower(): NAMES[code].irus for code, kind in TYPES.items() for word in (code, kind.label)}

DCMI = frozenset(kind.dcmi for kind in TYPES.values())


def check(record: etree._Element, facts: Facts) -> Iterator[Fault]:
    """Yield what keeps IRUS from counting the work rightly."""
    found = read(record)
    yield from lacking(found, NEEDS)
    yield from _page(found, facts)
    yield from _dois(found)
    yield from _types(found)


def _page(found: Harvested, facts: Facts) -> Iterator[Fault]:
    """Ask for the name usage events give the item, its OAI identifier, and for its page as the first dc:identifier."""
    if not found.identifier.startswith("oai:"):
        message = f"{found.identifier or 'Nothing'} is no OAI identifier, and usage is counted by it. Use oai-identifiers."
        yield Fault("artnum", "header/identifier", message)
    first, local = next(iter(found.all("identifier")), None), found.identifier.rpartition(":")[2]
    if first and not (first.text.startswith(f"{facts.url}/") and first.text.endswith(f"/{local}")):
        yield Fault("item-page", first.place, f"{first.text} is not the page of the item. Put the address of its page first.")


def _dois(found: Harvested) -> Iterator[Fault]:
    """Ask for one DOI at most: two on one item lower its count (IRUS, managing metadata)."""
    dois = [
        value
        for value in found.all("identifier")
        if "doi.org/10." in value.text or value.text.lower().startswith(("doi:", "10."))
    ]
    for value in dois[1:]:
        yield Fault("doi-one", value.place, f"{value.text} is a second DOI. Keep our own, and name others as relations.")


def _types(found: Harvested) -> Iterator[Fault]:
    """Ask for one type: what IRUS cannot map it shows as {Unspecified}, what contradicts itself as {Unmappable}."""
    known = [value for value in found.all("type") if value.text.lower() in ITEM_TYPES]
    # A broad word of the DCMI beside a granular one of ours does not contradict it: Software, of a workflow.
    granular = [value for value in known if value.text not in DCMI] or known
    if found.all("type") and not known:
        yield Fault("type-granular", place_of("type"), "No dc:type is as granular as ours. Give the label of the type.")
    kinds = {ITEM_TYPES[value.text.lower()]: value for value in granular}
    for value in list(kinds.values())[1:]:
        yield Fault(
            "type-one", value.place, f"{value.text} contradicts another dc:type: {' and '.join(sorted(kinds))}. Keep one."
        )


PLUGIN = Rules(
    name="irus",
    title="IRUS",
    source="IRUS, managing metadata and item types (R5)",
    formats=frozenset({"oai_dc", "oai_dc_plain"}),
    check=check,
)
