"""Fetches the files that deposits name by their address (SWORD 3.0 § 9.4), and takes each in as if it had been sent."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

import aiohttp
from sqlalchemy import Connection

from server import observe
from server.accounts import store as accounts
from server.accounts.model import Account
from server.clock import Clock
from server.db.engine import Database
from server.errors import SheafError, TooLarge, Unavailable
from server.jobs import queue
from server.jobs.model import Answer, Done, Job, Later
from server.notify.guard import Barred, Guard, connector, target
from server.records.files import DiskStore, Received, receive
from server.sword import reference_store, store
from server.sword.errors import Away, SwordError
from server.sword.intake import Intake
from server.sword.model import NOT_FETCHED, Container, Deposit, DepositState, Operation
from server.sword.pace import paced
from server.sword.reference import Dropped, Named, Reference, ReferenceState, bare
from server.sword.unfit import Unfit
from server.sword.untaken import write_held
from server.sword.v3 import staging
from server.sword.v3.digests import digests
from server.sword.v3.errors import ByReferenceNotAllowed
from server.sword.v3.links import Links
from server.sword.v3.verifying import verify

TRIES = 8
"""How often a file is asked for; then its deposit is held."""
FIRST_PAUSE = timedelta(seconds=30)
TURN = timedelta(seconds=5)
"""How long the files of a deposit wait before it is looked again whether the deposit itself is read."""
NOTED = 8 * 2**20
"""After so many bytes it is written down how far a download is."""

_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=15, sock_connect=15, sock_read=60)
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same request may do (RFC 9110 § 15.5.9, § 15.6)."""
_OK = 200
_TO_FETCH = frozenset({ReferenceState.PENDING, ReferenceState.DOWNLOADING})

log = observe.logger("sword")


class Failed(SwordError):
    """A file that cannot be had."""

    code = NOT_FETCHED


class Lost(Exception):
    """The job is somebody else's by now, and so is what it writes."""


class NotYet(Exception):
    """A file that cannot be had now; its text says why."""


@dataclass(frozen=True, slots=True)
class Basis:
    """A deposit that names files, as it is when a worker comes to it."""

    deposit: Deposit
    container: Container | None
    account: Account | None
    named: list[Named]
    in_progress: bool
    """Whether the last request on the container said that more comes."""


