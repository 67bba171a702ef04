"""What stands in the fields of a form: shown from a value, written by a visitor, rows moved."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from msgspec import inspect

from server.forms.fault import Fault
from server.forms.field import NOTHING, Choice, Choices, Field, Group, Widget, flat, join, written
from server.language import gettext
from server.xml import clean

MOST_ROWS = 2_000
#: What browsers take as the value of these inputs; anything else they would silently drop.
_TAKEN = {
    Widget.DATE: ("date", re.compile(r"\d{4}-\d{2}-\d{2}")),
    Widget.DATETIME: ("datetime-local", re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?")),
}
_INPUTS = {
    Widget.EMAIL: "email",
    Widget.URL: "url",
    Widget.PASSWORD: "password",
    Widget.FILE: "file",
}
#: One control with one label; the others are groups of controls and have a legend.
_SINGLE = frozenset(Widget) - {Widget.RADIO, Widget.CHECKBOXES, Widget.FIELDSET, Widget.ROWS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A field with what stands in it. `parts` are the fields of a fieldset, or the rows."""

    field: Field
    path: str
    """The name of its input: the way from the class to the field, rows by number (`creators.0.family`)."""
    texts: tuple[str, ...] = ()
    parts: tuple["Entry", ...] = ()
    stored: Any = NOTHING
    """The value that is stored, where there is one: what comes back as it was shown is taken from here."""
    origin: int | None = None
    """Of a row: which of the stored rows it was."""
    cleared: bool = False
    """Of a secret: whether it is to be removed."""
    surplus: bool = False
    """Whether more rows were posted than are taken."""
    fault: Fault | None = None
    advice: Fault | None = None
    """What somebody should look at, though it can stay as it is."""

    @property
    def text(self) -> str:
        return self.texts[0] if self.texts else ""

    @property
    def id(self) -> str:
        return f"f-{self.path}"

    @property
    def title(self) -> str:
        return gettext(self.field.title)

    @property
    def help(self) -> str:
        return gettext(self.field.help)

    @property
    def none(self) -> str:
        """What choosing nothing means."""
        return gettext(self.field.none) if self.field.none else gettext("Not said")

    @property
    def one(self) -> str:
        """What one row is called."""
        return gettext(self.field.one or self.field.title)

    @property
    def called(self) -> str:
        """Its first words, for a row that is folded."""
        said = (part.text for part in self.parts if part.field.widget is Widget.TEXT and part.text)
        return " – ".join(islice(said, 2))

    @property
    def is_faulty(self) -> bool:
        """Whether something is wrong with it or below it."""
        return self.fault is not None or any(part.is_faulty for part in self.parts)

    @property
    def is_advised(self) -> bool:
        """Whether something is advised of it or below it."""
        return self.advice is not None or any(part.is_advised for part in self.parts)

    @property
    def described_by(self) -> str:
        """The ids of what is said about it."""
        said = {"help": self.field.help, "set": self.is_set, "again": self.again, "error": self.fault, "advice": self.advice}
        return " ".join(f"{self.id}-{name}" for name, there in said.items() if there)

    @property
    def is_set(self) -> bool:
        """Whether a value is stored that is never shown."""
        return self.field.kept and bool(self.stored) and self.stored is not NOTHING

    @property
    def keeps(self) -> bool:
        """Whether the value that is never shown stays as it is stored: nothing was entered, and it is not to be removed."""
        return self.is_set and not self.cleared and not normal(self.field, self.text)

    @property
    def again(self) -> bool:
        """Whether something was typed that is not shown again and so must be typed once more."""
        return self.field.kept and bool(self.text)

    @property
    def single(self) -> bool:
        return self.field.widget in _SINGLE

    @property
    def widget(self) -> Widget:
        """How it is drawn: a single line cannot hold line breaks, so a text that has some gets a text area."""
        if self.field.widget is Widget.TEXT and ("\n" in self.text or "\r" in self.text):
            return Widget.TEXTAREA
        return self.field.widget

    @property
    def input_type(self) -> str:
        """The type of its `<input>`; what its own type could not show, such as a date that is only a year, is shown as text."""
        if self.field.widget in _TAKEN:
            name, taken = _TAKEN[self.field.widget]
            return name if not self.text or taken.fullmatch(self.text) else "text"
        return _INPUTS.get(self.field.widget, "text")

    @property
    def choices(self) -> Choices:
        """What can be chosen; what is stored though it is not among the choices stays possible."""
        known = self.field.codes
        kept = () if self.stored is NOTHING else shown(self.field, self.stored)
        return (*self.field.choices, *(Choice(text, text) for text in kept if text and text not in known))

    @property
    def proposals(self) -> tuple[Choice, ...]:
        return tuple(flat(self.field.choices))

    @property
    def height(self) -> int:
        """The rows of its text area."""
        return min(20, max(4, self.text.count("\n") + 2, len(self.text) // 80 + 2))

    @property
    def keyboard(self) -> str:
        """Which keys a telephone offers: a number is typed as text, for a number input loses what is not one."""
        if self.field.widget is not Widget.NUMBER:
            return ""
        return "numeric" if isinstance(self.field.shape, inspect.IntType) else "decimal"

    @property
    def offers_nothing(self) -> bool:
        return self.field.offers_nothing or not self.text

    def chosen_of(self, group: Group) -> int:
        """Return how many choices of a group are chosen."""
        return sum(choice.value in self.texts for choice in group.choices)

    @property
    def display(self) -> str:
        """What a field that is only read says."""
        if self.stored is NOTHING:
            return ""
        if self.field.kept:
            return "••••••••" if self.is_set else ""
        names = {choice.value: choice.title for choice in flat(self.field.choices)}
        return ", ".join(names.get(text, text) for text in shown(self.field, self.stored))


def shown(part: Field, value: Any) -> tuple[str, ...]:
    """Return the texts that stand in a leaf for a value."""
    if part.kept or value is None or value is NOTHING:
        return ()
    if part.widget is Widget.CHECKBOX:
        return ("true",) if value else ()
    if part.widget is Widget.CHECKBOXES:
        return tuple(written(item) for item in value)
    if part.widget is Widget.LINES:
        return ("\n".join(written(item) for item in value),)
    if isinstance(value, datetime):
        value = value.astimezone(UTC).replace(tzinfo=None)
        return (value.isoformat(timespec="auto" if value.second or value.microsecond else "minutes"),)
    return (value.isoformat() if isinstance(value, date) else written(value),)


def filled(part: Field, value: Any, path: str = "", *, proposed: bool = False) -> Entry:
    """Return a field with a value in it.

    NOTHING shows the defaults. What is only `proposed` is shown like a stored value, but there is none to keep.
    """
    if value is NOTHING:
        value, proposed = part.default, True
    entry = Entry(field=part, path=path, stored=NOTHING if proposed else value)
    if part.widget is Widget.FIELDSET:
        parts = (filled(child, within(value, child.name), join(path, child.name), proposed=proposed) for child in part.fields)
        return replace(entry, parts=tuple(parts))
    if part.widget is not Widget.ROWS:
        return replace(entry, texts=shown(part, value))
    rows = () if value is NOTHING or value is None else tuple(value)
    if not rows and part.required and not part.closed:
        return replace(entry, parts=(filled(part.fields[0], NOTHING, join(path, 0)),))
    parts = (filled(part.fields[0], row, join(path, n), proposed=proposed) for n, row in enumerate(rows))
    return replace(entry, parts=tuple(row if proposed else replace(row, origin=n) for n, row in enumerate(parts)))


def within(stored: Any, name: str) -> Any:
    """Return a part of a stored value, or NOTHING."""
    return NOTHING if stored is NOTHING or stored is None else getattr(stored, name)


def placed(entry: Entry, path: str) -> Entry:
    """Return an entry as it stands at another place."""
    if entry.path == path:
        return entry
    rows = entry.field.widget is Widget.ROWS
    parts = tuple(placed(part, join(path, n if rows else part.field.name)) for n, part in enumerate(entry.parts))
    return replace(entry, path=path, parts=parts)


def normal(part: Field, text: str) -> str:
    """Return a text as it is taken: trimmed, lines ended by a line feed, without what XML forbids."""
    text = clean(text).replace("\r\n", "\n").replace("\r", "\n").strip()
    if part.widget is Widget.LINES:
        return "\n".join(line.strip() for line in text.split("\n") if line.strip())
    return text


def same(part: Field, texts: tuple[str, ...], value: Any) -> bool:
    """Whether a leaf came back as a value is shown."""
    before = shown(part, value)
    if part.widget is Widget.CHECKBOXES:
        return set(texts) == set(before)
    return normal(part, texts[0] if texts else "") == normal(part, before[0] if before else "")


def blank(entry: Entry) -> bool:
    """Whether nothing was typed: everything is empty or as it is by default."""
    if entry.field.read_only:
        return entry.stored is NOTHING or entry.stored == entry.field.default
    if entry.field.kept:
        return not entry.text and not entry.is_set
    if entry.field.widget in {Widget.FIELDSET, Widget.ROWS}:
        return all(blank(part) for part in entry.parts)
    return same(entry.field, entry.texts, entry.field.default) or not any(normal(entry.field, text) for text in entry.texts)
