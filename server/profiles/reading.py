"""Settings read from plain values, as the command line and a file bring them: field by field, all that is wrong at once."""

import re
from collections.abc import Mapping
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct

from server.forms.fault import SENTENCES
from server.profiles.model import Wrong

#: What msgspec says of a value, and the sentence of the forms that says the same.
_SAID = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (r"Expected `(?:int|float)` >= (\S+)", "least"),
        (r"Expected `(?:int|float)` <= (\S+)", "most"),
        (r"Expected `(?:int|float)` > (\S+)", "above"),
        (r"Expected `(?:int|float)` < (\S+)", "below"),
        (r"Expected `(?:int|float)` that's a multiple of (\S+)", "multiple"),
        (r"Expected `str` of length >= 1", "needed"),
        (r"Expected `str` of length >= (\d+)", "short"),
        (r"Expected `str` of length <= (\d+)", "long"),
        (r"Expected `(?:array|object)` of length >= (\d+)", "few"),
        (r"Expected `(?:array|object)` of length <= (\d+)", "many"),
        (r"Expected `int`, got .*", "whole"),
        (r"Expected `float`, got .*", "number"),
        (r"Expected `date`, got .*", "date"),
        (r"Expected `datetime`, got .*", "moment"),
        (r"Invalid enum value .*", "choice"),
    )
)
_UNLIKE = "does not have the form that is needed here"
#: How a rule of a class names the field it speaks of: `endpoint: may …`, `dates.issued must …`.
_NAMED = re.compile(r"(\w+)(?::\s+|[.\w]*\s+)(.+)", re.DOTALL)


def secret_fields(settings: type[Struct]) -> frozenset[str]:
    """Return the names of a settings class's fields that are secrets (`title(…, secret=True)`)."""
    return frozenset(
        found.name
        for found in _fields(settings)
        if isinstance(found.type, msgspec.inspect.Metadata) and (found.type.extra or {}).get("secret")
    )


def allowed(kind: msgspec.inspect.Type) -> tuple[object, ...]:
    """Return the values a field can have where they are few, else nothing."""
    inner = kind.type if isinstance(kind, msgspec.inspect.Metadata) else kind
    return tuple(inner.values) if isinstance(inner, msgspec.inspect.LiteralType) else ()


def explained(settings: type[Struct], name: str) -> str:
    """Say what a field of a settings class takes; empty where it says nothing of that."""
    for found in _fields(settings):
        if found.name == name:
            said = (found.type.extra_json_schema or {}) if isinstance(found.type, msgspec.inspect.Metadata) else {}
            values = f" One of: {', '.join(map(str, allowed(found.type)))}." if allowed(found.type) else ""
            return f"{said.get('title', name)}. {said.get('description', '')}".strip() + values
    return ""


def defaults(settings: type[Struct]) -> dict[str, str | None]:
    """Return the fields of a settings class and what stands in each where nothing is given, as JSON; None where it is needed."""
    found = {}
    for each in _fields(settings):
        found[each.name] = None if each.required else msgspec.json.encode(each.default).decode()
    return found


def read(settings: type[Struct], values: Mapping[str, Any], *, remedy: str = "") -> Any:
    """Return the settings the values make; raises Wrong with every field that is missing, unknown or does not fit."""
    hints = get_type_hints(settings, include_extras=True)
    wrong = {name: "There is no such setting." for name in values if name not in hints}
    for found in _fields(settings):
        if found.name not in values:
            if found.required:
                wrong[found.name] = _sentence("it is needed", settings, found.name)
            continue
        try:
            msgspec.convert(values[found.name], hints[found.name], strict=False)
        except msgspec.ValidationError as error:
            wrong[found.name] = _sentence(str(error), settings, found.name)
    if not wrong:
        try:
            return msgspec.convert(dict(values), settings, strict=False)
        except msgspec.ValidationError as error:
            wrong = blamed(settings, str(error))
    raise Wrong(wrong, remedy)


def blamed(settings: type[Struct], message: str) -> dict[str, str]:
    """Return the refusal of a class as the field it names first and the sentence."""
    found = _NAMED.fullmatch(message)
    if found and found[1] in settings.__struct_fields__:
        return {found[1]: _sentence(found[2], settings, found[1])}
    return {"": message}


def _sentence(message: str, settings: type[Struct], name: str) -> str:
    words, _, path = message.partition(" - at `$")
    place = path.rstrip("`").lstrip(".")
    words = _in_words(words, "" if place else _rule(settings, name))
    sentence = f"{words}{f' ({place})' if place else ''}".rstrip(".")
    return f"{sentence}. {explained(settings, name)}".strip()


def _in_words(message: str, rule: str) -> str:
    """Say as the forms do what msgspec found; `rule` says what a pattern wants."""
    if "matching regex" in message:
        return rule or _UNLIKE
    for pattern, sentence in _SAID:
        if found := pattern.fullmatch(message):
            return SENTENCES[sentence] % {"limit": next(iter(found.groups()), "")}
    return message


def _rule(settings: type[Struct], name: str) -> str:
    found = next(each.type for each in _fields(settings) if each.name == name)
    return str((found.extra or {}).get("rule", "")) if isinstance(found, msgspec.inspect.Metadata) else ""


def _fields(settings: type[Struct]) -> tuple[msgspec.inspect.Field, ...]:
    info = msgspec.inspect.type_info(settings)
    if not isinstance(info, msgspec.inspect.StructType):
        raise TypeError("settings are a Struct")
    return info.fields
