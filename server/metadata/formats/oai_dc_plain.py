"""oai_dc for people and simple catalogues: dc:type is our label alone; all else is as in the enriched profile."""

from collections.abc import Iterator

from server.metadata.formats.oai_dc import RULES, Element, Found, elements_of
from server.metadata.work import Work
from server.records.vocabulary import TYPES


def view(work: Work) -> list[Element]:
    """Return the elements of a work in the order they are written."""
    return elements_of(work, PROFILE)


def _types(work: Work) -> Iterator[Found]:
    yield TYPES[work.record.type].label, "en"


PROFILE = tuple((RULES | {"type": _types}).items())
