"""What a SWORD 3.0 client deposits, adds, replaces, completes and deletes (§ 7.2 to 7.5)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from aiohttp import web

from server import observe
from server.records.files import Received
from server.sword.accept import Acceptance
from server.sword.door import ACCOUNT, SEEN, Said, said, unmediated
from server.sword.errors import MethodNotAllowed
from server.sword.model import Container, Deposit, Operation
from server.sword.v3.desk import Desk, Standing, quoted
from server.sword.v3.links import ROOT
from server.sword.v3.reading import file_of
from server.sword.v3.request import Body, deposit_headers, named
from server.sword.v3.status import can_be_bare, file_tag, files_tag, metadata_tag

log = observe.logger("sword")

Tag = Callable[[Standing], str]


@dataclass(frozen=True, slots=True)
class Depositing:
    """POST, PUT and DELETE, on everything but uploads in segments."""

    desk: Desk
    acceptance: Acceptance

    def routes(self) -> list[web.RouteDef]:
        route, object_ = self.desk.route, f"{ROOT}/object/{{id:[0-9A-Z]{{26}}}}"
        return [
            route("POST", f"{ROOT}/service/{{name}}", self.create),
            route("POST", object_, self.append),
            route("PUT", object_, self.replace),
            route("DELETE", object_, self.delete),
            route("PUT", f"{object_}/metadata", self.replace_metadata),
            route("DELETE", f"{object_}/metadata", self.delete_metadata),
            route("PUT", f"{object_}/fileset", self.replace_files),
            route("DELETE", f"{object_}/fileset", self.delete_files),
            route("PUT", f"{object_}/files/{{name:.+}}", self.replace_file),
            route("DELETE", f"{object_}/files/{{name:.+}}", self.delete_file),
        ]

    async def create(self, request: web.Request) -> web.StreamResponse:
        """POST Service-URL: metadata, a file, a package, files by reference, or nothing yet."""
        door, name = self.desk.door, request.match_info["name"]
        deposit = door.row(request, Operation.CREATE, _read)

        async def place() -> Deposit:
            door.collection(request, name, self.desk.links.root)
            return deposit

        container, _ = await door.take(request, place, deposit, name)
        location = {"Location": self.desk.links.object(container.id)}
        return await self.desk.answered(request, container.id, 201, location)

    async def append(self, request: web.Request) -> web.StreamResponse:
        """POST Object-URL: add to it; nothing at all completes it."""
        container, received = await self._taken(request, Operation.ADD, _whole, completes=True)
        if not received.bytes:
            return await self.desk.done(request, container.id, _whole)
        found = await self.desk.standing(request, container.id)
        location = self._location(request, found, received)
        return self.desk.status(found, 202 if found.waits else 200, {"Location": location})

    async def replace(self, request: web.Request) -> web.StreamResponse:
        """PUT Object-URL: it holds what comes, and nothing else any more."""
        container, _ = await self._taken(request, Operation.REPLACE_OBJECT, _whole)
        return await self.desk.answered(request, container.id, 200)

    async def delete(self, request: web.Request) -> web.StreamResponse:
        deposit = await self._placed(request, Operation.DELETE, _whole)
        deleted = self.acceptance.delete(deposit, request[ACCOUNT].id, request.get(SEEN))
        await self.desk.door.noted(request, deposit, deleted)
        log.info("deleted a container", extra={"deposit": deposit.container_id})
        return web.Response(status=204)

    async def replace_metadata(self, request: web.Request) -> web.StreamResponse:
        container, _ = await self._taken(request, Operation.REPLACE_METADATA, _metadata, keeps_progress=True)
        return await self.desk.done(request, container.id, _metadata)

    async def delete_metadata(self, request: web.Request) -> web.StreamResponse:
        return await self._changed(request, Operation.CLEAR_METADATA, _metadata)

    async def replace_files(self, request: web.Request) -> web.StreamResponse:
        container, _ = await self._taken(request, Operation.REPLACE_CONTENT, _files, keeps_progress=True)
        return await self.desk.done(request, container.id, _files)

    async def delete_files(self, request: web.Request) -> web.StreamResponse:
        return await self._changed(request, Operation.DELETE_CONTENT, _files)

    async def replace_file(self, request: web.Request) -> web.StreamResponse:
        """PUT File-URL: other bytes under the name the file has."""
        tag = _file(request.match_info["name"])
        container, _ = await self._taken(request, Operation.REPLACE_FILE, tag, keeps_progress=True)
        return await self.desk.done(request, container.id, tag)

    async def delete_file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        deposit = await self._placed(request, Operation.DELETE_FILE, _file(name), keeps_progress=True)
        await self.desk.door.change(request, replace(deposit, filename=name))
        return web.Response(status=204)

    async def _taken(
        self, request: web.Request, operation: Operation, tag: Tag, *, completes: bool = False, keeps_progress: bool = False
    ) -> tuple[Container, Received]:
        """Let the door take a change of an object in, where it is as If-Match says."""
        deposit = self.desk.door.row(request, operation, _read)
        if operation is Operation.REPLACE_FILE:
            deposit = replace(deposit, filename=request.match_info["name"])

        async def place() -> Deposit:
            return await self._checked(request, deposit, tag, keeps_progress=keeps_progress)

        return await self.desk.door.take(request, place, deposit, completes=completes)

    async def _placed(self, request: web.Request, operation: Operation, tag: Tag, *, keeps_progress: bool = False) -> Deposit:
        """Return the row of a request without a body, in its container."""
        unmediated(request)
        deposit = self.desk.door.row(request, operation, _read)
        return await self.desk.door.noted(request, deposit, self._checked(request, deposit, tag, keeps_progress=keeps_progress))

    async def _checked(self, request: web.Request, deposit: Deposit, tag: Tag, *, keeps_progress: bool) -> Deposit:
        found = await self.desk.standing(request)
        seen = found.holding.container
        placed = await self.desk.door.placed(request, deposit, quoted(tag(found)), seen=seen, keeps_progress=keeps_progress)
        if deposit.operation is Operation.CLEAR_METADATA and not can_be_bare(found.holding):
            raise _barred("This object has no files: without its metadata nothing would be left to tell it by.")
        record = found.holding.record
        return replace(placed, title=record.title.value) if record is not None else placed

    async def _changed(self, request: web.Request, operation: Operation, tag: Tag) -> web.StreamResponse:
        deposit = await self._placed(request, operation, tag, keeps_progress=True)
        await self.desk.door.change(request, deposit)
        return await self.desk.done(request, deposit.container_id or "", tag)

    def _location(self, request: web.Request, found: Standing, received: Received) -> str:
        """Return the File-URL of what was added: the file itself, or what was sent as it was sent."""
        number, headers = found.holding.container.id, deposit_headers(said(request))
        same = [file.name for file in found.holding.files if file.sha256 == received.sha256]
        if same and headers.body in {Body.FILE, Body.UNSAID}:  # it may have got a number, as nothing is overwritten
            return self.desk.links.file(number, named(headers) if named(headers) in same else same[-1])
        sent = next((each for each in reversed(found.holding.deposits) if each.sha256 == received.sha256), None)
        return self.desk.links.original(number, sent.id) if sent is not None else self.desk.links.object(number)


def _barred(message: str) -> MethodNotAllowed:
    return MethodNotAllowed(message, remedy="The actions in its Status document say what can be done.")


def _whole(found: Standing) -> str:
    return found.tag


def _metadata(found: Standing) -> str:
    return metadata_tag(found.holding.record)


def _files(found: Standing) -> str:
    return files_tag(found.holding.files)


def _file(name: str) -> Tag:
    return lambda found: file_tag(file_of(found, name))


def _read(headers: Mapping[str, str]) -> Said:
    found = deposit_headers(headers)
    filename = named(found) if found.body is Body.FILE else ""
    return Said(filename, found.packaging if found.packaging_named else "", found.in_progress, found.slug)
