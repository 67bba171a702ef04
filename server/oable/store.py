"""Requests in the database: made, found, taken up, settled. Takes the transaction, returns values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, func, insert, select, update

from server.errors import NotFound
from server.jobs import queue
from server.oable.asking import Asked
from server.oable.model import OPEN, Request, State
from server.oable.tables import oable_requests as table

#: The kind of job that sends one request; its subject is the request.
ASK = "oable"


def add(tx: Connection, request: Request) -> None:
    """Keep a new request and ask for it to be sent."""
    tx.execute(insert(table).values(_row(request)))
    queue.enqueue(tx, ASK, request.id, request.created)


def find(tx: Connection, number: str) -> Request | None:
    row = tx.execute(select(table).where(table.c.id == number)).one_or_none()
    return None if row is None else _request(row)


def get(tx: Connection, number: str, account_id: int | None = None) -> Request:
    """Return a request, an account's own where one is named; raises NotFound, as if those of others were not there."""
    found = find(tx, number)
    if found is None or account_id not in {None, found.account_id}:
        raise NotFound("There is no such request.", remedy="The list shows those there are.")
    return found


def put(tx: Connection, request: Request) -> None:
    """Write down how a request stands now."""
    tx.execute(update(table).where(table.c.id == request.id).values(_row(request)))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests a list shows; empty means all. `before` is the id to go on from."""

    account_id: int | None = None
    state: str = ""
    before: str = ""


def search(tx: Connection, wanted: Wanted, limit: int) -> list[Request]:
    """Return requests, the newest first."""
    query: Select[Any] = select(table).order_by(table.c.id.desc()).limit(limit)
    if wanted.account_id is not None:
        query = query.where(table.c.account_id == wanted.account_id)
    if wanted.state:
        query = query.where(table.c.state == wanted.state)
    if wanted.before:
        query = query.where(table.c.id < wanted.before)
    return [_request(row) for row in tx.execute(query)]


def counts(tx: Connection) -> dict[str, int]:
    """Count the requests by state."""
    return {row[0]: row[1] for row in tx.execute(select(table.c.state, func.count()).group_by(table.c.state))}


def waiting(tx: Connection) -> dict[str, tuple[int, datetime]]:
    """Count the requests that OABLE has not taken, by state, with the oldest one's time: for the start page."""
    query = select(table.c.state, func.count(), func.min(table.c.since)).where(table.c.state != State.ACCEPTED.value)
    return {state: (count, oldest) for state, count, oldest in tx.execute(query.group_by(table.c.state))}


def call_all(tx: Connection, now: datetime) -> None:
    """Ask for all that waits to be sent: the profile was made, mended or switched on."""
    open_ones = select(table.c.id).where(table.c.state.in_([state.value for state in OPEN]))
    queue.enqueue_all(tx, ASK, open_ones, now)


def give_up_all(tx: Connection, words: str) -> None:
    """Give up all that waits: there is nobody to send it to any more."""
    open_ones = table.c.state.in_([state.value for state in OPEN])
    for number in tx.execute(select(table.c.id).where(open_ones)).scalars().all():
        queue.drop(tx, ASK, number)
    tx.execute(update(table).where(open_ones).values(state=State.FAILED.value, words=words))


def _row(request: Request) -> dict[str, Any]:
    return {
        "id": request.id, "account_id": request.account_id, "asked": msgspec.json.encode(request.asked).decode(),
        "key": request.key, "document": request.document, "state": request.state.value, "attempts": request.attempts,
        "since": request.since, "words": request.words, "reference": request.reference, "created": request.created,
        "changed": request.changed,
    }  # fmt: skip


def _request(row: Row[Any]) -> Request:
    return Request(
        row.id, row.account_id, msgspec.json.decode(row.asked, type=Asked), row.key, row.document, State(row.state), row.attempts,
        row.since, row.words, row.reference, row.created, row.changed,
    )  # fmt: skip
