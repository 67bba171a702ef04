"""The frame around every page behind the login: navigation, notices, and what all templates there are given."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from server.accounts.model import Right
from server.house import House
from server.pages import Pages
from server.portal.door import PARTS, VISITOR, Door, Handler, pairs
from server.portal.menu import current, menu
from server.portal.notices import NOTICES
from server.portal.spoken import age
from server.portal.upload import Sent, received


@dataclass(frozen=True, slots=True)
class Frame:
    """What a room behind the login is built with."""

    house: House
    door: Door
    pages: Pages

    def get(self, path: str, right: Right, handler: Handler) -> web.RouteDef:
        """Declare a page and the right it asks for."""
        return web.get(path, self.door.admitted(right, handler))

    def post(self, path: str, right: Right, handler: Handler) -> web.RouteDef:
        """Declare a deed and the right it asks for; its form must carry the session's proof."""
        return web.post(path, self.door.admitted(right, handler))

    def upload(self, path: str, right: Right, handler: Handler) -> web.RouteDef:
        """Declare a deed whose form may bring files; see `sent`."""
        return web.post(path, self.door.admitted(right, handler, files=True))

    async def sent(self, request: web.Request) -> Sent:
        """Read the form of an `upload`, in parts with files or plain."""
        if (reader := request.get(PARTS)) is None:
            return Sent(await pairs(request))
        return await received(reader, self.house.files, self.house.settings.max_upload_mb * 2**20)

    def page(self, request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
        """Write a page into the frame and send it; `values` are what its template names."""
        now, visitor = self.house.clock(), request[VISITOR]
        framed = {
            "visitor": visitor,
            "path": request.path,
            "groups": menu(visitor.account, {profile.kind for profile in self.house.keeper.live.every()}),
            "here": current(request.path),
            "notice": NOTICES.get(request.query.get("done", ""), ""),
            "age": lambda since: age(since, now),
        }
        return self.pages.answer(template, status, {"Cache-Control": "no-store"}, **(framed | values))


def led(path: str, done: str = "", **query: str) -> web.HTTPSeeOther:
    """Return what leads to a page after a deed, so that loading it again repeats nothing; `done` is a key of NOTICES."""
    asked = {name: value for name, value in (query | {"done": done}).items() if value}
    return web.HTTPSeeOther(f"{path}?{urlencode(asked)}" if asked else path)
