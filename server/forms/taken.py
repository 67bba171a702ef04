"""From what stands in the fields to the value: field by field, so that everything that is wrong is found at once."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import inspect

from server.errors import Invalid
from server.forms.entry import MOST_ROWS, Entry, blank, filled, normal, same
from server.forms.fault import SENTENCES, Fault, Wrong, wrong
from server.forms.field import NOTHING, Field, Widget
from server.ruled import values_of

Faults = dict[str, Fault]
"""What is wrong, by the path of the field."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
#: Characters of one text; no field of ours needs more, and a page must be able to show it again.
LONGEST = {Widget.TEXTAREA: 1_000_000, Widget.LINES: 1_000_000}
_LONGEST_LINE = 20_000
#: HTML's words for a person's password: it is taken exactly as typed, for it will be typed like that again.
_OWN_WORDS = frozenset({"new-password", "current-password"})
#: How a rule of a class names the field it speaks of: `endpoint: may …`, `dates.issued must …`.
_NAMED = re.compile(r"(?:\w+\.)*(\w+)(?::\s+|\s+)(.+)", re.DOTALL)


def take(entry: Entry, faults: Faults) -> Any:
    """Return the value of a fieldset, rows or leaf; what is wrong is put into `faults`, and the value means nothing then."""
    take_it = {Widget.FIELDSET: _fieldset, Widget.ROWS: _rows}.get(entry.field.widget, _leaf)
    return take_it(entry, faults)


def _fieldset(entry: Entry, faults: Faults) -> Any:
    part, stored = entry.field, entry.stored
    if stored is None or stored is NOTHING:
        if part.nullable and blank(entry):
            return None
        values = {}
    else:
        values = values_of(stored)
    before = len(faults)
    for child in entry.parts:
        if not child.field.read_only:
            so_far = len(faults)
            values[child.field.name] = take(child, faults)
            if len(faults) > so_far and child.field.widget is not Widget.ROWS:
                del values[child.field.name]
    _judge(entry, values, faults)
    if len(faults) > before:
        return None
    try:
        return _class(part)(**values)
    except (ValueError, Invalid) as error:
        _blame(entry, str(error), faults)
        return None


def _judge(entry: Entry, values: Mapping[str, Any], faults: Faults) -> None:
    """Put in what the rules of the class and of the form find wrong; what was so before is nobody's fault now."""
    own = getattr(_class(entry.field), "faults", None)
    stored = {} if entry.stored is None or entry.stored is NOTHING else values_of(entry.stored)
    for rule in (*entry.field.rules, *([own] if own else ())):
        before = set(rule(stored)) if stored and rule is not own else set()
        for path, sentence in rule(values):
            if (path, sentence) not in before:
                place = _place(entry, path)
                known = faults.get(place)
                faults[place] = Fault(f"{known.text}; {sentence}" if known else sentence)


def _place(entry: Entry, path: str) -> str:
    """Return the path of a field in the form: rows are counted without those that were dropped."""
    for name in path.split(".") if path else ():
        rows = entry.field.widget is Widget.ROWS
        parts = [row for row in entry.parts if not _dropped(row)] if rows else entry.parts
        found = parts[int(name) :][:1] if rows else [part for part in parts if part.field.name == name]
        if not found:
            break
        entry = found[0]
    return entry.path


def _class(part: Field) -> type[msgspec.Struct]:
    assert isinstance(part.shape, inspect.StructType)  # noqa: S101 -- what makes it a fieldset
    return part.shape.cls


def _blame(entry: Entry, message: str, faults: Faults) -> None:
    """Put the refusal of a class at the field it names first, else at the fieldset."""
    found = _NAMED.fullmatch(message)
    named = found and next((part for part in entry.parts if part.field.name == found[1]), None)
    if found and named:
        faults[named.path] = Fault(found[2])
    else:
        faults[entry.path] = Fault(message)


def _rows(entry: Entry, faults: Faults) -> Any:
    part = entry.field
    if entry.surplus:
        faults[entry.path] = wrong("many", MOST_ROWS).fault
    taken = [take(row, faults) for row in entry.parts if not _dropped(row)]
    try:
        _bounded(part.shape, len(taken))
    except Wrong as error:
        faults.setdefault(entry.path, error.fault)
    return _SEVERAL[type(part.shape)](taken)


_SEVERAL: dict[type[inspect.Type], Callable[[list[Any]], Any]] = {
    inspect.VarTupleType: tuple,
    inspect.ListType: list,
    inspect.FrozenSetType: frozenset,
}


def _dropped(row: Entry) -> bool:
    """Whether a row says nothing; one that was stored like that stays. Where none can be new, only stored ones stay."""
    if row.field.closed and row.origin is None:
        return True
    return blank(row) and (row.origin is None or not blank(filled(row.field, row.stored)))


def _bounded(shape: inspect.Type, count: int) -> None:
    least, most = getattr(shape, "min_length", None), getattr(shape, "max_length", None)
    if least is not None and count < least:
        raise wrong("few", least)
    if most is not None and count > most:
        raise wrong("many", most)


def _leaf(entry: Entry, faults: Faults) -> Any:
    part = entry.field
    try:
        if part.kept:
            if entry.keeps:
                return entry.stored
        elif entry.stored is not NOTHING and same(part, entry.texts, entry.stored) and not (part.required and not entry.texts):
            return _as_it_was(entry)
        return _converted(part, entry.texts)
    except Wrong as error:
        faults[entry.path] = error.fault
        return None


