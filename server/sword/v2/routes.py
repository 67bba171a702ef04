"""SWORD 2.0 over HTTP: each IRI of the profile with its methods. Thin: receive, hand over, answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from server import observe
from server.accounts.authenticate import Authenticator, basic
from server.accounts.model import Account
from server.clock import Clock
from server.db.engine import Database
from server.errors import Conflict, NotFound, Refused, SheafError, TooLarge, Unavailable
from server.records.files import DiskStore, Received, receive
from server.sword import errors, store
from server.sword.accept import Acceptance
from server.sword.errors import SwordError
from server.sword.holding import container_of, holding, listing, original
from server.sword.intake import Intake
from server.sword.model import Container, Content, Deposit, DepositState, Operation
from server.sword.packagings.simplezip import IRI as SIMPLE_ZIP
from server.sword.v2 import documents
from server.sword.v2.documents import ENTRY_TYPE, FEED_TYPE, ROOT, SERVICE_TYPE, Collection, Links
from server.sword.v2.opening import is_entry
from server.sword.v2.request import BINARY, content_type, deposit_headers
from server.sword.v2.zipped import zipped

ACCOUNT = web.RequestKey("sword-account", Account)
DEPOSIT = web.RequestKey("sword-deposit", str)

log = observe.logger("sword")

#: Errors of ours in SWORD's words.
_DOORS: dict[type[SheafError], type[SwordError]] = {
    NotFound: errors.Gone,
    Refused: errors.Forbidden,
    TooLarge: errors.MaxUploadSizeExceeded,
    Unavailable: errors.Away,
    Conflict: errors.ChangedMeanwhile,
}

_NOT_KEPT = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class SwordV2:
    """The SWORD 2.0 server."""

    database: Database
    authenticator: Authenticator
    intake: Intake
    acceptance: Acceptance
    files: DiskStore
    clock: Clock
    links: Links
    name: str
    collections: tuple[Collection, ...]
    limit: int
    """Bytes of the largest body."""

    def routes(self) -> list[web.RouteDef]:
        route = self._route
        return [
            *route("GET", f"{ROOT}/service-document", self.service_document),
            *route("GET", f"{ROOT}/collection/{{name}}", self.feed),
            *route("POST", f"{ROOT}/collection/{{name}}", self.create),
            *route("GET", f"{ROOT}/edit/{{id}}", self.receipt),
            *route("POST", f"{ROOT}/edit/{{id}}", self.append),
            *route("PUT", f"{ROOT}/edit/{{id}}", self.replace),
            *route("DELETE", f"{ROOT}/edit/{{id}}", self.delete),
            *route("GET", f"{ROOT}/edit-media/{{id}}", self.content),
            *route("POST", f"{ROOT}/edit-media/{{id}}", self.add_content),
            *route("PUT", f"{ROOT}/edit-media/{{id}}", self.replace_content),
            *route("DELETE", f"{ROOT}/edit-media/{{id}}", self.delete_content),
            *route("GET", f"{ROOT}/edit-media/{{id}}/{{name:.+}}", self.file),
            *route("DELETE", f"{ROOT}/edit-media/{{id}}/{{name:.+}}", self.delete_file),
            *route("GET", f"{ROOT}/statement/{{id}}", self.statement),
            *route("GET", f"{ROOT}/original/{{id}}", self.original),
        ]

    # --- reading

    async def service_document(self, _request: web.Request) -> web.StreamResponse:
        body = documents.service_document(self.links, self.name, self.collections, self.limit // 1024)
        return _xml(body, SERVICE_TYPE)

    async def feed(self, request: web.Request) -> web.StreamResponse:
        collection = self._collection(request)
        containers, titles = await self.database.read(listing, request[ACCOUNT], collection.name)
        return _xml(documents.collection_feed(self.links, collection, containers, titles, self.clock()), FEED_TYPE)

    async def receipt(self, request: web.Request) -> web.StreamResponse:
        return await self._receipt(request.match_info["id"], request[ACCOUNT], 200)

    async def statement(self, request: web.Request) -> web.StreamResponse:
        held = await self.database.read(holding, request.match_info["id"], request[ACCOUNT])
        return _xml(documents.statement(self.links, held), FEED_TYPE)

    async def original(self, request: web.Request) -> web.StreamResponse:
        found = await self.database.read(original, request.match_info["id"], request[ACCOUNT])
        headers = {"Content-Disposition": "attachment", "Content-Type": found.content_type or "application/octet-stream"}
        return web.FileResponse(self.files.path(found.sha256 or ""), headers=headers)

    async def content(self, request: web.Request) -> web.StreamResponse:
        """Give all files as a zip, or as a feed (§ 6.4); another packaging is 406."""
        held = await self.database.read(holding, request.match_info["id"], request[ACCOUNT])
        if request.query.get("feed") == "atom":
            return _xml(documents.media_feed(self.links, held), FEED_TYPE)
        wanted = request.headers.get("Accept-Packaging", SIMPLE_ZIP)
        if wanted != SIMPLE_ZIP:
            raise errors.NotAcceptable(f"The content cannot be given as {wanted}.", place="Accept-Packaging", remedy=f"Ask for {SIMPLE_ZIP}.")
        return await zipped(request, held.files, self.files, {"Packaging": SIMPLE_ZIP})

    async def file(self, request: web.Request) -> web.StreamResponse:
        held = await self.database.read(holding, request.match_info["id"], request[ACCOUNT])
        found = next((f for f in held.files if f.name == request.match_info["name"]), None)
        if found is None:
            raise NotFound("There is no such file in this deposit.")
        return web.FileResponse(self.files.path(found.sha256), headers={"Content-Type": found.mime, "Content-Disposition": "attachment"})

    # --- depositing

    async def create(self, request: web.Request) -> web.StreamResponse:
        """POST Col-IRI (§ 6.3)."""
        container = await self._deposit(request, Operation.CREATE, self._collection(request).name)
        return await self._receipt(container.id, request[ACCOUNT], 201)

    async def append(self, request: web.Request) -> web.StreamResponse:
        """POST SE-IRI (§ 6.7.2, § 9.3): an entry adds metadata, a multipart adds both, nothing at all completes."""
        kind, _ = content_type(request.headers.get("Content-Type", ""))
        empty = request.content_length in {0, None} and not request.can_read_body
        adds = kind.startswith("multipart/") and not empty
        operation = Operation.COMPLETE if empty else Operation.ADD
        container = await self._deposit(request, operation)
        headers = {"Location": self.links.media(container.id) if adds else self.links.edit(container.id)}
        return await self._receipt(container.id, request[ACCOUNT], 201 if adds else 200, headers)

    async def replace(self, request: web.Request) -> web.StreamResponse:
        """PUT Edit-IRI (§ 6.5.2, § 6.5.3)."""
        kind, _ = content_type(request.headers.get("Content-Type", ""))
        if not (is_entry(kind) or kind.startswith("multipart/")):
            raise errors.ErrorContent(
                f"The Edit-IRI takes an Atom entry or a multipart, not {kind or 'nothing'}.", place="Content-Type", remedy="PUT files to the EM-IRI."
            )
        operation = Operation.REPLACE_METADATA if is_entry(kind) else Operation.REPLACE_ALL
        container = await self._deposit(request, operation)
        return await self._receipt(container.id, request[ACCOUNT], 200)

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """DELETE Edit-IRI (§ 6.8)."""
        container = await self._container(request)
        await self.acceptance.delete(container)
        log.info("deleted a container", extra={"deposit": container.id})
        return web.Response(status=204)

    async def add_content(self, request: web.Request) -> web.StreamResponse:
        """POST EM-IRI (§ 6.7.1); In-Progress stays as it was."""
        container = await self._deposit(request, Operation.ADD)
        name = deposit_headers(request.headers).filename
        packed = "Packaging" in request.headers and request.headers["Packaging"] != BINARY
        headers = {"Location": self.links.media(container.id) if packed else self.links.file(container.id, name)}
        return await self._receipt(container.id, request[ACCOUNT], 201, headers)

    async def replace_content(self, request: web.Request) -> web.StreamResponse:
        """PUT EM-IRI (§ 6.5.1)."""
        await self._deposit(request, Operation.REPLACE_CONTENT)
        return web.Response(status=204)

    async def delete_content(self, request: web.Request) -> web.StreamResponse:
        """DELETE EM-IRI (§ 6.6): the container stays."""
        await self._change(request, Operation.DELETE_CONTENT, Content())
        return web.Response(status=204)

    async def delete_file(self, request: web.Request) -> web.StreamResponse:
        """DELETE File-IRI (§ 6.10)."""
        held = await self.database.read(holding, request.match_info["id"], request[ACCOUNT])
        gone = tuple(f for f in held.files if f.name == request.match_info["name"])
        if not gone:
            raise NotFound("There is no such file in this deposit.")
        await self._change(request, Operation.DELETE_FILE, Content(files=gone))
        return web.Response(status=204)

    async def _deposit(self, request: web.Request, operation: Operation, collection: str = "") -> Container:
        """Spool the body, then let the intake have it. A body that breaks off leaves nothing but a row."""
        container = await self._container(request) if operation is not Operation.CREATE else None
        account = request[ACCOUNT]
        deposit = self._row(request, operation, container)
        try:
            received = await self._spooled(request)
        except SwordError as error:
            await self.intake.refuse(account, deposit, error)
            raise
        return await self.intake.receive(account, deposit, received, collection or (container.collection if container else ""))

    async def _change(self, request: web.Request, operation: Operation, content: Content) -> None:
        """Do what a request without a body asks, as a deposit of its own in the monitor."""
        container = await self._container(request)
        deposit = self._row(request, operation, container)

        def begin(tx: object) -> None:
            store.add_deposit(tx, deposit, request[ACCOUNT].id)  # type: ignore[arg-type]  # a connection

        await self.database.write(begin)
        await self.acceptance.take(deposit, content)

    async def _spooled(self, request: web.Request) -> Received:
        length = request.content_length
        if length is not None and length > self.limit:
            raise errors.MaxUploadSizeExceeded(
                f"The body has {length} bytes; {self.limit} are allowed.", place="Content-Length", remedy="Send it in several deposits."
            )
        spool = await asyncio.to_thread(self.files.spool)
        try:
            received = await receive(spool, request.content.iter_any(), self.limit)
        except TooLarge as error:
            raise errors.MaxUploadSizeExceeded(error.message, place="body", remedy=error.remedy) from error
        except Unavailable as error:
            raise errors.Away(error.message, place=error.place, remedy=error.remedy) from error
        except (ConnectionError, TimeoutError, web.PayloadError, HttpProcessingError, asyncio.CancelledError) as error:
            raise errors.BrokenOff("The connection broke off before the whole body had arrived.", place="body", remedy="The client sends it again.") from error
        if length is not None and received.bytes < length:
            received.path.unlink(missing_ok=True)
            raise errors.BrokenOff(f"Only {received.bytes} of {length} bytes arrived.", place="body", remedy="The client sends it again.")
        return received

    def _row(self, request: web.Request, operation: Operation, container: Container | None) -> Deposit:
        """Describe a request for the monitor, before anything of it is trusted."""
        headers = tuple((str(name), value) for name, value in request.headers.items() if name.lower() not in _NOT_KEPT)
        try:
            said = deposit_headers(request.headers)
            in_progress = said.in_progress
        except SwordError:  # said again, with its place, when the deposit is opened
            said, in_progress = None, False
        if operation in {Operation.REPLACE_CONTENT, Operation.DELETE_CONTENT, Operation.DELETE_FILE} or request.path.startswith(f"{ROOT}/edit-media"):
            # § 9.3: requests on the EM-IRI do not change In-Progress.
            in_progress = container is not None and not container.has_record
        request[DEPOSIT] = store.new_id()
        return Deposit(
            id=request[DEPOSIT],
            container_id=None if container is None else container.id,
            account=request[ACCOUNT].name,
            protocol="sword2",
            method=request.method,
            operation=operation,
            url=request.path,
            headers=headers,
            state=DepositState.RECEIVED,
            received=self.clock(),
            bytes=0,
            sha256=None,
            md5=None,
            filename=said.filename if said else None,
            content_type=request.headers.get("Content-Type"),
            packaging=said.packaging if said and said.packaging_named else None,
            in_progress=in_progress,
            title=None,
            problem=None,
            retries=0,
        )

    async def _container(self, request: web.Request) -> Container:
        return await self.database.read(container_of, request.match_info["id"], request[ACCOUNT])

    def _collection(self, request: web.Request) -> Collection:
        name = request.match_info["name"]
        found = next((c for c in self.collections if c.name == name), None)
        if found is None:
            raise NotFound(f"There is no collection {name!r}.", remedy=f"The service document {self.links.service} names them.")
        return found

    async def _receipt(self, number: str, account: Account, status: int, headers: dict[str, str] | None = None) -> web.Response:
        held = await self.database.read(holding, number, account)
        edit = self.links.edit(number)
        body = documents.receipt(self.links, held)
        return _xml(body, ENTRY_TYPE, status, {"Location": edit, "Content-Location": edit} | (headers or {}))

    # --- the door

    def _route(self, method: str, path: str, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> list[web.RouteDef]:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                request[ACCOUNT] = await self._account(request)
                return await handler(request)
            except SheafError as error:
                return self.refusal(request, error)

        async def expect(request: web.Request) -> web.StreamResponse | None:
            """Answer `Expect: 100-continue` only to somebody we know: a stranger's body is never read (spec: 401 early)."""
            try:
                await self._account(request)
            except SheafError as error:
                return self.refusal(request, error)
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
            return None

        return [web.RouteDef(method, path, answer, {"expect_handler": expect})]

    async def _account(self, request: web.Request) -> Account:
        credentials = basic(request.headers.get("Authorization", ""))
        account = None if credentials is None else await self.authenticator.check(*credentials)
        if account is None:
            raise errors.Unauthorised(
                "The name or password is wrong." if credentials else "No credentials were sent.",
                place="Authorization",
                remedy="Send HTTP Basic credentials of an active depositor.",
            )
        return account

    def translate(self, request: web.Request, status: int, text: str) -> web.StreamResponse:
        """Answer what the web server itself refuses (404, 405, 500, …) with an error document too."""
        kinds = {404: errors.Gone, 405: errors.MethodNotAllowed, 413: errors.MaxUploadSizeExceeded, 500: errors.Broken, 503: errors.Away}
        return self.refusal(request, kinds.get(status, errors.BadRequest)(text))

    def refusal(self, request: web.Request, error: SheafError) -> web.Response:
        """Answer with an error document; whatever went wrong, it is never HTML and never empty."""
        failure = error if isinstance(error, SwordError) else _DOORS.get(type(error), errors.BadRequest)(error.message, place=error.place, remedy=error.remedy)
        number = request.get(DEPOSIT, "")
        body = documents.error(self.links.monitor(number) if number and request.get(ACCOUNT) else "", failure, self.clock(), "Sheaf")
        response = _xml(body, "application/xml", failure.status, dict(failure.headers))
        if failure.status == errors.Unauthorised.status:
            response.force_close()  # the body was not read and is not wanted
        return response


def _xml(body: bytes, kind: str, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    # The type is sent to the letter: clients compare `application/atom+xml;type=feed` as a string.
    return web.Response(body=body, status=status, headers={"Content-Type": f"{kind}", **(headers or {})})
