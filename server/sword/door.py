"""The door of every SWORD version: who comes in, how a body is taken off the wire, and the row its request becomes.

What a version says in its own words (documents, statuses, headers) stands in its folder; nothing here knows XML or JSON.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict

from server.accounts import store as accounts
from server.accounts.authenticate import UNKNOWN, Authenticator, MustWait, bearer
from server.accounts.model import Account
from server.accounts.tokens import Scope
from server.clock import Clock
from server.db.engine import Database
from server.errors import NotFound, Refused, SheafError, TooLarge, Unavailable
from server.middleware import remote_address
from server.records.files import DiskStore, FileStore, Received, receive
from server.sword import errors, store
from server.sword.conditions import refuse_closed, refuse_stale, tag_of
from server.sword.headers import (
    beneficiaries,
    boolean,
    credentials,
    header,
    idempotency_key,
    is_secret,
    on_behalf_of,
    preferred,
    refuse_mediation,
    sound,
)
from server.sword.intake import Intake
from server.sword.model import Container, Deposit, DepositState, Operation
from server.sword.pace import paced
from server.sword.profile.settings import Collection
from server.sword.scratch import scratch
from server.sword.server import Servers
from server.sword.trial import LEAST_TRIED, Trial, as_json, as_xml
from server.xml import clean

CLIENT = web.RequestKey("sword-client", Account)
"""Who sent a request."""
ACCOUNT = web.RequestKey("sword-account", Account)
"""Whose deposit it is: the client's own, or the account's on whose behalf it speaks."""
DEPOSIT = web.RequestKey("sword-deposit", str)
"""The id of the row a request became: its reference in whatever it is answered."""

SEEN = web.RequestKey("sword-seen", datetime)
"""When the container changed last that a conditional request means; it must not change before the request is begun."""

Result = TypeVar("Result")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Refusal = Callable[[web.Request, SheafError], web.Response]
"""Writes an error in the words of a version of SWORD."""

_MEANT = {"POST": Operation.CREATE, "PUT": Operation.REPLACE_ALL, "DELETE": Operation.DELETE}
"""What a request means whose address was not looked at."""

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Said:
    """What the headers of a deposit say of it, as its row keeps it."""

    filename: str = ""
    packaging: str = ""
    """As the client named it; empty where it did not."""
    in_progress: bool = False
    slug: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """Where the requests of one version of SWORD come in."""

    protocol: str
    """By which the intake knows how a kept request of this version is opened: sword2, sword3."""
    database: Database
    authenticator: Authenticator
    servers: Servers
    intake: Intake
    files: DiskStore
    clock: Clock
    limit: int
    """Bytes of the largest body."""

    # --- who comes in

    def route(self, method: str, path: str, handler: Handler, refusal: Refusal) -> web.RouteDef:
        """Return a route whose handler finds CLIENT and ACCOUNT in its request, and whose errors the version words."""

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                request[CLIENT] = request[ACCOUNT] = await self._account(request)
                if self.servers.mediates(request[CLIENT].name):
                    request[ACCOUNT] = await self._owner(request)
                if request.method not in _READING and boolean(request.headers, "dry-run", default=False):
                    return await self._tries(request)
                return await handler(request)
            except SheafError as error:
                if isinstance(error, errors.TargetOwnerUnknown):
                    await self._note(request, error)
                return refused(request, error)

        def refused(request: web.Request, error: SheafError) -> web.Response:
            response = refusal(request, error)
            if errors.spoken(error).closes:
                response.force_close()
            return response

        async def expect(request: web.Request) -> web.StreamResponse | None:
            """Answer `Expect: 100-continue` only to somebody we know: a stranger's body is never read (spec: 401 early)."""
            try:
                await self._account(request)
            except SheafError as error:
                return refused(request, error)
            with suppress(ConnectionError):  # who has gone is found gone where the body is read
                await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
            return None

        return web.RouteDef(method, path, answer, {"expect_handler": expect})

    async def _account(self, request: web.Request) -> Account:
        """Return whose request this is: by HTTP Basic with a password or a token, or by a Bearer token (RFC 6750)."""
        scope = Scope.READ if request.method in _READING else Scope.DEPOSIT
        sent, form = credentials(request.headers)
        try:
            return await self.authenticator.admit(sent, scope, remote=remote_address(request))
        except MustWait as error:
            raise errors.TooManyFailures(error.seconds, error.message, place=error.place, remedy=error.remedy) from error
        except Refused as error:
            if error.code != UNKNOWN:
                raise errors.NotAllowed(error.message, place=error.place, remedy=error.remedy) from error
            remedy = error.remedy or "Send HTTP Basic credentials of an active depositor, or an API token."
            known = errors.InvalidToken if bearer(request.headers.get("Authorization", "")) else errors.Unauthorised
            raise known(f"{error.message} Seen: {form}.", place=error.place, remedy=remedy) from error

    async def _owner(self, request: web.Request) -> Account:
        """Return whose request this is, where its client may speak for others; raises TargetOwnerUnknown."""
        names = beneficiaries(request.headers)
        for name in names:
            found = await self.database.read_hot(accounts.with_password, name)
            if found is not None and found[0].active:
                return await self._allowed(request, found[0])
        if names:
            raise errors.TargetOwnerUnknown(
                f"There is no active account {names[0]!r} to deposit for.",
                place="On-Behalf-Of",
                remedy="Name an account of this server.",
            )
        return request[CLIENT]

    async def _allowed(self, request: web.Request, owner: Account) -> Account:
        """Return for whom a client speaks; raises MediationNotAllowed where it may not for them."""
        client = request[CLIENT]
        if owner.id == client.id or self.servers.mediates(client.name, owner.name):
            return replace(owner, collections=client.collections)
        error = errors.MediationNotAllowed(
            f"This account may not deposit on behalf of {owner.name!r}.",
            place="On-Behalf-Of",
            remedy="Ask the administrator, who names in the SWORD server for whom it may.",
        )
        await self._note(request, error)
        raise error

    async def _note(self, request: web.Request, error: errors.SwordError) -> None:
        """Leave a row of a deposit for somebody who cannot be spoken for; its body is not read, and it is its client's own."""
        if (operation := _MEANT.get(request.method)) is not None and not header(request.headers, "dry-run"):
            await self.intake.refuse(request[CLIENT], self.row(request, operation, lambda _: Said()), error)

    # --- what may be deposited where

    def open_to(self, request: web.Request, code: str = "") -> list[Collection]:
        """Return the collections a request may deposit into, of all servers or of one.

        Who speaks for somebody else may only where the server lets it do so (SWORD 2.0 § 6.1).
        """
        for_others = request[CLIENT].id != request[ACCOUNT].id
        found = self.servers.open_to(request[CLIENT].name, code, on_behalf_of=request[ACCOUNT].name if for_others else "")
        return [each for each in found if request[CLIENT].lets_into(each.id)]

    def collection(self, request: web.Request, name: str, service: str) -> Collection:
        """Return a collection the client may deposit into; raises NotFound, which leads to the `service` document."""
        found = next((found for found in self.open_to(request) if found.id == name), None)
        if found is None:
            raise NotFound(
                f"There is no collection {name!r} that this account may deposit into.",
                remedy=f"The service document {service} names them.",
            )
        return found

    # --- taking in

    def row(self, request: web.Request, operation: Operation, read: Callable[[CIMultiDict[str]], Said]) -> Deposit:
        """Describe a request for the monitor, before anything of it is trusted."""
        headers = said(request)
        try:
            known = read(headers)
        except errors.SwordError:  # said again, with its place, when the deposit is opened
            known = Said()
        request[DEPOSIT] = store.new_id()
        return Deposit(
            id=request[DEPOSIT],
            container_id=None,
            account=request[ACCOUNT].name,
            protocol=self.protocol,
            method=request.method,
            operation=operation,
            url=clean(request.path),
            headers=tuple((str(name), value) for name, value in headers.items()),
            state=DepositState.RECEIVED,
            received=self.clock(),
            bytes=0,
            sha256=None,
            md5=None,
            filename=known.filename or None,
            content_type=headers.get("Content-Type"),
            packaging=known.packaging or None,
            in_progress=known.in_progress,
            title=None,
            problem=None,
            retries=0,
            key=idempotency_key(headers),
            sender_id=request[CLIENT].id,
            sender=request[CLIENT].name,
            on_behalf_of=on_behalf_of(headers),
            slug=known.slug,
        )

    async def noted(self, request: web.Request, deposit: Deposit, doing: Awaitable[Result]) -> Result:
        """Wait for what is done of a request without a body; a refusal leaves a row, as its answer leads there."""
        try:
            return await doing
        except SheafError as error:
            failure = errors.spoken(error)
            await self.intake.refuse(request[ACCOUNT], deposit, failure)
            raise failure from error

    async def placed(
        self, request: web.Request, deposit: Deposit, *tags: str, seen: Container, keeps_progress: bool = False
    ) -> Deposit:
        """Put a deposit into a container, which is as it was `seen` when `tags` were made of it.

        In-Progress may stay as it was (SWORD 2.0 § 9.3). Raises Refused, MethodNotAllowed where nothing of it can be changed any
        more, and ChangedMeanwhile where If-Match names neither the container's tag nor one of `tags`.
        """
        container = seen
        if deposit.operation is not Operation.DELETE:
            refuse_closed(container)
        if not any(found.id == container.collection for found in self.open_to(request)):
            raise Refused(f"The collection {container.collection!r} takes nothing from this account any more.")
        if "If-Match" in request.headers:
            refuse_stale(request.headers, tag_of(container.changed), *tags)
            request[SEEN] = container.changed
        deposit = replace(deposit, container_id=container.id, collection=container.collection)
        if not keeps_progress:
            return deposit
        before = await self.database.read_hot(store.latest, container.id)
        return replace(deposit, in_progress=not container.has_record and before is not None and before.in_progress)

    async def take(
        self,
        request: web.Request,
        place: Callable[[], Awaitable[Deposit]],
        deposit: Deposit,
        collection: str = "",
        *,
        completes: bool = False,
    ) -> tuple[Container, Received]:
        """Spool a body, then let the intake have it: into a `collection`, or where `place` puts the deposit.

        Whatever is refused leaves a row; a broken-off body nothing else. A body without a byte may complete. Raises SwordError.
        """
        account = request[ACCOUNT]
        try:
            deposit = await place()
            received = await self.spooled(request, limit=self.most(collection or deposit.collection))
        except SheafError as error:
            failure = errors.spoken(error)
            await self.intake.refuse(account, deposit, failure)
            raise failure from error
        if completes and not received.bytes:
            deposit = replace(deposit, operation=Operation.COMPLETE)
        by, seen = named(request), request.get(SEEN)
        return await self.intake.receive(account, deposit, received, collection, by=by, seen=seen), received

    async def change(self, request: web.Request, deposit: Deposit) -> None:
        """Do what a request without a body asks of the container it was placed in."""
        await self.intake.change(request[ACCOUNT], deposit, seen=request.get(SEEN))

    async def _tries(self, request: web.Request) -> web.Response:
        """Say what would become of a deposit; nothing is kept of it. Raises SheafError for what would be refused."""
        name = request.match_info.get("name", "")
        if request.method != "POST" or not name or "id" in request.match_info:
            raise errors.BadRequest(
                "Only a deposit into a collection can be tried out.", place="Dry-Run", remedy="POST it to a collection."
            )
        self.collection(request, name, "")
        deposit, rules = self.row(request, Operation.CREATE, _in_progress), self.servers.rules(name)
        del request[DEPOSIT]  # it leads to no row
        async with scratch(self.files) as store_:
            received = await self.spooled(request, store_, min(self.most(name), max(rules.read_now, LEAST_TRIED)))
            kept = await asyncio.to_thread(store_.keep, received)
            deposit = replace(deposit, bytes=received.bytes, sha256=kept, md5=received.md5)
            tried = await Trial(self.intake).received(deposit, store_, rules)
        kind = preferred(request.headers.get("Accept", ""), tuple(_TRIED))
        return web.Response(body=_TRIED[kind](tried), headers={"Content-Type": kind, "Vary": "Accept"})

    def most(self, collection: str) -> int:
        """Return the bytes of the largest body that a collection takes."""
        return min(self.limit, self.servers.rules(collection).most or self.limit)

    async def spooled(self, request: web.Request, files: FileStore | None = None, limit: int = 0) -> Received:
        """Take a body off the wire to the disk.

        Raises MaxUploadSizeExceeded, Away (the disk), Undecodable, TooSlow or BrokenOff.
        """
        length, limit = request.content_length, limit or self.limit
        if length is not None and length > limit:
            raise errors.MaxUploadSizeExceeded(
                f"The body has {length} bytes; {limit} are allowed.",
                place="Content-Length",
                remedy="Send it in several deposits.",
            )
        spool = (files or self.files).spool()  # not in a thread: of a request that ends just then the open file would be nobody's
        try:
            received = await receive(spool, paced(request.content.iter_any()), limit)
        except TooLarge as error:
            raise errors.MaxUploadSizeExceeded(error.message, place="body", remedy=error.remedy) from error
        except Unavailable as error:
            raise errors.Away(error.message, place=error.place, remedy=error.remedy) from error
        except TimeoutError as error:
            raise errors.TooSlow(
                "The body came too slowly, or not at all any more.",
                place="body",
                remedy="Send it again over a better connection.",
            ) from error
        except web.RequestPayloadError as error:
            raise errors.Undecodable(
                "The body cannot be decoded.", place="Content-Encoding", remedy="Send it as it is, without the header."
            ) from error
        except (ConnectionError, ClientPayloadError, HttpProcessingError, asyncio.CancelledError) as error:
            raise errors.BrokenOff(
                "The connection broke off before the whole body had arrived.", place="body", remedy="The client sends it again."
            ) from error
        # Of what was decoded nobody knows the length; that it came whole the decoder has seen.
        if length is not None and "Content-Encoding" not in request.headers and received.bytes < length:
            received.path.unlink(missing_ok=True)
            raise errors.BrokenOff(
                f"Only {received.bytes} of {length} bytes arrived.", place="body", remedy="The client sends it again."
            )
        return received


_TRIED = {"application/json": as_json, "application/xml": as_xml}
"""How what would become of a deposit is written."""


def _in_progress(headers: Mapping[str, str]) -> Said:
    return Said(in_progress=boolean(headers, "in-progress", default=False))


def said(request: web.Request) -> CIMultiDict[str]:
    """Return a request's headers as they are kept: without secrets, and as text."""
    return CIMultiDict((str(name), sound(value)) for name, value in request.headers.items() if not is_secret(name))


def unmediated(request: web.Request) -> None:
    """Refuse a deed without a body on behalf of others from a client that may not. Raises MediationNotAllowed."""
    refuse_mediation(request.headers, request[ACCOUNT].name)


def named(request: web.Request) -> str:
    """Say who sent a request, and for whom."""
    client, owner = request[CLIENT].name, request[ACCOUNT].name
    return client if client == owner else f"{client} on behalf of {owner}"
