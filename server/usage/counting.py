"""The job that counts: once an hour is over its clicks become use of works by month, and are gone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.sql.dml import Insert

from server.clock import Clock
from server.db.engine import Database
from server.db.upsert import insert_in
from server.jobs.model import Answer, Done, Job, Later, More
from server.records.embargo import opened
from server.records.model import decode
from server.records.tables import records
from server.usage import visitors
from server.usage.definition import Counting
from server.usage.noting import GRACE, leave_out
from server.usage.sessions import Click, Limits, Settled, Use, settle
from server.usage.tables import clicks, months, suspects
from server.usage.visitors import DOUBLE_CLICK

SLICE = 5_000
"""Clicks counted in one transaction, about: all of a visitor are counted together."""
VISITORS = 2_000
REMEMBERED = timedelta(days=2)
"""How long it is known who asked for robots.txt."""

OPEN, CONTROLLED = "Open", "Controlled"


@dataclass(frozen=True, slots=True)
class Count:
    """The handler of COUNT; the job's subject is the hour."""

    database: Database
    clock: Clock
    counting: Callable[[], Counting]

    async def __call__(self, job: Job) -> Answer:
        edge = datetime.fromisoformat(job.subject).replace(tzinfo=UTC) + timedelta(hours=1)
        now = self.clock()
        if now < edge + GRACE:
            return Later(edge + GRACE - now, "The hour is not over.", failed=False)
        said = self.counting()
        counted = await self.database.write(count, edge, Limits(said.per_minute, said.per_hour))
        if counted:
            return More(f"Counted {counted:,} clicks.")
        await self.database.write(forget, now)
        return Done()


def count(tx: Connection, edge: datetime, limits: Limits) -> int:
    """Count clicks before an hour's end, those of some visitors; return how many they were, 0 when none are left."""
    oldest = tx.execute(select(func.min(clicks.c.at))).scalar()
    if oldest is None or oldest >= edge:
        return 0
    edge = min(edge, _midnight_after(oldest))  # a day is counted whole before the next one: visitors have other names there
    first, last = _slice(tx, edge)
    mine = (clicks.c.visitor >= first, clicks.c.visitor <= last)
    columns = (clicks.c.at, clicks.c.visitor, clicks.c.record_id, clicks.c.file)
    # What is deleted is counted, and nothing else: two that count at once never count the same click.
    taken = [Click(*row) for row in tx.execute(delete(clicks).where(*mine, clicks.c.at < edge).returning(*columns))]
    after = select(*columns).where(*mine, clicks.c.at >= edge, clicks.c.at <= edge + DOUBLE_CLICK)
    next_ones = [Click(*row) for row in tx.execute(after)] + _past_midnight(tx, taken, edge)
    suspected = set(tx.execute(select(suspects.c.visitor).where(suspects.c.visitor.between(first, last))).scalars())
    settled = settle(taken, next_ones, limits, suspected)
    leave_out(tx, settled.left_out)
    add(tx, settled)
    return len(taken)


def _slice(tx: Connection, edge: datetime) -> tuple[str, str]:
    """Return the first and the last of the visitors whose turn it is."""
    query = select(clicks.c.visitor, func.count()).where(clicks.c.at < edge).group_by(clicks.c.visitor)
    first = last = ""
    many = 0
    for visitor, number in tx.execute(query.order_by(clicks.c.visitor).limit(VISITORS)):
        if last and many + number > SLICE:
            break
        first, last, many = first or visitor, visitor, many + number
    return first, last


def _past_midnight(tx: Connection, taken: Sequence[Click], edge: datetime) -> list[Click]:
    """Return the clicks right after midnight that may belong to one before it, under the names their visitors had then."""
    found = []
    for midnight in {_midnight_after(click.at) for click in taken if _midnight_after(click.at) - click.at <= DOUBLE_CLICK}:
        if midnight > edge:
            continue
        query = select(clicks.c.at, clicks.c.earlier, clicks.c.record_id, clicks.c.file)
        query = query.where(clicks.c.at >= midnight, clicks.c.at <= midnight + DOUBLE_CLICK)
        found += [Click(*row) for row in tx.execute(query)]
    return found


def _midnight_after(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def add(tx: Connection, settled: Settled) -> None:
    """Add use to the months of the works, open or not as they were on the day."""
    access = _accesses(tx, sorted(settled.use))
    sums = dict[tuple[str, str, str], Use]()
    for (record_id, of_day), use in settled.use.items():
        whole = sums.setdefault((record_id, of_day[:7], access[record_id, of_day]), Use())
        whole.total_investigations += use.total_investigations
        whole.unique_investigations += use.unique_investigations
        whole.total_requests += use.total_requests
        whole.unique_requests += use.unique_requests
    rows = [
        {"record_id": record_id, "month": month, "access": way} | {name: getattr(use, name) for name in _FIGURES}
        for (record_id, month, way), use in sums.items()
    ]
    if rows:
        tx.execute(_add(tx.dialect.name), rows)


_FIGURES = ("total_investigations", "unique_investigations", "total_requests", "unique_requests")


@cache
def _add(dialect: str) -> Insert:
    statement = insert_in(dialect, months)
    sums: dict[str, Any] = {name: months.c[name] + statement.excluded[name] for name in _FIGURES}
    return statement.on_conflict_do_update(index_elements=[months.c.record_id, months.c.month, months.c.access], set_=sums)


def _accesses(tx: Connection, places: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return COUNTER's Access_Type of works on days; a work under embargo is open from the day its embargo ends."""
    found = dict.fromkeys(places, CONTROLLED)
    for start in range(0, len(places), SLICE):
        some = places[start : start + SLICE]
        query = select(records.c.id, records.c.document).where(records.c.id.in_({record_id for record_id, _ in some}))
        known = {number: decode(document) for number, document in tx.execute(query)}
        for record_id, of_day in some:
            if record_id in known and opened(known[record_id], date.fromisoformat(of_day)).access == "open":
                found[record_id, of_day] = OPEN
    return found


def forget(tx: Connection, now: datetime) -> None:
    """Forget what led from a visitor to an address, and who asked for robots.txt."""
    visitors.forget(tx, now)
    tx.execute(delete(suspects).where(suspects.c.at < now - REMEMBERED))
