"""oai_dc for the DINI certificate: `doc-type:`, `status-type:` and `ddc:` values; all else is as in the enriched profile."""

import re
from collections.abc import Iterator

from server.metadata.formats.oai_dc import RULES, Element, Found, elements_of, subjects, versions
from server.metadata.types import NAMES
from server.metadata.work import Work
from server.records.vocabulary import TYPES

#: DINI certificate, annex on OAI: a class is three digits of the Dewey classification. What follows them is left out.
_CLASS = re.compile(r"\s*(\d{3})(?:\.\d*)?\s*", re.ASCII)


def view(work: Work) -> list[Element]:
    """Return the elements of a work in the order they are written."""
    return elements_of(work, PROFILE)


def _subjects(work: Work) -> Iterator[Found]:
    yield from subjects(work.record, lambda code: f"ddc:{found[1]}" if (found := _CLASS.fullmatch(code)) else "")


def _types(work: Work) -> Iterator[Found]:
    yield f"doc-type:{NAMES[work.record.type].dini}"
    yield TYPES[work.record.type].dcmi
    yield from versions(work.record, "status-type:")


PROFILE = tuple((RULES | {"subject": _subjects, "type": _types}).items())