@dataclass(frozen=True, slots=True)
class Fetching:
    """The worker's part in deposits by reference; one job fetches all that one deposit names."""

    database: Database
    intake: Intake
    files: DiskStore
    clock: Clock
    guard: Guard
    agent: str
    links: Links
    largest: int
    """Bytes of one file."""

    async def __call__(self, job: Job) -> Answer | None:
        """Fetch what a deposit names and has not come yet: the handler of FETCH."""
        try:
            return await self._all(job)
        except Lost:
            log.warning("left files to who has the job now", extra={"job": job.id})
            return None

    async def _all(self, job: Job) -> Answer:
        basis = await self.database.read(_basis, job.subject)
        if basis is None or basis.container is None or basis.account is None:
            return Done("the deposit was deleted")
        if basis.deposit.state is DepositState.RECEIVED:
            return Later(TURN, "the deposit that names the files is not read yet")
        why = ""
        for named in basis.named:
            if named.state in _TO_FETCH:
                why = await self._one(job, named) or why
        if why:
            return Later(FIRST_PAUSE * 2 ** min(job.attempts - 1, TRIES), why)
        await self._settle(job)
        return Done()

    async def _one(self, job: Job, named: Named) -> str:
        """Fetch one file and take it in; return why it is asked for again later, or nothing."""
        if not await self._move(job, named, ReferenceState.DOWNLOADING):
            return ""  # it was replaced meanwhile
        try:
            basis = await self.database.read(_basis, job.subject)
            if basis is not None and basis.container is not None and basis.account is not None:
                await self._take(basis, named, await self._received(job, named, basis.deposit, basis.account))
        except NotYet as error:
            if job.attempts < TRIES:
                await self._move(job, named, ReferenceState.PENDING, str(error))
                return str(error)
            await self._failed(job, named, f"{error} It was asked for {job.attempts} times.")
        except Dropped:
            log.info("a file came that nobody waits for any more", extra={"deposit": named.deposit_id})
        except SwordError as error:
            await self._failed(job, named, f"{error.message} {error.remedy}".strip())
        return ""

    async def _move(self, job: Job, named: Named, state: ReferenceState, message: str = "", *, got: int = 0) -> bool:
        """Bring a file into a state; False where it cannot come to it any more. Raises Lost."""
        return await self.database.write(_moved, job, named.id, state, message, got, self.clock())

    async def _take(self, basis: Basis, named: Named, received: Received) -> None:
        """Let the intake have a file as if it had been sent. Raises SwordError for what it refuses, NotYet where it cannot."""
        account, deposit = basis.account, self._row(basis, named)
        assert account is not None  # noqa: S101 -- asked for by the caller
        try:
            await self.intake.receive(account, deposit, received, "", by=f"{account.name}, by reference", fetched=named.id)
        except Dropped:
            log.info("a file came that nobody waits for any more", extra={"deposit": named.deposit_id})
            return
        except Away as error:
            raise NotYet(error.message) from error
        if upload := self.links.staged(named.reference.url):
            await self.database.write(staging.remove, upload)

    def _row(self, basis: Basis, named: Named) -> Deposit:
        """Describe a fetched file as the request it would have been (§ 9.4)."""
        reference, came = named.reference, basis.deposit
        replaces = came.operation is Operation.REPLACE_FILE
        name = (came.filename or reference.filename) if replaces else reference.filename
        headers = {
            "Content-Type": reference.content_type,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Packaging": reference.packaging,
        }
        if reference.digest:
            headers["Digest"] = reference.digest
        return Deposit(
            id=store.new_id(),
            container_id=came.container_id,
            account=came.account,
            protocol=came.protocol,
            method=reference_store.FETCHED_BY,
            operation=Operation.REPLACE_FILE if replaces else Operation.ADD,
            url=bare(reference.url),
            headers=tuple(headers.items()),
            state=DepositState.RECEIVED,
            received=self.clock(),
            bytes=0,
            sha256=None,
            md5=None,
            filename=name,
            content_type=reference.content_type,
            packaging=reference.packaging,
            in_progress=basis.in_progress,
            title=None,
            problem=None,
            retries=0,
            sender_id=came.sender_id,
            on_behalf_of=came.on_behalf_of,
            key=named.key,
        )

    async def _received(self, job: Job, named: Named, came: Deposit, account: Account) -> Received:
        """Return the bytes of a file, verified. Raises NotYet, and SwordError for what no further try would mend.

        An upload in segments is of whose deposit it is, or of who sent it for them.
        """
        upload, mine = self.links.staged(named.reference.url), {account.id, came.sender_id or account.id}
        received = await (self._assembled(upload, mine) if upload else self._downloaded(job, named))
        try:
            if named.reference.bytes is not None and received.bytes != named.reference.bytes:
                raise Failed(
                    f"The file has {received.bytes} bytes, not {named.reference.bytes} as announced.",
                    remedy="Send it with its true length.",
                )
            await asyncio.to_thread(verify, digests(named.reference.digest), received)
        except BaseException:
            received.path.unlink(missing_ok=True)
            raise
        return received

    async def _assembled(self, upload: str, account_ids: set[int]) -> Received:
        """Put an upload in segments of one of some accounts together; one that is not complete yet is looked at again later."""
        try:
            found = await self.database.read(staging.find, upload, account_ids, self.clock())
            if found.expecting:
                raise NotYet(f"The upload still lacks {len(found.expecting)} segments.")
            await self.database.write(staging.touch, upload, self.clock())
            pieces = await self.database.read(staging.parts, upload)
            return await asyncio.to_thread(staging.assemble, self.files, pieces, found.digest)
        except Unavailable as error:
            raise NotYet(error.message) from error
        except SwordError:
            raise
        except SheafError as error:
            raise Failed(error.message, remedy=error.remedy) from error

    async def _downloaded(self, job: Job, named: Named) -> Received:
        """Download a file: from a judged address, no redirections, no more than we take, never whole in memory."""
        reference, url = named.reference, target(named.reference.url)
        try:
            async with (
                aiohttp.ClientSession(
                    connector=connector(self.guard, plain=False), cookie_jar=aiohttp.DummyCookieJar(), timeout=_TIMEOUT,
                    headers={"User-Agent": self.agent, "Accept-Encoding": "identity"}, auto_decompress=False, trust_env=False,
                ) as session,
                session.get(url, allow_redirects=False) as answer,
            ):  # fmt: skip
                self._judged(answer, reference)
                wanted = [algorithm for algorithm, _ in digests(reference.digest).values]
                pieces = self._counted(job, named, paced(answer.content.iter_any()))
                return await receive(self.files.spool(wanted), pieces, self.largest)
        except TooLarge as error:
            raise Failed(f"The file is larger than {self.largest} bytes.", remedy="Send a smaller file.") from error
        except Unavailable as error:
            raise NotYet(error.message) from error
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, Barred):
                raise ByReferenceNotAllowed(str(error.os_error)) from error
            raise NotYet(f"No connection to {url.host}: {error.os_error}.") from error
        except TimeoutError as error:
            raise NotYet(f"{url.host} did not answer in time, or sends next to nothing.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NotYet(f"The answer of {url.host} was lost: {str(error) or type(error).__name__}.") from error

    def _judged(self, answer: aiohttp.ClientResponse, reference: Reference) -> None:
        """Refuse what is no file: an error, a redirection, or one announced as larger than it may be."""
        if answer.status in _LATER:
            raise NotYet(f"{answer.host} answered {answer.status}.")
        if answer.status != _OK:
            redirected = " Redirections are not followed." if "Location" in answer.headers else ""
            raise Failed(f"{answer.host} answered {answer.status}.{redirected}", remedy="Name the address of the file itself.")
        if answer.content_length is not None and answer.content_length > self.largest:
            raise TooLarge(f"{bare(reference.url)} has {answer.content_length} bytes.")

    async def _counted(self, job: Job, named: Named, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Pass pieces on, writing down now and then how many came. Raises Lost, and Dropped where nobody waits."""
        total = noted = 0
        async for piece in pieces:
            total += len(piece)
            yield piece
            if total - noted >= NOTED:
                noted = total
                if not await self._move(job, named, ReferenceState.DOWNLOADING, got=total):
                    raise Dropped

    async def _failed(self, job: Job, named: Named, message: str) -> None:
        await self._move(job, named, ReferenceState.FAILED, message)
        log.info("could not fetch a file", extra={"deposit": named.deposit_id, "reason": message})

    async def _settle(self, job: Job) -> None:
        """Hold what could not be had, once nothing is left to wait for, each file as a deposit of its own."""
        basis = await self.database.read(_basis, job.subject)
        for named in basis.named if basis is not None and basis.container is not None else ():
            if basis is not None and named.state is ReferenceState.FAILED:
                error = Failed(
                    f"The file {named.reference.filename} could not be fetched: {named.message}",
                    place=bare(named.reference.url),
                    remedy="Send the file itself, or name it again.",
                )
                await self.database.write(_noted, self._row(basis, named), named, basis.account, Unfit.of(error), self.clock())


def _basis(tx: Connection, deposit_id: str) -> Basis | None:
    deposit = store.deposit(tx, deposit_id)
    if deposit is None:
        return None
    container = store.container(tx, deposit.container_id or "")
    if container is None:
        return Basis(deposit, None, None, [], in_progress=False)
    latest = store.latest(tx, container.id)
    return Basis(
        deposit,
        container,
        accounts.by_id(tx, container.account_id),
        reference_store.of_deposit(tx, deposit_id),
        in_progress=latest is not None and latest.in_progress,
    )


def _moved(tx: Connection, job: Job, number: int, state: ReferenceState, message: str, got: int, now: datetime) -> bool:
    """Bring a file into a state, where the job is still ours. Raises Lost, writing nothing."""
    if not queue.renew(tx, job, now):
        raise Lost
    return reference_store.move(tx, number, state, message, got=got)


def _noted(tx: Connection, row: Deposit, named: Named, account: Account | None, unfit: Unfit, now: datetime) -> None:
    """Write a deposit for a file that could not be had, and hold it in the same moment, unless somebody else did."""
    store.container(tx, row.container_id or "", to_change=True)  # first of all, as whoever lets go of references does
    if reference_store.move(tx, named.id, ReferenceState.ERROR, named.message):
        store.add_deposit(tx, row, account.id if account is not None else None)
        store.note(tx, row.id, now, "received", f"Named by import {named.deposit_id}, and not to be had.")
        write_held(tx, row, DepositState.HELD, unfit, now)
        observe.deposits.labels(DepositState.HELD.value).inc()
