"""Telling of an event in the transaction in which it happens; and finding what is still to be handed on."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Integer, bindparam, delete, insert, select, update
from ulid import ULID

from server.db.statement import Statement
from server.events.model import EVENTS, Event
from server.events.tables import outbox
from server.jobs import queue

#: The kind of job that hands events to their subscribers.
NOTIFY = "notify"

_TELL = Statement(insert(outbox))


def tell(tx: Connection, kind: str, subject: str, data: Mapping[str, Any], now: datetime) -> str:
    """Tell of an event and return its id. What the transaction does and what is told stand or fall together.

    `kind` is one of EVENTS; raises ValueError for any other, which is a mistake in the code.
    """
    if kind not in EVENTS:
        raise ValueError(f"there is no event {kind!r}")
    number = str(ULID())
    row = {"id": number, "type": kind, "subject": subject[:200], "at": now, "data": msgspec.json.encode(data).decode()}
    _TELL.run(tx, row | {"sent": False})
    # Asking for a job locks its row till the end of the transaction: on PostgreSQL all who tell would wait for one another.
    # So there the request goes to one of 32 jobs by chance; each of them hands on whatever waits.
    queue.enqueue(tx, NOTIFY, number[-1] if tx.dialect.name == "postgresql" else "", now)
    return number


def waiting(tx: Connection, limit: int) -> list[Event]:
    """Return events nobody has handed on yet, the oldest first, and lock them: of several who write each takes others."""
    return [_event(row) for row in _WAITING.mappings(tx, {"most": limit})]


_WAITING = Statement(
    select(outbox)
    .where(~outbox.c.sent)
    .order_by(outbox.c.seq)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)


def between(tx: Connection, kinds: Iterable[str], after: datetime, until: datetime, limit: int) -> list[Event]:
    """Return events of some kinds that happened after one moment and not after another, the oldest first."""
    query = select(outbox).where(outbox.c.type.in_(list(kinds)), outbox.c.at > after, outbox.c.at <= until)
    return [_event(row) for row in tx.execute(query.order_by(outbox.c.seq).limit(limit)).mappings()]


def handed_on(tx: Connection, seqs: Iterable[int]) -> None:
    """Mark events as handed to their subscribers."""
    _HANDED_ON.run(tx, {"seqs": list(seqs)})


_HANDED_ON = Statement(update(outbox).where(outbox.c.seq.in_(bindparam("seqs", expanding=True))).values(sent=True))


def forget(tx: Connection, before: datetime) -> int:
    """Remove events that were handed on and are older than a moment; return how many."""
    return tx.execute(delete(outbox).where(outbox.c.sent, outbox.c.at < before)).rowcount


def _event(row: Mapping[Any, Any]) -> Event:
    return Event(row["seq"], row["id"], row["type"], row["subject"], row["at"], msgspec.json.decode(row["data"]))
