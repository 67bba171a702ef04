"""The gate before an agency: how fast it is asked, and that it is left alone while it is down.

One for each profile, shared by all workers through the database. Speed is a token bucket, kept as the moment the next token is
due (the generic cell rate algorithm): who comes too early is given a moment of its own to come back, so that nobody asks twice
whether it is its turn. An agency that does not answer several times in a row is down: one worker tries it now and then, ever more
seldom, and whoever else comes is given a later moment. So ten thousand that wait cost an agency that is down a dozen calls.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from server.db import upsert
from server.db.statement import Statement
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


def enter(tx: Connection, profile_id: int, pace: Pace, slot: datetime | None, now: datetime, calls: int = 1) -> Turned | None:
    """Ask to call an agency now, so many times; None lets in. `slot` is the moment that was kept for whoever asks."""
    values = {"profile": profile_id}
    row = _LOCKED.one(tx, values)
    if row is None:  # nobody ever asked it
        statement = upsert.insert(tx, gates).values(profile_id=profile_id, next=now)
        tx.execute(statement.on_conflict_do_nothing(index_elements=["profile_id"]))
        row = _LOCKED.one(tx, values)
    assert row is not None  # noqa: S101 -- it was just written
    until: datetime | None = row["until"]
    is_down = until is not None and now < until
    if until is not None and not is_down:  # whoever comes first tries; the others wait for the outcome
        _CHANGE.run(tx, values | {"until": now + TRY})
        return None
    if not is_down and slot is not None and slot <= now:
        return None
    interval = timedelta(seconds=pace.seconds / pace.calls)
    due = max(row["next"], until if until is not None else now)
    _CHANGE.run(tx, values | {"next": due + calls * interval})
    if is_down:
        return Turned(due, f"The agency does not answer: {row['words']}")
    early = due - now - (pace.burst - calls) * interval
    return Turned(now + early, "The agency is asked no faster than it allows.") if early > timedelta(0) else None


_OF_PROFILE = select(gates).where(gates.c.profile_id == bindparam("profile"))
_LOOK, _LOCKED = Statement(_OF_PROFILE), Statement(_OF_PROFILE.with_for_update())
_CHANGE = Statement(update(gates).where(gates.c.profile_id == bindparam("profile")))


def settle(tx: Connection, profile_id: int, pace: Pace, calls: int) -> None:
    """Count calls that were made beyond those `enter` was asked for, or that were not: whoever comes later waits, or need not."""
    if calls and (row := _LOCKED.one(tx, {"profile": profile_id})) is not None:
        due = row["next"] + calls * timedelta(seconds=pace.seconds / pace.calls)
        _CHANGE.run(tx, {"profile": profile_id, "next": due})


def told(tx: Connection, profile_id: int, name: str, outcome: Confirmed | Failed | Pending, now: datetime) -> None:
    """Note how a call went; tells once when an agency goes down, and once when it is back."""
    values = {"profile": profile_id}
    if not isinstance(outcome, Failed) and not _is_silent(outcome):
        seen = _LOOK.one(tx, values)
        if seen is None or not seen["failures"]:
            return  # as ever; and nobody need wait for anybody to say so
    found = _LOCKED.one(tx, values)
    if found is None:
        return
    failures: int = found["failures"]
    since: datetime | None = found["since"]
    if not _is_silent(outcome):
        if failures:
            _CHANGE.run(tx, values | {"failures": 0, "until": None, "since": None, "words": ""})
        if failures >= DOWN_AFTER:
            lasted = str(now - since).partition(".")[0] if since is not None else ""
            tell(tx, "agency.back", str(profile_id), {"profile": name, "lasted": lasted}, now)
        return
    assert not isinstance(outcome, Confirmed)  # noqa: S101 - who confirms is not silent
    asked = outcome.retry_after if isinstance(outcome, Failed) else None
    failures += 1
    change: dict[str, object] = {"failures": failures, "since": since or now, "words": outcome.message}
    if failures >= DOWN_AFTER or asked is not None:
        pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
        change["until"] = now + max(pause, timedelta(seconds=asked or 0))
    _CHANGE.run(tx, values | change)
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
    row = _LOOK.one(tx, {"profile": profile_id})
    return str(row["words"]) if row is not None and row["until"] is not None and now < row["until"] else ""


def outages(tx: Connection) -> list[Outage]:
    """Return the agencies that are down, the longest first."""
    query = select(gates).where(gates.c.failures >= DOWN_AFTER, gates.c.since.is_not(None)).order_by(gates.c.since)
    return [Outage(row.profile_id, row.since, row.failures, row.words) for row in tx.execute(query)]
