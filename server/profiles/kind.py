"""A kind of integration profile: what it is, what can be set, and what its only user adds to that. Values, no I/O."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import ClientSession
from msgspec import Struct
from sqlalchemy import Connection

from server.audit.log import Actor
from server.errors import NotFound
from server.forms.field import Label
from server.forms.form import Layout
from server.profiles.model import Profile
from server.ruled import Rule


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test of the connection found, in the remote's own words where it has any."""

    agrees: bool
    message: str


Test = Callable[[Any, ClientSession], Awaitable[Tested]]
"""Takes the settings, secrets opened, and asks the other side whether it would work with them; changes nothing there."""

Guard = Callable[[Connection, Profile | None, Any], None]
"""Takes the profile as it was (None for a new one) and the new settings; raises Wrong, Conflict or Invalid for what cannot be."""

Saved = Callable[[Connection, Profile, datetime], None]
"""Does what follows from a profile that was made, changed or switched on, in the same transaction."""

Signed = Callable[[Connection, Profile, Actor, datetime], None]
"""Takes a profile that was made, changed or deleted, as it is now, and who did that; in the same transaction."""

Deleted = Callable[[Connection, Profile], None]
"""Removes what was kept for a profile that is deleted, in the same transaction."""

Fact = tuple[str, str]
"""A label and a value to copy into the other system."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What the settings will lead to: facts, and what the administrator should be warned of."""

    title: str
    facts: tuple[Fact, ...]
    warnings: tuple[str, ...] = ()


Review = Callable[[Any, Any], Awaitable[Preview | None]]
"""Takes the settings as they are and as they would be; says what saving would lead to, None where nobody need know first."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of integration profile; one file beside its only user declares it, and `app.py` lists them all."""

    name: str
    title: str
    description: str
    """One sentence for the list of types in the first step of the wizard."""
    settings: type[Struct]
    """Frozen, each field with `title(…)`; the form, the command line and the export are made of it."""
    single: str = ""
    """Why there can be only one, as a sentence; empty where there can be several."""
    creates: str = ""
    """The jobs it makes, or the tokens and codes it hands out, in words."""
    place: str = ""
    """The address where what it does is shown; empty where there is no page of that."""
    server: Callable[[Any], str] | None = None
    """Names the server its secrets are used with, by the settings; None for a kind without. A kept secret goes to no other."""
    test: Test | None = None
    tests: str = "Asks the other side whether it would work with these settings. Nothing is changed there."
    """What a test of the connection does, in words."""
    guard: Guard | None = None
    saved: Saved | None = None
    signed: Signed | None = None
    """Keeps who agreed to something in the settings, where that matters."""
    deleted: Deleted | None = None
    facts: Callable[[Profile], tuple[Fact, ...]] = field(default=lambda _profile: ())
    preview: Callable[[Connection, Any], Preview] | None = None
    review: Review | None = None
    pending: Callable[[Connection], tuple[str, ...]] = field(default=lambda _tx: ())
    """Says in sentences what of that which was saved is still being done."""
    tries: bool = False
    """Whether what comes in by it can be tried out, by settings that are not saved yet, too."""
    rules: Mapping[type[Struct], Rule] = field(default_factory=dict)
    """What the form asks of values beyond their classes, told with all else that is wrong; `guard` asks it again of everybody."""
    labels: Mapping[str, Label] = field(default_factory=dict)
    """What the form says of a field beyond its class: choices that only the running house knows."""


class Kinds:
    """Every kind of profile there is, by name."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds = {kind.name: kind for kind in kinds}
        self._layouts: dict[str, Layout[Any]] = {}

    def __iter__(self) -> Iterator[Kind]:
        return iter(sorted(self._kinds.values(), key=lambda kind: kind.title))

    def get(self, name: str) -> Kind | None:
        return self._kinds.get(name)

    def __getitem__(self, name: str) -> Kind:
        """Return a kind; raises NotFound with those there are."""
        found = self._kinds.get(name)
        if found is None:
            raise NotFound(
                f"There is no profile kind {name!r}.", place="kind", remedy="Kinds: " + ", ".join(sorted(self._kinds)) + "."
            )
        return found

    def layout(self, name: str) -> Layout[Any]:
        """Return the form of a kind's settings."""
        kind = self[name]
        if name not in self._layouts:
            self._layouts[name] = Layout.of(kind.settings, labels=kind.labels, rules=kind.rules)
        return self._layouts[name]
