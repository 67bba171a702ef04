"""What operators and their tools ask: whether it lives, whether it can serve, and its figures."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Connection, select

from server import observe
from server.clock import Clock
from server.db.engine import Database
from server.db.recent import Recent
from server.errors import Unavailable
from server.identifiers import alarms, gate, ledger
from server.jobs import queue
from server.records import store as records

PATIENCE = 5.0
"""Seconds the database may take to answer a question that costs nothing."""

MANY = 10_000
"""So many works take a moment to count; the figures of so many may be a few seconds old."""

_Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class _Figures:
    counts: tuple[_Counts, _Counts, _Counts]
    """Works, jobs, identifiers."""
    stuck: dict[str, tuple[int, datetime]]
    down: int


class Operate:
    """`/healthz` (the process answers), `/readyz` (the database reads and writes too), `/metrics` (Prometheus text)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._figures = Recent(
            lambda: database.read(_figures, clock()), lambda found: sum(sum(counts.values()) for counts in found.counts) >= MANY
        )

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/healthz", self.health), web.get("/readyz", self.ready), web.get("/metrics", self.metrics)]

    async def health(self, _request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def ready(self, _request: web.Request) -> web.Response:
        """Ask for nothing, once of the readers and once of the writer."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._database.read(_nothing)
                await self._database.write(_nothing)
        except Unavailable as error:
            return web.Response(status=503, text=f"{error.message}\n")
        except TimeoutError:
            return web.Response(status=503, text=f"The database did not answer within {PATIENCE:g} seconds.\n")
        return web.Response(text="ready\n")

    async def metrics(self, _request: web.Request) -> web.Response:
        found = await self._figures.get()
        stuck = {state: count for state, (count, _) in found.stuck.items()}
        since = {state: int(oldest.timestamp()) for state, (_, oldest) in found.stuck.items()}
        gauges = (observe.works, observe.jobs, observe.identifiers, observe.stuck, observe.waiting_since)
        for gauge, figures in zip(gauges, (*found.counts, stuck, since), strict=True):
            gauge.clear()
            for state, figure in figures.items():
                gauge.labels(state).set(figure)
        observe.agencies_down.set(found.down)
        return web.Response(body=generate_latest(observe.metrics), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _nothing(tx: Connection) -> None:
    tx.execute(select(1))


def _figures(tx: Connection, at: datetime) -> _Figures:
    counts = (records.counts(tx), queue.counts(tx), ledger.counts(tx))
    return _Figures(counts, alarms.waiting(tx, at), len(gate.outages(tx)))
