"""The runner: the handler of the job `run`. It does a part of a run, writes it down, and lets others have their turn.

A claim is good for a few seconds of items; the rest is claimed again behind what else is due, so that a run of a week hinders
nobody and even a single worker's runs may use the queue themselves. What was done, what became of it and where to go on are one
small write, proved by the claim: whoever lost it (a worker that hung, a machine that slept) writes nothing any more. So each
item is reported once, whatever dies.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection

from server import observe
from server.accounts import store as accounts
from server.accounts.model import Right
from server.clock import Clock
from server.db.engine import Database
from server.errors import Conflict, SheafError, Unavailable
from server.jobs import queue
from server.jobs.model import Answer, Done, Job, Later, More
from server.jobs.worker import back_off
from server.runs import store
from server.runs.model import ItemOutcome, Outcome, Run, RunState, Subject, verdict
from server.runs.task import Deed, Task, Tasks

AT_ONCE = 5
"""Items done at the same time; so many at most are done twice when a worker is killed."""

PAGE = 100
"""Subjects found at a time."""

PART = 5.0
"""Seconds a run works before it lets others have their turn."""

BEAT = queue.LEASE.total_seconds() / 3
"""Seconds after which the lease is renewed while items take long."""

PATIENCE = 5
"""So often what cannot be done at all is tried before it counts as failed."""

OUTAGE = "outage"
"""The code of an Unavailable that is no item's fault: nobody answers. The run waits as long as that lasts, and fails nothing."""

_CHANGED = ItemOutcome(Outcome.CHANGED)
_BUG = "Internal error; the server's log has the details."

log = observe.logger("runs")


@dataclass(frozen=True, slots=True)
class _Part:
    """A run at work: its job, what is to be done, and as of which claim."""

    job: Job
    run: Run
    task: Task[Any]
    parameters: Struct


@dataclass(frozen=True, slots=True)
class Runner:
    """Everything a run needs; `__call__` is the job's handler."""

    database: Database
    tasks: Tasks
    clock: Clock

    async def __call__(self, job: Job) -> Answer | None:
        """Do a part of a run; None where it ended, and its job with it."""
        run = await self.database.read_hot(store.find, int(job.subject))
        if run is None or run.over:
            return Done("the run is over")
        try:
            task = self.tasks.get(run.task)
            part = _Part(job, run, task, task.decode(run.parameters))
            if run.state is RunState.WAITING and (obstacle := await self._began(part)) is not None:
                return obstacle
            return await self._worked(part)
        except Unavailable:
            raise
        except SheafError as error:
            return await self._end(job, run.id, RunState.FAILED, f"{error.message} {error.remedy}".strip())
        except Exception:
            if job.attempts < PATIENCE:
                raise
            log.exception("gave up a run", extra={"run": run.id})
            return await self._end(job, run.id, RunState.FAILED, _BUG)

    async def _began(self, part: _Part) -> Answer | None:
        """Begin a run that waits, or say why it must wait longer."""
        number = part.run.id
        if (other := await self.database.read_hot(store.in_the_way, number)) is not None:
            return Later(back_off(part.job.attempts), f"waits for run {other}")
        total = await self.database.read_hot(_count, part)
        try:
            began = await self.database.write(store.begin, part.job, number, total, self.clock())
        except Conflict:
            return Later(back_off(1), "another run of its kind began at the same moment")
        return None if began else Done("the run is over")

    async def _worked(self, part: _Part) -> Answer | None:
        until = asyncio.get_running_loop().time() + PART
        number = part.run.id
        if part.run.state is RunState.RUNNING and part.job.attempts > 1:
            await self.database.write(store.note, number, "warning", "It was interrupted, and goes on.", self.clock())
        while True:
            run, obstacle = await self.database.read_hot(_stands, number)
            if obstacle:
                return await self._end(part.job, number, RunState.ABORTED, f"{obstacle} What was done before stays done.")
            page = await self.database.read_hot(_page, part, run.cursor)
            if not page:
                return await self._end(part.job, number, verdict(run.counts), "")
            for start in range(0, len(page), AT_ONCE):
                if not await self._done(part, page[start : start + AT_ONCE]):
                    return None
                if asyncio.get_running_loop().time() >= until:
                    return More("it goes on")
                if (await self.database.read_hot(_stands, number))[1]:
                    break

    async def _done(self, part: _Part, subjects: Sequence[Subject]) -> bool:
        """Do a few items at once and write them down in their order; return False where the claim was lost."""
        tasks = [asyncio.create_task(self._item(part, subject)) for subject in subjects]
        try:
            while (await asyncio.wait(tasks, timeout=BEAT))[1]:
                if not await self.database.write(queue.renew, part.job, self.clock()):
                    return False
            became = list(zip(subjects, [task.result() for task in tasks], strict=True))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        said = [(subject, what) for subject, what in became if isinstance(what, ItemOutcome)]
        if len(said) == len(became):
            return await self.database.write(store.write_down, part.job, part.run.id, said, self.clock())
        for subject, what in became:
            if not await self._written(part, subject, what):
                return False
        return True

    async def _item(self, part: _Part, subject: Subject) -> ItemOutcome | Deed:
        try:
            found: ItemOutcome | Deed = await part.task.do(subject, part.parameters, part.run.actor)
        except Unavailable as error:
            if part.job.attempts < PATIENCE or error.code == OUTAGE:
                raise
            return _failed(error)
        except SheafError as error:
            return _failed(error)
        except Exception:
            # One item that meets a bug of ours must not stop all that come behind it.
            log.exception("met an internal error", extra={"run": part.run.id, "subject": subject.id})
            return ItemOutcome(Outcome.FAILED, _BUG)
        return found

    async def _written(self, part: _Part, subject: Subject, what: ItemOutcome | Deed) -> bool:
        """Do a deed and write it down, all or nothing; what fails is written down as that."""
        try:
            return await self.database.write(_deed, part, subject, what, self.clock())
        except Unavailable as error:
            if part.job.attempts < PATIENCE:
                raise
            failed = _failed(error)
        except SheafError as error:
            failed = _failed(error)
        except Exception:
            log.exception("met an internal error", extra={"run": part.run.id, "subject": subject.id})
            failed = ItemOutcome(Outcome.FAILED, _BUG)
        return await self.database.write(store.write_down, part.job, part.run.id, [(subject, failed)], self.clock())

    async def _end(self, job: Job, number: int, state: RunState, message: str) -> Answer | None:
        """End a run and its job together, so that nothing is left to answer."""
        if await self.database.write(store.finish, job, number, state, message, self.clock()):
            log.info("ended a run", extra={"run": number, "state": state.value})
        return None


