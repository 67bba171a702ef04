"""What operators and their tools ask: whether it lives, whether it can serve, and its figures."""

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Connection

from server import observe
from server.db.engine import Database
from server.errors import Unavailable
from server.identifiers import ledger
from server.jobs import queue
from server.records import store as records


class Operate:
    """`/healthz` (the process answers), `/readyz` (the database answers too), `/metrics` (Prometheus text)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/healthz", self.health), web.get("/readyz", self.ready), web.get("/metrics", self.metrics)]

    async def health(self, _request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def ready(self, _request: web.Request) -> web.Response:
        try:
            await self._database.read(records.counts)
        except Unavailable as error:
            return web.Response(status=503, text=f"{error.message}\n")
        return web.Response(text="ready\n")

    async def metrics(self, _request: web.Request) -> web.Response:
        works, jobs, identifiers = await self._database.read(_figures)
        for gauge, figures in ((observe.works, works), (observe.jobs, jobs), (observe.identifiers, identifiers)):
            gauge.clear()
            for state, figure in figures.items():
                gauge.labels(state).set(figure)
        return web.Response(body=generate_latest(observe.metrics), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _figures(tx: Connection) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    return records.counts(tx), queue.counts(tx), ledger.counts(tx)
