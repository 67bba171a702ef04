"""The public site over HTTP: the front page, and what robots are told."""

from dataclasses import dataclass, field

from aiohttp import web
from sqlalchemy import Connection

from server.db.engine import Database
from server.db.recent import Recent
from server.items.routes import kept
from server.metadata.fragments import Renderer
from server.pages import Pages
from server.records import store as records
from server.records.store import State
from server.site.robots import ROBOTS
from server.site.rows import row_of

NEWEST = 10
MANY = 10_000
"""So many works take a moment to count."""


@dataclass(frozen=True, slots=True)
class Site:
    """The public pages that are no work's."""

    database: Database
    renderer: Renderer
    pages: Pages
    services: tuple[tuple[str, str, str], ...]
    """Relation, address and media type of the links by which programs find where they can deposit."""
    _count: Recent[int] = field(init=False)

    def __post_init__(self) -> None:
        """Count the works of a large repository anew only every few seconds."""
        count = Recent(lambda: self.database.read(_published), lambda found: found >= MANY)
        object.__setattr__(self, "_count", count)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self.front), web.get("/robots.txt", self.robots)]

    async def front(self, request: web.Request) -> web.StreamResponse:
        count, newest = await self._count.get(), await self.database.read(records.newest, NEWEST)
        repository = self.renderer.repository
        body = self.pages.write(
            "site/front.html", count=count, works=[row_of(work) for work in newest], url=repository.url, email=repository.email,
            services=self.services, kinds=(),
        )  # fmt: skip
        latest = max((work.modified for work in newest), default=None)
        return kept(request, body, latest, {"Vary": "Accept-Language"})

    async def robots(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(text=ROBOTS)


def _published(tx: Connection) -> int:
    return records.counts(tx).get(State.PUBLISHED.value, 0)
