"""The start page of the administration: what needs somebody stands first, then the figures."""

from dataclasses import dataclass

from aiohttp import web

from server.accounts.model import Right
from server.admin.overview import overview
from server.portal.frame import Frame


@dataclass(frozen=True, slots=True)
class Start:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get("/admin", Right.WORKS, self.start),
            self.frame.get("/admin/", Right.WORKS, self.start),
        ]

    async def start(self, request: web.Request) -> web.StreamResponse:
        house = self.frame.house
        now = house.clock()
        seen = await house.database.read(overview, now)
        url = f"{house.press.renderer.repository.url}/oai"
        return self.frame.page(request, "admin/start.html", seen=seen, now=now, url=url)
