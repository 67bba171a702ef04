"""Deliveries in the database: asked for, taken up, settled; and what is remembered of each endpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, or_, select, update

from server.db import upsert
from server.errors import Conflict, NotFound
from server.jobs import queue
from server.notify.model import LIFE, Attempt, Delivery, Endpoint, Outcome, State, Taken
from server.notify.tables import deliveries, delivery_attempts, endpoint_secrets, endpoints
from server.profiles.model import Profile

#: The kind of job that sends what waits for one profile.
DELIVER = "deliver"
OVERLAP = timedelta(hours=24)
"""How long a replaced secret still signs."""
KEPT = timedelta(days=30)
"""How long the log keeps what is over."""
_WAITS = deliveries.c.state == State.WAITING.value


@dataclass(frozen=True, slots=True)
class New:
    """A delivery to be made."""

    profile_id: int
    type: str
    subject: str
    document: str
    event_id: str | None = None
    sealed: bytes | None = None
    due: datetime | None = None
    """None means at once."""


def add(tx: Connection, wanted: Sequence[New], now: datetime) -> None:
    """Ask for deliveries. An event that a profile was handed already is not handed to it twice."""
    rows = [
        {
            "profile_id": new.profile_id, "event_id": new.event_id, "type": new.type, "subject": new.subject[:200],
            "document": new.document, "sealed": new.sealed, "state": State.WAITING.value, "attempts": 0, "due": new.due or now,
            "note": "", "created": now, "changed": now,
        }
        for new in wanted
    ]  # fmt: skip
    if rows:
        tx.execute(upsert.insert(tx, deliveries).on_conflict_do_nothing(index_elements=["event_id", "profile_id"]), rows)
    for profile_id in sorted({new.profile_id for new in wanted}):
        call(tx, profile_id, now)


def call(tx: Connection, profile_id: int, now: datetime) -> None:
    """Ask for what waits for a profile to be sent."""
    queue.enqueue(tx, DELIVER, str(profile_id), now)


def noticed(tx: Connection, profile: Profile, now: datetime) -> None:
    """Take notice of a profile that was made, changed or switched on: what it replaced still signs, what waits goes on."""
    before = tx.execute(select(endpoints.c.sealed).where(endpoints.c.profile_id == profile.id)).scalar()
    if before and profile.sealed != before:
        tx.execute(insert(endpoint_secrets).values(profile_id=profile.id, sealed=before, until=now + OVERLAP))
    remember(tx, endpoint(tx, profile.id), sealed=profile.sealed, failures=0, retry_at=None)
    call(tx, profile.id, now)


def replaced(tx: Connection, profile_id: int, now: datetime) -> list[bytes]:
    """Return the sealed secrets that were replaced and still sign, the newest first."""
    query = select(endpoint_secrets.c.sealed).where(endpoint_secrets.c.profile_id == profile_id, endpoint_secrets.c.until > now)
    return list(tx.execute(query.order_by(endpoint_secrets.c.id.desc())).scalars())


def due(tx: Connection, profile_id: int, now: datetime, limit: int) -> list[Delivery]:
    """Return what should be sent now, the oldest first."""
    query = select(deliveries).where(deliveries.c.profile_id == profile_id, _WAITS, deliveries.c.due <= now)
    return [_delivery(row) for row in tx.execute(query.order_by(deliveries.c.id).limit(limit))]


def last_due(tx: Connection, profile_id: int, kinds: str, after: datetime) -> datetime | None:
    """Return the latest moment after another for which something of some kinds (their beginning) was or is to be sent."""
    mine = (deliveries.c.profile_id == profile_id, deliveries.c.type.startswith(kinds, autoescape=True))
    return tx.execute(select(func.max(deliveries.c.due)).where(*mine, deliveries.c.due > after)).scalar()


def next_due(tx: Connection, profile_id: int) -> datetime | None:
    """Return when something is to be sent next, or None where nothing waits."""
    return tx.execute(select(func.min(deliveries.c.due)).where(deliveries.c.profile_id == profile_id, _WAITS)).scalar()


def settle(tx: Connection, delivery: Delivery, outcome: Outcome, wait: timedelta | None, now: datetime) -> None:
    """Write down one attempt and what follows from it; `wait` None gives a failed one up."""
    taken = isinstance(outcome, Taken)
    note = "" if isinstance(outcome, Taken) else outcome.words
    row = {"delivery_id": delivery.id, "at": now, "milliseconds": outcome.milliseconds, "status": outcome.status}
    tx.execute(insert(delivery_attempts).values(row | {"answer": outcome.answer, "note": note}))
    state = State.SENT if taken else State.DEAD if wait is None else State.WAITING
    values: dict[str, Any] = {"state": state.value, "attempts": delivery.attempts + 1, "note": note, "changed": now}
    if state is State.WAITING:
        values["due"] = now + (wait or timedelta())
    else:
        values["sealed"] = None  # a secret has no business in a log
    tx.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(values))


def expire(tx: Connection, profile_id: int, note: str, now: datetime) -> int:
    """Give up what waited its whole life for an endpoint that is not there; return how many."""
    aged = update(deliveries).where(deliveries.c.profile_id == profile_id, _WAITS, deliveries.c.created <= now - LIFE)
    return tx.execute(aged.values(state=State.DEAD.value, note=note, sealed=None, changed=now)).rowcount


def endpoint(tx: Connection, profile_id: int) -> Endpoint:
    """Return what is remembered of an endpoint; of one nobody spoke to yet, that."""
    row = tx.execute(select(endpoints).where(endpoints.c.profile_id == profile_id)).one_or_none()
    if row is None:
        return Endpoint(profile_id)
    return Endpoint(
        row.profile_id, row.failures, row.window, row.retry_at, row.succeeded, row.failed, row.words, row.answered, row.digested
    )


def remember(tx: Connection, known: Endpoint, **changes: Any) -> None:
    """Change what is remembered of an endpoint."""
    values = {
        "failures": known.failures, "window": known.window, "retry_at": known.retry_at, "succeeded": known.succeeded,
        "failed": known.failed, "words": known.words, "answered": known.answered, "digested": known.digested,
    }  # fmt: skip
    row = values | changes
    statement = upsert.insert(tx, endpoints).values(profile_id=known.profile_id, **row)
    tx.execute(statement.on_conflict_do_update(index_elements=["profile_id"], set_=row))


def send_again(tx: Connection, delivery_id: int, now: datetime) -> Delivery:
    """Send one thing again, whatever became of it. Raises NotFound, and Conflict for a letter whose secret is gone."""
    found = get(tx, delivery_id)
    if found.type in UNREPEATABLE:
        raise Conflict("This letter held a secret that is kept no longer.", remedy="Ask for a new one where it was asked for.")
    _revive(tx, deliveries.c.id == delivery_id, now)
    call(tx, found.profile_id, now)
    return found


def send_dead_again(tx: Connection, profile_id: int, now: datetime) -> int:
    """Send again all that was given up for a profile; return how many."""
    count = _revive(
        tx, (deliveries.c.profile_id == profile_id) & (deliveries.c.state == State.DEAD.value)
        & deliveries.c.type.not_in(UNREPEATABLE), now,
    )  # fmt: skip
    if count:
        call(tx, profile_id, now)
    return count


UNREPEATABLE = ("mail.reset", "mail.invitation")
"""Letters that mean nothing without the secret in them."""


def _revive(tx: Connection, which: ColumnElement[bool], now: datetime) -> int:
    # `created` moves too: a life counts from when somebody last asked for it.
    values = {"state": State.WAITING.value, "due": now, "attempts": 0, "changed": now, "created": now}
    return tx.execute(update(deliveries).where(which).values(values)).rowcount


def get(tx: Connection, delivery_id: int) -> Delivery:
    """Return a delivery; raises NotFound."""
    row = tx.execute(select(deliveries).where(deliveries.c.id == delivery_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such delivery; what is over is kept for thirty days.")
    return _delivery(row)


def attempts(tx: Connection, delivery_id: int) -> list[Attempt]:
    """Return every try of a delivery, the last first."""
    query = select(delivery_attempts).where(delivery_attempts.c.delivery_id == delivery_id)
    rows = tx.execute(query.order_by(delivery_attempts.c.id.desc()))
    return [Attempt(row.at, row.milliseconds, row.status, row.answer, row.note) for row in rows]


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the log is asked for; empty means any. `before` is the id to go on from."""

    profile_id: int = 0
    state: str = ""
    type: str = ""
    text: str = ""
    before: int = 0


