"""The queue as an operator sees it: how many of each kind, what waits with its reason, and asking for it again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, func, select

from server.errors import Conflict, NotFound
from server.jobs import queue
from server.jobs.model import JobState
from server.jobs.tables import jobs

#: What does not go on by itself, or not well.
STUCK = (JobState.HELD, JobState.DEFERRED, JobState.DEAD)


@dataclass(frozen=True, slots=True)
class Heap:
    """The jobs of one kind in one state."""

    kind: str
    state: JobState
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Stuck:
    """A job that waits for its time or for somebody, or was given up."""

    id: int
    kind: str
    subject: str
    state: JobState
    due: datetime
    attempts: int
    note: str
    created: datetime
    changed: datetime


def heaps(tx: Connection) -> list[Heap]:
    """Count the jobs by kind and state, with the oldest one's time."""
    query = select(jobs.c.kind, jobs.c.state, func.count(), func.min(jobs.c.created)).group_by(jobs.c.kind, jobs.c.state)
    return [Heap(kind, JobState(state), count, oldest) for kind, state, count, oldest in tx.execute(query.order_by(jobs.c.kind))]


def stuck(tx: Connection, *, kind: str = "", state: str = "", before: int = 0, limit: int) -> list[Stuck]:
    """Return jobs that are held, deferred or dead, the newest first; `before` is the number to go on from."""
    wanted = [state] if state in STUCK else [each.value for each in STUCK]
    query = select(jobs).where(jobs.c.state.in_(wanted)).order_by(jobs.c.id.desc()).limit(limit)
    if kind:
        query = query.where(jobs.c.kind == kind)
    if before:
        query = query.where(jobs.c.id < before)
    return [_stuck(row) for row in tx.execute(query).mappings()]


def ask_again(tx: Connection, number: int, now: datetime) -> Stuck:
    """Let a job that waits or was given up come up now, and return it. Raises NotFound, Conflict where it is not stuck."""
    row = tx.execute(select(jobs).where(jobs.c.id == number)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no job {number}.")
    found = _stuck(row)
    if found.state not in STUCK:
        raise Conflict(f"Job {number} does not wait for anything.", code="state")
    _again(tx, found, now)
    return found


def ask_all_again(tx: Connection, kind: str, now: datetime, limit: int = 1000) -> int:
    """Let up to `limit` jobs of a kind that wait or were given up come up now, the oldest first; return how many."""
    query = select(jobs).where(jobs.c.kind == kind, jobs.c.state.in_(STUCK)).order_by(jobs.c.id).limit(limit)
    found = [_stuck(row) for row in tx.execute(query).mappings()]
    for job in found:
        _again(tx, job, now)
    return len(found)


def _again(tx: Connection, job: Stuck, now: datetime) -> None:
    if job.state is JobState.DEAD:  # an end: it is asked for anew, and its row makes room for that
        tx.execute(delete(jobs).where(jobs.c.id == job.id))
    queue.enqueue(tx, job.kind, job.subject, now)


def _stuck(row: RowMapping) -> Stuck:
    values = {name: row[name] for name in ("id", "kind", "subject", "due", "attempts", "created", "changed")}
    return Stuck(state=JobState(row["state"]), note=row["note"] or "", **values)
