"""The gate before an agency: how fast it is asked, and that it is left alone while it is down.

One for each profile, shared by all workers through the database. Speed is a token bucket, kept as the moment the next token is
due (the generic cell rate algorithm): who comes too early is given a moment of its own to come back, so that nobody asks twice
whether it is its turn. An agency that does not answer several times in a row is down: one worker tries it now and then, ever more
seldom, and whoever else comes is given a later moment. So ten thousand that wait cost an agency that is down a dozen calls.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from server.db import upsert
from server.events.telling import tell
from server.identifiers.model import Confirmed, Failed, Fault, Pace, Pending
from server.identifiers.tables import gates

DOWN_AFTER = 3
"""So many calls in a row without an answer mean that an agency is down."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=1)
TRY = timedelta(minutes=2)
"""How long one worker alone tries whether an agency is back: longer than any call lasts."""

_TOO_MANY = frozenset({408, 425, 429})
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Turned:
    """Not now: come back at `at`, a moment that is kept for you."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Outage:
    """An agency that does not answer."""

    profile_id: int
    since: datetime
    calls: int
    words: str


def enter(tx: Connection, profile_id: int, pace: Pace, slot: datetime | None, now: datetime) -> Turned | None:
    """Ask to call an agency now; None lets in. `slot` is the moment that was kept for whoever asks."""
    statement = upsert.insert(tx, gates).values(profile_id=profile_id, next=now)
    tx.execute(statement.on_conflict_do_nothing(index_elements=["profile_id"]))
    row = tx.execute(select(gates).where(gates.c.profile_id == profile_id).with_for_update()).one()
    mine = gates.c.profile_id == profile_id
    is_down = row.until is not None and now < row.until
    if row.until is not None and not is_down:  # whoever comes first tries; the others wait for the outcome
        tx.execute(update(gates).where(mine).values(until=now + TRY))
        return None
    if not is_down and slot is not None and slot <= now:
        return None
    interval = timedelta(seconds=pace.seconds / pace.calls)
    due = max(row.next, row.until if is_down else now)
    tx.execute(update(gates).where(mine).values(next=due + interval))
    if is_down:
        return Turned(due, f"The agency does not answer: {row.words}")
    early = due - now - (pace.burst - 1) * interval
    return Turned(now + early, "The agency is asked no faster than it allows.") if early > timedelta(0) else None


def told(tx: Connection, profile_id: int, name: str, outcome: Confirmed | Failed | Pending, now: datetime) -> None:
    """Note how a call went; tells once when an agency goes down, and once when it is back."""
    row = tx.execute(select(gates).where(gates.c.profile_id == profile_id).with_for_update()).one_or_none()
    if row is None:
        return
    mine = gates.c.profile_id == profile_id
    if not _is_silent(outcome):
        if row.failures:
            tx.execute(update(gates).where(mine).values(failures=0, until=None, since=None, words=""))
        if row.failures >= DOWN_AFTER:
            lasted = str(now - row.since).partition(".")[0] if row.since is not None else ""
            tell(tx, "agency.back", str(profile_id), {"profile": name, "lasted": lasted}, now)
        return
    assert not isinstance(outcome, Confirmed)  # noqa: S101 - who confirms is not silent
    asked = outcome.retry_after if isinstance(outcome, Failed) else None
    failures = row.failures + 1
    values: dict[str, object] = {"failures": failures, "since": row.since or now, "words": outcome.message}
    if failures >= DOWN_AFTER or asked is not None:
        pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
        values["until"] = now + max(pause, timedelta(seconds=asked or 0))
    tx.execute(update(gates).where(mine).values(values))
    if failures == DOWN_AFTER:
        tell(tx, "agency.down", str(profile_id), {"profile": name, "message": outcome.message}, now)


def _is_silent(outcome: Confirmed | Failed | Pending) -> bool:
    """Whether an outcome says that nobody can be asked, rather than something of an identifier."""
    if isinstance(outcome, Pending):
        return outcome.status is None  # sent, and the answer was lost
    if not isinstance(outcome, Failed) or outcome.fault not in {Fault.TRANSIENT, Fault.UNKNOWN}:
        return False
    return outcome.status is None or outcome.status >= _SERVER_ERROR or outcome.status in _TOO_MANY


def silent(tx: Connection, profile_id: int, now: datetime) -> str:
    """Return what was said by an agency that is left alone for now, as it did not answer; empty where it may be asked."""
    row = tx.execute(select(gates).where(gates.c.profile_id == profile_id)).one_or_none()
    return str(row.words) if row is not None and row.until is not None and now < row.until else ""


def outages(tx: Connection) -> list[Outage]:
    """Return the agencies that are down, the longest first."""
    query = select(gates).where(gates.c.failures >= DOWN_AFTER, gates.c.since.is_not(None)).order_by(gates.c.since)
    return [Outage(row.profile_id, row.since, row.failures, row.words) for row in tx.execute(query)]
