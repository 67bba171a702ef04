"""Making an agency agree again where it was found to differ: all is sent once more, and counts when the agency confirms it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Struct
from sqlalchemy import Connection

from server.audit.log import Actor
from server.clock import Clock
from server.db.engine import Database
from server.forms.field import title
from server.identifiers import drifts, ledger
from server.identifiers.desired import is_left_alone
from server.identifiers.holding import obstacle
from server.identifiers.mint import ask
from server.identifiers.model import Agency, State
from server.identifiers.update import ask_now
from server.profiles import store as profiles
from server.registry import Registry
from server.runs.model import ItemOutcome, Outcome, Subject
from server.runs.task import Task

REPAIR = "repair-identifiers"


@dataclass(frozen=True, slots=True)
class Repairer:
    """Sends identifiers again; `register` has the queue's own worker ask about one at once."""

    database: Database
    agencies: Registry[Agency]
    register: Callable[[str, str], Awaitable[bool]]
    clock: Clock

    async def repair(self, number: int) -> ItemOutcome:
        """Send one identifier again, at the agency's pace, and say what the agency answers."""
        obstacle = await self.database.write(again, self.agencies, number, self.clock())
        return ItemOutcome(Outcome.WARNING, obstacle) if obstacle else await self.answered(number)

    async def answered(self, number: int) -> ItemOutcome:
        """Ask the agency about one identifier now, and say what came of it."""
        return await ask_now(self.database, self.register, number)


def again(tx: Connection, shelf: Registry[Agency], number: int, now: datetime) -> str:
    """Put an identifier in the queue to be sent once more, and return why it is not; empty where it is."""
    entry = ledger.get(tx, number)
    profile = profiles.by_id(tx, entry.profile_id) if entry is not None and entry.profile_id is not None else None
    if entry is None or profile is None or not entry.own:
        return "It belongs to no profile of ours any more."
    if entry.state is State.RESERVED:
        return "Its work is not published, so there is nothing to send; take it away at the agency."
    if is_left_alone(entry, profile):
        return "Another system minted it, and the profile does not update such DOIs."
    if reason := obstacle(entry, profile):
        return reason
    ledger.doubt(tx, entry, "The agency says otherwise; it is sent again.", now)
    drifts.asked(tx, number, now)
    ask(tx, [entry], shelf, now)
    return ""


class Repair(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which identifiers are sent again."""

    profile: Annotated[str, title("Profile")]
    kind: Annotated[
        Literal["", "url", "state", "metadata", "unknown_there"],
        title("Kind", "Only what differs in this; empty means anything."),
    ] = ""


def task(repairer: Repairer) -> Task[Repair]:
    """Return the task that sends again whatever was found to differ."""

    def profile(tx: Connection, given: Repair) -> int:
        return profiles.get(tx, given.profile).id

    def count(tx: Connection, given: Repair) -> int:
        return drifts.count_repairable(tx, profile(tx, given), given.kind)

    def subjects(tx: Connection, given: Repair, after: str, limit: int) -> Sequence[Subject]:
        found = drifts.repairable(tx, profile(tx, given), given.kind, int(after or 0), limit)
        return [Subject(f"{number:019}", value, f"/admin/identifiers/{number}") for number, value in found]

    async def do(subject: Subject, _given: Repair, _actor: Actor) -> ItemOutcome:
        return await repairer.repair(int(subject.id))

    return Task(
        REPAIR, "Repair identifiers", "Begins at the report of what differs.", Repair, count, subjects, do, profile, offered=False
    )
