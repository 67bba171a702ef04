"""Runs in the database: asking for one, writing down what was done, cancelling, ending, and finding them again."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, RowMapping, delete, func, insert, or_, select, update

from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, NotFound
from server.events.telling import tell
from server.jobs import queue
from server.jobs.model import Done, Job
from server.runs.model import ENDED, KEPT, MOVES, Counts, Item, ItemOutcome, Line, Outcome, Run, RunState, Subject
from server.runs.tables import run_items, run_log, runs
from server.runs.task import Task

#: The kind of job that does a part of a run; its subject is the run's number.
RUN = "run"

_DIGITS = 18
"""A number of so many digits is not a run's: it would not fit into the column."""
_OPEN = (RunState.WAITING.value, RunState.RUNNING.value)


def start(
    tx: Connection,
    task: Task[Any],
    parameters: Struct,
    actor: Actor,
    now: datetime,
    *,
    parent_id: int | None = None,
    schedule_id: int | None = None,
) -> Run:
    """Ask for a run, and return it. Raises what the task finds wrong with its parameters."""
    profile = task.profile(tx, parameters)
    row = {
        "task": task.name,
        "lane": task.name if profile is None else f"{task.name} {profile}",
        "parameters": msgspec.json.encode(parameters).decode(),
        "profile_id": profile,
        "account_id": actor.account_id,
        "actor": actor.name[:100],
        "via": actor.via,
        "state": RunState.WAITING.value,
        "changed": 0,
        "unchanged": 0,
        "warning": 0,
        "failed": 0,
        "cursor": "",
        "cancel": False,
        "message": "",
        "parent_id": parent_id,
        "schedule_id": schedule_id,
        "created": now,
    }
    number = tx.execute(insert(runs).values(row).returning(runs.c.id)).scalar_one()
    queue.enqueue(tx, RUN, str(number), now)
    audit.note(tx, actor, "run.started", "run", str(number), now, summary=task.title)
    return get(tx, number)


def again(tx: Connection, task: Task[Any], before: Run, actor: Actor, now: datetime) -> Run:
    """Ask for the same once more."""
    return start(tx, task, task.decode(before.parameters), actor, now, parent_id=before.parent_id)


def count_again(tx: Connection, task: Task[Any], before: Run) -> int:
    """Count what the same once more concerns now."""
    if before.parent_id is not None:
        return failures(tx, before.parent_id)
    return task.count(tx, task.decode(before.parameters))


def failures(tx: Connection, number: int) -> int:
    """Count the items of a run that failed and can be done again."""
    return min(get(tx, number).counts.failed, KEPT[Outcome.FAILED])


def again_the_failed(tx: Connection, task: Task[Any], before: Run, actor: Actor, now: datetime) -> Run:
    """Ask for the items of a run that failed once more, and for nothing else. Raises Conflict where it runs, or none failed."""
    if not before.over:
        raise Conflict(f"Run {before.id} is not over yet.", remedy="Wait for its end, or cancel it.", code="state")
    if not before.counts.failed:
        raise Conflict(f"Nothing failed in run {before.id}.", remedy="Run it again as a whole.", code="state")
    return start(tx, task, task.decode(before.parameters), actor, now, parent_id=before.id)


def cancel(tx: Connection, number: int, actor: Actor, now: datetime) -> Run:
    """Let a run stop as soon as the items at work are done; one that waits ends at once. Raises NotFound, Conflict."""
    run = _locked(tx, number)
    if run.over:
        raise Conflict(f"Run {number} is over already.", code="state")
    audit.note(tx, actor, "run.cancelled", "run", str(number), now, summary=run.task)
    if run.state is RunState.WAITING:
        _end(tx, run, RunState.ABORTED, "Cancelled before it began.", now)
        queue.drop(tx, RUN, str(number))
    else:
        tx.execute(update(runs).where(runs.c.id == number).values(cancel=True))
        queue.enqueue(tx, RUN, str(number), now)  # where it waits to be tried again, it need not
    return get(tx, number)


def in_the_way(tx: Connection, number: int) -> int | None:
    """Return the run that must end before this one may begin, or None."""
    lane = select(runs.c.lane).where(runs.c.id == number).scalar_subquery()
    others = select(runs.c.id, runs.c.state).where(runs.c.lane == lane, runs.c.state.in_(_OPEN), runs.c.id != number)
    found = sorted(tx.execute(others.order_by(runs.c.id)).all(), key=lambda row: row.state != RunState.RUNNING)
    return next((row.id for row in found if row.state == RunState.RUNNING or row.id < number), None)


def ours(tx: Connection, job: Job, number: int, now: datetime) -> Run | None:
    """Hold a run and prove that the claim is ours; None where it is not any more. Always the run before its job."""
    run = _locked(tx, number)
    return run if queue.renew(tx, job, now) else None


