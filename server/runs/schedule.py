"""Schedules: runs that are asked for by the clock. Times are UTC, written as cron lines, said in plain language.

Whoever works looks for what is due; the row itself decides who begins it, so that it is once however many look. What was missed
while nobody worked is begun once, not once for each time.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from cronsim import CronSim, CronSimError
from msgspec import Struct
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from server import observe
from server.audit import log as audit
from server.audit.log import Actor
from server.clock import Clock
from server.db.engine import Database
from server.errors import Invalid, NotFound, SheafError, Unavailable
from server.runs import store
from server.runs.model import Run
from server.runs.tables import schedules
from server.runs.task import Task, Tasks

PAUSE = 20.0
"""Seconds between looks at the schedules."""

SCHEDULE = Actor("schedule", via="system")

_FIELDS = 5
_LONGEST = 100

#: Cron lines a person can choose without knowing cron, and how they are said.
CHOICES = {
    "0 * * * *": "every hour",
    "0 2 * * *": "every night at 02:00",
    "0 6 * * *": "every morning at 06:00",
    "0 2 * * 1-5": "every night before a working day at 02:00",
    "0 3 * * 1": "every Monday at 03:00",
    "0 3 * * 0": "every Sunday at 03:00",
    "0 3 1 * *": "on the first day of each month at 03:00",
}

log = observe.logger("runs")


@dataclass(frozen=True, slots=True)
class Schedule:
    """A task with its parameters, and when it runs."""

    id: int
    task: str
    parameters: str
    cron: str
    enabled: bool
    next: datetime | None
    last: datetime | None
    run_id: int | None
    problem: str


def checked(cron: str) -> str:
    """Return a cron line in its plain form; raises Invalid for one that is none, or that never comes."""
    line = " ".join(cron.split()).upper()
    if len(line) > _LONGEST or len(line.split()) != _FIELDS:
        raise _wrong("A cron line has five parts: minute, hour, day of the month, month, day of the week.")
    try:
        next(CronSim(line, datetime(2026, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        raise _wrong(f"This cron line cannot be read: {error}.") from error
    except StopIteration as error:
        raise _wrong("There is no such day in the next fifty years.") from error
    return line


def _wrong(message: str) -> Invalid:
    return Invalid(message, place="cron", remedy="For example 30 2 * * 1: every Monday at 02:30 UTC.")


def said(cron: str) -> str:
    """Say a cron line in plain language: in the words of what finds its moments, so that they cannot differ."""
    if cron in CHOICES:
        return CHOICES[cron]
    words = CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)).explain()
    return words[:1].lower() + words[1:]


def moments(cron: str, after: datetime, count: int) -> list[datetime]:
    """Return the next moments of a cron line."""
    found = CronSim(cron, after.astimezone(UTC))
    return [moment for moment, _ in zip(found, range(count), strict=False)]


def add(tx: Connection, task: Task[Any], parameters: Struct, cron: str, actor: Actor, now: datetime) -> int:
    """Make a schedule and return its number. Raises Invalid for its cron line, and what the task finds wrong."""
    line = checked(cron)
    task.profile(tx, parameters)
    row = {
        "task": task.name,
        "parameters": msgspec.json.encode(parameters).decode(),
        "cron": line,
        "enabled": True,
        "next": moments(line, now, 1)[0],
        "problem": "",
        "created": now,
        "changed": now,
    }
    number = int(tx.execute(insert(schedules).values(row).returning(schedules.c.id)).scalar_one())
    audit.note(tx, actor, "schedule.added", "schedule", str(number), now, summary=f"{task.title}: {said(line)}")
    return number


def change(tx: Connection, number: int, task: Task[Any], parameters: Struct, cron: str, actor: Actor, now: datetime) -> None:
    """Give a schedule other parameters or times. Raises as `add` does, and NotFound."""
    found, line = get(tx, number), checked(cron)
    task.profile(tx, parameters)
    values = {
        "parameters": msgspec.json.encode(parameters).decode(),
        "cron": line,
        "next": moments(line, now, 1)[0] if found.enabled else None,
        "problem": "",
        "changed": now,
    }
    tx.execute(update(schedules).where(schedules.c.id == number).values(values))
    before = {"parameters": msgspec.json.decode(found.parameters), "cron": found.cron}
    changes = audit.differences(before, {"parameters": msgspec.to_builtins(parameters), "cron": line})
    audit.note(tx, actor, "schedule.changed", "schedule", str(number), now, summary=task.title, changes=changes)


def enable(tx: Connection, number: int, actor: Actor, now: datetime, *, enabled: bool) -> None:
    """Let a schedule pause or go on; what its pause passed over is not caught up. Raises NotFound."""
    found = get(tx, number)
    following = moments(found.cron, now, 1)[0] if enabled else None
    tx.execute(update(schedules).where(schedules.c.id == number).values(enabled=enabled, next=following, changed=now))
    deed = "schedule.resumed" if enabled else "schedule.paused"
    audit.note(tx, actor, deed, "schedule", str(number), now, summary=found.task)


def remove(tx: Connection, number: int, actor: Actor, now: datetime) -> None:
    """Delete a schedule; the runs it began stay. Raises NotFound."""
    found = get(tx, number)
    tx.execute(delete(schedules).where(schedules.c.id == number))
    audit.note(tx, actor, "schedule.deleted", "schedule", str(number), now, summary=f"{found.task}: {said(found.cron)}")


def find(tx: Connection, number: int) -> Schedule | None:
    row = tx.execute(select(schedules).where(schedules.c.id == number)).mappings().one_or_none()
    return None if row is None else _schedule(row)


def get(tx: Connection, number: int) -> Schedule:
    """Return a schedule; raises NotFound."""
    found = find(tx, number)
    if found is None:
        raise NotFound(f"There is no schedule {number}.")
    return found


def every(tx: Connection) -> list[Schedule]:
    """Return the schedules, the next one first, the paused ones last."""
    query = select(schedules).order_by(schedules.c.next.is_(None), schedules.c.next, schedules.c.id)
    return [_schedule(row) for row in tx.execute(query).mappings()]


def due(tx: Connection, now: datetime) -> list[int]:
    """Return the numbers of the schedules that are due."""
    query = select(schedules.c.id).where(schedules.c.enabled, schedules.c.next <= now).order_by(schedules.c.next)
    return list(tx.execute(query).scalars())


def tick(tx: Connection, tasks: Tasks, number: int, now: datetime) -> Run | None:
    """Begin what a schedule asks for, if it is still due; None where another process did. Raises what is wrong with it."""
    return run_now(tx, tasks, number, SCHEDULE, now) if _pass(tx, number, now, "") else None


def miss(tx: Connection, number: int, why: str, now: datetime) -> None:
    """Leave out one time of a schedule that cannot be begun (its profile was deleted, say); it stands with the reason."""
    _pass(tx, number, now, why)


def _pass(tx: Connection, number: int, now: datetime, problem: str) -> bool:
    """Move a due schedule on to its next time, and return whether it was us. What was missed meanwhile is left out."""
    found = get(tx, number)
    mine = (schedules.c.id == number, schedules.c.enabled, schedules.c.next == found.next, schedules.c.next <= now)
    values = {"next": moments(found.cron, now, 1)[0], "last": now, "problem": problem}
    return tx.execute(update(schedules).where(*mine).values(values)).rowcount == 1


def run_now(tx: Connection, tasks: Tasks, number: int, actor: Actor, now: datetime) -> Run:
    """Begin what a schedule asks for without waiting for its time. Raises what is wrong with it."""
    found = get(tx, number)
    task = tasks.get(found.task)
    run = store.start(tx, task, task.decode(found.parameters), actor, now, schedule_id=number)
    tx.execute(update(schedules).where(schedules.c.id == number).values(run_id=run.id, problem=""))
    return run


async def keep_schedules(database: Database, tasks: Tasks, clock: Clock) -> None:
    """Begin what is due, for ever."""
    while True:
        try:
            await begin_due(database, tasks, clock)
        except Unavailable as error:
            log.warning("could not look at the schedules", extra={"reason": error.message})
        await asyncio.sleep(PAUSE)


async def begin_due(database: Database, tasks: Tasks, clock: Clock) -> int:
    """Begin what is due now, and return how many runs that are."""
    begun = 0
    for number in await database.read(due, clock()):
        try:
            begun += await database.write(tick, tasks, number, clock()) is not None
        except Unavailable:
            raise
        except SheafError as error:
            log.warning("could not begin a scheduled run", extra={"schedule": number, "reason": error.message})
            await database.write(miss, number, f"{error.message} {error.remedy}".strip(), clock())
    return begun


def _schedule(row: RowMapping) -> Schedule:
    return Schedule(
        row["id"], row["task"], row["parameters"], row["cron"], row["enabled"], row["next"], row["last"], row["run_id"],
        row["problem"],
    )  # fmt: skip
