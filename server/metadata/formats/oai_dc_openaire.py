"""oai_dc for OpenAIRE Literature 3: dc:type holds one term of its list, and the version; all else as in the enriched profile."""

from collections.abc import Iterator

from server.metadata.formats.oai_dc import EUREPO, RULES, Element, Found, elements_of, versions
from server.metadata.work import Work
from server.records.vocabulary import TYPES


def view(work: Work) -> list[Element]:
    """Return the elements of a work in the order they are written."""
    return elements_of(work, PROFILE)


def _types(work: Work) -> Iterator[Found]:
    yield EUREPO + TYPES[work.record.type].eurepo
    yield from versions(work.record, EUREPO)


PROFILE = tuple((RULES | {"type": _types}).items())
