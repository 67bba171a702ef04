"""A kind of integration profile: what it is, what can be set, and what its only user adds to that. Values, no I/O."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import ClientSession
from msgspec import Struct
from sqlalchemy import Connection

from server.profiles.model import Profile


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test of the connection found, in the remote's own words where it has any."""

    agrees: bool
    message: str


Test = Callable[[Any, ClientSession], Awaitable[Tested]]
"""Takes the settings, secrets opened, and asks the other side whether it would work with them; changes nothing there."""

Guard = Callable[[Connection, Profile | None, Any], None]
"""Takes the profile as it was (None for a new one) and the new settings; raises Conflict or Invalid for what must not be."""

Saved = Callable[[Connection, Profile, datetime], None]
"""Does what follows from a profile that was made, changed or switched on, in the same transaction."""

Fact = tuple[str, str]
"""A label and a value to copy into the other system."""


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
    test: Test | None = None
    guard: Guard | None = None
    saved: Saved | None = None
    facts: Callable[[Profile], tuple[Fact, ...]] = field(default=lambda _profile: ())
