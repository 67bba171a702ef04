"""What an existing handle server asks of a remote resolver, as DSpace's plug-in has it; and handles as addresses of our own."""

import json
from typing import Any

from aiohttp import web

from server.db.engine import Database
from server.errors import NotFound
from server.identifiers.model import Agency
from server.identifiers.resolving import authorities, names_under, work_of
from server.metadata.fragments import Renderer
from server.registry import Registry

PAGE = 1000
"""Handles that are read at once for a list of all."""

_TYPE = "application/json; charset=utf-8"


class Resolver:
    """Answers for our handles: `/resolve`, `/listprefixes`, `/listhandles`; `/handle/…` leads to the work's page."""

    def __init__(self, database: Database, shelf: Registry[Agency], renderer: Renderer) -> None:
        self._database = database
        self._shelf = shelf
        self._renderer = renderer

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/resolve/{handle:.+}", self.resolve),
            web.get("/listprefixes", self.prefixes),
            web.get("/listhandles", self.unnamed),
            web.get("/listhandles/{prefix:.*}", self.handles),
            web.get("/handle/{handle:.+}", self.lead),
        ]

    async def resolve(self, request: web.Request) -> web.Response:
        """Name the address of a handle in a list of one; null where there is none: the plug-in takes any error for an outage."""
        work = await self._database.read(work_of, request.match_info["handle"])
        return _json(None if work is None else [self._renderer.repository.item(work)])

    async def prefixes(self, _request: web.Request) -> web.Response:
        """Name our naming authorities, which the handle server asks for once, when it starts."""
        return _json(await self._database.read(authorities, self._shelf))

    async def unnamed(self, _request: web.Request) -> web.Response:
        return _json({"message": "Name a prefix: /listhandles/10536"}, status=400)

    async def handles(self, request: web.Request) -> web.StreamResponse:
        """Name every handle under a naming authority."""
        prefix = request.match_info["prefix"].strip("/")
        if not prefix:
            return await self.unnamed(request)
        response = web.StreamResponse(headers={"Content-Type": _TYPE, "Cache-Control": "no-cache"})
        await response.prepare(request)
        after, opening = 0, "["
        while page := await self._database.read(names_under, prefix, after, PAGE):
            await response.write((opening + ",".join(json.dumps(value, ensure_ascii=False) for _, value in page)).encode())
            after, opening = page[-1][0], ","
        await response.write(b"]" if after else b"[]")
        await response.write_eof()
        return response

    async def lead(self, request: web.Request) -> web.Response:
        """Lead to the page of the work; raises NotFound."""
        work = await self._database.read(work_of, request.match_info["handle"])
        if work is None:
            raise NotFound("No work here has this handle.")
        return web.Response(status=302, headers={"Location": self._renderer.repository.item(work), "Cache-Control": "no-cache"})


def _json(document: Any, status: int = 200) -> web.Response:
    body = json.dumps(document, ensure_ascii=False).encode()
    return web.Response(status=status, body=body, headers={"Content-Type": _TYPE, "Cache-Control": "no-cache"})
