"""Where a harvested record came from, with what its repository says of where it had it from itself."""

from urllib.parse import urlsplit, urlunsplit

from lxml import etree

from server.records.provenance import Provenance
from server.xml import text_of

_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_PROVENANCE = "{http://www.openarchives.org/OAI/2.0/provenance}"
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def shown(url: str) -> str:
    """Return a base URL as it may be told to others: a name, a password or a key in it is nobody's business."""
    there = urlsplit(url)
    return urlunsplit((there.scheme, there.netloc.rpartition("@")[2], there.path, "", ""))


def provenance(record: etree._Element, metadata: etree._Element, base_url: str, harvested: str) -> Provenance | None:
    """Return where a `<record>` comes from; None where its repository named or dated it so that it cannot be said."""
    header = record.find(f"{_OAI}header")
    found = record.iterfind(f"{_OAI}about/{_PROVENANCE}provenance/{_PROVENANCE}originDescription")
    try:
        return Provenance(
            base_url=base_url,
            identifier=text_of(header.find(f"{_OAI}identifier")) if header is not None else "",
            datestamp=text_of(header.find(f"{_OAI}datestamp")) if header is not None else "",
            namespace=etree.QName(metadata).namespace or "",
            harvested=harvested,
            origin=_described(next(found, None)),
        )
    except ValueError:
        return None


def _described(element: etree._Element | None) -> Provenance | None:
    """Read an originDescription; None where it is none by its schema, and so cannot be passed on."""
    if element is None:
        return None
    said = {etree.QName(child).localname: text_of(child) for child in element.iterchildren(f"{_PROVENANCE}*")}
    try:
        return Provenance(
            base_url=said["baseURL"],
            identifier=said["identifier"],
            datestamp=said["datestamp"],
            namespace=said["metadataNamespace"],
            harvested=element.get("harvestDate", "").strip(),
            altered=_BOOLEANS[element.get("altered", "").strip()],
            origin=_described(element.find(f"{_PROVENANCE}originDescription")),
        )
    except (ValueError, KeyError):
        return None
