"""Tables for spreadsheets (CSV, RFC 4180): cells that no spreadsheet takes for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

MARK = "\ufeff"
"""By which spreadsheets know a file for UTF-8; it stands before its first row."""

#: What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), also in the wide forms of East Asian fonts.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_GUARD = "'"


def guarded(text: str) -> str:
    """Return a text as a cell that is only a text: an apostrophe stands before what looks like a formula or is guarded."""
    return f"{_GUARD}{text}" if _is_in_doubt(text) else text


def bare(cell: str) -> str:
    """Take the guard off again: `bare(guarded(text)) == text`."""
    return cell[1:] if cell.startswith(_GUARD) and _is_in_doubt(cell[1:]) else cell


def _is_in_doubt(text: str) -> bool:
    return text.startswith("\n") or text.lstrip(" \n").startswith((*_FORMULA, _GUARD))


def lines(rows: Iterable[Sequence[str]]) -> str:
    """Write rows, each cell guarded."""
    out = io.StringIO()
    csv.writer(out).writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue()
