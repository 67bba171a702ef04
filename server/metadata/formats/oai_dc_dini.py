"""oai_dc for the DINI certificate: `doc-type:`, `status-type:` and `ddc:` values; all else is as in the enriched profile."""

from collections.abc import Iterator

from server.metadata.dewey import main_class
from server.metadata.formats.oai_dc import RULES, Element, Found, elements_of, subjects, versions
from server.metadata.types import NAMES
from server.metadata.work import Work
from server.records.vocabulary import TYPES


def view(work: Work) -> list[Element]:
    """Return the elements of a work in the order they are written."""
    return elements_of(work, PROFILE)


def _subjects(work: Work) -> Iterator[Found]:
    yield from subjects(work.record, lambda code: f"ddc:{digits}" if (digits := main_class(code)) else "")


def _types(work: Work) -> Iterator[Found]:
    yield f"doc-type:{NAMES[work.record.type].dini}"
    yield TYPES[work.record.type].dcmi
    yield from versions(work.record, "status-type:")


PROFILE = tuple((RULES | {"subject": _subjects, "type": _types}).items())
