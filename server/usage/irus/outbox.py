"""The uses that IRUS is to be told of, in the database: put there with the hit itself, and gone once IRUS has taken them.

waiting → sending → (taken: the row goes); sending → waiting (no answer, or one that may change, or refused); waiting → dead
(refused again and again, while others were taken); sending → dead (in doubt); dead → waiting, where somebody asks for it. What
became of each day's uses is counted in the same transaction as it happens, so that

    countable = acknowledged + waiting + dead + dropped

holds at every moment.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update
from sqlalchemy.sql.dml import Insert

from server.db.upsert import insert_in
from server.jobs import queue
from server.notify import store as memory
from server.records.lists import GIVEN
from server.records.tables import feed
from server.usage.irus.definition import LONGEST_KEPT, Irus, profile_of, settings_of
from server.usage.irus.message import agent_of, referer_of, shortened
from server.usage.irus.tables import days, events
from server.usage.model import Class, Drop, Hit, Kind
from server.usage.visitors import day

#: The kind of job that delivers; there is one of it.
SEND = "irus.send"
SUBJECT = "all"

REFUSALS = 3
"""So often IRUS may refuse a use (4xx, or an answer that leads elsewhere), taking others between, until it is given up.

While it takes none, it is IRUS that is not there, whatever its firewall or its maintenance page says; so no use is given up.
"""
AFTER_REFUSAL = (timedelta(minutes=10), timedelta(hours=1))
LONGEST_WAIT = timedelta(hours=1)
_FIRST_WAIT = timedelta(seconds=10)

_SLICE = 1_000
_WORDS = 300


class State(StrEnum):
    """Where a use stands."""

    WAITING = "waiting"
    SENDING = "sending"
    DEAD = "dead"


class What(StrEnum):
    """What the uses of a day came to; `left-out` never was a countable one."""

    LEFT_OUT = "left-out"
    COUNTABLE = "countable"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    DROPPED = "dropped"
    DEAD = "dead"


#: Why a use that was countable is not delivered, and never will be.
HIDDEN, UNSURE, REFUSED, EXPIRED = "hidden", "unsure", "refused", "expired"

_Tally = Counter[tuple[str, What, str, str]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A use that is to be delivered."""

    id: int
    at: datetime
    day: str
    record_id: str
    file: str
    address: str
    agent: str
    referer: str
    attempts: int
    reason: str

    @property
    def is_suspect(self) -> bool:
        """Whether it was refused, and nothing was taken since."""
        return self.reason == REFUSED

    @property
    def kind(self) -> Kind:
        return Kind.REQUEST if self.file else Kind.INVESTIGATION


@dataclass(frozen=True, slots=True)
class Taken:
    """IRUS took it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """IRUS refuses it, and says why."""

    words: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Nobody answered, or with an error of the server: the same message may be taken later."""

    words: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Unsent:
    """Its turn did not come: others before it found nobody there."""


Outcome = Taken | Refused | Failed | Unsent


class Told:
    """Gathers what IRUS is to be told of the hits of one transaction."""

    def __init__(self, settings: Irus) -> None:
        self._settings = settings
        self._rows: list[dict[str, Any]] = []
        self._tally = _Tally()

    def take(self, hit: Hit) -> None:
        """Take a countable hit."""
        if self._settings.respects and hit.private:
            self._tally[day(hit.at), What.LEFT_OUT, "private", hit.kind] += 1
            return
        self._tally[day(hit.at), What.COUNTABLE, "", hit.kind] += 1
        self._rows.append(
            {
                "at": hit.at, "day": day(hit.at), "record_id": hit.record_id, "file": hit.file,
                "address": shortened(hit.address) if self._settings.truncate else hit.address,
                "agent": agent_of(hit.agent), "referer": referer_of(hit.referer),
                "state": State.WAITING.value, "due": hit.at, "attempts": 0, "refusals": 0, "mark": None, "reason": "",
                "words": "",
            }
        )  # fmt: skip

    def leave_out(self, hit: Hit, drop: Drop) -> None:
        """Count a hit that is no use."""
        reason = "own" if drop.cls is Class.STAFF and drop.rule == "own work" else drop.cls.value
        self._tally[day(hit.at), What.LEFT_OUT, reason, hit.kind] += 1

    def write(self, tx: Connection, now: datetime) -> None:
        """Write it down, and ask that it be delivered."""
        count(tx, self._tally)
        if self._rows:
            tx.execute(insert(events), self._rows)
            queue.enqueue(tx, SEND, SUBJECT, max(now, _rests(tx) or now))


