"""Reading held imports once more: those of one cause, a selection, or all a search finds. A run that reports on each.

An import that was read before a worker was killed is found taken, and left so: nothing is ever read into a second work.
"""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct
from sqlalchemy import Connection

from server.audit.log import Actor
from server.db.engine import Database
from server.errors import Conflict
from server.runs.model import ItemOutcome, Outcome, Subject
from server.runs.task import Task
from server.sword import monitor, store
from server.sword.intake import Intake
from server.sword.model import Deposit, DepositState
from server.sword.problems import Weight

NAME = "read-imports-again"


class Replay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which imports are read again: the ids that were selected, or else all of one cause, or else all a search finds."""

    ids: tuple[str, ...] = ()
    code: str = ""
    value: str = ""
    query: str = ""


def count(tx: Connection, wanted: Replay) -> int:
    """Count the imports that are to be read again."""
    if wanted.ids:
        return len(wanted.ids)
    if wanted.code:
        return monitor.group(tx, wanted.code, wanted.value, Weight.HOLD).count
    return monitor.count(tx, _held(wanted))


def subjects(tx: Connection, wanted: Replay, after: str, size: int) -> Sequence[Subject]:
    """Return the next imports, the oldest first: as they came, so they are read."""
    if wanted.ids:
        found = sorted(number for number in wanted.ids if number > after)[:size]
    elif wanted.code:
        found = [number for number, _, _ in monitor.group_ids(tx, wanted.code, wanted.value, after, size)]
    else:
        found = monitor.ids(tx, _held(wanted), after, size)
    return [Subject(number, _named(store.deposit(tx, number)), f"/admin/imports/{number}") for number in found]


def _held(wanted: Replay) -> monitor.Asked:
    return monitor.asked_of(wanted.query).but(state=DepositState.HELD.value)


def _named(deposit: Deposit | None) -> str:
    return (deposit.title or deposit.filename or deposit.id) if deposit is not None else ""


def task(database: Database, intake: Intake, look: Callable[[], Awaitable[None]]) -> Task[Replay]:
    """Return the task that reads imports again.

    `look` reads the profiles anew: another process may have written into them what makes these imports readable now.
    """

    async def do(item: Subject, _wanted: Replay, by: Actor) -> ItemOutcome:
        deposit = await database.read(store.deposit, item.id)
        if deposit is None or deposit.state is not DepositState.HELD:
            return ItemOutcome(Outcome.UNCHANGED, "It is not held any more.")
        await look()
        try:
            await intake.read_again(item.id, by)
        except Conflict as error:
            if error.code != "state":
                raise
            return ItemOutcome(Outcome.UNCHANGED, error.message)
        return _became(await database.read(store.deposit, item.id))

    return Task(
        NAME, "Read imports again", "Begins in the import monitor.", Replay, count, subjects, do, offered=False
    )  # fmt: skip


def _became(deposit: Deposit | None) -> ItemOutcome:
    """Say what came of reading an import again."""
    if deposit is None or deposit.problem is None:
        queued = deposit is not None and deposit.state is DepositState.RECEIVED
        return ItemOutcome(Outcome.CHANGED, "It is large, and waits for its turn." if queued else "")
    return ItemOutcome(Outcome.WARNING, f"It is held again: {deposit.problem.message}")
