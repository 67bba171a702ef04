"""Settings that are read while the house runs: known to this process at once when changed here, soon when changed elsewhere."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from server import observe
from server.db.engine import Database
from server.errors import SheafError, Unavailable
from server.profiles import store
from server.profiles.model import Profile
from server.profiles.seal import Seal

PAUSE = 2.0
"""Seconds after which a process looks for what another one changed."""

log = observe.logger("profiles")


@dataclass(frozen=True, slots=True)
class Current:
    """A profile that is switched on, and its settings."""

    profile: Profile
    settings: Any


class Live:
    """The profiles of some kinds that are switched on, as this process last saw them.

    Whoever asks gets an answer without waiting: the harvest's path reads no profile from the database.
    """

    def __init__(self, database: Database, seal: Seal, settings: dict[str, type[Any]]) -> None:
        self._database = database
        self._seal = seal
        self._settings = settings
        self._enabled: tuple[Profile, ...] = ()
        self._known: tuple[Current, ...] = ()
        self._looking = asyncio.Lock()
        self._listeners: list[Callable[[], None]] = []

    def of(self, kind: str) -> tuple[Current, ...]:
        """Return the profiles of a kind that are switched on, in the order they were made."""
        return tuple(each for each in self._known if each.profile.kind == kind)

    def every(self) -> tuple[Profile, ...]:
        """Return the profiles of all kinds that are switched on, unopened, in the order they were made."""
        return self._enabled

    def tell(self, listener: Callable[[], None]) -> None:
        """Call somebody each time something has changed."""
        self._listeners.append(listener)

    async def look(self) -> None:
        """Read the profiles again. One looks at a time, so that nobody puts older answers in the place of newer ones."""
        async with self._looking:
            self._enabled, known = await self._database.read(self._read)
            if known == self._known:
                return
            self._known = known
            for listener in self._listeners:
                listener()

    async def watch(self) -> None:
        """Look again for ever, for what other processes change."""
        while True:
            await asyncio.sleep(PAUSE)
            try:
                await self.look()
            except Unavailable as error:
                log.warning("could not look at the profiles", extra={"reason": error.message})

    def _read(self, tx: Connection) -> tuple[tuple[Profile, ...], tuple[Current, ...]]:
        enabled, found = tuple(store.every(tx, enabled=True)), []
        for profile in enabled:
            if (settings := self._settings.get(profile.kind)) is None:
                continue
            try:
                found.append(Current(profile, store.opened(profile, settings, self._seal)))
            except SheafError as error:
                log.warning("cannot use a profile", extra={"profile": profile.name, "reason": error.message})
        return enabled, tuple(found)