def _rests(tx: Connection) -> datetime | None:
    """Return until when the endpoint is left alone."""
    profile = profile_of(tx)
    return None if profile is None else memory.endpoint(tx, profile.id).retry_at


def count(tx: Connection, tally: _Tally) -> None:
    """Add to what became of uses."""
    rows = [
        {"day": of_day, "what": what.value, "reason": reason, "kind": kind, "events": many}
        for (of_day, what, reason, kind), many in sorted(tally.items())
        if many
    ]
    if rows:
        tx.execute(_count(tx.dialect.name), rows)


@cache
def _count(dialect: str) -> Insert:
    statement = insert_in(dialect, days)
    key = [days.c.day, days.c.what, days.c.reason, days.c.kind]
    return statement.on_conflict_do_update(index_elements=key, set_={"events": days.c.events + statement.excluded.events})


def begin(tx: Connection, most: int, mark: str, now: datetime) -> list[Waiting]:
    """Mark the uses that are sent next, the oldest due first, and return them.

    What harvesters do not get is not sent: IRUS would ask our OAI for it in vain. It is counted as dropped.
    """
    columns = [events.c[name] for name in Waiting.__slots__]
    query = select(*columns).where(events.c.state == State.WAITING.value, events.c.due <= now)
    found = [Waiting(*row) for row in tx.execute(query.order_by(events.c.due, events.c.id).limit(most))]
    if not found:
        return []
    given = set(
        tx.execute(select(feed.c.record_id).where(feed.c.record_id.in_({it.record_id for it in found}), *GIVEN)).scalars()
    )
    hidden = [it.id for it in found if it.record_id not in given]
    if hidden:
        _remove(tx, events.c.id.in_(hidden), What.DROPPED, HIDDEN)
    sent = [it for it in found if it.record_id in given]
    tx.execute(update(events).where(_among(it.id for it in sent)).values(state=State.SENDING.value, mark=mark))
    count(tx, _Tally((it.day, What.SENT, "", it.kind) for it in sent))
    return sent


def settle(tx: Connection, mark: str, became: Sequence[tuple[Waiting, Outcome]], now: datetime, jitter: float) -> None:
    """Write down what became of uses that were sent under a mark.

    Only rows that still bear it are touched: an answer counts however late it is written down, but never twice.
    """
    taken = [it.id for it, outcome in became if isinstance(outcome, Taken)]
    _remove(tx, _among(taken) & (events.c.mark == mark), What.ACKNOWLEDGED, "")
    tally = _Tally()
    for it, outcome in became:
        if isinstance(outcome, Taken):
            continue
        mine = update(events).where(events.c.id == it.id, events.c.mark == mark)
        if tx.execute(mine.values(_after(it, outcome, now, jitter))).rowcount and isinstance(outcome, Unsent):
            tally[it.day, What.SENT, "", it.kind] -= 1
    count(tx, tally)


def _after(it: Waiting, outcome: Refused | Failed | Unsent, now: datetime, jitter: float) -> dict[str, Any]:
    """Return what stands in the row of a use that was not taken."""
    values: dict[str, Any] = {"state": State.WAITING.value, "mark": None}
    if isinstance(outcome, Unsent):
        return values
    values |= {"attempts": it.attempts + 1, "words": outcome.words[:_WORDS]}
    if isinstance(outcome, Failed):
        return values | {"due": now + max(wait_after(it.attempts + 1, jitter), outcome.retry_after or timedelta())}
    return values | {"reason": REFUSED, "due": now + AFTER_REFUSAL[min(it.attempts, len(AFTER_REFUSAL) - 1)]}


