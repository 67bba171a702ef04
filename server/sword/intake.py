"""The way in for a deposit.

Its bytes are kept and its row is written before anything is read, so that from there on nothing can be lost.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from server import observe
from server.accounts.model import Account
from server.audit.log import Actor
from server.clock import Clock
from server.db.engine import Database
from server.errors import Conflict, Invalid, NotFound, SheafError, TooLarge, Unavailable
from server.jobs.model import Answer, Dead, Done, Job, Later
from server.records.files import FileStore, Received
from server.sword import reference_store, repeats, store
from server.sword.accept import Acceptance
from server.sword.conditions import refuse_changed, refuse_closed
from server.sword.errors import BrokenOff, ContentRefused, SwordError, spoken
from server.sword.model import (
    Container,
    ContainerState,
    Content,
    Deposit,
    DepositState,
    Draft,
    Operation,
    Problem,
    Rules,
)
from server.sword.package import READ_NOW_ENTRIES, counted
from server.sword.queued import GRACE, ask_to_read, see_to
from server.sword.reopening import reopen
from server.sword.understand import Opened, Understanding, says_nothing
from server.sword.unfit import Unfit
from server.sword.untaken import write_refused

TURN = timedelta(seconds=2)
"""How long a queued deposit waits before it looks again whether the one before it is read."""

_LATER = "What was sent is kept, and is read later."

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
    wake: Callable[[], None]
    reading: dict[str, asyncio.Event] = field(default_factory=dict)
    """The deposits that requests of this process are reading, each with an event that says when it is done."""
    at_work: set[str] = field(default_factory=set)
    """Those that its worker is reading: it may take long, and nobody waits for it."""

    async def receive(
        self,
        account: Account,
        deposit: Deposit,
        received: Received,
        collection: str,
        *,
        by: str,
        seen: datetime | None = None,
        fetched: int | None = None,
    ) -> Container:
        """Take a deposit in and return its container as it is then; `by` says who sent it, `seen` which container it means.

        `fetched` is the reference whose file this is: it has come when the deposit is written down, and not before. Raises
        SwordError for what is refused; the deposit's row and bytes are kept then too. Raises Dropped for a file nobody waits
        for. Content that is wrong is held, and no error.
        """
        opened = Opened()
        with self._announced(deposit.id):
            try:
                kept = await asyncio.to_thread(self.understanding.files.keep, received)
                deposit = replace(deposit, bytes=received.bytes, sha256=kept, md5=received.md5, payload=kept)
                deposit = replace(deposit, collection=collection or deposit.collection)
                rules = await self._rules(deposit, collection)
                opened, waits = await asyncio.to_thread(self._opened, deposit, rules)
                if opened.payload is not None:
                    deposit = replace(deposit, payload=opened.payload.received.sha256)
                if says_nothing(opened) and deposit.operation is Operation.REPLACE_METADATA:
                    deposit = replace(deposit, operation=Operation.COMPLETE)
                same = await self._same(account, deposit, opened)
                begun = await self.database.write(
                    self._begin, account, same, opened, by=by, waits=waits, seen=seen, fetched=fetched
                )
            except SheafError as error:
                failure = spoken(error)
                await self.refuse(account, deposit, failure)
                raise failure from error
            else:
                if begun.repeated:
                    self.wake()
                else:
                    await self._go_on(begun, opened)
            finally:
                if opened.payload is not None and opened.payload.path != (
                    whole := self.understanding.files.path(received.sha256)
                ):
                    await asyncio.to_thread(opened.discard, whole)
        return await self._leave(begun)

    async def change(self, account: Account, deposit: Deposit, *, seen: datetime | None = None) -> None:
        """Do what a request without a body asks of its container; should we break down meanwhile, the worker does it.

        Raises SheafError where it cannot be done; the deposit's row says so too.
        """
        with self._announced(deposit.id):
            begun = await self.database.write(self._begin, account, deposit, Opened(), by=account.name, waits=False, seen=seen)
            await self._go_on(begun, Opened())
        await self._leave(begun)

    async def _same(self, account: Account, deposit: Deposit, opened: Opened) -> Deposit:
        """Return a body in parts as the one that came under its key before, where only the boundary between them differs."""
        before = await self.database.read(repeats.before, deposit, account.id, self.clock()) if deposit.key else None
        if before is None or before.sha256 in {None, deposit.sha256}:
            return deposit
        sent = await asyncio.to_thread(self._sent, before)
        return replace(deposit, sha256=before.sha256) if sent == opened.sent() else deposit

    def _sent(self, deposit: Deposit) -> str:
        """Return what a kept request brought, whatever stood around it; empty where it cannot be opened any more."""
        try:
            opened = self.opens[deposit.protocol](deposit, self.understanding.files)
        except (SwordError, NotFound):
            return ""
        opened.discard(self.understanding.files.path(deposit.sha256 or ""))
        return opened.sent()

    async def refuse(self, account: Account | None, deposit: Deposit, error: SwordError) -> None:
        """Write down a refused deposit; its bytes, where it had any, are kept."""
        state = DepositState.BROKEN_OFF if isinstance(error, BrokenOff) else DepositState.REFUSED
        row = replace(deposit, state=state, problem=Problem.of(error), container_id=None)
        await self.database.write(write_refused, row, account)
        observe.deposits.labels(state.value).inc()

    async def handle(self, job: Job) -> Answer:
        """Read a deposit that waits in the queue: the handler of READ."""
        deposit = await self.database.read_hot(store.deposit, job.subject)
        if deposit is None or deposit.state is not DepositState.RECEIVED:
            return Done("it was read already") if deposit is not None else Dead("There is no such deposit.")
        container = deposit.container_id or ""
        unread = await self.database.read_hot(store.unread, container)
        if deposit.id in self.reading or deposit.id in self.at_work:
            return Later(GRACE, "somebody is reading it", failed=False)
        if unread and unread[0] < deposit.id:
            await self.database.write(see_to, unread[0], self.clock())
            return Later(TURN, f"deposit {unread[0]} of the same container comes first", failed=False)
        self.at_work.add(deposit.id)
        try:
            await self._read_kept(deposit)
        finally:
            self.at_work.discard(deposit.id)
        await self._call_next(await self.database.read_hot(store.unread, container))
        return Done()

    async def read_again(self, deposit_id: str, by: Actor) -> None:
        """Read a held deposit once more from its kept bytes, a large one in the queue; what is still wrong is held again.

        A file that could not be fetched is fetched again: it comes as a deposit of its own, and this one is closed.

        Raises NotFound and Conflict (it is not held, or is being read).
        """
        with self._announced(deposit_id):
            found = await self.database.read_hot(store.deposit, deposit_id)
            read_now = (await self._rules(found, "")).read_now if found is not None else 0
            deposit = await self.database.write(reopen, deposit_id, by, self.clock(), read_now, GRACE)
            if deposit.state is DepositState.RECEIVED and deposit.bytes <= read_now:
                await self._read_kept(deposit)
        self.wake()

    @contextmanager
    def _announced(self, number: str) -> Iterator[None]:
        """Let the requests that come after this one on the same container know that it is being read, and wait for it.

        Raises Conflict where it is being read already.
        """
        if number in self.reading or number in self.at_work:
            raise Conflict("This deposit is being read just now.", code="state")
        self.reading[number] = done = asyncio.Event()
        try:
            yield
        finally:
            del self.reading[number]
            done.set()

    async def _go_on(self, begun: "_Begun", opened: Opened) -> None:
        """Read a deposit once those that came before it on the same container are read, or leave it to the worker."""
        if not begun.waits:
            for number in begun.ahead:
                if number in self.reading:
                    await self.reading[number].wait()
            left = await self.database.read_hot(store.unread, begun.container.id) if begun.ahead else []
            if begun.ahead.isdisjoint(left):
                await self._read(begun.deposit, opened, begun=begun.container if begun.fresh else None)
                return
            await self.database.write(ask_to_read, begun.deposit.id, self.clock())
        self.wake()

    async def _leave(self, begun: "_Begun") -> Container:
        """Return the container as it is now; what waited for this deposit is next."""
        container, unread = await self.database.read_hot(_standing, begun)
        if not begun.waits:
            await self._call_next(unread)
        return container

    async def _call_next(self, unread: list[str]) -> None:
        if unread and unread[0] not in self.reading:
            await self.database.write(ask_to_read, unread[0], self.clock())
            self.wake()

    async def _read_kept(self, deposit: Deposit) -> None:
        if deposit.sha256 is None:  # it had no body
            await self._read(deposit, Opened(), within_request=False)
            return
        try:
            opened = await asyncio.to_thread(self.opens[deposit.protocol], deposit, self.understanding.files)
        except (SwordError, NotFound) as error:  # NotFound: the bytes are not in the store any more
            await self.acceptance.hold(deposit, error)
            return
        try:
            await self._read(deposit, opened, within_request=False)
        finally:
            await asyncio.to_thread(opened.discard, self.understanding.files.path(deposit.sha256 or ""))

    async def _read(
        self, deposit: Deposit, opened: Opened, *, within_request: bool = True, begun: Container | None = None
    ) -> None:
        try:
            if deposit.operation is Operation.DELETE_FILE:
                content = Content(gone=(deposit.filename or "",))
            else:
                content = await self._understood(deposit, opened)
            again = await self.acceptance.take(deposit, content, answers=within_request, begun=begun)
        except (Invalid, TooLarge, Conflict, NotFound, SwordError) as error:  # SwordError: a packaging that was taken away since
            bare = deposit.sha256 is None  # there is nothing to hold
            wanted = isinstance(error, Unfit) and error.refuses
            refused = bare or (within_request and (wanted or (await self._rules(deposit, "")).refuses))
            await self.acceptance.hold(deposit, Unfit.of(error, Content(remarks=opened.quirks)), refused=refused)
            if bare and within_request:
                raise
            if refused and within_request:
                raise ContentRefused(error.message, place=error.place, remedy=error.remedy, code=error.code) from error
        except Unavailable as error:
            if within_request:
                with suppress(SheafError):  # where not even this can be written, the row stays as it is: received
                    await self.database.write(store.note, deposit.id, self.clock(), "delayed", f"{error.message} {_LATER}")
            raise
        else:
            observe.deposits.labels("taken").inc()
            for each in again:
                with suppress(Unavailable, Conflict), self._announced(each.id):  # the worker reads what cannot be read now
                    await self._read_kept(each)

    async def _understood(self, deposit: Deposit, opened: Opened) -> Content:
        try:
            return await asyncio.to_thread(self.understanding.content, opened)
        except Unfit as error:
            raise await self.acceptance.suspected(error, await self._rules(deposit, "")) from error

    async def _rules(self, deposit: Deposit, collection: str) -> Rules:
        """Return the rules of a deposit's collection: the one it is sent to, or that of its container."""
        if not collection and deposit.container_id is not None:
            container = await self.database.read_hot(store.container, deposit.container_id)
            collection = container.collection if container is not None else ""
        return self.acceptance.rules(collection)

    def _opened(self, deposit: Deposit, rules: Rules) -> tuple[Opened, bool]:
        """Open a kept deposit, and say whether it waits for the worker; nothing but its body is left on disk where it raises."""
        opened = self.opens[deposit.protocol](deposit, self.understanding.files)
        try:
            return opened, self._waits(opened, rules)
        except BaseException:
            opened.discard(self.understanding.files.path(deposit.sha256 or ""))
            raise

    def _waits(self, opened: Opened, rules: Rules) -> bool:
        """Whether a package is too large to be read within the request; raises ErrorContent for a packaging not accepted."""
        if opened.payload is None:
            return False
        self.understanding.refuse(opened, rules.packagings)
        if not self.understanding.unpacks(opened):
            return False
        return opened.payload.received.bytes > rules.read_now or counted(opened.payload.path) > READ_NOW_ENTRIES

    def _begin(
        self,
        tx: Connection,
        account: Account,
        deposit: Deposit,
        opened: Opened,
        *,
        by: str,
        waits: bool,
        seen: datetime | None,
        fetched: int | None = None,
    ) -> "_Begun":
        """Write container and deposit; answer the same deposit sent again with the container it made.

        A conditional request means the container of `seen`: not one that changed since, or that an earlier request will change.
        Spec: one deposit, counted retries. What comes while an earlier deposit waits in the queue waits behind it.
        """
        now = self.clock()
        ahead: frozenset[str] = frozenset()
        mark = repeats.fingerprint(account.name, deposit, opened)
        known = repeats.keyed(tx, deposit, account.id, mark, now) if fetched is None else None
        if known is None and deposit.container_id is None:
            known = repeats.begun(tx, deposit, account.id, mark, opened, now)
        if known is not None:
            for number in store.unread(tx, known.id):
                if number not in self.reading:  # whoever read it gave up; the client waits for it
                    ask_to_read(tx, number, now)
            return _Begun(known, deposit, ahead, waits=True, repeated=True)
        fresh = deposit.container_id is None
        if deposit.container_id is None:
            state, slug = ContainerState.RECEIVED, deposit.slug or None
            container = Container(
                store.new_id(), account.id, deposit.collection, state, slug, Draft(), has_record=False, created=now, changed=now
            )
            store.add_container(tx, container, mark)
        else:
            found = store.container(tx, deposit.container_id, to_change=True)
            if fetched is not None:
                deposit = reference_store.arrived(tx, fetched, deposit)
            if found is None:
                raise NotFound("The deposit was deleted meanwhile.")
            container, ahead = found, frozenset(store.unread(tx, found.id))
            refuse_closed(container)
            refuse_changed(container, seen, waits=bool(ahead))
            waits = waits or not ahead <= self.reading.keys()
            if waits and container.state is ContainerState.IN_PROGRESS:
                store.change_container(tx, container, now, state=ContainerState.RECEIVED)
        server = self.acceptance.rules(container.collection).server
        deposit = replace(deposit, container_id=container.id, collection=container.collection, server=server)
        reference_store.clear(tx, container.id, deposit.operation)
        store.add_deposit(tx, deposit, account.id)
        reference_store.add(tx, deposit.id, opened.references, now)
        store.note(tx, deposit.id, now, "received", f"{deposit.bytes} bytes by {by}: {deposit.operation}.")
        ask_to_read(tx, deposit.id, now if waits else now + GRACE)
        return _Begun(container, deposit, ahead, waits=waits, fresh=fresh and not opened.references)


@dataclass(frozen=True, slots=True)
class _Begun:
    """A deposit whose row is written."""

    container: Container
    deposit: Deposit
    ahead: frozenset[str]
    """Deposits of the same container that were received before it and not read yet."""
    waits: bool
    """Whether the worker reads it."""
    repeated: bool = False
    fresh: bool = False
    """Whether it began its container, and brought all it names."""


def _standing(tx: Connection, begun: _Begun) -> tuple[Container, list[str]]:
    """Return where a deposit stands now: its own container, or that of a work it turned out to be once more."""
    deposit = store.deposit(tx, begun.deposit.id)
    number = begun.container.id if deposit is None else deposit.container_id or ""
    found = store.container(tx, number)
    if found is None:
        raise NotFound("The deposit was deleted meanwhile.")
    return found, store.unread(tx, number)
