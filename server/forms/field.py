"""From a Struct class to a tree of fields: what a form asks for, and how it is called."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from typing import Any, get_type_hints

import msgspec
from msgspec import NODEFAULT, Meta, Struct, inspect

from server.ruled import Rule

#: Where no value is stored, and where a field has no default.
NOTHING: Any = NODEFAULT


class Widget(StrEnum):
    """How a field is asked for. Where none is named it follows from the type."""

    TEXT = "text"
    TEXTAREA = "textarea"
    EMAIL = "email"
    URL = "url"
    PASSWORD = "password"  # noqa: S105 -- the name of an input
    DATE = "date"
    DATETIME = "datetime"
    NUMBER = "number"
    CHECKBOX = "checkbox"
    SELECT = "select"
    RADIO = "radio"
    SUGGEST = "suggest"  # free text; the choices are only proposed
    FILE = "file"  # its text is posted; never shown again
    LINES = "lines"  # several values, one a line
    CHECKBOXES = "checkboxes"  # several values among the choices
    FIELDSET = "fieldset"  # the fields of a nested Struct
    ROWS = "rows"  # any number of nested Structs


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: what is posted, what it is called, and perhaps a word more."""

    value: str
    title: str
    help: str = ""
    shut: bool = False
    """Whether it is shown and cannot be chosen; `help` says why."""


@dataclass(frozen=True, slots=True)
class Group:
    """Choices that belong together. `value`, where there is one, is a choice of its own that stands for all of them."""

    title: str
    choices: tuple[Choice, ...]
    value: str = ""