def _failed(error: SheafError) -> ItemOutcome:
    return ItemOutcome(Outcome.FAILED, f"{error.message} {error.remedy}".strip())


def _stands(tx: Connection, number: int) -> tuple[Run, str]:
    """Return a run as it is now, and why it may not go on: cancelled, or nobody stands for it any more."""
    run = store.get(tx, number)
    if run.cancel:
        return run, "Cancelled."
    who = run.actor.account_id
    if who is None:  # the house itself, or the operator at the command line
        return run, ""
    account = accounts.by_id(tx, who)
    if account is None or not account.active:
        return run, f"Stopped: the account {run.actor.name!r}, which asked for it, is switched off."
    return run, "" if account.may(Right.JOBS) else f"Stopped: the account {run.actor.name!r} may not run jobs any more."


def _count(tx: Connection, part: _Part) -> int:
    parent = part.run.parent_id
    if parent is None:
        return part.task.count(tx, part.parameters)
    return store.failures(tx, parent)


def _page(tx: Connection, part: _Part, after: str) -> Sequence[Subject]:
    if part.run.parent_id is not None:
        return store.failed(tx, part.run.parent_id, after, PAGE)
    found: Sequence[Subject] = part.task.subjects(tx, part.parameters, after, PAGE)
    return found


def _deed(tx: Connection, part: _Part, subject: Subject, what: ItemOutcome | Deed, now: datetime) -> bool:
    """Prove the claim, report the deed, and do it, in one transaction.

    What a deed shows to harvesters holds the feed until the commit, so nothing follows it: the report comes first, and says that
    something was changed. Only a deed that comes to anything else has it corrected; mostly such a one showed nothing.
    """
    run = store.ours(tx, part.job, part.run.id, now)
    if run is None:
        return False
    if isinstance(what, ItemOutcome):
        store.report(tx, run, [(subject, what)])
        return True
    store.report(tx, run, [(subject, _CHANGED)])
    if (became := what(tx, now)) != _CHANGED:
        store.correct(tx, run, [(subject, became)])
    return True
