"""The Dublin Core of a receipt (SWORD 2.0 § 10): what was sent as metadata, as the record has it now. Pure."""

from collections.abc import Iterator

from server.metadata.formats.oai_qdc import Element, view
from server.metadata.work import Work
from server.sword.model import Holding


def elements(holding: Holding) -> Iterator[Element]:
    """Return the elements of DCMI Metadata Terms that a container's record says, those of its identifiers among them.

    Clients read `dcterms` alone; each of the fifteen old elements has one of its name there.
    """
    if holding.record is None:
        return
    record = holding.record
    seen: set[tuple[str, str]] = set()
    work = Work(holding.container.id, record, landing_url="", oai_id="", file_urls=("",) * len(record.files))
    named = [Element("dcterms:identifier", value) for value, _ in holding.identifiers]
    for name, value, lang, scheme in [*view(work), *named]:
        term = name.replace("dc:", "dcterms:", 1) if name.startswith("dc:") else name
        if (term, value) not in seen or term == "dcterms:creator":
            seen.add((term, value))
            yield Element(term, value, lang, scheme)
