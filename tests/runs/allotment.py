"""A garden to try runs in: a task that waters beds, and what of it may go wrong."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection

from server.audit import log as audit
from server.audit.log import Actor
from server.db.engine import Database
from server.errors import Invalid, Unavailable
from server.jobs.worker import Worker
from server.runs import store
from server.runs.model import ItemOutcome, Outcome, Run, Subject
from server.runs.run import Runner
from server.runs.task import Deed, Task, Tasks
from tests.conftest import SetClock

MENDEL = Actor("mendel", via="cli")
WATERED = "bed.watered"
"""What a deed leaves in the audit log."""


class Watering(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    beds: int = 7
    garden: int | None = None


@dataclass
class Garden:
    """What each bed does when it is watered, and how often each was."""

    moods: dict[str, ItemOutcome | Exception] = field(default_factory=dict)
    watered: list[str] = field(default_factory=list)
    deeds: bool = False
    during: Callable[[Connection], None] = lambda _tx: None
    """What happens within a deed, at its end."""
    gate: asyncio.Event | None = None
    """Where there is one, watering waits for it."""

    async def water(self, subject: Subject, _given: Watering, actor: Actor) -> ItemOutcome | Deed:
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(0)
        self.watered.append(subject.id)
        mood = self.moods.get(subject.id, ItemOutcome(Outcome.CHANGED))

        def deed(tx: Connection, now: datetime) -> ItemOutcome:
            audit.note(tx, actor, WATERED, "bed", subject.id, now)
            self.during(tx)
            return _outcome(mood)

        return deed if self.deeds else _outcome(mood)

    def task(self, name: str = "water") -> Task[Watering]:
        def subjects(_tx: Connection, given: Watering, after: str, limit: int) -> Sequence[Subject]:
            names = [f"bed-{n:03}" for n in range(given.beds)]
            return [Subject(n, n.title(), f"/beds/{n}") for n in names if n > after][:limit]

        def profile(_tx: Connection, given: Watering) -> int | None:
            if given.garden == 13:
                raise Invalid("Nobody waters there.", place="garden")
            return given.garden

        return Task(name, "Water the beds", "Peas want it.", Watering, lambda _, given: given.beds, subjects, self.water, profile)


def _outcome(mood: ItemOutcome | Exception) -> ItemOutcome:
    if isinstance(mood, Exception):
        raise mood
    return mood


@dataclass
class Allotment:
    """A database, a worker with the runner as its only handler, and a garden."""

    database: Database
    clock: SetClock
    garden: Garden
    tasks: Tasks
    worker: Worker

    async def ask(self, name: str = "water", by: Actor = MENDEL, **parameters: int) -> Run:
        return await self.database.write(store.start, self.tasks.get(name), Watering(**parameters), by, self.clock())

    async def run(self, name: str = "water", **parameters: int) -> Run:
        run = await self.ask(name, **parameters)
        await self.worker.drain()
        return await self.get(run)

    async def get(self, run: Run) -> Run:
        return await self.database.read(store.get, run.id)


def allotment(database: Database, clock: SetClock) -> Allotment:
    garden = Garden()
    tasks = Tasks((garden.task(), garden.task("weed")))
    worker = Worker(database, {store.RUN: Runner(database, tasks, clock)}, clock, slots=3)
    return Allotment(database, clock, garden, tasks, worker)


BUG = ValueError("a bug")
AWAY = Unavailable("The well is away.")
