"""What harvesters were given as rows is sealed in the background, so that whoever comes next is given blocks."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date

from aiohttp import web

from server import observe
from server.clock import Clock
from server.db.engine import Database
from server.errors import Unavailable
from server.records import blocks, sealing
from server.records.blocks import Name
from server.records.parts import Stretch, name_of
from server.records.sealing import Unsealed

WAITING = 64
"""Stretches that may wait; what comes then is left to the next harvest."""

log = observe.logger("oai")


class Sealer:
    """Seals what it is told of, one stretch after the other; what is lost with the process the next harvest asks for again."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: deque[tuple[Unsealed, Stretch]] = deque()
        self._read: dict[Name, date] = {}
        self._unsaid: set[Name] = set()
        self._called = asyncio.Event()

    def want(self, unsealed: Unsealed) -> None:
        """Ask for what was read as rows, and see to it that a list that is read keeps its blocks; returns at once."""
        name, today = name_of(unsealed.wanted), self._clock().date()
        if self._read.get(name) != today:
            self._read[name] = today
            self._unsaid.add(name)
        for stretch in unsealed.stretches:
            self._add(unsealed, stretch)
        if self._waiting or self._unsaid:
            self._called.set()

    def _add(self, unsealed: Unsealed, stretch: Stretch) -> None:
        """Let a stretch wait: as one with that of the same list which it goes on from, if there is one."""
        name = name_of(unsealed.wanted)
        for at, (other, before) in enumerate(self._waiting):
            if before.last == stretch.after and name_of(other.wanted) == name:
                self._waiting[at] = unsealed, replace(before, last=stretch.last)
                return
        if len(self._waiting) < WAITING:
            self._waiting.append((unsealed, stretch))

    async def sealing(self, _application: web.Application) -> AsyncIterator[None]:
        """Seal while the server runs."""
        task = asyncio.create_task(self._seal_for_ever(), name="sealer")
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def drain(self) -> int:
        """Seal all that waits; return how many blocks were made."""
        made = 0
        if self._unsaid:
            said, self._unsaid = self._unsaid, set()
            await self._database.write(blocks.noted, said, self._clock())
        while self._waiting:
            made += await self._seal(*self._waiting.popleft())
        return made

    async def _seal_for_ever(self) -> None:
        while True:
            await self._called.wait()
            self._called.clear()
            try:
                await self.drain()
            except Unavailable as error:
                log.warning("could not seal what harvesters read", extra={"reason": error.message})
            except Exception:
                log.exception("met an internal error")  # without blocks harvests are slower, and that is all

    async def _seal(self, unsealed: Unsealed, stretch: Stretch) -> int:
        made = 0
        wanted = unsealed.wanted
        while True:
            bundles = await self._database.read_hot(sealing.collect, wanted, stretch, unsealed.write)
            if not bundles:
                return made
            packed = await asyncio.to_thread(sealing.deflate, bundles)
            made += await self._database.write(sealing.keep, wanted, packed, self._clock())
            stretch = replace(stretch, after=packed[-1].place.last)
