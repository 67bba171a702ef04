"""What becomes of a received deposit: a draft, a work, or a deposit held with its cause. One write transaction each."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from server import observe
from server.clock import Clock
from server.db.engine import Database
from server.errors import Conflict, SheafError
from server.identifiers import ledger
from server.jobs import queue
from server.publishing import Prepared, Press, prepare, publish, revise, withdraw
from server.records import store as records
from server.records.store import New, State
from server.sword import store
from server.sword.model import Container, ContainerState, Content, Deposit, DepositState, Draft, Problem, applied, completed, drafted

#: The kind of job that reads a received deposit: a large package, or one whose reading a crash cut short.
READ = "read-deposit"

TRIES = 5
log = observe.logger("sword")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Takes understood content into its container."""

    database: Database
    press: Press
    clock: Clock
    approves: bool
    """Whether a complete deposit is published at once or waits for approval."""

    async def take(self, deposit: Deposit, content: Content) -> None:
        """Take content in. Raises Conflict or Invalid for content that must be held; writes nothing then.

        Rendered before the transaction from the container as it was read; where another request changed it meanwhile, all is done again.
        """
        assert deposit.container_id is not None  # noqa: S101 -- it was received into one
        for attempt in range(1, TRIES + 1):
            basis = await self.database.read(_basis, deposit.container_id)
            draft = applied(basis.draft, deposit.operation, content)
            prepared = None
            if not deposit.in_progress or basis.container.has_record:
                record = completed(draft)
                prepared = await asyncio.to_thread(prepare, self.press, basis.container.id, record, basis.container.created, doi=basis.doi)
            try:
                await self.database.write(_take, self, deposit, basis.container, draft, prepared, content.remarks, self.clock())
            except Conflict as error:
                if error.code == "changed" and attempt < TRIES:
                    continue
                raise
            return

    async def hold(self, deposit: Deposit, error: SheafError) -> None:
        """Keep a deposit whose content is wrong, with the cause."""
        await self.database.write(_hold, deposit, Problem.of(error), self.clock())
        log.info("held a deposit", extra={"deposit": deposit.id, "problem": error.code})
        observe.deposits.labels("held").inc()

    async def delete(self, container: Container) -> None:
        """Delete a container; the work it made is withdrawn, its tombstone stays (SWORD 2.0 § 6.8)."""
        await self.database.write(_delete, self.press, container, self.clock())


@dataclass(frozen=True, slots=True)
class _Basis:
    container: Container
    draft: Draft
    doi: str


def _basis(tx: Connection, container_id: str) -> _Basis:
    container = store.container(tx, container_id)
    if container is None:
        raise Conflict("The deposit was deleted meanwhile.")
    if not container.has_record:
        return _Basis(container, container.draft, "")
    return _Basis(container, drafted(records.get(tx, container_id).record), ledger.shown_doi(tx, container_id))


def _take(
    tx: Connection, to: Acceptance, deposit: Deposit, container: Container, draft: Draft,
    prepared: Prepared | None, remarks: tuple[str, ...], now: datetime,
) -> None:  # fmt: skip
    for remark in remarks:
        store.note(tx, deposit.id, now, "remarked", remark)
    title = draft.record.title.value if draft.record is not None else None
    store.end_deposit(tx, deposit.id, DepositState.TAKEN, None, title=title)
    queue.drop(tx, READ, deposit.id)
    if prepared is None:
        store.change_container(tx, container, now, draft=draft, state=ContainerState.IN_PROGRESS)
        return
    complete = ContainerState.ACCEPTED if to.approves else ContainerState.PENDING
    store.change_container(tx, container, now, draft=Draft(), has_record=True, state=container.state if container.has_record else complete)
    _complete(tx, to, deposit, container, prepared, now)


def _complete(tx: Connection, to: Acceptance, deposit: Deposit, container: Container, prepared: Prepared, now: datetime) -> None:
    """Make or change the work; the feed's lock is taken last."""
    if container.has_record:
        store.note(tx, deposit.id, now, "revised", "The deposit changed its work.")
        revise(tx, to.press, records.get(tx, container.id), prepared, now)
        return
    new = New(container.id, prepared.record, container.collection, State.PUBLISHED if to.approves else State.DRAFT, owner=container.account_id)
    if not to.approves:
        store.note(tx, deposit.id, now, "taken", "The work waits for approval.")
        records.add(tx, [new], now)
        return
    store.note(tx, deposit.id, now, "published", "The work is published.")
    for entry in publish(tx, to.press, new, prepared, now):
        store.note(tx, deposit.id, now, "identified", f"{entry.scheme.upper()} {entry.value}: {entry.state}.")


def _hold(tx: Connection, deposit: Deposit, problem: Problem, now: datetime) -> None:
    store.end_deposit(tx, deposit.id, DepositState.HELD, problem)
    queue.drop(tx, READ, deposit.id)
    store.note(tx, deposit.id, now, "held", problem.message)
    container = store.container(tx, deposit.container_id or "")
    if container is not None and not container.has_record:
        store.change_container(tx, container, now, state=ContainerState.HELD)


def _delete(tx: Connection, press: Press, container: Container, now: datetime) -> None:
    if container.has_record:
        stored = records.get(tx, container.id)
        if stored.state is not State.WITHDRAWN:
            store.change_container(tx, container, now, state=ContainerState.DELETED)
            withdraw(tx, press, stored, "Withdrawn by its depositor.", now)
            return
    store.change_container(tx, container, now, state=ContainerState.DELETED)


def ask_to_read(tx: Connection, deposit_id: str, due: datetime) -> None:
    """Put the reading of a deposit in the queue."""
    queue.enqueue(tx, READ, deposit_id, due)