def search(tx: Connection, asked: Asked, limit: int) -> list[Delivery]:
    """Return deliveries, the newest first."""
    query = select(deliveries).order_by(deliveries.c.id.desc()).limit(limit)
    if asked.before:
        query = query.where(deliveries.c.id < asked.before)
    for column, value in (
        (deliveries.c.profile_id, asked.profile_id),
        (deliveries.c.state, asked.state),
        (deliveries.c.type, asked.type),
    ):
        if value:
            query = query.where(column == value)
    if asked.text:
        columns = (deliveries.c.subject, deliveries.c.note, deliveries.c.event_id)
        query = query.where(or_(*(column.icontains(asked.text, autoescape=True) for column in columns)))
    return [_delivery(row) for row in tx.execute(query)]


def counts(tx: Connection, profile_id: int) -> dict[str, int]:
    """Count a profile's deliveries by state."""
    query = select(deliveries.c.state, func.count()).where(deliveries.c.profile_id == profile_id).group_by(deliveries.c.state)
    return {row[0]: row[1] for row in tx.execute(query)}


def waiting(tx: Connection) -> dict[str, tuple[int, datetime]]:
    """Count what waits and what was given up, with the oldest one's time: for the start page."""
    query = select(deliveries.c.state, func.count(), func.min(deliveries.c.created)).where(deliveries.c.state != State.SENT.value)
    return {state: (count, oldest) for state, count, oldest in tx.execute(query.group_by(deliveries.c.state))}


