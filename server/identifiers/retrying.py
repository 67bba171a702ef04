"""Asking agencies again about what they have not confirmed: a selection, or all a search finds. A run that reports on each."""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct
from sqlalchemy import Connection

from server.audit.log import Actor
from server.clock import Clock
from server.db.engine import Database
from server.identifiers import ledger, watching
from server.identifiers.holding import UNCONFIRMED
from server.identifiers.update import ask_now
from server.runs.model import ItemOutcome, Outcome, Subject
from server.runs.task import Task

NAME = "ask-agencies-again"


class Retry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which identifiers are asked about again: those that were selected, or else all a search finds."""

    ids: tuple[int, ...] = ()
    query: str = ""


def task(database: Database, clock: Clock, register: Callable[[str, str], Awaitable[bool]]) -> Task[Retry]:
    """Return the task; `register` has the queue's own worker ask about one identifier at once."""

    def count(tx: Connection, given: Retry) -> int:
        return len(given.ids) or watching.count_unconfirmed(tx, watching.asked_of(given.query), clock())

    def subjects(tx: Connection, given: Retry, after: str, limit: int) -> Sequence[Subject]:
        behind = int(after or 0)
        if given.ids:
            found = watching.selected(tx, given.ids, behind, limit)
        else:
            found = watching.unconfirmed(tx, watching.asked_of(given.query), clock(), behind, limit)
        return [Subject(str(number), value, f"/admin/identifiers/{number}") for number, value in found]

    async def do(subject: Subject, _given: Retry, _actor: Actor) -> ItemOutcome:
        entry = await database.read(ledger.get, int(subject.id))
        if entry is None or not entry.own or entry.record_id is None or entry.state not in UNCONFIRMED:
            return ItemOutcome(Outcome.UNCHANGED, "There is nothing to ask an agency about it.")
        return await ask_now(database, register, entry.id)

    return Task(
        NAME, "Ask agencies again", "Begins on the page of the identifiers.", Retry, count, subjects, do, offered=False
    )  # fmt: skip
