"""What changed, as people look for it: lists of things are compared thing by thing, and only what differs is told. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: The fields by which one row of a list is known again, the surest first.
_NAMES = ("id", "code", "path", "spec", "account", "name", "title", "label")


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs: where it stands, and what it was and is; empty where it was not or is no more."""

    field: str
    before: str
    after: str


def compared(changes: Mapping[str, Sequence[Any]]) -> list[Difference]:
    """Return what differs in documents, from the values of their fields before and after."""
    return [each for name, (before, after) in changes.items() for each in _compared(name, before, after)]


def _compared(field: str, before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _parts(field, before, after)
    elif _has_rows(before, after):
        was, now = _named(before or ()), _named(after or ())
        yield from _parts(field, was, now)
        if was == now:
            yield Difference(field, ", ".join(was), ", ".join(now))
    elif isinstance(before, list) and isinstance(after, list):
        gone, new = ([each for each in here if each not in there] for here, there in ((before, after), (after, before)))
        yield Difference(field, *map(_text, (gone, new) if gone or new else (before, after)))
    else:
        yield Difference(field, _text(before), _text(after))


def _parts(field: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys((*before, *after)):
        yield from _compared(f"{field} › {name}", before.get(name), after.get(name))


def _has_rows(*values: Any) -> bool:
    """Whether these are lists of rows; one of them may be none, or empty."""
    rows = [row for value in values for row in (value if isinstance(value, list) else ())]
    return (
        all(value is None or isinstance(value, list) for value in values)
        and bool(rows)
        and all(isinstance(row, dict) for row in rows)
    )


def _named(rows: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return rows by what each is called, else by its number."""
    found: dict[str, Mapping[str, Any]] = {}
    for number, row in enumerate(rows, 1):
        name = next((str(row[name]) for name in _NAMES if row.get(name)), "")
        found[name if name and name not in found else f"{name} {number}".strip()] = row
    return found


def _text(value: Any) -> str:
    """Return a value as a line: what is empty is left out."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_text(part)}" for name, part in value.items() if part not in (None, "", [], {}))
    return json.dumps(value)
