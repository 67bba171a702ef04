"""The golden rules of BASE, the search engine of Bielefeld: an address that works, and metadata people can find a work by.

It harvests oai_dc, where all of them are asked; of any other format only what holds everywhere: that it leads to the work.
What it asks of the server (stable answers, datestamps that move, deletions that are announced) no single record shows.
"""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from lxml import etree

from server.metadata.harvested import Harvested, Need, lacking, languages, one_date, place_of, read
from server.metadata.ruling import Facts, Fault, Rules, Weight
from server.records.vocabulary import ACCESS, TYPES

NEEDS = (
    Need("title", "Give the work a title."),
    Need("identifier", "Give the address of its page."),
    Need("creator", "Name who made it, or it will hardly be found.", Weight.ADVICE),
    Need("date", "Say when it came out.", Weight.ADVICE),
    Need("type", "Choose a type.", Weight.ADVICE),
    Need("description", "Add an abstract, which the search reads.", Weight.ADVICE),
)
SEMANTICS = "info:eu-repo/semantics/"
_TYPES = frozenset(SEMANTICS + kind.eurepo for kind in TYPES.values())
_ACCESS = frozenset(SEMANTICS + level.eurepo for level in ACCESS.values())
_DUBLIN_CORE = frozenset({"oai_dc", "oai_dc_plain", "oai_dc_openaire", "oai_dc_dini"})
_OTHERS = frozenset(
    {
        "oai_qdc", "datacite", "oai_datacite", "oai_openaire", "rioxx", "mods", "mets", "marcxml", "etdms", "uketd_dc",
        "xmetadissplus",
    }
)  # fmt: skip
_OAI_DC = "{http://www.openarchives.org/OAI/2.0/oai_dc/}dc"


def check(record: etree._Element, facts: Facts) -> Iterator[Fault]:
    """Yield what BASE would index badly, or not at all."""
    root = record.find("{http://www.openarchives.org/OAI/2.0/}metadata/*")
    if root is not None and root.tag != _OAI_DC:
        yield from _leads_home(root, facts)
        return
    found = read(record)
    yield from lacking(found, NEEDS)
    yield from _addresses(found, facts)
    yield from _creators(found)
    yield from one_date(found)
    yield from _terms(found)
    yield from languages(found)


def survey(facts: Facts) -> Iterator[Fault]:
    """Yield what hinders BASE in every record: pages at an address that only we can open."""
    if not _is_public(facts.url):
        message = f"The repository calls itself {facts.url}, which nobody elsewhere can open. Set SHEAF_BASE_URL."
        yield Fault("repository-address", "", message)


def _leads_home(root: etree._Element, facts: Facts) -> Iterator[Fault]:
    """Ask for an address of ours somewhere, be it a text or an attribute."""
    begins = f"{facts.url}/"
    texts = (text for node in root.iter(etree.Element) for text in (node.text or "", *map(str, node.attrib.values())))
    if not any(text.strip().startswith(begins) for text in texts):
        message = f"Nothing in the metadata leads to the work at {facts.url}. Give the address of its page."
        yield Fault("identifier-address", "metadata", message)


def _addresses(found: Harvested, facts: Facts) -> Iterator[Fault]:
    """Ask for an address that leads to the page or the full text, and that the world can reach; for ours `survey` asks."""
    values = found.all("identifier")
    addresses = [value for value in values if value.text.lower().startswith(("https://", "http://"))]
    if values and not addresses:
        message = "No dc:identifier begins with http:// or https://. Give the address of the item's page."
        yield Fault("identifier-address", place_of("identifier"), message)
    for value in addresses:
        ours = value.text.startswith(f"{facts.url}/")
        if not _is_whole(value.text) or not (ours or _is_public(value.text)):
            message = f"{value.text} cannot be opened from elsewhere. Write an address with the public name of the server."
            yield Fault("identifier-works", value.place, message)


def _is_whole(address: str) -> bool:
    return not any(character.isspace() for character in address)


def _is_public(address: str) -> bool:
    """Say whether an address can work: of a host the world knows."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:  # brackets that hold no IP address
        return False
    try:
        return ip_address(host).is_global
    except ValueError:  # a name
        return "." in host and not host.endswith((".localhost", ".local", ".internal"))


def _creators(found: Harvested) -> Iterator[Fault]:
    """Ask for one name in each element; a semicolon in a name parts two."""
    for value in found.all("creator"):
        if "; " in value.text:
            message = f"{value.text} looks like several names. Give each an element of its own."
            yield Fault("creator-each", value.place, message, Weight.ADVICE)


def _terms(found: Harvested) -> Iterator[Fault]:
    """Ask for type and access in the words of info:eu-repo, which BASE sorts by."""
    for name, known, rule in (("type", _TYPES, "type-eurepo"), ("rights", _ACCESS, "rights-access")):
        if not any(value.text in known for value in found.all(name)) and (found.all(name) or name == "rights"):
            message = f"No dc:{name} is a term of info:eu-repo. Add the one that fits."
            yield Fault(rule, place_of(name), message, Weight.ADVICE)


PLUGIN = Rules(
    name="base",
    title="BASE",
    source="BASE, Golden Rules for Repository Managers",
    formats=_DUBLIN_CORE | _OTHERS,
    check=check,
    survey=survey,
)