def hold_against(tx: Connection) -> None:
    """Count the refusals since IRUS last took a use, as it takes uses now; give up what was refused too often."""
    suspects = update(events).where(events.c.state == State.WAITING.value, events.c.reason == REFUSED)
    tx.execute(suspects.where(events.c.refusals >= REFUSALS - 1).values(state=State.DEAD.value, refusals=REFUSALS))
    tx.execute(suspects.values(refusals=events.c.refusals + 1, reason=""))


def wait_after(attempts: int, jitter: float) -> timedelta:
    """Return how long a use waits after so many attempts without an answer; `jitter` from 0 to 1 spreads by a fifth."""
    return min(_FIRST_WAIT * (1 << min(attempts - 1, 12)), LONGEST_WAIT) * (0.9 + 0.2 * jitter)


def doubt(tx: Connection) -> int:
    """Give up what was being sent when its process died: it may have arrived, and nothing is told twice by our doing.

    Whoever calls has the job to itself, so no other sends now. Returns how many there were.
    """
    mine = events.c.state == State.SENDING.value
    # The mark stays: should its sender be alive after all, what it has to say still counts.
    return tx.execute(update(events).where(mine).values(state=State.DEAD.value, reason=UNSURE, words="")).rowcount


def next_due(tx: Connection) -> datetime | None:
    """Return when the next use is due; None where none waits."""
    return tx.execute(select(func.min(events.c.due)).where(events.c.state == State.WAITING.value)).scalar()


def give_up(tx: Connection, reason: str) -> int:
    """Forget all that is not delivered, as it will not be told any more; return how many uses that were."""
    return _remove(tx, events.c.state != State.DEAD.value, What.DROPPED, reason) + bury(tx, events.c.state == State.DEAD.value)


def bury(tx: Connection, which: ColumnElement[bool]) -> int:
    """Forget given-up uses, and what in them leads to a person; they stay counted as that."""
    gone = 0
    for reason in (REFUSED, UNSURE):
        gone += _remove(tx, which & (events.c.reason == reason), What.DEAD, reason)
    return gone


def forget(tx: Connection, now: datetime) -> int:
    """Forget a part of what waited, or was given up, for longer than the profile lets it; return how many uses that were."""
    profile = profile_of(tx)
    kept = LONGEST_KEPT if profile is None else settings_of(profile.document).days
    old = (
        select(events.c.id)
        .where(events.c.at < now - timedelta(days=kept), events.c.state != State.SENDING.value)
        .order_by(events.c.id)
        .limit(_SLICE)
    )
    ids = list(tx.execute(old).scalars())
    gone = bury(tx, _among(ids) & (events.c.state == State.DEAD.value))
    return gone + _remove(tx, _among(ids) & (events.c.state == State.WAITING.value), What.DEAD, EXPIRED)


def dead(begin: str, end: str, *, unsure: bool) -> ColumnElement[bool]:
    """Say which uses of some days were given up and can be sent again; those that may have arrived only where that is wanted."""
    found = (events.c.state == State.DEAD.value) & events.c.day.between(begin, end)
    return found if unsure else found & (events.c.reason != UNSURE)


def again(tx: Connection, number: int, now: datetime) -> bool:
    """Let a given-up use wait again; return False where it is not there any more."""
    mine = (events.c.id == number) & (events.c.state == State.DEAD.value)
    values = {"state": State.WAITING.value, "due": now, "refusals": 0, "reason": "", "mark": None}
    if not tx.execute(update(events).where(mine).values(values)).rowcount:
        return False
    queue.enqueue(tx, SEND, SUBJECT, now)
    return True


def _among(ids: Iterable[int]) -> ColumnElement[bool]:
    return events.c.id.in_(list(ids))


def _remove(tx: Connection, which: ColumnElement[bool], what: What, reason: str) -> int:
    """Remove rows, counting each as what it came to."""
    gone = tx.execute(delete(events).where(which).returning(events.c.day, events.c.file)).all()
    count(tx, _Tally((row.day, what, reason, _kind(row)) for row in gone))
    return len(gone)


def _kind(row: Row[Any, Any]) -> Kind:
    return Kind.REQUEST if row.file else Kind.INVESTIGATION
