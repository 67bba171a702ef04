"""SWORD 2.0 over HTTP: each IRI of the profile with its methods. Thin: receive, hand over, answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from aiohttp import web

from server import observe
from server.accounts.model import Account
from server.errors import NotFound, SheafError
from server.records.files import Received
from server.sword import errors
from server.sword.accept import Acceptance
from server.sword.door import ACCOUNT, CLIENT, DEPOSIT, Door, Handler, Said, said, unmediated
from server.sword.headers import content_type
from server.sword.holding import holding, listing, original
from server.sword.model import Container, Deposit, Operation
from server.sword.packagings.simplezip import IRI as SIMPLE_ZIP
from server.sword.profile.settings import Collection as Offered
from server.sword.v2 import documents
from server.sword.v2.documents import ENTRY_TYPE, FEED_TYPE, MEDIA, ROOT, SERVICE_TYPE, Collection, Links
from server.sword.v2.opening import is_entry
from server.sword.v2.request import BINARY, deposit_headers
from server.sword.v2.zipped import zipped

log = observe.logger("sword")

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
            route("POST", f"{ROOT}/collection/{{name}}", self.create),
            route("GET", f"{ROOT}/edit/{{id:[0-9A-Z]{{26}}}}", self.receipt),
            route("POST", f"{ROOT}/edit/{{id:[0-9A-Z]{{26}}}}", self.append),
            route("PUT", f"{ROOT}/edit/{{id:[0-9A-Z]{{26}}}}", self.replace),
            route("DELETE", f"{ROOT}/edit/{{id:[0-9A-Z]{{26}}}}", self.delete),
            route("GET", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}", self.content),
            route("POST", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}", self.add_content),
            route("PUT", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}", self.replace_content),
            route("DELETE", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}", self.delete_content),
            route("GET", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}/{{name:.+}}", self.file),
            route("DELETE", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}/{{name:.+}}", self.delete_file),
            route("GET", f"{ROOT}/statement/{{id:[0-9A-Z]{{26}}}}", self.statement),
            route("GET", f"{ROOT}/original/{{id:[0-9A-Z]{{26}}}}", self.original),
        ]

    # --- reading

    async def service_document(self, request: web.Request) -> web.StreamResponse:
        """Name the collections the account may deposit into: of all servers, or of the one in the address."""
        code = request.match_info.get("code", "")
        if code and not self.door.servers.knows(code):
            raise NotFound(f"There is no SWORD server {code!r}.", remedy=f"{self.links.service} names every collection.")
        offered = [self._offered(found, request[CLIENT]) for found in self.door.servers.open_to(request[CLIENT].name, code)]
        body = documents.service_document(self.links, self.name(), offered, self.door.limit // 1024)
        return _xml(body, SERVICE_TYPE)

    async def feed(self, request: web.Request) -> web.StreamResponse:
        collection = self._offered(self.door.collection(request, request.match_info["name"], self.links.service), request[CLIENT])
        found = await self.door.database.read(listing, request[ACCOUNT], collection.name)
        return _xml(documents.collection_feed(self.links, collection, found, self.door.clock()), FEED_TYPE)

    async def receipt(self, request: web.Request) -> web.StreamResponse:
        return await self._receipt(request.match_info["id"], request[ACCOUNT], 200)

    async def statement(self, request: web.Request) -> web.StreamResponse:
        held = await self.door.database.read(holding, request.match_info["id"], request[ACCOUNT])
        return _xml(documents.statement(self.links, held), FEED_TYPE)

    async def original(self, request: web.Request) -> web.StreamResponse:
        found = await self.door.database.read(original, request.match_info["id"], request[ACCOUNT])
        headers = {"Content-Disposition": "attachment", "Content-Type": found.content_type or "application/octet-stream"}
        return web.FileResponse(self.door.files.path(found.sha256 or ""), headers=headers)

    async def content(self, request: web.Request) -> web.StreamResponse:
        """Give all files as a zip, or as a feed (§ 6.4); another packaging is 406."""
        held = await self.door.database.read(holding, request.match_info["id"], request[ACCOUNT])
        if request.query.get("feed") == "atom":
            return _xml(documents.media_feed(self.links, held), FEED_TYPE)
        wanted = request.headers.get("Accept-Packaging", SIMPLE_ZIP)
        if wanted != SIMPLE_ZIP:
            raise errors.NotAcceptable(
                f"The content cannot be given as {wanted}.", place="Accept-Packaging", remedy=f"Ask for {SIMPLE_ZIP}."
            )
        return await zipped(request, held.files, self.door.files, {"Packaging": SIMPLE_ZIP})

    async def file(self, request: web.Request) -> web.StreamResponse:
        held = await self.door.database.read(holding, request.match_info["id"], request[ACCOUNT])
        found = next((f for f in held.files if f.name == request.match_info["name"]), None)
        if found is None:
            raise NotFound("There is no such file in this deposit.")
        return web.FileResponse(
            self.door.files.path(found.sha256), headers={"Content-Type": found.mime, "Content-Disposition": "attachment"}
        )

    # --- depositing

    async def create(self, request: web.Request) -> web.StreamResponse:
        """POST Col-IRI (§ 6.3)."""
        container, _ = await self._deposit(request, Operation.CREATE)
        return await self._receipt(container.id, request[ACCOUNT], 201)

    async def append(self, request: web.Request) -> web.StreamResponse:
        """POST SE-IRI (§ 6.7.2, § 9.3): an entry adds metadata, a multipart adds both, nothing at all completes."""
        container, received = await self._deposit(request, Operation.ADD)
        adds = content_type(request.headers.get("Content-Type", ""))[0].startswith("multipart/") and received.bytes > 0
        headers = {"Location": self.links.media(container.id) if adds else self.links.edit(container.id)}
        return await self._receipt(container.id, request[ACCOUNT], 201 if adds else 200, headers)

    async def replace(self, request: web.Request) -> web.StreamResponse:
        """PUT Edit-IRI (§ 6.5.2, § 6.5.3): nothing at all completes; what is no entry and no multipart is kept and refused."""
        kind, _ = content_type(request.headers.get("Content-Type", ""))
        container, _ = await self._deposit(request, Operation.REPLACE_METADATA if is_entry(kind) else Operation.REPLACE_ALL)
        return await self._receipt(container.id, request[ACCOUNT], 200)

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """DELETE Edit-IRI (§ 6.8)."""
        deposit = await self._placed(request, Operation.DELETE)
        await self.acceptance.delete(deposit, request[ACCOUNT].id)
        log.info("deleted a container", extra={"deposit": deposit.container_id})
        return web.Response(status=204)

    async def add_content(self, request: web.Request) -> web.StreamResponse:
        """POST EM-IRI (§ 6.7.1); In-Progress stays as it was. The file may have got a number, as nothing is overwritten."""
        container, received = await self._deposit(request, Operation.ADD)
        headers = deposit_headers(said(request))
        held = await self.door.database.read(holding, container.id, request[ACCOUNT])
        same = [file.name for file in held.files if file.sha256 == received.sha256]
        if same and headers.packaging == BINARY:
            location = self.links.file(container.id, headers.filename if headers.filename in same else same[-1])
        else:
            location = self.links.media(container.id)
        return await self._receipt(container.id, request[ACCOUNT], 201, {"Location": location})

    async def replace_content(self, request: web.Request) -> web.StreamResponse:
        """PUT EM-IRI (§ 6.5.1)."""
        await self._deposit(request, Operation.REPLACE_CONTENT)
        return web.Response(status=204)

    async def delete_content(self, request: web.Request) -> web.StreamResponse:
        """DELETE EM-IRI (§ 6.6): the container stays."""
        deposit = await self._placed(request, Operation.DELETE_CONTENT)
        await self.door.intake.change(request[ACCOUNT], deposit)
        return web.Response(status=204)

    async def delete_file(self, request: web.Request) -> web.StreamResponse:
        """DELETE File-IRI (§ 6.10)."""
        unmediated(request)
        held = await self.door.database.read(holding, request.match_info["id"], request[ACCOUNT])
        name = request.match_info["name"]
        if name not in {file.name for file in held.files}:
            raise NotFound("There is no such file in this deposit.")
        deposit = await self._placed(request, Operation.DELETE_FILE)
        await self.door.intake.change(request[ACCOUNT], replace(deposit, filename=name))
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
            return await self.door.placed(request, deposit, keeps_progress=on_media)

        collection = name if operation is Operation.CREATE else ""
        return await self.door.take(request, place, deposit, collection, completes=operation in _COMPLETING and not on_media)

    async def _placed(self, request: web.Request, operation: Operation) -> Deposit:
        """Return the row of a request without a body, in its container."""
        unmediated(request)
        deposit = self.door.row(request, operation, _read)
        return await self.door.placed(request, deposit, keeps_progress=deposit.url.startswith(MEDIA))

    def _offered(self, found: Offered, client: Account) -> Collection:
        ending = "are published at once" if found.import_as == "approved" else "wait for approval"
        accepted = found.packagings or self.door.intake.understanding.packagings.names()
        mediation = self.door.servers.mediates(client.name)
        treatment = f"Complete deposits {ending}."
        return Collection(found.id, found.title, found.policy, treatment, tuple(accepted), found.abstract, mediation)

    async def _receipt(self, number: str, account: Account, status: int, headers: dict[str, str] | None = None) -> web.Response:
        held = await self.door.database.read(holding, number, account)
        edit = self.links.edit(number)
        body = documents.receipt(self.links, held)
        return _xml(body, ENTRY_TYPE, status, {"Location": edit, "Content-Location": edit} | (headers or {}))

    # --- refusing

    def translate(self, request: web.Request, status: int, text: str) -> web.StreamResponse:
        """Answer what the web server itself refuses (404, 405, 500, …) with an error document too."""
        return self.refusal(request, errors.of_status(status)(text))

    def refusal(self, request: web.Request, error: SheafError) -> web.Response:
        """Answer with an error document; whatever went wrong, it is never HTML and never empty."""
        failure = errors.spoken(error)
        number = request.get(DEPOSIT, "")
        body = documents.error(
            self.links.monitor(number) if number and request.get(ACCOUNT) else "", failure, self.door.clock(), "Sheaf"
        )
        response = _xml(body, "application/xml", failure.status, dict(failure.headers))
        if isinstance(failure, errors.Unauthorised | errors.NotAllowed):
            response.force_close()  # the body was not read and is not wanted
        return response


def _read(headers: Mapping[str, str]) -> Said:
    found = deposit_headers(headers)
    return Said(found.filename, found.packaging if found.packaging_named else "", found.in_progress)


def _xml(body: bytes, kind: str, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    # The type is sent to the letter: clients compare `application/atom+xml;type=feed` as a string.
    return web.Response(body=body, status=status, headers={"Content-Type": kind, **(headers or {})})
