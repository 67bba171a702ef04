"""What the rules of an aggregator are: code that reads a record as it was given to harvesters, and says what is wrong with it.

A schema says what may stand in a document; these say what must, for this aggregator to take the record and show it well.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

from server.registry import Registry


class Weight(StrEnum):
    """How much a fault weighs."""

    ERROR = "error"  # the aggregator refuses the record, or takes it wrongly
    ADVICE = "advice"  # it takes it, and does less with it


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules know beside the record: the address of the repository, without a slash at its end."""

    url: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule that does not hold: its name, where (an XPath within the record), and a sentence with the remedy."""

    rule: str
    place: str
    message: str
    weight: Weight = Weight.ERROR


Check = Callable[[etree._Element, Facts], Iterator[Fault]]  # noqa: SLF001 - lxml has no other name for it

Survey = Callable[[Facts], Iterator[Fault]]


def _nothing(_facts: Facts) -> Iterator[Fault]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one aggregator.

    `name` is short and for addresses, `title` for people, `source` the document they are taken from. `formats` names the
    formats (by name, not by prefix) they judge. `check` takes a `<record>` element as a harvester gets it, with its header,
    and never raises for what stands in it; a deleted record is not shown to it. `survey` says what is wrong with the repository
    itself, so that it is said once of a list and not of every record.
    """

    name: str
    title: str
    source: str
    formats: frozenset[str]
    check: Check
    survey: Survey = _nothing


def rules() -> Registry[Rules]:
    """Find the rules on their shelf."""
    return Registry("server.metadata.rules", Rules, lambda found: found.name)
