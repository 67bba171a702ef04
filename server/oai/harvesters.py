"""Who harvests: each client by its name and network, which lists it walks, how far it came, and what was refused.

Counted in memory, as a harvest must not pay for a write with each part of a list, and written down every few seconds.
"""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from server import observe
from server.clock import Clock
from server.db.engine import Database
from server.errors import SheafError, Unavailable
from server.oai import harvested
from server.oai.naming import Names
from server.oai.walk import Count, Part, Visitor
from server.xml import clean

PAUSE = 10.0
"""Seconds between two writes of what was counted."""

_MOST = 5_000
"""So many harvesters, and so many lists, are counted between two writes: a flood of invented names is not worth remembering."""

_NAMED_AT_ONCE = 5
_LONGEST_ERROR = 300

log = observe.logger("oai")


class Tally:
    """Counts in memory; `flush` writes it down. Agents that begin with `own` are this installation itself."""

    def __init__(self, database: Database, clock: Clock, own: str = "", names: Names | None = None) -> None:
        self._database = database
        self._clock = clock
        self._own = own
        self._names = names or Names()
        self._seen: dict[str, Count] = {}
        self._lists = 0

    def note(
        self, visitor: Visitor, found: Part | None = None, *, error: str = "", shed: bool = False, seconds: float = 0.0
    ) -> None:
        """Count one request: a part of a list or None, the OAI-PMH error it was answered with, or that it got 503.

        `seconds` is how long we worked for it.
        """
        if self._own and visitor.agent.startswith(self._own):  # asking oneself is no harvest
            return
        now = self._clock()
        count = self._seen.get(visitor.id)
        if count is None:
            if len(self._seen) >= _MOST:
                return
            count = self._seen[visitor.id] = Count(visitor, now, now)
        count.visitor, count.last = visitor, now
        count.requests += 1
        count.errors += bool(error)
        count.shed += shed
        count.seconds += seconds
        count.error = clean(error)[:_LONGEST_ERROR] or count.error
        if found is not None and self._lists < _MOST:
            before = len(count.walks)
            count.walk(found, now, seconds)
            self._lists += len(count.walks) - before

    async def flush(self) -> None:
        """Write down what was counted since the last time; what cannot be written now is kept for the next."""
        counted, self._seen, self._lists = self._seen, {}, 0
        if not counted:
            return
        try:
            await self._database.write(harvested.add, list(counted.values()), self._clock())
        except Unavailable as error:
            self._keep(counted)
            log.warning("could not write down who harvests", extra={"reason": error.message})
        except SheafError as error:  # a value no column takes would be refused again and again
            log.error("forgot who harvested", extra={"reason": error.message})  # noqa: TRY400 - it names the value

    def _keep(self, counted: dict[str, Count]) -> None:
        """Take back what could not be written, and add what was counted meanwhile to it."""
        for key, count in counted.items():
            later = self._seen.get(key)
            self._seen[key] = count if later is None else count.and_then(later)
        self._lists = sum(len(count.walks) for count in self._seen.values())

    async def name(self) -> None:
        """Write down what the addresses are called that were looked up, and have the next looked up."""
        try:
            if found := self._names.take():
                await self._database.write(harvested.named, found, self._clock())
            for address in await self._database.read(harvested.unnamed, self._clock(), _NAMED_AT_ONCE):
                self._names.ask(address)
        except Unavailable as error:
            log.warning("could not write down what harvesters are called", extra={"reason": error.message})

    async def flushing(self, _application: web.Application) -> AsyncIterator[None]:
        """Flush while the server runs, and once more at its end."""
        task = asyncio.create_task(self._flush_for_ever(), name="harvesters")
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await self.flush()

    async def _flush_for_ever(self) -> None:
        while True:
            await asyncio.sleep(PAUSE)
            await self.flush()
            await self.name()