def begin(tx: Connection, job: Job, number: int, total: int, now: datetime) -> bool:
    """Let a run begin; return False where the claim is not ours any more, or somebody cancelled it meanwhile.

    Raises Conflict where another run of its lane began at the same moment.
    """
    run = ours(tx, job, number, now)
    if run is None or run.state is not RunState.WAITING:
        return False
    values = {"state": RunState.RUNNING.value, "started": now, "total": total}
    tx.execute(update(runs).where(runs.c.id == number).values(values))
    note(tx, number, "info", f"It began with {total:,} items." if total != 1 else "It began.", now)
    return True


def write_down(tx: Connection, job: Job, number: int, done: Sequence[tuple[Subject, ItemOutcome]], now: datetime) -> bool:
    """Write down what became of the next items; return False, writing nothing, where the claim is not ours any more."""
    run = ours(tx, job, number, now)
    if run is None:
        return False
    report(tx, run, done)
    return True


def report(tx: Connection, run: Run, done: Sequence[tuple[Subject, ItemOutcome]]) -> None:
    """Write down what became of the next items of a run that is held (see `ours`), as it was when it was taken hold of."""
    counts = {outcome.value: run.counts.of(outcome) for outcome in Outcome}
    rows = []
    for seq, (subject, became) in enumerate(done, run.counts.done + 1):
        counts[became.outcome.value] += 1
        if counts[became.outcome.value] <= KEPT[became.outcome]:
            rows.append(
                {
                    "run_id": run.id,
                    "seq": seq,
                    "subject": subject.id,
                    "title": subject.title,
                    "href": subject.href,
                    "outcome": became.outcome.value,
                    "message": became.message,
                }
            )
    if rows:
        tx.execute(insert(run_items), rows)
    if done:
        tx.execute(update(runs).where(runs.c.id == run.id).values(cursor=done[-1][0].id, **counts))


def correct(tx: Connection, run: Run, done: Sequence[tuple[Subject, ItemOutcome]]) -> None:
    """Write down otherwise what was reported in this transaction of a run that is held; `run` is as it was before that."""
    tx.execute(delete(run_items).where(run_items.c.run_id == run.id, run_items.c.seq > run.counts.done))
    report(tx, run, done)


def finish(tx: Connection, job: Job, number: int, state: RunState, message: str, now: datetime) -> bool:
    """End a run together with its job; return False, writing nothing, where the claim is not ours any more."""
    run = ours(tx, job, number, now)
    if run is None:
        return False
    if not run.over:
        _end(tx, run, state, message, now)
    return queue.settle(tx, job, Done(state.value), now)


def note(tx: Connection, number: int, level: str, line: str, now: datetime) -> None:
    """Write a line into a run's log."""
    tx.execute(insert(run_log).values(run_id=number, at=now, level=level, line=line))


def _end(tx: Connection, run: Run, state: RunState, message: str, now: datetime) -> None:
    """End a run, tell of it, and let the next of its lane come up."""
    if state not in MOVES[run.state]:
        raise AssertionError(f"run {run.id}: {run.state} → {state} is not a move")
    tx.execute(update(runs).where(runs.c.id == run.id).values(state=state.value, message=message, ended=now))
    level = {RunState.FAILED: "error", RunState.ERRORS: "error", RunState.WARNINGS: "warning"}.get(state, "info")
    note(tx, run.id, level, message or "It came to its end.", now)
    counts = {outcome.value: run.counts.of(outcome) for outcome in Outcome}
    told = {"run": run.id, "task": run.task, "state": state.value, "message": message, "counts": counts, "by": run.actor.name}
    tell(tx, "job.ended", str(run.id), told, now)
    lane = select(runs.c.lane).where(runs.c.id == run.id).scalar_subquery()
    following = select(runs.c.id).where(runs.c.lane == lane, runs.c.state == RunState.WAITING.value).order_by(runs.c.id).limit(1)
    if (number := tx.execute(following).scalar()) is not None:
        queue.enqueue(tx, RUN, str(number), now)


def find(tx: Connection, number: int) -> Run | None:
    row = tx.execute(select(runs).where(runs.c.id == number)).mappings().one_or_none()
    return None if row is None else _run(row)


def get(tx: Connection, number: int) -> Run:
    """Return a run; raises NotFound."""
    found = find(tx, number)
    if found is None:
        raise NotFound(f"There is no run {number}.")
    return found


def at_work(tx: Connection, task: str) -> Run | None:
    """Return the run of a task that runs now; there is one at most, where its runs belong to no profile."""
    query = select(runs).where(runs.c.lane == task, runs.c.state == RunState.RUNNING.value)
    row = tx.execute(query).mappings().one_or_none()
    return None if row is None else _run(row)


def _locked(tx: Connection, number: int) -> Run:
    row = tx.execute(select(runs).where(runs.c.id == number).with_for_update()).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no run {number}.")
    return _run(row)


