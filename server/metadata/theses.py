"""What the formats for theses share: which works are theses, of which level and day, and how their people and texts are told."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from server.metadata.addresses import bare, link, uri
from server.metadata.dates import date_of
from server.records.model import AgentId, Record
from server.records.vocabulary import TYPES
from server.xml import kept

_THESES = frozenset(code for code, kind in TYPES.items() if kind.category in {"etd", "etdexternal"})
_HABILITATION = frozenset({"habilitation", "postdoctoral", "post-doctoral", "thesis.habilitation"})


class Level(StrEnum):
    """The level of the degree a thesis was written for, as ETD-MS 1.0 words it (degree/level)."""

    BACHELOR = "bachelors"
    MASTER = "masters"
    DOCTOR = "doctoral"
    HABILITATION = "postdoctoral"


_LEVELS = {"bachelorThesis": Level.BACHELOR, "masterThesis": Level.MASTER, "doctoralThesis": Level.DOCTOR}


class Element(NamedTuple):
    """One element as the template writes it: its name, its text, and its attributes with their values."""

    name: str
    value: str
    attributes: tuple[tuple[str, str], ...] = ()


def element(name: str, value: str, **attributes: str) -> Iterator[Element]:
    """Return an element if it has a text, with those of its attributes that have one; `xml_lang` stands for `xml:lang`."""
    if value := kept(value):
        yield Element(name, value, tuple((a.replace("_", ":"), v) for a, text in attributes.items() if (v := kept(text))))


def once(elements: Iterable[Element]) -> tuple[Element, ...]:
    """Return the elements in their order, none twice but for creators: two people may share a name."""
    found: list[Element] = []
    for each in elements:
        if each.name.endswith("creator") or each not in found:
            found.append(each)
    return tuple(found)


def is_thesis(record: Record) -> bool:
    """Say whether a work was written for a degree."""
    return record.type in _THESES


def level(record: Record) -> Level:
    """Return the level of a thesis: that of its type, but for the one degree above the doctor's, which no type names."""
    if record.thesis.degree_level.strip().lower() in _HABILITATION:
        return Level.HABILITATION
    return _LEVELS[TYPES[record.type].eurepo]


def day(*texts: str) -> str:
    """Return the first of some dates that catalogues of theses can hold: YYYY, YYYY-MM or YYYY-MM-DD of our era."""
    return next((date for text in texts if (date := date_of(text)) and not date.startswith("-")), "")


def issued(record: Record) -> str:
    """Return the day a thesis came out, else the one its degree was awarded on."""
    return day(record.dates.issued, record.thesis.date_awarded, record.dates.accepted)


def awarded(record: Record) -> str:
    """Return the day a degree was awarded, else the one the thesis was accepted or came out on."""
    return day(record.thesis.date_awarded, record.dates.accepted, record.dates.issued)


def is_named(record: Record) -> bool:
    """Say whether a thesis has a title and one creator at least whose name can be written."""
    return bool(kept(record.title.value)) and any(kept(creator.label) for creator in record.creators)


def id_of(ids: Iterable[AgentId], scheme: str) -> str:
    """Return the identifier a person or body has in a registry, bare, or an empty string."""
    return next((kept(bare(scheme, i.value)) for i in ids if i.scheme.strip().lower() == scheme), "")


def authority(ids: Iterable[AgentId]) -> str:
    """Return the address of a person or body in a registry, or an empty string; ORCID before all others."""
    addresses = (uri(link(i.scheme.strip(), i.value)) for i in sorted(ids, key=lambda i: i.scheme.strip().lower() != "orcid"))
    return next((address for address in addresses if address.startswith(("http://", "https://"))), "")
