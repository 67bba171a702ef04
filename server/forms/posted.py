"""From posted pairs to what stands in the fields; rows added, removed and moved by their buttons."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from server.forms.entry import MOST_ROWS, Entry, filled, placed, within
from server.forms.field import NOTHING, Field, Widget, join

#: The name of every row button; its value is `add:creators`, `remove:creators.2`, `up:…` or `down:…`.
BUTTON = "row"
#: What a row posts of itself: which of the stored rows it was, or nothing.
ORIGIN = "@"
#: What a secret posts to be removed.
CLEAR = "clear"

_LONGEST_NAME = 300
_LONGEST_NUMBER = 9
_DEEPEST = 12

Pairs = Iterable[tuple[str, Any]]


@dataclass(slots=True)
class _Node:
    """The posted texts of one name, and what was posted below it."""

    texts: list[str] = field(default_factory=list)
    below: dict[str, "_Node"] = field(default_factory=dict)


_EMPTY = _Node()


def read(whole: Field, pairs: Pairs, stored: Any) -> Entry:
    """Return what was posted for the fields of a class; names no field has are passed over, and so is what is no text."""
    top = _Node()
    for name, text in pairs:
        if isinstance(text, str) and len(name) <= _LONGEST_NAME:
            _put(top, whole, name.split("."), text)
    return _written(whole, top, stored, "")


def _put(node: _Node, part: Field, steps: list[str], text: str) -> None:
    """Put a text where its name leads, as far as there are fields: nothing is kept that no field asks for."""
    if len(steps) > _DEEPEST:
        return
    found: Field | None = part
    way = []
    for step in steps:
        found, key = _step(found, step)
        if not key:
            return
        way.append(key)
    for key in way:
        node = node.below.setdefault(key, _Node())
    node.texts.append(text)


def _step(part: Field | None, step: str) -> tuple[Field | None, str]:
    """Return the field one step below and the key it is kept under; no key where there is none."""
    if part is None:
        return None, ""
    if part.widget is Widget.ROWS:
        number = step.isascii() and step.isdecimal() and len(step) <= _LONGEST_NUMBER
        return part.fields[0], str(int(step)) if number else ""
    if part.widget is Widget.FIELDSET:
        child = next((child for child in part.fields if child.name == step), None)
        return child, step if child or step == ORIGIN else ""
    return None, step if step == CLEAR and part.kept else ""


def _written(part: Field, node: _Node, stored: Any, path: str) -> Entry:
    entry = Entry(field=part, path=path, stored=stored)
    if part.read_only:
        return filled(part, stored, path)
    if part.widget is Widget.ROWS:
        return _rows(entry, node, stored)
    if part.widget is Widget.FIELDSET:
        parts = (
            _written(child, node.below.get(child.name, _EMPTY), within(stored, child.name), join(path, child.name))
            for child in part.fields
        )
        return replace(entry, parts=tuple(parts))
    several = part.widget is Widget.CHECKBOXES
    return replace(entry, texts=tuple(node.texts if several else node.texts[:1]), cleared=CLEAR in node.below)


def _rows(entry: Entry, node: _Node, stored: Any) -> Entry:
    """Return the rows in the order of their numbers, numbered anew; each finds the stored row it came from."""
    numbers = sorted(node.below, key=int)
    before = () if stored is NOTHING or stored is None else tuple(stored)
    rows = []
    for place, number in enumerate(numbers[:MOST_ROWS]):
        below = node.below[number]
        origin = _origin(below, len(before))
        was = NOTHING if origin is None else before[origin]
        rows.append(replace(_written(entry.field.fields[0], below, was, join(entry.path, place)), origin=origin))
    return replace(entry, parts=tuple(rows), surplus=len(numbers) > MOST_ROWS)


def _origin(row: _Node, count: int) -> int | None:
    text = next(iter(row.below.get(ORIGIN, _EMPTY).texts), "")
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER):
        return None
    return int(text) if int(text) < count else None


@dataclass(frozen=True, slots=True)
class Press:
    """A row button that was pressed: what to do, and the path of the rows (to add) or of the row."""

    action: str
    path: str


def pressed(pairs: Pairs) -> Press | None:
    """Return the row button among the posted pairs, or None where the form was sent to be saved."""
    for name, value in pairs:
        if name == BUTTON and isinstance(value, str):
            action, _, path = value.partition(":")
            if action in _MOVES:
                return Press(action, path)
    return None


def press(whole: Entry, button: Press) -> tuple[Entry, str]:
    """Return the form after a row button, and the path of what was moved: where the visitor goes on."""
    steps = button.path.split(".")[:_DEEPEST]
    if button.action == "add":
        return _pressed(whole, steps, button.action, MOST_ROWS)
    last = steps.pop()
    number = int(last) if last.isascii() and last.isdecimal() and len(last) <= _LONGEST_NUMBER else -1
    return _pressed(whole, steps, button.action, number)


def _pressed(entry: Entry, steps: list[str], action: str, number: int) -> tuple[Entry, str]:
    """Follow the steps down to the rows, change them there, and put the way back together; an unknown way changes nothing."""
    if not steps:
        if entry.field.widget is not Widget.ROWS or entry.field.read_only:
            return entry, ""
        rows, goal = _MOVES[action](entry, number)
        moved = tuple(placed(row, join(entry.path, place)) for place, row in enumerate(rows))
        return replace(entry, parts=moved), join(entry.path, goal) if 0 <= goal < len(moved) else entry.path
    below = join(entry.path, steps[0])
    found = next((place for place, part in enumerate(entry.parts) if part.path == below), None)
    if found is None:
        return entry, ""
    part, focus = _pressed(entry.parts[found], steps[1:], action, number)
    return replace(entry, parts=(*entry.parts[:found], part, *entry.parts[found + 1 :])), focus


def _add(entry: Entry, _number: int) -> tuple[tuple[Entry, ...], int]:
    if entry.field.closed or len(entry.parts) >= MOST_ROWS:
        return entry.parts, -1
    return (*entry.parts, filled(entry.field.fields[0], NOTHING, join(entry.path, len(entry.parts)))), len(entry.parts)


def _remove(entry: Entry, number: int) -> tuple[tuple[Entry, ...], int]:
    if not 0 <= number < len(entry.parts):
        return entry.parts, -1
    left = (*entry.parts[:number], *entry.parts[number + 1 :])
    return left, min(number, len(left) - 1)


def _up(entry: Entry, number: int) -> tuple[tuple[Entry, ...], int]:
    if not 0 < number < len(entry.parts):
        return entry.parts, number
    rows = list(entry.parts)
    rows[number - 1], rows[number] = rows[number], rows[number - 1]
    return tuple(rows), number - 1


def _down(entry: Entry, number: int) -> tuple[tuple[Entry, ...], int]:
    rows, _ = _up(entry, number + 1)
    return rows, min(number + 1, len(rows) - 1)


_MOVES = {"add": _add, "remove": _remove, "up": _up, "down": _down}