def going_on(tx: Connection) -> list[Run]:
    """Return the runs that run and wait, in the order in which they come up."""
    query = select(runs).where(runs.c.state.in_(_OPEN)).order_by(runs.c.id)
    return sorted((_run(row) for row in tx.execute(query).mappings()), key=lambda run: run.state is not RunState.RUNNING)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ended runs are asked for; empty means any. `before` is the number to go on from."""

    task: str = ""
    state: str = ""
    profile_id: int | None = None
    before: int = 0


def ended(tx: Connection, wanted: Wanted, limit: int) -> list[Run]:
    """Return runs that are over, the newest first."""
    query = select(runs).where(runs.c.state.not_in(_OPEN)).order_by(runs.c.id.desc()).limit(limit)
    if wanted.task:
        query = query.where(runs.c.task == wanted.task)
    if wanted.state:
        query = query.where(runs.c.state == wanted.state)
    if wanted.profile_id is not None:
        query = query.where(runs.c.profile_id == wanted.profile_id)
    if wanted.before:
        query = query.where(runs.c.id < wanted.before)
    return [_run(row) for row in tx.execute(query).mappings()]


def search(tx: Connection, text: str, tasks: Collection[str], limit: int) -> list[Run]:
    """Return runs of these tasks, and those with a text in what they ended with or in who asked for them; the newest first."""
    columns = (runs.c.task, runs.c.actor, runs.c.message)
    wanted = [runs.c.task.in_(tasks), *(column.icontains(text, autoescape=True) for column in columns)]
    if text.isascii() and text.isdecimal() and len(text) < _DIGITS:
        wanted.append(runs.c.id == int(text))
    return [_run(row) for row in tx.execute(select(runs).where(or_(*wanted)).order_by(runs.c.id.desc()).limit(limit)).mappings()]


def latest(tx: Connection, profile_ids: Iterable[int]) -> dict[int, Run]:
    """Return each profile's last run."""
    last = select(func.max(runs.c.id)).where(runs.c.profile_id.in_(list(profile_ids))).group_by(runs.c.profile_id)
    rows = tx.execute(select(runs).where(runs.c.id.in_(list(tx.execute(last).scalars())))).mappings()
    return {run.profile_id: run for run in map(_run, rows) if run.profile_id is not None}


def latest_of(tx: Connection, task: str, profile_ids: Iterable[int]) -> dict[int, Run]:
    """Return the last run of a task for each profile."""
    mine = (runs.c.task == task, runs.c.profile_id.in_(list(profile_ids)))
    last = select(func.max(runs.c.id)).where(*mine).group_by(runs.c.profile_id)
    rows = tx.execute(select(runs).where(runs.c.id.in_(list(tx.execute(last).scalars())))).mappings()
    return {run.profile_id: run for run in map(_run, rows) if run.profile_id is not None}


def items(tx: Connection, number: int, *, outcome: str = "", after: int = 0, limit: int) -> list[Item]:
    """Return a run's report, in the order in which it was done; `after` is the seq to go on behind."""
    query = select(run_items).where(run_items.c.run_id == number, run_items.c.seq > after)
    if outcome:
        query = query.where(run_items.c.outcome == outcome)
    return [_item(row) for row in tx.execute(query.order_by(run_items.c.seq).limit(limit)).mappings()]


def failed(tx: Connection, number: int, after: str, limit: int) -> list[Subject]:
    """Return the subjects that failed in a run, behind the one with that id."""
    query = select(run_items).where(run_items.c.run_id == number, run_items.c.outcome == Outcome.FAILED.value)
    query = query.where(run_items.c.subject > after).order_by(run_items.c.subject).limit(limit)
    return [_item(row).subject for row in tx.execute(query).mappings()]


def lines(tx: Connection, number: int, limit: int) -> list[Line]:
    """Return the last lines of a run's log, the oldest first."""
    query = select(run_log).where(run_log.c.run_id == number).order_by(run_log.c.id.desc()).limit(limit)
    return [Line(row.at, row.level, row.line) for row in tx.execute(query)][::-1]


def forget(tx: Connection, before: datetime, limit: int = 20) -> int:
    """Remove up to `limit` runs that ended before a moment, with their reports and logs; return how many."""
    ends = [state.value for state in ENDED]
    old = select(runs.c.id).where(runs.c.ended < before, runs.c.state.in_(ends)).order_by(runs.c.id).limit(limit)
    numbers = list(tx.execute(old).scalars())
    if numbers:
        tx.execute(delete(run_items).where(run_items.c.run_id.in_(numbers)))
        tx.execute(delete(run_log).where(run_log.c.run_id.in_(numbers)))
        tx.execute(delete(runs).where(runs.c.id.in_(numbers)))
    return len(numbers)


def _run(row: RowMapping) -> Run:
    return Run(
        row["id"], row["task"], row["parameters"], row["profile_id"], Actor(row["actor"], row["account_id"], row["via"]),
        RunState(row["state"]), Counts(row["changed"], row["unchanged"], row["warning"], row["failed"]), row["total"],
        row["cursor"], row["cancel"], row["message"], row["parent_id"], row["schedule_id"], row["created"], row["started"],
        row["ended"],
    )  # fmt: skip


def _item(row: RowMapping) -> Item:
    return Item(row["seq"], Subject(row["subject"], row["title"], row["href"]), Outcome(row["outcome"]), row["message"])
