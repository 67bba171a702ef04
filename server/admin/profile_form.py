"""A profile's form: what every profile has and the fields of its kind, drawn and read as one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from msgspec import Struct

from server.forms.form import Form, Layout
from server.profiles.model import Naming, Profile

_NAMING = Layout.of(Naming)


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was sent and fits its fields."""

    naming: Naming
    settings: Struct
    entered: frozenset[str]
    """The secrets that were entered or removed."""


def shown(layout: Layout[Any], profile: Profile | None = None, settings: Struct | None = None) -> Form:
    """Return the form to be filled in, or with what is stored."""
    return _joined(_NAMING.show(_named(profile)), layout.show(settings))


def read(
    layout: Layout[Any], pairs: Iterable[tuple[str, Any]], profile: Profile | None, settings: Struct | None
) -> Filled | Form:
    """Return what was sent, or the form to be drawn again: with all that is wrong, or with the row that was added or moved."""
    pairs = list(pairs)
    naming, given = _NAMING.read(pairs, _named(profile)), layout.read(pairs, settings)
    if isinstance(naming, Naming) and not isinstance(given, Form):
        return Filled(naming, given, _entered(layout.again(pairs, settings, {})))
    if not isinstance(naming, Form):
        naming = _NAMING.again(pairs, _named(profile), {})
    return _joined(naming, given if isinstance(given, Form) else layout.again(pairs, settings, {}))


def again(
    layout: Layout[Any],
    pairs: Iterable[tuple[str, Any]],
    profile: Profile | None,
    settings: Struct | None,
    problems: Mapping[str, str],
) -> Form:
    """Return the form as it was sent, with what the deed refused beside its fields."""
    pairs = list(pairs)
    mine = {name: words for name, words in problems.items() if name in Naming.__struct_fields__}
    others = {name: words for name, words in problems.items() if name not in mine}
    return _joined(_NAMING.again(pairs, _named(profile), mine), layout.again(pairs, settings, others))


def _entered(sent: Form) -> frozenset[str]:
    return frozenset(entry.path for entry in sent.entries if entry.field.secret and not entry.keeps)


def _named(profile: Profile | None) -> Naming | None:
    return None if profile is None else Naming(profile_name=profile.name, profile_description=profile.description)


def _joined(naming: Form, given: Form) -> Form:
    parts = (*naming.whole.parts, *given.whole.parts)
    return Form(replace(given.whole, parts=parts), (*naming.errors, *given.errors), given.focus)
