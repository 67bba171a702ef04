"""Who harvests: each client by its name and address, how often it came, and whether it came to the end of its list.

Counted in memory, as a harvest must not pay for a write with each part of a list, and written down every few seconds.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aiohttp import web
from sqlalchemy import Connection, RowMapping, delete, func, select

from server import observe
from server.clock import Clock
from server.db.engine import Database
from server.db.upsert import insert
from server.errors import Unavailable
from server.oai.tables import harvesters
from server.xml import clean

PAUSE = 10.0
"""Seconds between two writes of what was counted."""

STALLED = timedelta(hours=1)
"""After this long without a further part a list that did not come to its end counts as stalled."""

KEPT = timedelta(days=400)
_MOST = 5_000
_LONGEST = 200

log = observe.logger("oai")


@dataclass(frozen=True, slots=True)
class Harvester:
    """One client, as far as it was seen."""

    agent: str
    address: str
    first: datetime
    last: datetime
    requests: int
    refused: int
    """Requests answered with an OAI-PMH error."""
    records: int
    """Records and headers delivered, by all lists together."""
    verb: str
    """Of its latest list, as all that follows; empty where it never asked for one."""
    prefix: str
    delivered: int
    size: int
    finished: bool

    def is_stalled(self, now: datetime) -> bool:
        return bool(self.verb) and not self.finished and now - self.last > STALLED


@dataclass(frozen=True, slots=True)
class Part:
    """What one answer gave of a list."""

    verb: str
    prefix: str
    """Empty where a token went on with a list."""
    records: int
    size: int
    finished: bool


class Tally:
    """Counts in memory; `flush` writes it down. Agents that begin with `own` are this installation itself."""

    def __init__(self, database: Database, clock: Clock, own: str = "") -> None:
        self._database = database
        self._clock = clock
        self._own = own
        self._seen: dict[tuple[str, str], Harvester] = {}

    def note(self, agent: str, address: str, found: Part | None, *, refused: bool = False) -> None:
        """Count one request: of a list with what it delivered, of anything else with None."""
        if self._own and agent.startswith(self._own):  # asking oneself is no harvest
            return
        key = (clean(agent)[:_LONGEST] or "unnamed", clean(address)[:64])
        now = self._clock()
        seen = self._seen.get(key)
        if seen is None:
            if len(self._seen) >= _MOST:  # a flood of invented names is not worth remembering
                return
            seen = Harvester(*key, now, now, 0, 0, 0, "", "", 0, 0, finished=True)
        seen = replace(seen, last=now, requests=seen.requests + 1, refused=seen.refused + refused)
        self._seen[key] = seen if found is None else _walked(seen, found)

    async def flush(self) -> None:
        """Write down what was counted since the last time; what cannot be written now is kept for the next."""
        counted, self._seen = self._seen, {}
        if not counted:
            return
        try:
            await self._database.write(_add, list(counted.values()), self._clock() - KEPT)
        except Unavailable as error:
            self._seen = counted | self._seen
            log.warning("could not write down who harvests", extra={"reason": error.message})

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


def _walked(seen: Harvester, found: Part) -> Harvester:
    begins = bool(found.prefix)
    delivered = found.records + (0 if begins else seen.delivered)
    return replace(
        seen, records=seen.records + found.records, verb=found.verb, prefix=found.prefix or seen.prefix,
        delivered=delivered, size=found.size, finished=found.finished,
    )  # fmt: skip


def _add(tx: Connection, counted: list[Harvester], edge: datetime) -> None:
    """Add counts to those of earlier, and forget who has not come since `edge`.

    A list that only went on (no prefix) keeps the prefix it began with.
    """
    tx.execute(delete(harvesters).where(harvesters.c.last < edge))
    for seen in counted:
        row = {name: getattr(seen, name) for name in Harvester.__slots__}
        added = insert(tx, harvesters).values(row)
        begins = bool(seen.prefix)
        listed = bool(seen.verb)
        values: dict[str, object] = {
            "last": seen.last,
            "requests": harvesters.c.requests + seen.requests,
            "refused": harvesters.c.refused + seen.refused,
            "records": harvesters.c.records + seen.records,
        }
        if listed:
            values |= {"verb": seen.verb, "size": seen.size, "finished": seen.finished}
            values["delivered"] = seen.delivered if begins else harvesters.c.delivered + seen.delivered
            values["prefix"] = seen.prefix if begins else harvesters.c.prefix
        tx.execute(added.on_conflict_do_update(index_elements=["agent", "address"], set_=values))


def latest(tx: Connection, limit: int) -> list[Harvester]:
    """Return the harvesters, those who came last first."""
    query = select(harvesters).order_by(harvesters.c.last.desc(), harvesters.c.agent).limit(limit)
    return [_harvester(row) for row in tx.execute(query).mappings()]


def stalled(tx: Connection, now: datetime) -> dict[str, tuple[int, datetime]]:
    """Count those of the last 30 days whose list stands still, under the word `stalled`, with the time of the oldest."""
    recent = harvesters.c.last.between(now - timedelta(days=30), now - STALLED)
    query = select(func.count(), func.min(harvesters.c.last)).where(recent, harvesters.c.verb != "", ~harvesters.c.finished)
    count, oldest = tx.execute(query).one()
    return {"stalled": (count, oldest)} if count else {}


def _harvester(row: RowMapping) -> Harvester:
    return Harvester(**{name: row[name] for name in Harvester.__slots__})
