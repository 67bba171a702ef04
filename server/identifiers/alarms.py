"""What must not be missed: identifiers that wait for too long, and agencies that do not answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, String, and_, case, cast, func, or_, select, text

from server.identifiers import gate
from server.identifiers.mint import REGISTER
from server.identifiers.model import State
from server.identifiers.tables import identifiers
from server.jobs.model import JobState
from server.jobs.tables import jobs
from server.profiles.tables import profiles

UNSENT = timedelta(hours=1)
"""A name whose work is published is sent within seconds; after so long something is in its way."""

OVERDUE = timedelta(days=1)
"""No agency is down or busy for so long without somebody asking why."""

_OPEN = text("jobs.state NOT IN ('done', 'dead')")
_ASKED = and_(jobs.c.kind == REGISTER, _OPEN, jobs.c.subject == cast(identifiers.c.id, String))

_HELD = and_(
    jobs.c.kind == REGISTER, _OPEN, jobs.c.state == JobState.HELD.value, identifiers.c.id == cast(jobs.c.subject, BigInteger)
)
_CONFIRMED = [State.REGISTERED.value, State.WITHDRAWN.value]


@dataclass(frozen=True, slots=True)
class Down:
    """An agency that does not answer, and what that means here."""

    profile_id: int
    profile: str
    since: datetime
    words: str
    waiting: int
    """Identifiers that are asked about as soon as it is back."""


def waiting(tx: Connection, now: datetime) -> dict[str, tuple[int, datetime]]:
    """Count the identifiers an agency should know and does not confirm, with the moment since when the oldest waits.

    By their state; those that were sent a day ago and longer are *overdue* instead. Of the reserved ones only those count that
    should have been sent an hour ago, and of the registered and withdrawn ones those with a change that is held, as their
    profile stands still, is switched off or deleted. What somebody holds back waits for that person, and is no alarm.
    """
    row, since = identifiers.c, func.coalesce(jobs.c.created, identifiers.c.changed)
    kind = case((and_(row.state == State.SUBMITTED.value, since <= now - OVERDUE), "overdue"), else_=row.state)
    stuck = row.state.in_([State.SUBMITTED.value, State.BLOCKED.value, State.REJECTED.value])
    unsent = and_(row.state == State.RESERVED.value, jobs.c.created <= now - UNSENT)
    query = select(kind, func.count(), func.min(since)).select_from(identifiers.join(jobs, _ASKED, isouter=True))
    found = tx.execute(query.where(or_(stuck, unsent), row.held_by.is_(None)).group_by(kind))
    untold = select(row.state, func.count(), func.min(jobs.c.created)).select_from(identifiers.join(jobs, _HELD))
    changed = tx.execute(untold.where(row.state.in_(_CONFIRMED), row.held_by.is_(None)).group_by(row.state))
    return {state: (count, oldest) for state, count, oldest in [*found, *changed]}


def outages(tx: Connection) -> list[Down]:
    """Return the agencies that are down, the longest first."""
    return [_down(tx, each) for each in gate.outages(tx)]


def _down(tx: Connection, outage: gate.Outage) -> Down:
    mine = identifiers.c.profile_id == outage.profile_id
    count = select(func.count()).select_from(identifiers.join(jobs, _ASKED)).where(mine, identifiers.c.held_by.is_(None))
    name = tx.execute(select(profiles.c.name).where(profiles.c.id == outage.profile_id)).scalar() or ""
    return Down(outage.profile_id, name, outage.since, outage.words, int(tx.execute(count).scalar_one()))
