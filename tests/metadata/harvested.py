"""Makes records as harvesters get them, for the tests of the rules of aggregators."""

from lxml import etree

from server.metadata.format import formats
from server.metadata.ruling import Facts, Fault, Rules, Weight
from tests.metadata import famous

OAI = "http://www.openarchives.org/OAI/2.0/"
FACTS = Facts("https://repo.example.org")
_FORMATS = formats()


def record(name: str, work: famous.Work, sets: tuple[str, ...] = ()) -> etree._Element:
    """Return the `<record>` of a work in a format, in these sets."""
    specs = "".join(f"<setSpec>{spec}</setSpec>" for spec in sets)
    header = f"<header><identifier>{work.oai_id}</identifier><datestamp>2026-01-15T00:00:00Z</datestamp>{specs}</header>"
    return etree.fromstring(f'<record xmlns="{OAI}">{header}<metadata>{_FORMATS[name].write(work)}</metadata></record>')


def altered(found: etree._Element, element: str, *values: str) -> etree._Element:
    """Put other values in place of all of one dc element."""
    root = found.find(f"{{{OAI}}}metadata")[0]
    for old in root.findall(f"{{http://purl.org/dc/elements/1.1/}}{element}"):
        root.remove(old)
    for value in values:
        etree.SubElement(root, f"{{http://purl.org/dc/elements/1.1/}}{element}").text = value
    return found


def faults(rules: Rules, found: etree._Element) -> list[Fault]:
    """Return what is wrong, each with a place that exists or could, and a sentence."""
    told = list(rules.check(found, FACTS))
    for fault in told:
        assert fault.place.startswith(("metadata/oai_dc:dc/dc:", "header/")), fault
        assert fault.message.endswith("."), fault
    return told


def errors(rules: Rules, found: etree._Element) -> set[str]:
    """Return the names of the rules that make the aggregator refuse the record."""
    return {fault.rule for fault in faults(rules, found) if fault.weight is Weight.ERROR}


def advice(rules: Rules, found: etree._Element) -> set[str]:
    """Return the names of the rules it merely would like to see kept."""
    return {fault.rule for fault in faults(rules, found) if fault.weight is Weight.ADVICE}
