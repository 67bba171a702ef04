"""Uploads in segments over HTTP: the Staging-URL and its Temporary-URLs (SWORD 3.0 § 11)."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from server.sword.door import ACCOUNT
from server.sword.errors import MaxUploadSizeExceeded
from server.sword.v3 import documents, staging
from server.sword.v3.desk import Desk, written
from server.sword.v3.digests import digests
from server.sword.v3.links import ROOT
from server.sword.v3.request import segment_init, segment_number
from server.sword.v3.segments import Staged, check, expected, wrong_size
from server.sword.v3.verifying import verify


@dataclass(frozen=True, slots=True)
class Uploading:
    """Takes files in segments, in any order and at the same time."""

    desk: Desk

    def routes(self) -> list[web.RouteDef]:
        route, temporary = self.desk.route, f"{ROOT}/temporary/{{id:[0-9A-Z]{{26}}}}"
        return [
            route("POST", f"{ROOT}/staging", self.begin),
            route("GET", temporary, self.show),
            route("POST", temporary, self.add),
            route("DELETE", temporary, self.abort),
        ]

    async def begin(self, request: web.Request) -> web.StreamResponse:
        """POST Staging-URL: make room for a file of so many segments."""
        door, limits = self.desk.door, self.desk.limits
        init = segment_init(request.headers.get("Content-Disposition", ""))
        check(init, limits.assembled, limits.upload)
        number = await door.database.write(staging.begin, request[ACCOUNT].id, init, limits.assembled, door.clock())
        # No document: a client in use takes whatever comes with a 201 for a Status document.
        return web.Response(status=201, headers={"Location": self.desk.links.temporary(number)})

    async def show(self, request: web.Request) -> web.StreamResponse:
        return written(documents.temporary(self.desk.links, await self._found(request)))

    async def add(self, request: web.Request) -> web.StreamResponse:
        """POST Temporary-URL: take one segment in; what cannot be right is refused before its body is read."""
        door, upload = self.desk.door, await self._found(request)
        number = segment_number(request.headers.get("Content-Disposition", ""))
        announced = digests(request.headers.get("Digest", ""))
        expected(upload, number, request.content_length)
        try:
            received = await door.spooled(request, limit=upload.size_of(number))
        except MaxUploadSizeExceeded as error:  # without a Content-Length; no more of it is read
            raise wrong_size(number, upload.size_of(number), "more") from error
        try:
            expected(upload, number, received.bytes)
            await asyncio.to_thread(verify, announced, received)
        except BaseException:
            received.path.unlink(missing_ok=True)
            raise
        await asyncio.to_thread(door.files.keep, received)
        await door.database.write(staging.add, upload, number, received, door.clock())
        return web.Response(status=204)

    async def abort(self, request: web.Request) -> web.StreamResponse:
        upload = await self._found(request)
        await self.desk.door.database.write(staging.remove, upload.id)
        return web.Response(status=204)

    async def _found(self, request: web.Request) -> Staged:
        door = self.desk.door
        return await door.database.read(staging.find, request.match_info["id"], {request[ACCOUNT].id}, door.clock())