def _as_it_was(entry: Entry) -> Any:
    if entry.field.required and entry.stored in ("", (), frozenset()):
        raise wrong("needed")
    return entry.stored


def _converted(part: Field, texts: tuple[str, ...]) -> Any:
    if part.widget is Widget.CHECKBOX:
        return bool(texts)
    if part.widget in {Widget.CHECKBOXES, Widget.LINES}:
        return _several(part, texts)
    text = normal(part, texts[0]) if texts else ""
    if text and part.autocomplete in _OWN_WORDS:
        return _fitting(part, texts[0], part.shape)
    if part.widget not in LONGEST:
        text = " ".join(text.split("\n"))
    if not text:
        return _nothing(part)
    if len(text) > LONGEST.get(part.widget, _LONGEST_LINE):
        raise wrong("long", LONGEST.get(part.widget, _LONGEST_LINE))
    return _fitting(part, _single(part, part.shape, text), part.shape)


def _nothing(part: Field) -> Any:
    """Return what an empty field means."""
    if part.nullable:
        return None
    if part.required:
        raise wrong("needed")
    free = isinstance(part.shape, inspect.StrType) and not part.shape.min_length and not part.shape.pattern
    if free and (not part.choices or part.widget is Widget.SUGGEST):
        return ""
    return part.default


def _several(part: Field, texts: tuple[str, ...]) -> Any:
    items: list[Any] = []
    item = replace(part, widget=Widget.TEXT, default=NOTHING)
    shape = getattr(part.shape, "item_type", part.shape)
    shape = shape.type if isinstance(shape, inspect.Metadata) else shape
    lines = normal(part, texts[0]).split("\n") if part.widget is Widget.LINES and texts else list(dict.fromkeys(texts))
    if sum(map(len, texts)) > LONGEST[Widget.LINES]:
        raise wrong("long", LONGEST[Widget.LINES])
    for number, line in enumerate((line for line in lines if line), 1):
        try:
            items.append(_fitting(item, _single(part, shape, line), shape, alone=False))
        except Wrong as error:
            if part.widget is Widget.CHECKBOXES:
                raise
            raise Wrong(Fault(SENTENCES["line"], {"line": number, "reason": error.fault.text})) from error
    if not items and part.required:
        raise wrong("needed")
    _bounded(part.shape, len(items))
    return _fitting(part, items, part.shape)


def _single(part: Field, shape: inspect.Type, text: str) -> Any:
    """Return one value of a text."""
    if part.choices and part.widget is not Widget.SUGGEST and text not in part.codes:
        raise wrong("choice")
    if part.members:
        return part.members[text]
    if part.widget in _FORMS and isinstance(shape, inspect.StrType):
        _FORMS[part.widget](text)
    return _READERS[type(shape)](text)


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise wrong("whole")
    return int(text)


def _number(text: str) -> float:
    try:
        number = float(text.replace(",", ".") if "." not in text else text)
    except ValueError:
        raise wrong("number") from None
    if not math.isfinite(number) or "_" in text:
        raise wrong("number")
    return number


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise wrong("date") from None


def _moment(text: str) -> datetime:
    """Return a moment; without a zone it is meant in UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong("moment") from None


_READERS: dict[type[inspect.Type], Callable[[str], Any]] = {
    inspect.StrType: str,
    inspect.IntType: _whole,
    inspect.FloatType: _number,
    inspect.BoolType: bool,
    inspect.DateType: _day,
    inspect.DateTimeType: _moment,
}


def _is_email(text: str) -> None:
    if not _EMAIL.fullmatch(text):
        raise wrong("email")


def _is_url(text: str) -> None:
    try:
        parts = urlsplit(text)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or any(mark.isspace() for mark in text):
        raise wrong("url")


def _is_day(text: str) -> None:
    _day(text)


_FORMS: dict[Widget, Callable[[str], None]] = {Widget.EMAIL: _is_email, Widget.URL: _is_url, Widget.DATE: _is_day}

#: The limits of a type in msgspec's words, whether a value keeps them, and our sentence.
_LIMITS: tuple[tuple[str, Callable[[Any, Any], bool], str], ...] = (
    ("min_length", lambda value, limit: len(value) >= limit, "short"),
    ("max_length", lambda value, limit: len(value) <= limit, "long"),
    ("ge", lambda value, limit: value >= limit, "least"),
    ("le", lambda value, limit: value <= limit, "most"),
    ("gt", lambda value, limit: value > limit, "above"),
    ("lt", lambda value, limit: value < limit, "below"),
    ("multiple_of", lambda value, limit: value % limit == 0, "multiple"),
    ("pattern", lambda value, limit: re.search(limit, value) is not None, "pattern"),
)


def _fitting(part: Field, value: Any, shape: inspect.Type, *, alone: bool = True) -> Any:
    """Return the value if the class takes it: msgspec judges, and our own sentence says why not."""
    for name, keeps, sentence in _LIMITS if not isinstance(value, list) else ():
        limit = getattr(shape, name, None)
        if limit is not None and not keeps(value, limit):
            raise Wrong(Fault(part.rule)) if part.rule and name == "pattern" else wrong(sentence, limit)
    if not alone:
        return value
    try:
        return msgspec.convert(value, part.hint)
    except msgspec.ValidationError as error:
        raise Wrong(Fault(str(error).partition(" - at `")[0])) from error
