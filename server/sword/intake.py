"""The way in for a deposit.

Its bytes are kept and its row is written before anything is read, so that from there on nothing can be lost.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from server import observe
from server.accounts.model import Account
from server.clock import Clock
from server.db.engine import Database
from server.errors import Conflict, Invalid, NotFound, SheafError, TooLarge
from server.jobs.model import Answer, Dead, Done, Job
from server.records.files import FileStore, Received
from server.sword import store
from server.sword.accept import Acceptance, ask_to_read
from server.sword.errors import BrokenOff, ContentRefused, SwordError, spoken
from server.sword.model import Container, ContainerState, Deposit, DepositState, Draft, Problem
from server.sword.understand import Opened, Understanding

GRACE = timedelta(minutes=2)
"""After this long a deposit still marked received is read by the worker: whoever was reading it is gone."""

Open = Callable[[Deposit, FileStore], Opened]
"""Opens a deposit's kept bytes as its protocol says; raises SwordError for what cannot be read."""

log = observe.logger("sword")


@dataclass(frozen=True, slots=True)
class Intake:
    """Receives deposits of any SWORD version; the version hands over how its requests are opened."""

    database: Database
    understanding: Understanding
    acceptance: Acceptance
    clock: Clock
    opens: dict[str, Open]
    """How a kept request is opened again, by protocol."""
    refuses: bool
    """Whether wrong content is refused instead of held."""
    read_now: int
    """Bytes up to which a package is read within the request."""
    wake: Callable[[], None]

    async def receive(self, account: Account, deposit: Deposit, received: Received, collection: str) -> Container:
        """Take a deposit in and return its container as it is then.

        Raises SwordError for what is refused; the deposit's row and bytes are kept then too. Content that is wrong is held,
        and no error.
        """
        opened = Opened()
        try:
            kept = await asyncio.to_thread(self.understanding.files.keep, received)
            deposit = replace(deposit, bytes=received.bytes, sha256=kept, md5=received.md5)
            opened = await asyncio.to_thread(self.opens[deposit.protocol], deposit, self.understanding.files)
            if opened.payload is not None:
                self.understanding.packaging(opened.packaging)
            container, repeated = await self.database.write(self._begin, account, deposit, collection, opened)
            if repeated:
                return container
        except SheafError as error:
            failure = spoken(error)
            await self.refuse(account, deposit, failure)
            raise failure from error
        else:
            deposit = replace(deposit, container_id=container.id)
            if self._waits(opened):
                self.wake()
            else:
                await self._read(deposit, opened)
            return await self.database.read(_container, container.id)
        finally:
            await asyncio.to_thread(
                opened.discard, self.understanding.files.path(received.sha256) if deposit.sha256 else received.path
            )

    async def refuse(self, account: Account | None, deposit: Deposit, error: SwordError) -> None:
        """Write down a refused deposit; its bytes, where it had any, are kept."""
        state = DepositState.BROKEN_OFF if isinstance(error, BrokenOff) else DepositState.REFUSED
        row = replace(deposit, state=state, problem=Problem.of(error), container_id=None)
        await self.database.write(_refuse, row, account)
        observe.deposits.labels(state.value).inc()

    async def handle(self, job: Job) -> Answer:
        """Read a deposit that waits in the queue: the handler of READ."""
        deposit = await self.database.read(store.deposit, job.subject)
        if deposit is None or deposit.state is not DepositState.RECEIVED:
            return Done("it was read already") if deposit is not None else Dead("There is no such deposit.")
        await self._read_kept(deposit)
        return Done()

    async def read_again(self, deposit_id: str, why: str) -> None:
        """Read a held deposit once more from its kept bytes, a large one in the queue; what is still wrong is held again.

        Raises NotFound and Conflict (it is not held).
        """
        deposit = await self.database.write(_reopen, deposit_id, why, self.clock(), self.read_now)
        if deposit.bytes > self.read_now:
            self.wake()
        else:
            await self._read_kept(deposit)

    async def _read_kept(self, deposit: Deposit) -> None:
        try:
            opened = await asyncio.to_thread(self.opens[deposit.protocol], deposit, self.understanding.files)
        except (SwordError, NotFound) as error:  # NotFound: the bytes are not in the store any more
            await self.acceptance.hold(deposit, error)
            return
        try:
            await self._read(deposit, opened, within_request=False)
        finally:
            await asyncio.to_thread(opened.discard, self.understanding.files.path(deposit.sha256 or ""))

    async def _read(self, deposit: Deposit, opened: Opened, *, within_request: bool = True) -> None:
        try:
            content = await asyncio.to_thread(self.understanding.content, opened)
            await self.acceptance.take(deposit, content)
        except (Invalid, TooLarge, Conflict, NotFound) as error:
            refused = self.refuses and within_request
            await self.acceptance.hold(deposit, error, refused=refused)
            if refused:
                raise ContentRefused(error.message, place=error.place, remedy=error.remedy, code=error.code) from error
        else:
            observe.deposits.labels("taken").inc()

    def _waits(self, opened: Opened) -> bool:
        return opened.payload is not None and opened.payload.received.bytes > self.read_now and "Binary" not in opened.packaging

    def _begin(
        self, tx: Connection, account: Account, deposit: Deposit, collection: str, opened: Opened
    ) -> tuple[Container, bool]:
        """Write container and deposit; answer the same deposit sent again with the container it made.

        Spec: one deposit, counted retries.
        """
        now = self.clock()
        if deposit.container_id is None:
            mark = _fingerprint(account, deposit, collection)
            store.lock(tx, mark)
            known = store.repeated(tx, account.id, mark, now)
            if known is not None and (not deposit.in_progress or known.state is ContainerState.IN_PROGRESS):
                store.count_retry(tx, known.id, now)
                return known, True
            number = store.new_id()
            container = Container(
                number, account.id, collection, ContainerState.RECEIVED, None, Draft(), has_record=False, created=now, changed=now
            )
            store.add_container(tx, container, mark)
        else:
            found = store.container(tx, deposit.container_id)
            if found is None:
                raise NotFound("The deposit was deleted meanwhile.")
            container = found
        store.add_deposit(tx, replace(deposit, container_id=container.id), account.id)
        store.note(tx, deposit.id, now, "received", f"{deposit.bytes} bytes by {account.name}: {deposit.operation}.")
        ask_to_read(tx, deposit.id, now if self._waits(opened) else now + GRACE)
        return container, False


