"""The queue's verbs: enqueue, claim, renew, settle, release. Each is part of somebody's transaction."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, bindparam, case, delete, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert
from ulid import ULID

from server.db.statement import Statement
from server.db.upsert import insert_in
from server.jobs.model import FOLLOWS, Answer, Done, Job, JobState, Later, More
from server.jobs.tables import OPEN, jobs

LEASE = timedelta(minutes=5)
_WAITING = (JobState.READY.value, JobState.DEFERRED.value)


def enqueue(tx: Connection, kind: str, subject: str, now: datetime) -> None:
    """Ask for something to be made true, soon.

    Asking again while it waits only moves it to the front; while it is active, it is done once more.
    """
    row = {
        "kind": kind,
        "subject": subject,
        "state": JobState.READY.value,
        "due": now,
        "attempts": 0,
        "again": False,
        "created": now,
        "changed": now,
    }
    _ENQUEUE.run(tx, row)


def enqueue_all(tx: Connection, kind: str, subjects: Select[Any], now: datetime) -> None:
    """Ask for the same of each subject a query finds (once, and with a condition), as `enqueue` does, in one statement."""
    row = {
        jobs.c.kind: kind, jobs.c.state: JobState.READY.value, jobs.c.due: now, jobs.c.attempts: 0, jobs.c.again: False,
        jobs.c.created: now, jobs.c.changed: now,
    }  # fmt: skip
    found = subjects.add_columns(*(literal(value, column.type) for column, value in row.items()))
    tx.execute(_or_again(insert_in(tx.dialect.name, jobs).from_select([jobs.c.subject, *row], found)))


def _enqueue(dialect: str) -> Insert:
    """Write the statement, once for each kind of database: every deposit asks for several jobs."""
    return _or_again(insert_in(dialect, jobs))


def _or_again(statement: postgresql.Insert | sqlite.Insert) -> Insert:
    """Say what an INSERT does where what is asked for is asked for already."""
    active = jobs.c.state == JobState.ACTIVE.value
    again: dict[str, Any] = {
        "state": case((active, jobs.c.state), else_=JobState.READY.value),
        "due": case((active, jobs.c.due), else_=statement.excluded.due),
        "again": active,
        "changed": statement.excluded.changed,
    }
    return statement.on_conflict_do_update(index_elements=["kind", "subject"], index_where=OPEN, set_=again)


_ENQUEUE = Statement(write=_enqueue)


def claim(tx: Connection, kinds: Iterable[str], now: datetime, limit: int = 1) -> list[Job]:
    """Take up to `limit` due jobs for LEASE; also those whose claimant let its lease run out."""
    wanted = {"now": now, "kinds": list(kinds), "most": limit}
    return _take(tx, _DUE.values(tx, wanted), now)


def claim_each(tx: Connection, wanted: Iterable[tuple[Iterable[str], int]], now: datetime) -> list[list[Job]]:
    """Take due jobs of some kinds, and of others: for each of the kinds and limits that are wanted what `claim` does."""
    return [claim(tx, kinds, now, limit) for kinds, limit in wanted]


_DUE = Statement(
    select(jobs.c.id)
    .where(
        jobs.c.state.in_([*_WAITING, JobState.ACTIVE.value]),
        jobs.c.due <= bindparam("now"),
        jobs.c.kind.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(jobs.c.due, jobs.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)


def claim_this(tx: Connection, kind: str, subject: str, now: datetime) -> Job | None:
    """Ask for one thing and take it at once, due or not; None where somebody has it already."""
    enqueue(tx, kind, subject, now)
    mine = select(jobs.c.id).where(jobs.c.kind == kind, jobs.c.subject == subject, jobs.c.state.in_(_WAITING))
    taken = _take(tx, list(tx.execute(mine.with_for_update(skip_locked=True)).scalars()), now)
    return taken[0] if taken else None


def _take(tx: Connection, ids: list[int], now: datetime) -> list[Job]:
    if not ids:
        return []
    token = str(ULID())
    values = {"ids": ids, "end": now + LEASE, "token": token, "now": now}
    return sorted((Job(*row) for row in _TAKE.rows(tx, values)), key=lambda job: job.id)


_TAKE = Statement(
    update(jobs)
    .where(jobs.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        state=JobState.ACTIVE.value,
        due=bindparam("end"),
        attempts=jobs.c.attempts + 1,
        claim=bindparam("token"),
        again=False,
        changed=bindparam("now"),
    )
    .returning(jobs.c.id, jobs.c.kind, jobs.c.subject, jobs.c.attempts, jobs.c.claim, jobs.c.created)
)


def renew(tx: Connection, job: Job, now: datetime) -> bool:
    """Take the lease anew, for work that is longer than one; return False where the claim is not ours any more.

    In a transaction that writes down what was done so far it also proves that nobody else does it.
    """
    return tx.execute(update(jobs).where(*_ours(job)).values(due=now + LEASE, changed=now)).rowcount == 1


def settle(tx: Connection, job: Job, answer: Answer, now: datetime) -> bool:
    """Write down how a job ended; return False, writing nothing, where the claim is not ours any more."""
    row = _AGAIN.one(tx, {"its_id": job.id, "its_claim": job.claim})
    if row is None:
        return False
    state = FOLLOWS[type(answer)]
    note = answer.note if isinstance(answer, Done | More) else answer.why
    due = now + answer.delay if isinstance(answer, Later) else now
    attempts = job.attempts
    if isinstance(answer, More):
        attempts = 0
    elif isinstance(answer, Later) and not answer.failed:
        attempts -= 1
    if row["again"] and isinstance(answer, Later):
        # Whoever asked knows more than we saw when we put it off; what failed keeps its distance.
        due = due if answer.failed else now
    elif row["again"]:
        state, attempts = JobState.READY, 0
    values = {"state": state.value, "due": due, "note": note, "claim": None, "again": False, "attempts": attempts, "changed": now}
    _SETTLE.run(tx, {"its_id": job.id, **values})
    return True


_SETTLE = Statement(update(jobs).where(jobs.c.id == bindparam("its_id")))
_AGAIN = Statement(
    select(jobs.c.again)
    .where(jobs.c.id == bindparam("its_id"), jobs.c.claim == bindparam("its_claim"), jobs.c.state == JobState.ACTIVE.value)
    .with_for_update()
)


def release(tx: Connection, job: Job, now: datetime) -> None:
    """Give a claimed job back untouched, at a graceful stop."""
    tx.execute(
        update(jobs)
        .where(*_ours(job))
        .values(state=JobState.READY.value, due=now, claim=None, attempts=job.attempts - 1, changed=now)
    )


def reopen(tx: Connection, now: datetime) -> int:
    """Give back every claimed job at once: for a start that knows no other worker can be alive. Returns how many there were."""
    values = {"state": JobState.READY.value, "due": now, "claim": None, "changed": now}
    return tx.execute(update(jobs).where(jobs.c.state == JobState.ACTIVE.value).values(values)).rowcount


def is_open(tx: Connection, kind: str, subject: str) -> bool:
    """Whether something is asked for and not at an end."""
    return tx.execute(select(jobs.c.id).where(jobs.c.kind == kind, jobs.c.subject == subject, OPEN)).scalar() is not None


def is_on_its_way(tx: Connection, kind: str, subject: str) -> bool:
    """Whether something is asked for that is being done, or will be without anybody's help."""
    states = jobs.c.state.in_([*_WAITING, JobState.ACTIVE.value])
    query = select(jobs.c.id).where(jobs.c.kind == kind, jobs.c.subject == subject, states)
    return tx.execute(query.limit(1)).scalar() is not None


