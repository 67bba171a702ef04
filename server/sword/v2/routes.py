"""SWORD 2.0 over HTTP: each IRI of the profile with its methods. Thin: receive, hand over, answer."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from aiohttp import web

from server import observe
from server.accounts.model import Account
from server.errors import NotFound, SheafError
from server.records.files import Received
from server.records.model import File
from server.sending import send_file
from server.sword import errors
from server.sword.accept import Acceptance
from server.sword.conditions import tag_of
from server.sword.door import ACCOUNT, CLIENT, DEPOSIT, SEEN, Door, Handler, Said, said, unmediated
from server.sword.headers import content_type, preferred
from server.sword.holding import holding, listing, original
from server.sword.model import Container, Deposit, Holding, Operation
from server.sword.packagings.simplezip import IRI as SIMPLE_ZIP
from server.sword.profile.settings import Collection as Offered
from server.sword.v2 import documents
from server.sword.v2.documents import ENTRY_TYPE, FEED_TYPE, MEDIA, ORE_TYPE, ROOT, SERVICE_TYPE, Collection, Links
from server.sword.v2.opening import is_entry
from server.sword.v2.request import BINARY, deposit_headers
from server.sword.v2.zipped import zipped

log = observe.logger("sword")

_WRITERS: dict[str, Callable[[Links, Holding], bytes]] = {
    ENTRY_TYPE: documents.receipt,
    FEED_TYPE: documents.statement,
    ORE_TYPE: documents.ore,
}
_COMPLETING = frozenset({Operation.ADD, Operation.REPLACE_METADATA, Operation.REPLACE_ALL})
"""What completes a deposit where it comes without a body."""


@dataclass(frozen=True, slots=True)
class SwordV2:
    """The SWORD 2.0 server."""

    door: Door
    acceptance: Acceptance
    links: Links
    name: Callable[[], str]
    """What the repository is called."""

    def routes(self) -> list[web.RouteDef]:
        def route(method: str, path: str, handler: Handler) -> web.RouteDef:
            return self.door.route(method, path, handler, self.refusal)

        return [
            route("GET", f"{ROOT}/service-document", self.service_document),
            route("GET", f"{ROOT}/service-document/{{code}}", self.service_document),
            route("GET", f"{ROOT}/collection/{{name}}", self.feed),
            route("GET", f"{ROOT}/collection/{{name}}/", self.feed),
            route("POST", f"{ROOT}/collection/{{name}}", self.create),
            route("POST", f"{ROOT}/collection/{{name}}/", self.create),
            route("GET", f"{ROOT}/edit/{{id:[0-9A-Z]{{26}}}}", self.receipt),
            route("POST", f"{ROOT}/edit/{{id:[0-9A-Z]{{26}}}}", self.append),
            route("PUT", f"{ROOT}/edit/{{id:[0-9A-Z]{{26}}}}", self.replace),
            route("DELETE", f"{ROOT}/edit/{{id:[0-9A-Z]{{26}}}}", self.delete),
            route("GET", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}", self.content),
            route("POST", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}", self.add_content),
            route("PUT", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}", self.replace_content),
            route("DELETE", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}", self.delete_content),
            route("GET", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}/{{name:.+}}", self.file),
            route("PUT", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}/{{name:.+}}", self.replace_file),
            route("DELETE", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}/{{name:.+}}", self.delete_file),
            route("GET", f"{ROOT}/statement/{{id:[0-9A-Z]{{26}}}}", self.statement),
            route("GET", f"{ROOT}/statement/{{id:[0-9A-Z]{{26}}}}.rdf", self.ore),
            route("GET", f"{ROOT}/original/{{id:[0-9A-Z]{{26}}}}", self.original),
        ]

    # --- reading

    async def service_document(self, request: web.Request) -> web.StreamResponse:
        """Name the collections the account may deposit into: of all servers, or of the one in the address."""
        code = request.match_info.get("code", "")
        if code and not self.door.servers.knows(code):
            raise NotFound(f"There is no SWORD server {code!r}.", remedy=f"{self.links.service} names every collection.")
        nested = not code and self.door.servers.several()
        offered = [self._offered(found, request[CLIENT], nested=nested) for found in self.door.open_to(request, code)]
        largest = min(self.door.limit, self.door.servers.most(code) or self.door.limit)
        body = documents.service_document(self.links, self.name(), offered, largest // 1024)
        return _xml(body, SERVICE_TYPE)

    async def feed(self, request: web.Request) -> web.StreamResponse:
        """Give a page of a collection; `after` says where it begins."""
        collection = self._offered(self.door.collection(request, request.match_info["name"], self.links.service), request[CLIENT])
        after = request.query.get("after", "")
        found = await self.door.database.read_hot(listing, request[ACCOUNT], collection.name, after)
        return _xml(documents.collection_feed(self.links, collection, found, self.door.clock(), after), FEED_TYPE)

    async def receipt(self, request: web.Request) -> web.StreamResponse:
        """Give the receipt, or a statement to somebody who asks for that alone (§ 6.9: State-IRI and Edit-IRI may be one)."""
        return await self._state(request, (ENTRY_TYPE, FEED_TYPE, ORE_TYPE))

    async def statement(self, request: web.Request) -> web.StreamResponse:
        return await self._state(request, (FEED_TYPE, ORE_TYPE))

    async def ore(self, request: web.Request) -> web.StreamResponse:
        return await self._state(request, (ORE_TYPE,))

    async def _state(self, request: web.Request, offered: tuple[str, ...]) -> web.StreamResponse:
        held = await self._holding(request)
        kind = preferred(request.headers.get("Accept", ""), offered)
        headers = {"ETag": tag_of(held.container.changed)} | ({"Vary": "Accept"} if len(offered) > 1 else {})
        if kind == ENTRY_TYPE:
            headers["Content-Location"] = headers["Location"] = self.links.edit(held.container.id)
        return _xml(_WRITERS[kind](self.links, held), kind, headers=headers)

    async def original(self, request: web.Request) -> web.StreamResponse:
        """Give back a request's body as it was received."""
        found = await self.door.database.read_hot(original, request.match_info["id"], request[ACCOUNT])
        return await self._sent(request, found.sha256 or "", found.received, found.content_type or "application/octet-stream")

    async def content(self, request: web.Request) -> web.StreamResponse:
        """Give all files as a zip, one as it is, or a feed of them (§ 6.4); another packaging is 406."""
        held = await self._holding(request)
        headers = {"ETag": tag_of(held.container.changed), "Vary": "Accept-Packaging"}
        if request.query.get("feed") == "atom":
            return _xml(documents.media_feed(self.links, held), FEED_TYPE, headers=headers)
        wanted = self._wanted(request)
        if wanted == BINARY and len(held.files) == 1:
            [file] = held.files
            return await self._sent(request, file.sha256, held.container.changed, file.mime, {"Packaging": BINARY})
        if wanted != SIMPLE_ZIP:
            raise errors.NotAcceptable(
                f"The content cannot be given as {wanted}.",
                place="Accept-Packaging",
                remedy=f"Ask for {SIMPLE_ZIP}; a deposit of one file can be had as {BINARY} too.",
            )
        return await zipped(request, held.files, self.door.files, headers | {"Packaging": SIMPLE_ZIP})

    def _wanted(self, request: web.Request) -> str:
        """Return the packaging asked for by its own name, whichever of its names was used."""
        wanted = request.headers.get("Accept-Packaging", "").strip() or SIMPLE_ZIP
        try:
            return self.door.intake.understanding.packaging(wanted).iri
        except errors.ErrorContent:
            return wanted

    async def file(self, request: web.Request) -> web.StreamResponse:
        held, found = await self._file(request)
        return await self._sent(request, found.sha256, held.container.changed, found.mime)

    async def _sent(
        self, request: web.Request, sha256: str, modified: datetime, kind: str, more: dict[str, str] | None = None
    ) -> web.StreamResponse:
        path = await asyncio.to_thread(self.door.files.path, sha256)
        headers = {"Content-Type": kind, "Content-Disposition": "attachment", **(more or {})}
        return await send_file(request, path, sha256, modified, headers)

    async def _holding(self, request: web.Request) -> Holding:
        return await self.door.database.read_hot(holding, request.match_info["id"], request[ACCOUNT])

    async def _file(self, request: web.Request) -> tuple[Holding, File]:
        held = await self._holding(request)
        return held, _named(held, request.match_info["name"])

    # --- depositing

    async def create(self, request: web.Request) -> web.StreamResponse:
        """POST Col-IRI (§ 6.3)."""
        container, _ = await self._deposit(request, Operation.CREATE)
        return await self._receipt(request, container.id, 201)

    async def append(self, request: web.Request) -> web.StreamResponse:
        """POST SE-IRI (§ 6.7.2, § 9.3): an entry adds metadata, a multipart adds both, nothing at all completes."""
        container, received = await self._deposit(request, Operation.ADD)
        adds = content_type(request.headers.get("Content-Type", ""))[0].startswith("multipart/") and received.bytes > 0
        headers = {"Location": self.links.media(container.id) if adds else self.links.edit(container.id)}
        return await self._receipt(request, container.id, 201 if adds else 200, headers)

    async def replace(self, request: web.Request) -> web.StreamResponse:
        """PUT Edit-IRI (§ 6.5.2, § 6.5.3): nothing at all completes; what is no entry and no multipart is kept and refused."""
        kind, _ = content_type(request.headers.get("Content-Type", ""))
        container, _ = await self._deposit(request, Operation.REPLACE_METADATA if is_entry(kind) else Operation.REPLACE_ALL)
        return await self._receipt(request, container.id, 200)

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """DELETE Edit-IRI (§ 6.8)."""
        deposit = await self._placed(request, Operation.DELETE)
        await self.door.noted(request, deposit, self.acceptance.delete(deposit, request[ACCOUNT].id, request.get(SEEN)))
        log.info("deleted a container", extra={"deposit": deposit.container_id})
        return web.Response(status=204)

    async def add_content(self, request: web.Request) -> web.StreamResponse:
        """POST EM-IRI (§ 6.7.1); In-Progress stays as it was. The file may have got a number, as nothing is overwritten."""
        container, received = await self._deposit(request, Operation.ADD)
        headers = deposit_headers(said(request))
        held = await self.door.database.read_hot(holding, container.id, request[ACCOUNT])
        same = [file.name for file in held.files if file.sha256 == received.sha256]
        if same and headers.packaging == BINARY:
            location = self.links.file(container.id, headers.filename if headers.filename in same else same[-1])
        else:
            location = self.links.media(container.id)
        return await self._receipt(request, container.id, 201, {"Location": location})

    async def replace_content(self, request: web.Request) -> web.StreamResponse:
        """PUT EM-IRI (§ 6.5.1)."""
        container, _ = await self._deposit(request, Operation.REPLACE_CONTENT)
        return web.Response(status=204, headers={"ETag": tag_of(container.changed)})

    async def delete_content(self, request: web.Request) -> web.StreamResponse:
        """DELETE EM-IRI (§ 6.6): the container stays."""
        deposit = await self._placed(request, Operation.DELETE_CONTENT)
        await self.door.change(request, deposit)
        return web.Response(status=204)

    async def replace_file(self, request: web.Request) -> web.StreamResponse:
        """PUT File-IRI (§ 6.10): other bytes, the same name."""
        _, received = await self._deposit(request, Operation.REPLACE_FILE)
        return web.Response(status=204, headers={"ETag": f'"{received.sha256}"'})

    async def delete_file(self, request: web.Request) -> web.StreamResponse:
        """DELETE File-IRI (§ 6.10)."""
        deposit = await self._placed(request, Operation.DELETE_FILE)
        await self.door.change(request, deposit)
        return web.Response(status=204)

    async def _deposit(self, request: web.Request, operation: Operation) -> tuple[Container, Received]:
        """Let the door take a deposit in. § 9.3: requests on the EM-IRI do not change In-Progress."""
        deposit = self.door.row(request, operation, _read)
        on_media = deposit.url.startswith(MEDIA)
        name = request.match_info.get("name", "")

        async def place() -> Deposit:
            if operation is Operation.CREATE:
                self.door.collection(request, name, self.links.service)
                return deposit
            return await self._into(request, deposit)

        collection = name if operation is Operation.CREATE else ""
        return await self.door.take(request, place, deposit, collection, completes=operation in _COMPLETING and not on_media)

    async def _placed(self, request: web.Request, operation: Operation) -> Deposit:
        """Return the row of a request without a body, in its container."""
        unmediated(request)
        deposit = self.door.row(request, operation, _read)
        return await self.door.noted(request, deposit, self._into(request, deposit))

    async def _into(self, request: web.Request, deposit: Deposit) -> Deposit:
        """Put a request into its container, where that, its one file or the file it names has the tag that is asked for."""
        held, name = await self._holding(request), request.match_info.get("name")
        on_media, tags = deposit.url.startswith(MEDIA), tuple(f'"{file.sha256}"' for file in held.files)
        if name is not None:
            _named(held, name)
            tags = tuple(f'"{file.sha256}"' for file in held.files if file.name == name)
        elif len(tags) > 1 or not on_media:
            tags = ()
        placed = replace(deposit, filename=name) if name is not None else deposit
        return await self.door.placed(request, placed, *tags, seen=held.container, keeps_progress=on_media)

    def _offered(self, found: Offered, client: Account, *, nested: bool = False) -> Collection:
        rules = self.door.servers.rules(found.id)
        ending = "are published at once" if rules.approves else "wait for approval"
        return Collection(
            name=found.id,
            title=found.title,
            policy=found.policy,
            treatment=f"Complete deposits {ending}.",
            packagings=tuple(found.packagings or self.door.intake.understanding.packagings.names()),
            abstract=found.abstract,
            mediation=self.door.servers.mediates(client.name),
            server=rules.server if nested else "",
        )

    async def _receipt(
        self, request: web.Request, number: str, status: int, headers: dict[str, str] | None = None
    ) -> web.Response:
        """Answer a deposit; a link to its bytes stands in this answer alone (§ 10)."""
        held = await self.door.database.read_hot(holding, number, request[ACCOUNT])
        edit = self.links.edit(number)
        body = documents.receipt(self.links, held, request[DEPOSIT])
        told = {"Location": edit, "Content-Location": edit, "ETag": tag_of(held.container.changed)}
        return _xml(body, ENTRY_TYPE, status, told | (headers or {}))

    # --- refusing

    def translate(self, request: web.Request, status: int, text: str) -> web.StreamResponse:
        """Answer what the web server itself refuses (404, 405, 416, 500, …) with an error document too."""
        response = self.refusal(request, errors.of_status(status)(text))
        response.set_status(status)
        return response

    def refusal(self, request: web.Request, error: SheafError) -> web.Response:
        """Answer with an error document; whatever went wrong, it is never HTML and never empty."""
        failure = errors.spoken(error)
        number = request.get(DEPOSIT, "")
        body = documents.error(
            self.links.monitor(number) if number and request.get(ACCOUNT) else "", failure, self.door.clock(), "Sheaf"
        )
        return _xml(body, "application/xml", failure.status, dict(failure.headers))


def _named(held: Holding, name: str) -> File:
    """Return a file of a deposit by its name; raises NotFound."""
    found = next((file for file in held.files if file.name == name), None)
    if found is None:
        raise NotFound("There is no such file in this deposit.", remedy="The feed of the EM-IRI names those there are.")
    return found


def _read(headers: Mapping[str, str]) -> Said:
    found = deposit_headers(headers)
    return Said(found.filename, found.packaging if found.packaging_named else "", found.in_progress, found.slug)


def _xml(body: bytes, kind: str, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    # The type is sent to the letter: clients compare `application/atom+xml;type=feed` as a string.
    return web.Response(body=body, status=status, headers={"Content-Type": kind, **(headers or {})})
