"""What a SWORD 3.0 client reads: services, an object's status and metadata, its files, what it once sent (§ 7.1)."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from server.errors import NotFound
from server.records.files import PIECE
from server.records.model import File
from server.sword.door import ACCOUNT, CLIENT
from server.sword.holding import original
from server.sword.v3 import documents, metadata
from server.sword.v3.desk import Desk, Standing, quoted, written
from server.sword.v3.links import ROOT
from server.sword.v3.status import file_tag, metadata_tag


@dataclass(frozen=True, slots=True)
class Reading:
    """GET, on everything but uploads in segments."""

    desk: Desk

    def routes(self) -> list[web.RouteDef]:
        route = self.desk.route
        return [
            route("GET", f"{ROOT}/service", self.services),
            route("GET", f"{ROOT}/service/{{name}}", self.service),
            route("GET", f"{ROOT}/object/{{id:[0-9A-Z]{{26}}}}", self.status),
            route("GET", f"{ROOT}/object/{{id:[0-9A-Z]{{26}}}}/metadata", self.metadata),
            route("GET", f"{ROOT}/object/{{id:[0-9A-Z]{{26}}}}/files/{{name:.+}}", self.file),
            route("GET", f"{ROOT}/object/{{id:[0-9A-Z]{{26}}}}/original/{{deposit:[0-9A-Z]{{26}}}}", self.original),
        ]

    async def services(self, request: web.Request) -> web.StreamResponse:
        """GET of the root Service-URL: the services its client may deposit to, and none else."""
        desk = self.desk
        return written(documents.root_service(desk.links, desk.server(request[CLIENT]), desk.offered(request)))

    async def service(self, request: web.Request) -> web.StreamResponse:
        desk = self.desk
        found = desk.door.collection(request, request.match_info["name"], desk.links.root)
        return written(documents.service(desk.links, desk.server(request[CLIENT]), desk.service(found)))

    async def status(self, request: web.Request) -> web.StreamResponse:
        return self.desk.status(await self.desk.standing(request), 200)

    async def metadata(self, request: web.Request) -> web.StreamResponse:
        held = (await self.desk.standing(request)).holding
        document = metadata.document(self.desk.links.metadata(held.container.id), held.record)
        return written(document, headers={"ETag": quoted(metadata_tag(held.record))})

    async def file(self, request: web.Request) -> web.StreamResponse:
        found = file_of(await self.desk.standing(request), request.match_info["name"])
        return await self._sent(request, found.sha256, found.mime, {"ETag": quoted(file_tag(found))})

    async def original(self, request: web.Request) -> web.StreamResponse:
        found = await self.desk.door.database.read(original, request.match_info["deposit"], request[ACCOUNT])
        if found.container_id != request.match_info["id"]:
            raise NotFound("There is no such deposit in this object.")
        return await self._sent(request, found.sha256 or "", found.content_type or "application/octet-stream", {})

    async def _sent(self, request: web.Request, sha256: str, kind: str, headers: dict[str, str]) -> web.StreamResponse:
        """Send a kept file in pieces, under an ETag of ours: the web server's own is of the file on disk."""
        path = self.desk.door.files.path(sha256)
        own = {"Content-Type": kind, "Content-Disposition": "attachment", **headers}
        response = web.StreamResponse(headers=own)
        response.content_length = (await asyncio.to_thread(path.stat)).st_size
        await response.prepare(request)
        if request.method != "HEAD":
            with await asyncio.to_thread(path.open, "rb") as file:
                while piece := await asyncio.to_thread(file.read, PIECE):
                    await response.write(piece)
        await response.write_eof()
        return response


def file_of(found: Standing, name: str) -> File:
    """Return a file of an object by its name; raises NotFound."""
    file = next((each for each in found.holding.files if each.name == name), None)
    if file is None:
        raise NotFound("There is no such file in this object.", remedy="Its Status document lists the files.")
    return file