def is_put_off(tx: Connection, kind: str, subject: str) -> bool:
    """Whether something is asked for that keeps its distance, and comes up again by itself."""
    query = select(jobs.c.id).where(jobs.c.kind == kind, jobs.c.subject == subject, jobs.c.state == JobState.DEFERRED.value)
    return tx.execute(query.limit(1)).scalar() is not None


def drop(tx: Connection, kind: str, subject: str) -> None:
    """Take back a request that waits, be it for a person: what it asked for was done otherwise, or is wanted no more."""
    _DROP.run(tx, {"its_kind": kind, "its_subject": subject})


_DROP = Statement(
    delete(jobs).where(
        jobs.c.kind == bindparam("its_kind"),
        jobs.c.subject == bindparam("its_subject"),
        jobs.c.state.in_([*_WAITING, JobState.HELD.value]),
    )
)


def forget(tx: Connection, before: datetime) -> int:
    """Remove jobs that were done before a moment; return how many."""
    return tx.execute(delete(jobs).where(jobs.c.state == JobState.DONE.value, jobs.c.changed < before)).rowcount


def counts(tx: Connection) -> dict[str, int]:
    """Count the jobs by state."""
    return {row[0]: row[1] for row in tx.execute(select(jobs.c.state, func.count()).group_by(jobs.c.state))}


def waiting(tx: Connection, without: Iterable[str] = ()) -> dict[str, tuple[int, datetime]]:
    """Count the jobs that are not at an end, by state, with the oldest one's time; `without` are kinds that are left out.

    What never failed and only waits for its hour is nobody's trouble, and is left out too.
    """
    ended = [JobState.DONE.value, JobState.DEAD.value]
    failed = or_(jobs.c.state != JobState.DEFERRED.value, jobs.c.attempts > 0)
    wanted = (jobs.c.state.not_in(ended), failed, jobs.c.kind.not_in(list(without)))
    query = select(jobs.c.state, func.count(), func.min(jobs.c.created)).where(*wanted).group_by(jobs.c.state)
    return {state: (count, oldest) for state, count, oldest in tx.execute(query)}


def latest(tx: Connection, kind: str, subject: str) -> tuple[JobState | None, str]:
    """Return how the last request for something stands, and the note with it; None where it was never asked for."""
    query = select(jobs.c.state, jobs.c.note).where(jobs.c.kind == kind, jobs.c.subject == subject).order_by(jobs.c.id.desc())
    row = tx.execute(query.limit(1)).one_or_none()
    return (None, "") if row is None else (JobState(row.state), row.note or "")


def _ours(job: Job) -> tuple[ColumnElement[bool], ...]:
    return (jobs.c.id == job.id, jobs.c.claim == job.claim, jobs.c.state == JobState.ACTIVE.value)