def _reopen(tx: Connection, deposit_id: str, why: str, now: datetime, read_now: int) -> Deposit:
    """Set a held deposit back to received; should we break down while reading it, the worker does."""
    deposit = store.deposit(tx, deposit_id)
    container = store.container(tx, deposit.container_id or "") if deposit is not None else None
    if deposit is None or container is None:
        raise NotFound("There is no such deposit, or it was deleted.")
    if deposit.state is not DepositState.HELD or deposit.sha256 is None:
        raise Conflict("This deposit is not held any more.", code="state")
    store.end_deposit(tx, deposit.id, DepositState.RECEIVED, None)
    store.note(tx, deposit.id, now, "reopened", why)
    if not container.has_record:
        store.change_container(tx, container, now, state=ContainerState.RECEIVED)
    ask_to_read(tx, deposit.id, now if deposit.bytes > read_now else now + GRACE)
    return replace(deposit, state=DepositState.RECEIVED, problem=None)


def _container(tx: Connection, number: str) -> Container:
    found = store.container(tx, number)
    if found is None:
        raise NotFound("The deposit was deleted meanwhile.")
    return found


def _refuse(tx: Connection, deposit: Deposit, account: Account | None) -> None:
    store.add_deposit(tx, deposit, None if account is None else account.id)
    assert deposit.problem is not None  # noqa: S101 -- set by refuse
    store.note(tx, deposit.id, deposit.received, deposit.state.value, deposit.problem.message)


def _fingerprint(account: Account, deposit: Deposit, collection: str) -> str:
    parts = (
        account.name,
        collection,
        deposit.sha256,
        deposit.content_type,
        deposit.packaging,
        deposit.filename,
        str(deposit.in_progress),
    )
    slug = next((value for name, value in deposit.headers if name.lower() == "slug"), "")
    return hashlib.sha256("\0".join([*(part or "" for part in parts), slug]).encode("utf-8", "replace")).hexdigest()
