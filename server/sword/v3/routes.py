"""SWORD 3.0 over HTTP: all its URLs, each with its methods in a file of their own, and where a client finds the first one."""

from dataclasses import dataclass

from aiohttp import web

from server.sword.accept import Acceptance
from server.sword.v3.depositing import Depositing
from server.sword.v3.desk import Desk
from server.sword.v3.reading import Reading
from server.sword.v3.uploading import Uploading


@dataclass(frozen=True, slots=True)
class SwordV3:
    """The SWORD 3.0 server."""

    desk: Desk
    acceptance: Acceptance

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/.well-known/swordv3", self.well_known),
            *Reading(self.desk).routes(),
            *Depositing(self.desk, self.acceptance).routes(),
            *Uploading(self.desk).routes(),
        ]

    async def well_known(self, _request: web.Request) -> web.StreamResponse:
        """Lead to the root Service-URL (§ 4.1)."""
        raise web.HTTPTemporaryRedirect(self.desk.links.root)

    def translate(self, request: web.Request, status: int, text: str) -> web.StreamResponse:
        return self.desk.translate(request, status, text)