def forget(tx: Connection, now: datetime) -> int:
    """Remove what is over for long, its attempts with it, and secrets that sign no longer; return how many deliveries."""
    tx.execute(delete(endpoint_secrets).where(endpoint_secrets.c.until <= now))
    old = select(deliveries.c.id).where(deliveries.c.changed < now - KEPT, ~_WAITS).limit(1000)
    ids = list(tx.execute(old).scalars())
    if not ids:
        return 0
    tx.execute(delete(delivery_attempts).where(delivery_attempts.c.delivery_id.in_(ids)))
    return tx.execute(delete(deliveries).where(deliveries.c.id.in_(ids))).rowcount


def forget_dead(tx: Connection, profile_id: int) -> int:
    """Remove what was given up for a profile; return how many."""
    return _removed(tx, (deliveries.c.profile_id == profile_id) & (deliveries.c.state == State.DEAD.value))


def drop(tx: Connection, profile_id: int) -> None:
    """Remove what is not sent yet, and what was given up, for a profile that is deleted; what was sent stays in the log.

    With it go the secrets that were kept to sign or to be sent, and what was asked for of the sender.
    """
    queue.drop(tx, DELIVER, str(profile_id))
    _removed(tx, (deliveries.c.profile_id == profile_id) & (deliveries.c.state != State.SENT.value))
    for table in (endpoints, endpoint_secrets):
        tx.execute(delete(table).where(table.c.profile_id == profile_id))


def _removed(tx: Connection, which: ColumnElement[bool]) -> int:
    ids = select(deliveries.c.id).where(which)
    tx.execute(delete(delivery_attempts).where(delivery_attempts.c.delivery_id.in_(ids)))
    return tx.execute(delete(deliveries).where(which)).rowcount


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.id, row.profile_id, row.event_id, row.type, row.subject, row.document, row.sealed,
        State(row.state), row.attempts, row.due, row.note, row.created,
    )  # fmt: skip
