"""A run's report as a table for spreadsheets."""

from collections.abc import Iterable

from server import spreadsheet
from server.runs.model import Item

HEAD = ("number", "id", "title", "outcome", "message")


def rows(items: Iterable[Item]) -> bytes:
    """Write items as rows."""
    cells = ((str(i.seq), i.subject.id, i.subject.title, i.outcome.value, i.message) for i in items)
    return spreadsheet.lines(cells).encode()


def head() -> bytes:
    """Write the first row, after the mark by which spreadsheets know UTF-8."""
    return (spreadsheet.MARK + spreadsheet.lines([HEAD])).encode()
