"""SWORD 2.0 over HTTP: each IRI of the profile with its methods. Thin: receive, hand over, answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict

from server import observe
from server.accounts import store as accounts
from server.accounts.authenticate import UNKNOWN, Authenticator, bearer
from server.accounts.model import Account
from server.accounts.tokens import Scope
from server.clock import Clock
from server.db.engine import Database
from server.errors import NotFound, Refused, SheafError, TooLarge, Unavailable
from server.middleware import remote_address
from server.records.files import DiskStore, Received, receive
from server.sword import errors, store
from server.sword.accept import Acceptance
from server.sword.errors import SwordError
from server.sword.holding import container_of, holding, listing, original
from server.sword.intake import Intake
from server.sword.model import Container, Deposit, DepositState, Operation
from server.sword.packagings.simplezip import IRI as SIMPLE_ZIP
from server.sword.server import Collection as Offered
from server.sword.server import Servers
from server.sword.v2 import documents
from server.sword.v2.documents import ENTRY_TYPE, FEED_TYPE, MEDIA, ROOT, SERVICE_TYPE, Collection, Links
from server.sword.v2.mediation import ACCOUNT, CLIENT, named, unmediated
from server.sword.v2.opening import is_entry
from server.sword.v2.request import BINARY, DepositHeaders, content_type, deposit_headers, on_behalf_of, sound
from server.sword.v2.zipped import zipped
from server.xml import clean

DEPOSIT = web.RequestKey("sword-deposit", str)

log = observe.logger("sword")

_COMPLETING = frozenset({Operation.ADD, Operation.REPLACE_METADATA, Operation.REPLACE_ALL})
"""What completes a deposit where it comes without a body."""
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
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
    name: Callable[[], str]
    """What the repository is called."""
    servers: Servers
    limit: int
    """Bytes of the largest body."""

    def routes(self) -> list[web.RouteDef]:
        route = self._route
        return [
            *route("GET", f"{ROOT}/service-document", self.service_document),
            *route("GET", f"{ROOT}/service-document/{{code}}", self.service_document),
            *route("GET", f"{ROOT}/collection/{{name}}", self.feed),
            *route("POST", f"{ROOT}/collection/{{name}}", self.create),
            *route("GET", f"{ROOT}/edit/{{id:[0-9A-Z]{{26}}}}", self.receipt),
            *route("POST", f"{ROOT}/edit/{{id:[0-9A-Z]{{26}}}}", self.append),
            *route("PUT", f"{ROOT}/edit/{{id:[0-9A-Z]{{26}}}}", self.replace),
            *route("DELETE", f"{ROOT}/edit/{{id:[0-9A-Z]{{26}}}}", self.delete),
            *route("GET", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}", self.content),
            *route("POST", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}", self.add_content),
            *route("PUT", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}", self.replace_content),
            *route("DELETE", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}", self.delete_content),
            *route("GET", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}/{{name:.+}}", self.file),
            *route("DELETE", f"{ROOT}/edit-media/{{id:[0-9A-Z]{{26}}}}/{{name:.+}}", self.delete_file),
            *route("GET", f"{ROOT}/statement/{{id:[0-9A-Z]{{26}}}}", self.statement),
            *route("GET", f"{ROOT}/original/{{id:[0-9A-Z]{{26}}}}", self.original),
        ]

    # --- reading

    async def service_document(self, request: web.Request) -> web.StreamResponse:
        """Name the collections the account may deposit into: of all servers, or of the one in the address."""
        code = request.match_info.get("code", "")
        if code and not self.servers.knows(code):
            raise NotFound(f"There is no SWORD server {code!r}.", remedy=f"{self.links.service} names every collection.")
        offered = [self._offered(found, request[CLIENT]) for found in self.servers.open_to(request[CLIENT].name, code)]
        body = documents.service_document(self.links, self.name(), offered, self.limit // 1024)
        return _xml(body, SERVICE_TYPE)

    async def feed(self, request: web.Request) -> web.StreamResponse:
        collection = self._collection(request)
        found = await self.database.read(listing, request[ACCOUNT], collection.name)
        return _xml(documents.collection_feed(self.links, collection, found, self.clock()), FEED_TYPE)

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
            raise errors.NotAcceptable(
                f"The content cannot be given as {wanted}.", place="Accept-Packaging", remedy=f"Ask for {SIMPLE_ZIP}."
            )
        return await zipped(request, held.files, self.files, {"Packaging": SIMPLE_ZIP})

    async def file(self, request: web.Request) -> web.StreamResponse:
        held = await self.database.read(holding, request.match_info["id"], request[ACCOUNT])
        found = next((f for f in held.files if f.name == request.match_info["name"]), None)
        if found is None:
            raise NotFound("There is no such file in this deposit.")
        return web.FileResponse(
            self.files.path(found.sha256), headers={"Content-Type": found.mime, "Content-Disposition": "attachment"}
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
        unmediated(request)
        deposit = await self._placed(request, self._row(request, Operation.DELETE))
        await self.acceptance.delete(deposit, request[ACCOUNT].id)
        log.info("deleted a container", extra={"deposit": deposit.container_id})
        return web.Response(status=204)

    async def add_content(self, request: web.Request) -> web.StreamResponse:
        """POST EM-IRI (§ 6.7.1); In-Progress stays as it was. The file may have got a number, as nothing is overwritten."""
        container, received = await self._deposit(request, Operation.ADD)
        said = deposit_headers(_said(request))
        held = await self.database.read(holding, container.id, request[ACCOUNT])
        same = [file.name for file in held.files if file.sha256 == received.sha256]
        if same and said.packaging == BINARY:
            location = self.links.file(container.id, said.filename if said.filename in same else same[-1])
        else:
            location = self.links.media(container.id)
        return await self._receipt(container.id, request[ACCOUNT], 201, {"Location": location})

    async def replace_content(self, request: web.Request) -> web.StreamResponse:
        """PUT EM-IRI (§ 6.5.1)."""
        await self._deposit(request, Operation.REPLACE_CONTENT)
        return web.Response(status=204)

    async def delete_content(self, request: web.Request) -> web.StreamResponse:
        """DELETE EM-IRI (§ 6.6): the container stays."""
        unmediated(request)
        deposit = await self._placed(request, self._row(request, Operation.DELETE_CONTENT))
        await self.intake.change(request[ACCOUNT], deposit)
        return web.Response(status=204)

    async def delete_file(self, request: web.Request) -> web.StreamResponse:
        """DELETE File-IRI (§ 6.10)."""
        unmediated(request)
        held = await self.database.read(holding, request.match_info["id"], request[ACCOUNT])
        name = request.match_info["name"]
        if name not in {file.name for file in held.files}:
            raise NotFound("There is no such file in this deposit.")
        deposit = await self._placed(request, self._row(request, Operation.DELETE_FILE))
        await self.intake.change(request[ACCOUNT], replace(deposit, filename=name))
        return web.Response(status=204)

    async def _deposit(self, request: web.Request, operation: Operation) -> tuple[Container, Received]:
        """Spool the body, then let the intake have it. Whatever is refused leaves a row; a broken-off body nothing else."""
        account, deposit = request[ACCOUNT], self._row(request, operation)
        try:
            deposit = await self._placed(request, deposit)
            collection = self._collection(request).name if operation is Operation.CREATE else ""
            received = await self._spooled(request)
        except SheafError as error:
            failure = errors.spoken(error)
            await self.intake.refuse(account, deposit, failure)
            raise failure from error
        if operation in _COMPLETING and not received.bytes and not deposit.url.startswith(MEDIA):
            deposit = replace(deposit, operation=Operation.COMPLETE)
        return await self.intake.receive(account, deposit, received, collection, by=named(request)), received

    async def _placed(self, request: web.Request, deposit: Deposit) -> Deposit:
        """Put a deposit into the container its IRI names. § 9.3: requests on the EM-IRI do not change In-Progress."""
        if deposit.operation is Operation.CREATE:
            return deposit
        container = await self._container(request)
        if not any(found.id == container.collection for found in self.servers.open_to(request[CLIENT].name)):
            raise Refused(f"The collection {container.collection!r} takes nothing from this account any more.")
        deposit = replace(deposit, container_id=container.id)
        if not deposit.url.startswith(MEDIA):
            return deposit
        before = await self.database.read(store.latest, container.id)
        return replace(deposit, in_progress=not container.has_record and before is not None and before.in_progress)

    async def _spooled(self, request: web.Request) -> Received:
        length = request.content_length
        if length is not None and length > self.limit:
            raise errors.MaxUploadSizeExceeded(
                f"The body has {length} bytes; {self.limit} are allowed.",
                place="Content-Length",
                remedy="Send it in several deposits.",
            )
        spool = self.files.spool()  # not in a thread: of a request that ends just then the open file would be nobody's
        try:
            received = await receive(spool, request.content.iter_any(), self.limit)
        except TooLarge as error:
            raise errors.MaxUploadSizeExceeded(error.message, place="body", remedy=error.remedy) from error
        except Unavailable as error:
            raise errors.Away(error.message, place=error.place, remedy=error.remedy) from error
        except (ConnectionError, TimeoutError, ClientPayloadError, HttpProcessingError, asyncio.CancelledError) as error:
            raise errors.BrokenOff(
                "The connection broke off before the whole body had arrived.", place="body", remedy="The client sends it again."
            ) from error
        if length is not None and received.bytes < length:
            received.path.unlink(missing_ok=True)
            raise errors.BrokenOff(
                f"Only {received.bytes} of {length} bytes arrived.", place="body", remedy="The client sends it again."
            )
        return received

    def _row(self, request: web.Request, operation: Operation) -> Deposit:
        """Describe a request for the monitor, before anything of it is trusted."""
        headers = _said(request)
        try:
            said = deposit_headers(headers)
        except SwordError:  # said again, with its place, when the deposit is opened
            said = DepositHeaders()
        request[DEPOSIT] = store.new_id()
        return Deposit(
            id=request[DEPOSIT],
            container_id=None,
            account=request[ACCOUNT].name,
            protocol="sword2",
            method=request.method,
            operation=operation,
            url=clean(request.path),
            headers=tuple((str(name), value) for name, value in headers.items()),
            state=DepositState.RECEIVED,
            received=self.clock(),
            bytes=0,
            sha256=None,
            md5=None,
            filename=said.filename or None,
            content_type=headers.get("Content-Type"),
            packaging=said.packaging if said.packaging_named else None,
            in_progress=said.in_progress,
            title=None,
            problem=None,
            retries=0,
        )

    async def _container(self, request: web.Request) -> Container:
        return await self.database.read(container_of, request.match_info["id"], request[ACCOUNT])

    def _collection(self, request: web.Request) -> Collection:
        name = request.match_info["name"]
        found = next((found for found in self.servers.open_to(request[CLIENT].name) if found.id == name), None)
        if found is None:
            raise NotFound(
                f"There is no collection {name!r} that this account may deposit into.",
                remedy=f"The service document {self.links.service} names them.",
            )
        return self._offered(found, request[CLIENT])

    def _offered(self, found: Offered, client: Account) -> Collection:
        ending = "are published at once" if found.import_as == "approved" else "wait for approval"
        accepted = found.packagings or self.intake.understanding.packagings.names()
        mediation = self.servers.mediates(client.name)
        treatment = f"Complete deposits {ending}."
        return Collection(found.id, found.title, found.policy, treatment, tuple(accepted), found.abstract, mediation)

    async def _receipt(self, number: str, account: Account, status: int, headers: dict[str, str] | None = None) -> web.Response:
        held = await self.database.read(holding, number, account)
        edit = self.links.edit(number)
        body = documents.receipt(self.links, held)
        return _xml(body, ENTRY_TYPE, status, {"Location": edit, "Content-Location": edit} | (headers or {}))

    # --- the door

    def _route(
        self, method: str, path: str, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> list[web.RouteDef]:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                request[CLIENT] = request[ACCOUNT] = await self._account(request)
                if self.servers.mediates(request[CLIENT].name):
                    request[ACCOUNT] = await self._owner(request)
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
        """Return whose request this is: by HTTP Basic with a password or a token, or by a Bearer token (RFC 6750)."""
        scope = Scope.READ if request.method in _READING else Scope.DEPOSIT
        try:
            return await self.authenticator.admit(request.headers.get("Authorization", ""), scope, remote=remote_address(request))
        except Refused as error:
            if error.code != UNKNOWN:
                raise errors.NotAllowed(error.message, place=error.place, remedy=error.remedy) from error
            if bearer(request.headers.get("Authorization", "")):
                raise errors.InvalidToken(error.message, place=error.place, remedy=error.remedy) from error
            remedy = error.remedy or "Send HTTP Basic credentials of an active depositor, or an API token."
            raise errors.Unauthorised(error.message, place=error.place, remedy=remedy) from error

    async def _owner(self, request: web.Request) -> Account:
        """Return whose request this is, where its client may speak for others; raises TargetOwnerUnknown."""
        name = on_behalf_of(request.headers)
        found = await self.database.read(accounts.with_password, name) if name else None
        if name and (found is None or not found[0].active):
            raise errors.TargetOwnerUnknown(
                f"There is no active account {name!r} to deposit for.",
                place="On-Behalf-Of",
                remedy="Name an account of this server.",
            )
        return found[0] if found is not None else request[CLIENT]

    def translate(self, request: web.Request, status: int, text: str) -> web.StreamResponse:
        """Answer what the web server itself refuses (404, 405, 500, …) with an error document too."""
        kinds = {
            404: errors.Gone,
            405: errors.MethodNotAllowed,
            413: errors.MaxUploadSizeExceeded,
            500: errors.Broken,
            503: errors.Away,
        }
        return self.refusal(request, kinds.get(status, errors.BadRequest)(text))

    def refusal(self, request: web.Request, error: SheafError) -> web.Response:
        """Answer with an error document; whatever went wrong, it is never HTML and never empty."""
        failure = errors.spoken(error)
        number = request.get(DEPOSIT, "")
        body = documents.error(
            self.links.monitor(number) if number and request.get(ACCOUNT) else "", failure, self.clock(), "Sheaf"
        )
        response = _xml(body, "application/xml", failure.status, dict(failure.headers))
        if isinstance(failure, errors.Unauthorised | errors.NotAllowed):
            response.force_close()  # the body was not read and is not wanted
        return response


def _said(request: web.Request) -> CIMultiDict[str]:
    """Return a request's headers as they are kept: without secrets, and as text."""
    return CIMultiDict((str(name), sound(value)) for name, value in request.headers.items() if name.lower() not in _NOT_KEPT)


def _xml(body: bytes, kind: str, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    # The type is sent to the letter: clients compare `application/atom+xml;type=feed` as a string.
    return web.Response(body=body, status=status, headers={"Content-Type": kind, **(headers or {})})
