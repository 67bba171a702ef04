"""Telling IRUS again of what was given up, the uses of some days: a run that reports on each.

Each becomes one that waits, with its own moment. What was delivered is not here any more, so nothing is told twice by this.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, func, select

from server.audit.log import Actor
from server.clock import to_wire
from server.errors import Conflict, Invalid
from server.forms.field import title
from server.runs.model import ItemOutcome, Outcome, Subject
from server.runs.task import Deed, Task
from server.usage.irus import outbox
from server.usage.irus.definition import profile_of
from server.usage.irus.tables import events

NAME = "tell-irus-again"


class Again(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which days."""

    begin: Annotated[date, title("First day", "Of the uses, in UTC.")]
    end: Annotated[date, title("Last day")]
    unsure: Annotated[
        bool,
        title(
            "Also what may have arrived",
            "What was being sent when the server was killed. IRUS may count it twice, unless it takes it for a double click.",
        ),
    ] = False


def task() -> Task[Again]:
    """Return the task."""

    async def do(subject: Subject, _given: Again, _actor: Actor) -> ItemOutcome | Deed:
        def deed(tx: Connection, now: datetime) -> ItemOutcome:
            if outbox.again(tx, int(subject.id), now):
                return ItemOutcome(Outcome.CHANGED)
            return ItemOutcome(Outcome.UNCHANGED, "It was forgotten meanwhile, or waits again already.")

        return deed

    description = "Sends again the uses of some days that were given up: IRUS refused them, or the server was killed."
    return Task(NAME, "Tell IRUS again", description, Again, _count, _subjects, do, _profile)


def _profile(tx: Connection, given: Again) -> int:
    if given.end < given.begin:
        raise Invalid("The last day is before the first.", place="end")
    found = profile_of(tx)
    if found is None:
        raise Conflict("There is no profile of the kind IRUS-UK.", place="begin")
    return found.id


def _count(tx: Connection, given: Again) -> int:
    return int(tx.execute(select(func.count()).select_from(events).where(_wanted(given))).scalar_one())


def _subjects(tx: Connection, given: Again, after: str, limit: int) -> Sequence[Subject]:
    query = select(events.c.id, events.c.at, events.c.record_id).where(_wanted(given), events.c.id > int(after or 0))
    return [
        Subject(str(row.id), f"{to_wire(row.at)} {row.record_id}", f"/admin/works/{row.record_id}")
        for row in tx.execute(query.order_by(events.c.id).limit(limit))
    ]


def _wanted(given: Again) -> ColumnElement[bool]:
    return outbox.dead(given.begin.isoformat(), given.end.isoformat(), unsure=given.unsure)
