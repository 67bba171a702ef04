"""A run's report as a table for spreadsheets (CSV, RFC 4180), in which nothing is taken for a formula."""

import csv
import io
from collections.abc import Iterable

from server.runs.model import Item

HEAD = ("number", "id", "title", "outcome", "message")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rows(items: Iterable[Item]) -> bytes:
    """Write items as rows."""
    return _written((str(i.seq), i.subject.id, i.subject.title, i.outcome.value, i.message) for i in items)


def head() -> bytes:
    """Write the first row, after the mark by which spreadsheets know UTF-8."""
    return "\ufeff".encode() + _written([HEAD])


def plain(text: str) -> str:
    """Return a text that no spreadsheet runs: what begins like a formula begins with an apostrophe."""
    return f"'{text}" if text.lstrip(" \n").startswith(_FORMULA) else text


def _written(lines: Iterable[tuple[str, ...]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([plain(cell) for cell in line] for line in lines)
    return out.getvalue().encode()
