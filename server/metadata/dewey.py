"""The Dewey Decimal Classification among the subjects of a work: which they are, and the three digits libraries sort by."""

import re

from server.records.model import Subject

_SCHEMES = frozenset({"ddc", "dewey", "dewey decimal classification"})
_NUMBER = re.compile(r"\s*(\d{3})(?:\.\d*)?\s*", re.ASCII)


def is_dewey(subject: Subject) -> bool:
    """Say whether a subject is a class of Dewey's."""
    return subject.scheme.strip().lower() in _SCHEMES


def main_class(number: str) -> str:
    """Return the three digits a Dewey number begins with (DINI and the DNB want no more), or an empty string where it is none."""
    found = _NUMBER.fullmatch(number)
    return found[1] if found else ""