Choices = tuple[Choice | Group, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """What a field is called where its class does not say; what is empty is left to the class.

    `one` is what a single row is called, `rule` says in words what a pattern wants, `autocomplete` is HTML's word for it.
    """

    title: str = ""
    help: str = ""
    widget: str = ""
    choices: Choices = ()
    one: str = ""
    rule: str = ""
    autocomplete: str = ""


def title(  # noqa: PLR0913 -- the words of a field, each by its name
    text: str,
    help_text: str = "",
    *,
    secret: bool = False,
    choices: Choices = (),
    widget: str = "",
    rule: str = "",
    one: str = "",
    autocomplete: str = "",
    folded: bool = False,
    none: str = "",
) -> Meta:
    """Return the metadata of a field: what a form and the command line call it and say about it. See Label for the words.

    Of `folded` rows only the first words are seen until one is opened; `none` says what choosing nothing means.
    """
    extra = {
        "secret": secret, "choices": choices, "widget": widget, "rule": rule, "one": one, "autocomplete": autocomplete,
        "folded": folded, "none": none,
    }  # fmt: skip
    return Meta(title=text, description=help_text, extra=extra)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form: a leaf, a fieldset (`fields` are its own), or rows (its one field is the fieldset of a row)."""

    name: str
    title: str
    widget: Widget
    hint: Any
    """The annotation of the class: msgspec has the last word on what fits."""
    shape: inspect.Type
    """The type without metadata and without None."""
    help: str = ""
    rule: str = ""
    one: str = ""
    autocomplete: str = ""
    choices: Choices = ()
    members: Mapping[str, Any] = field(default_factory=dict)
    """For a Literal or Enum: from what is posted to the value."""
    default: Any = NOTHING
    required: bool = False
    nullable: bool = False
    secret: bool = False
    folded: bool = False
    none: str = ""
    read_only: bool = False
    closed: bool = False
    """Whether none can be made anew, because the form does not ask for all that a new one needs."""
    fields: tuple["Field", ...] = ()
    rules: tuple[Rule, ...] = ()
    """For a fieldset: what a form asks of its class beyond what the class itself does."""

    @property
    def kept(self) -> bool:
        """Whether its value is never shown, so that nothing typed means: as it is."""
        return self.secret or self.widget is Widget.FILE

    @property
    def codes(self) -> frozenset[str]:
        """What may be chosen."""
        return frozenset(choice.value for choice in flat(self.choices) if not choice.shut)

    @property
    def grouped(self) -> bool:
        return any(isinstance(choice, Group) for choice in self.choices)

    @property
    def offers_nothing(self) -> bool:
        """Whether choosing none is one of the choices of a select."""
        return self.nullable or self.default in {"", NOTHING}


def flat(choices: Choices) -> Iterator[Choice]:
    """Yield all choices, those that stand for a group before its members."""
    for item in choices:
        if isinstance(item, Group):
            if item.value:
                yield Choice(item.value, item.title)
            yield from item.choices
        else:
            yield item


_WIDGETS: dict[type[inspect.Type], Widget] = {
    inspect.StrType: Widget.TEXT,
    inspect.IntType: Widget.NUMBER,
    inspect.FloatType: Widget.NUMBER,
    inspect.BoolType: Widget.CHECKBOX,
    inspect.DateType: Widget.DATE,
    inspect.DateTimeType: Widget.DATETIME,
    inspect.EnumType: Widget.SELECT,
    inspect.LiteralType: Widget.SELECT,
    inspect.StructType: Widget.FIELDSET,
}
_SEVERAL = (inspect.VarTupleType, inspect.ListType, inspect.FrozenSetType)
_FEW = 3
"""So many choices are shown at once; more are folded into a list."""
_YES_NO = (Choice("true", "Yes"), Choice("false", "No"))


def root(struct: type[Struct], labels: Mapping[str, Label] | None = None) -> Field:
    """Return the field that holds all fields of a class.

    `labels` calls fields by their dotted paths (`creators.family`). Raises TypeError for a class with a field no form can
    ask for, LookupError for a label of a field that does not exist: both are mistakes of whoever wrote the form.
    """
    found = _fieldset("", struct, labels or {}, ())
    check_paths(found, labels or {})
    return found


def check_paths(whole: Field, paths: Iterable[str]) -> None:
    """Raise LookupError for a path that names no field."""
    known = set(_paths(whole))
    for path in paths:
        if path not in known:
            raise LookupError(f"there is no field {path!r}")


def chosen(whole: Field, only: Iterable[str] = (), without: Iterable[str] = (), read_only: Iterable[str] = ()) -> Field:
    """Return the fields a form shows: `only` these (empty: all), `without` those, some of them to be read only.

    A path stands for everything below it. Raises LookupError for a path that names no field.
    """
    only, without, read_only = frozenset(only), frozenset(without), frozenset(read_only)
    check_paths(whole, only | without | read_only)
    return _chosen(whole, "", only, without, read_only)


def ruled(whole: Field, rules: Mapping[type[Struct], Rule]) -> Field:
    """Return the fields with the rules of a form at every fieldset of the classes named."""
    shape = whole.shape
    own = tuple(rule for struct, rule in rules.items() if isinstance(shape, inspect.StructType) and shape.cls is struct)
    return replace(whole, rules=own, fields=tuple(ruled(part, rules) for part in whole.fields))


def _chosen(part: Field, path: str, only: frozenset[str], without: frozenset[str], read_only: frozenset[str]) -> Field:
    if path in read_only:
        return _frozen(part)
    if path in only:
        only = frozenset()
    if part.widget is Widget.ROWS:
        row = _chosen(part.fields[0], path, only, without, read_only)
        return replace(part, fields=(row,), closed=row.closed)
    kept = []
    for child in part.fields:
        below = join(path, child.name)
        wanted = not only or any(name == below or name.startswith(f"{below}.") or below == name for name in only)
        if wanted and below not in without:
            kept.append(_chosen(child, below, only, without, read_only))
    return replace(part, fields=tuple(kept), closed=_lacks(part, kept))


def _lacks(whole: Field, kept: Iterable[Field]) -> bool:
    """Whether a fieldset with these of its fields cannot give a new value."""
    asked = {child.name: child for child in kept if not child.read_only}
    for child in whole.fields:
        here = asked.get(child.name)
        unasked = here is None or (here.widget is Widget.FIELDSET and here.closed)
        if unasked and child.default is NOTHING and not child.nullable:
            return True
    return False


def _frozen(part: Field) -> Field:
    return replace(part, read_only=True, closed=True, fields=tuple(_frozen(child) for child in part.fields))


def join(path: str, name: str | int) -> str:
    """Return the path one step further."""
    return f"{path}.{name}" if path else str(name)


def _paths(part: Field, path: str = "") -> Iterator[str]:
    for child in part.fields:
        below = path if part.widget is Widget.ROWS else join(path, child.name)
        yield below
        yield from _paths(child, below)


def _fieldset(path: str, struct: type[Struct], labels: Mapping[str, Label], above: tuple[type, ...]) -> Field:
    """Return the fieldset of a class; `above` are the classes it stands in, for one that holds itself cannot be drawn."""
    if struct in above:
        raise TypeError(f"{path}: {struct.__name__} holds itself; no form can show that")
    hints = get_type_hints(struct, include_extras=True)
    shape = inspect.type_info(struct)
    assert isinstance(shape, inspect.StructType)  # noqa: S101 -- what type_info says of a Struct
    fields = tuple(_field(join(path, found.name), hints[found.name], found, labels, (*above, struct)) for found in shape.fields)
    return Field(name="", title="", widget=Widget.FIELDSET, hint=struct, shape=shape, fields=fields)


@dataclass(slots=True)
class _Peeled:
    """A type without its wrapping, and what the wrapping said."""

    shape: inspect.Type
    nullable: bool = False
    words: dict[str, Any] = field(default_factory=dict)


def _peel(shape: inspect.Type, path: str) -> _Peeled:
    peeled = _Peeled(shape)
    while isinstance(peeled.shape, inspect.Metadata | inspect.UnionType):
        if isinstance(peeled.shape, inspect.Metadata):
            schema = peeled.shape.extra_json_schema or {}
            said = {"title": schema.get("title"), "help": schema.get("description"), **(peeled.shape.extra or {})}
            peeled.words = {**{key: value for key, value in said.items() if value}, **peeled.words}
            peeled.shape = peeled.shape.type
            continue
        others = [item for item in peeled.shape.types if not isinstance(item, inspect.NoneType)]
        if len(others) != 1:
            raise TypeError(f"{path}: a form cannot ask for one of several types")
        peeled.nullable, peeled.shape = True, others[0]
    return peeled


def _field(path: str, hint: Any, found: inspect.Field, labels: Mapping[str, Label], above: tuple[type, ...]) -> Field:
    peeled = _peel(found.type, path)
    shape, words = peeled.shape, peeled.words
    label = labels.get(path, Label())
    several = isinstance(shape, _SEVERAL)
    item = _peel(shape.item_type, path).shape if isinstance(shape, _SEVERAL) else shape
    if type(item) not in _WIDGETS:
        raise TypeError(f"{path}: a form cannot ask for {hint!r}")
    default = found.default_factory() if found.default_factory is not NODEFAULT else found.default
    choices, members = _members(item, nullable=peeled.nullable)
    made = Field(
        name=found.name,
        title=label.title or words.get("title", "") or _spoken(found.name),
        widget=Widget.TEXT,
        hint=hint,
        shape=shape,
        help=label.help or words.get("help", ""),
        rule=label.rule or words.get("rule", ""),
        one=label.one or words.get("one", ""),
        autocomplete=label.autocomplete or words.get("autocomplete", ""),
        choices=label.choices or words.get("choices", ()) or choices,
        members=members,
        default=default,
        required=_required(shape, default, nullable=peeled.nullable),
        nullable=peeled.nullable,
        secret=words.get("secret", False),
        folded=words.get("folded", False),
        none=words.get("none", ""),
    )
    named = label.widget or words.get("widget", "")
    if not isinstance(item, inspect.StructType):
        return replace(made, widget=Widget(named) if named else _widget(made, item, several=several))
    inner = _fieldset(path, item.cls, labels, above)
    if not several:
        return replace(made, widget=Widget.FIELDSET, fields=inner.fields)
    return replace(made, widget=Widget.ROWS, fields=(replace(inner, title=made.one or made.title),))


def _required(shape: inspect.Type, default: Any, *, nullable: bool) -> bool:
    if isinstance(shape, inspect.VarTupleType | inspect.ListType | inspect.FrozenSetType):
        return bool(shape.min_length)
    return default is NOTHING and not nullable and not isinstance(shape, inspect.BoolType | inspect.StructType)


def _members(item: inspect.Type, *, nullable: bool) -> tuple[Choices, dict[str, Any]]:
    """Return the choices a type brings with it, and what each means."""
    if isinstance(item, inspect.BoolType) and nullable:
        return _YES_NO, {"true": True, "false": False}
    if isinstance(item, inspect.LiteralType):
        members: dict[str, Any] = {str(value): value for value in item.values}
        return tuple(Choice(text, _spoken(text)) for text in members), members
    if isinstance(item, inspect.EnumType):
        members = {written(member): member.value for member in item.cls}
        return tuple(Choice(written(member), _spoken(written(member))) for member in item.cls), members
    return (), {}


def _widget(made: Field, item: inspect.Type, *, several: bool) -> Widget:
    if several:
        return Widget.CHECKBOXES if made.choices else Widget.LINES
    if made.secret:
        return Widget.PASSWORD
    if not made.choices:
        return _WIDGETS[type(item)]
    shown_at_once = len(made.choices) <= _FEW and not made.grouped
    none_possible = made.nullable or (made.default is not NOTHING and written(made.default) not in made.codes)
    return Widget.RADIO if shown_at_once and not none_possible else Widget.SELECT


def written(value: Any) -> str:
    """Return a single value as a form writes it; empty for None."""
    if value is None or value is NOTHING:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(msgspec.to_builtins(value))


def _spoken(name: str) -> str:
    """Return a field's or member's name as a person would say it."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
