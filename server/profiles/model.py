"""A stored integration profile in values, and what can be wrong with one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from server.errors import Conflict
from server.forms.field import title

_LINE = Meta(max_length=200)


class Contact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to ask about a profile."""

    name: Annotated[str, Meta(min_length=1, max_length=200), title("Name")]
    role: Annotated[str, _LINE, title("Role", "For example: account manager at the agency.")] = ""
    email: Annotated[str, _LINE, title("E-mail", widget="email")] = ""
    phone: Annotated[str, _LINE, title("Phone")] = ""
    note: Annotated[str, Meta(max_length=5000), title("Note", widget="textarea")] = ""


class Contacts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The people relevant to a profile."""

    contacts: Annotated[tuple[Contact, ...], Meta(max_length=50), title("People", one="Person")] = ()


class Naming(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every profile has, whatever its kind."""

    profile_name: Annotated[
        str, Meta(min_length=1, max_length=100), title("Profile name", "Unique; the list and the command line use it.")
    ]
    profile_description: Annotated[
        str, Meta(max_length=1000), title("Profile description", "What it is for, in your own words.")
    ] = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """When the other side last said something, and its words."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A stored profile; `document` has no secrets, `sealed` nothing but secrets."""

    id: int
    kind: str
    name: str
    enabled: bool
    document: dict[str, Any]
    sealed: bytes
    paused: str | None
    description: str = ""
    contacts: tuple[Contact, ...] = ()
    created: datetime | None = None
    changed: datetime | None = None
    deleted: datetime | None = None
    succeeded: Heard | None = None
    failed: Heard | None = None


class Wrong(Conflict):
    """What is wrong with a profile's fields, all of it at once; an empty name is the profile as a whole."""

    code = "profile"

    def __init__(self, fields: Mapping[str, str], remedy: str = "") -> None:
        first = next(iter(fields))
        several = f"{len(fields)} settings are wrong."
        lines = [f"{name}: {words}" if name else words for name, words in fields.items()]
        message = lines[0] if len(lines) == 1 else "\n  ".join([several, *lines])
        super().__init__(message, place=first if len(fields) == 1 else "", remedy=remedy)
        self.fields = dict(fields)
