"""A record in Dublin Core as a harvester gets it: what it says, element by element, and what aggregators ask of all alike."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from lxml import etree

from server.metadata.dublin_core import ELEMENTS
from server.metadata.ruling import Fault, Weight
from server.records.model import is_date
from server.xml import text_of

_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_DC = f"{{{ELEMENTS}}}"
#: What stands before the end of an embargo among the dates (OpenAIRE Literature 3, embargo end date).
EMBARGO_END = "info:eu-repo/date/embargoEnd/"


class Value(NamedTuple):
    """One value and where it stands, an XPath within the record."""

    text: str
    place: str


class Need(NamedTuple):
    """An element that must be there at least once, and what to do where it is not."""

    element: str
    remedy: str
    weight: Weight = Weight.ERROR


#: Without these OpenAIRE and DINI refuse a record.
NEEDED = (
    Need("title", "Give the work a title."),
    Need("creator", "Name who made it."),
    Need("date", "Say when it came out."),
    Need("type", "Choose a type."),
    Need("identifier", "Give its address."),
)
#: Without these they do less with it.
ADVISED = (
    Need("language", "Say in which language it is.", Weight.ADVICE),
    Need("publisher", "Name the publisher.", Weight.ADVICE),
)


@dataclass(frozen=True, slots=True)
class Harvested:
    """What the header and the metadata of a record say; empty elements are left out."""

    identifier: str
    sets: frozenset[str]
    elements: dict[str, tuple[Value, ...]] = field(default_factory=dict)

    def all(self, name: str) -> tuple[Value, ...]:
        """Return the values of an element in their order."""
        return self.elements.get(name, ())

    def starting(self, name: str, beginning: str) -> tuple[Value, ...]:
        """Return the values of an element that begin with something."""
        return tuple(value for value in self.all(name) if value.text.startswith(beginning))


def read(record: etree._Element) -> Harvested:
    """Read a `<record>` with its header."""
    found: dict[str, list[Value]] = {}
    root = next((child for child in record.iterfind(f"{_OAI}metadata/*") if isinstance(child.tag, str)), None)
    seen: dict[str, int] = {}
    for element in root.iterchildren(f"{_DC}*") if root is not None else ():
        name = str(element.tag).removeprefix(_DC)
        seen[name] = seen.get(name, 0) + 1
        if text := text_of(element):
            found.setdefault(name, []).append(Value(text, f"{place_of(name)}[{seen[name]}]"))
    header = record.find(f"{_OAI}header")
    return Harvested(
        identifier=text_of(header.find(f"{_OAI}identifier")) if header is not None else "",
        sets=frozenset(text_of(spec) for spec in header.iterfind(f"{_OAI}setSpec")) if header is not None else frozenset(),
        elements={name: tuple(values) for name, values in found.items()},
    )


def place_of(name: str) -> str:
    """Return where an element stands or should stand."""
    return f"metadata/oai_dc:dc/dc:{name}"


def lacking(found: Harvested, needs: Iterable[Need]) -> Iterator[Fault]:
    """Name the elements that are needed and not there."""
    for name, remedy, weight in needs:
        if not found.all(name):
            yield Fault(name, place_of(name), f"There is no dc:{name}. {remedy}", weight)


def described(found: Harvested, needs: Iterable[Need]) -> Iterator[Fault]:
    """Ask for the elements an aggregator needs, and for dates, addresses and languages as they all read them."""
    yield from lacking(found, needs)
    yield from one_date(found)
    yield from address_first(found)
    yield from languages(found)


def address_first(found: Harvested) -> Iterator[Fault]:
    """Ask for a first dc:identifier that leads somewhere: it is where users are sent."""
    first = next(iter(found.all("identifier")), None)
    if first and not first.text.startswith(("https://", "http://")):
        yield Fault("identifier-address", first.place, f"{first.text} is no address. Put that of the item's page first.")


def one_date(found: Harvested) -> Iterator[Fault]:
    """Ask for one date of publication, a day, a month or a year; the end of an embargo does not count."""
    dates = [value for value in found.all("date") if not value.text.startswith(EMBARGO_END)]
    for value in dates:
        if not is_date(value.text):
            yield Fault(
                "date-form", value.place, f"{value.text} is not YYYY, YYYY-MM or YYYY-MM-DD. Write the date in that form."
            )
    for value in dates[1:]:
        yield Fault("date-one", value.place, "There is more than one date of publication. Keep the day the work came out.")
    if found.all("date") and not dates:
        yield Fault("date-one", place_of("date"), "There is no date of publication. Say when the work came out.")


def languages(found: Harvested) -> Iterator[Fault]:
    """Ask for languages by codes of three letters."""
    for value in found.all("language"):
        if not (len(value.text) == 3 and value.text.isascii() and value.text.islower()):  # noqa: PLR2004 - ISO 639-3
            message = f"{value.text} is no code of ISO 639-3. Write the language with three letters."
            yield Fault("language-code", value.place, message, Weight.ADVICE)
