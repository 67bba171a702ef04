"""A form: which fields of a class it asks for, how it is shown, and what is made of what comes back."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from msgspec import Struct

from server.forms import field, posted
from server.forms.entry import Entry, filled
from server.forms.fault import Fault
from server.forms.field import NOTHING, Label, Widget
from server.forms.taken import Faults, take
from server.ruled import Rule

T = TypeVar("T", bound=Struct)

LONG = 60
"""A form with more fields than that has a table of contents."""


@dataclass(frozen=True, slots=True)
class Error:
    """One thing that is wrong: where, and a sentence."""

    path: str
    """The dotted path of the field (`creators.0.family`); empty for the form as a whole."""
    place: str
    """The way to the field in the words of the form (`Creators 1, Family name`)."""
    text: str

    @property
    def id(self) -> str:
        """The id of what is to be mended."""
        return f"f-{self.path}"


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is drawn: its fields with what stands in them, and what is wrong."""

    whole: Entry
    errors: tuple[Error, ...] = ()
    focus: str = ""
    """The path of the row a button has just added or moved."""
    advices: tuple[Error, ...] = ()
    """What somebody should look at, though it can stay as it is."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self.whole.parts

    @property
    def contents(self) -> tuple[Entry, ...]:
        """The fields a table of contents leads to, where the form is so long that it needs one."""
        return self.entries if sum(1 for _ in _all(self.whole)) > LONG else ()

    def __getitem__(self, path: str) -> Entry:
        """Return the field at a path, for a page that lays its fields out itself."""
        for entry in _all(self.whole):
            if entry.path == path:
                return entry
        raise KeyError(path)

    def refuse(self, problems: Mapping[str, str]) -> "Form":
        """Return the form with problems only a use case can know: path → sentence; an empty path is the form as a whole."""
        known = {entry.path for entry in _all(self.whole)}
        faults = {path: Fault(text) for path, text in problems.items() if path in known}
        elsewhere = [text for path, text in problems.items() if path not in known]
        if elsewhere:
            faults[""] = Fault(" ".join([problems.get("", ""), *elsewhere]).strip())
        return replace(_marked(self.whole, faults), focus=self.focus)

    def advise(self, advice: Mapping[str, Fault]) -> "Form":
        """Return the form with what somebody should look at: path → sentence; what has no field here stands at the nearest."""
        known = {entry.path for entry in _all(self.whole)}
        told: Faults = {}
        for path, fault in advice.items():
            told.setdefault(_nearest(path, known), fault)
        return replace(self, whole=_with(self.whole, told, "advice"), advices=tuple(_errors(self.whole, told, ())))


@dataclass(frozen=True, slots=True)
class Layout(Generic[T]):
    """Which fields of a class a form asks for, and how they are called. Made once, where the pages are."""

    struct: type[T]
    whole: field.Field

    @classmethod
    def of(
        cls,
        struct: type[T],
        *,
        labels: Mapping[str, Label] | None = None,
        only: Iterable[str] = (),
        without: Iterable[str] = (),
        read_only: Iterable[str] = (),
        rules: Mapping[type[Struct], Rule] | None = None,
    ) -> "Layout[T]":
        """Return the form of a class. Paths are dotted and without row numbers (`creators.ids.value`).

        `rules` are what this form asks of values typed into it, class by class, beyond what the classes do.

        What is left out or read only keeps its stored value. Raises TypeError for a class no form can show, LookupError for a
        path that names no field.
        """
        return cls(struct, field.ruled(field.chosen(field.root(struct, labels), only, without, read_only), rules or {}))

    def show(self, value: T | None = None) -> Form:
        """Return the form to be filled in: with a value to be changed, or with the defaults."""
        self._possible(value)
        return Form(filled(self.whole, NOTHING if value is None else value))

    def _possible(self, value: T | None) -> None:
        """Refuse to make a new value with a form that does not ask for all it needs."""
        if value is None and self.whole.closed:
            raise TypeError(
                f"this form of {self.struct.__name__} can only change a stored one: it leaves out what a new one needs"
            )

    def read(self, pairs: Iterable[tuple[str, Any]], value: T | None = None) -> T | Form:
        """Return the value that was posted, or the form to be drawn again.

        `value` is what is stored: it gives what the form does not show. The form comes back with its errors, or, where a row
        button was pressed, without any check. Never raises for what was posted.
        """
        self._possible(value)
        pairs = list(pairs)
        whole = posted.read(self.whole, pairs, NOTHING if value is None else value)
        button = posted.pressed(pairs)
        if button is not None:
            changed, focus = posted.press(whole, button)
            return Form(changed, focus=focus)
        faults: Faults = {}
        taken = take(whole, faults)
        return _marked(whole, faults) if faults else taken

    def again(self, pairs: Iterable[tuple[str, Any]], value: T | None, problems: Mapping[str, str]) -> Form:
        """Return the form as it was posted, with the problems a use case found (path → sentence)."""
        return Form(posted.read(self.whole, pairs, NOTHING if value is None else value)).refuse(problems)


def _all(entry: Entry) -> Iterator[Entry]:
    yield entry
    for part in entry.parts:
        yield from _all(part)


def _marked(whole: Entry, faults: Faults) -> Form:
    """Return the form with its errors, at their fields and all together in the order of the fields."""
    errors = tuple(_errors(whole, faults, ()))
    return Form(_with(whole, faults), errors)


def _with(entry: Entry, faults: Faults, name: str = "fault") -> Entry:
    said: dict[str, Any] = {name: faults.get(entry.path) if entry.path else None}
    return replace(entry, **said, parts=tuple(_with(part, faults, name) for part in entry.parts))


def _nearest(path: str, known: Container[str]) -> str:
    """Return the field of a path that stands in the form, or the one it is within."""
    while path and path not in known:
        path = path.rpartition(".")[0]
    return path


def _errors(entry: Entry, faults: Faults, way: tuple[str, ...]) -> Iterator[Error]:
    if entry.path in faults:
        yield Error(entry.path, ", ".join(way), faults[entry.path].text)
    rows = entry.field.widget is Widget.ROWS
    for number, part in enumerate(entry.parts, 1):
        here = (*way[:-1], f"{entry.one} {number}") if rows else (*way, part.title)
        yield from _errors(part, faults, here)
