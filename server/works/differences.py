"""What differs between two versions of a work, in the words of the form: field by field, texts word by word. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import msgspec

from server.records.model import Record
from server.records.vocabulary import TYPES
from server.works.labels import LABELS

_WORDS = re.compile(r"\s+|[^\s\w]|\w+")
MOST_WORDS = 4000
"""Words up to which texts are compared word by word; longer ones are shown whole, before and after."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: kept, ins or del."""

    what: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not the same."""

    field: str
    pieces: tuple[Piece, ...]


def differences(before: Record, after: Record) -> tuple[Difference, ...]:
    """Return what differs, in the order of the form."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    paths = sorted({*old, *new}, key=_place(old, new))
    return tuple(
        Difference(spoken(path), tuple(_compared(old.get(path, ""), new.get(path, ""))))
        for path in paths
        if old.get(path, "") != new.get(path, "")
    )


def spelled(record: Record) -> tuple[tuple[str, str], ...]:
    """Return all a work says, field by field in the words of the form."""
    return tuple((spoken(path), TYPES[text].label if path == "type" else text) for path, text in _leaves(record))


def _place(old: dict[str, str], new: dict[str, str]) -> Any:
    fields = {name: number for number, name in enumerate(Record.__struct_fields__)}
    order = {path: number for number, path in enumerate([*old, *new])}

    def place(path: str) -> tuple[int, tuple[int, ...], int]:
        return fields[path.partition(".")[0]], tuple(int(step) for step in path.split(".") if step.isdecimal()), order[path]

    return place


def _leaves(record: Record) -> Iterator[tuple[str, str]]:
    yield from _walk("", msgspec.to_builtins(record))


def _walk(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield every leaf with the way to it; a list of plain values is one leaf, a line each."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _walk(f"{path}.{name}".lstrip("."), item)
    elif isinstance(value, list | tuple) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value, 1):
            yield from _walk(f"{path}.{number}", item)
    elif isinstance(value, list | tuple):
        yield path, "\n".join(map(str, value))
    elif value is not None:
        yield path, {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def spoken(path: str) -> str:
    """Say the way to a field as the form does: `Creators 2, Family name`."""
    words: list[str] = []
    way = ""
    for step in path.split("."):
        if step.isdecimal():
            words[-1] = f"{words[-1]} {step}"
            continue
        way = f"{way}.{step}".lstrip(".")
        label = LABELS.get(way)
        said = (label.title if label else "") or step.replace("_", " ").capitalize()
        if not words or words[-1] != said:
            words.append(said)
    return ", ".join(words)


def _compared(old: str, new: str) -> Iterator[Piece]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if len(before) + len(after) > MOST_WORDS or not (old and new):
        yield from (Piece(what, text) for what, text in (("del", old), ("ins", new)) if text)
        return
    for action, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if action == "equal":
            yield Piece("kept", "".join(before[i:j]))
            continue
        gone, come = "".join(before[i:j]), "".join(after[k:m])
        yield from (Piece(what, text) for what, text in (("del", gone), ("ins", come)) if text)
