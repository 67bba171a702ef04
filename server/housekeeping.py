"""What nobody asks for and somebody must do, once an hour: old ghosts, finished jobs and runs, torn uploads are removed.

Works whose embargo has ended are shown as open. Once a day, at night, kept files that nothing speaks of are removed: what was
uploaded with a form that was never saved.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from server import observe, spoken_of
from server.audit.log import Actor
from server.clock import Clock
from server.db.engine import Database
from server.errors import Conflict, Unavailable
from server.events import telling
from server.identifiers import sightings
from server.jobs import queue
from server.notify import store as deliveries
from server.records import blocks, changes
from server.records.files import DiskStore
from server.runs import store as runs
from server.runs.model import ItemOutcome, Outcome
from server.runs.task import Nothing, Task, one_step
from server.sword.v3 import staging
from server.sword.v3.segments import IDLE
from server.usage.irus import outbox

PAUSE = 3600.0
JOBS_KEPT = timedelta(days=30)
RUNS_KEPT = timedelta(days=180)
FILES_KEPT = timedelta(days=2)
"""How long a file is kept that nothing speaks of: longer than anybody takes to write a form, or a package to be read."""

FEW = 50
"""So few files are collected without a second thought; of more the database must speak of at least half."""

_ROWS = 1_000

log = observe.logger("housekeeping")


async def keep_house(
    database: Database,
    files: DiskStore,
    clock: Clock,
    token_life: Callable[[], timedelta],
    open_ended: Callable[[], Awaitable[int]],
    forget_others: Callable[[], Awaitable[None]],
) -> None:
    """Tidy up for ever; `token_life` is asked each time, for it can be changed.

    `open_ended` shows the works whose embargo has ended as open; `forget_others` lets go of what was heard of strangers long ago.

    Ghosts stay twice a resumptionToken's life and a day, so that every list that may still be walked is whole.
    """
    while True:
        try:
            tidied = await tidy(database, files, clock, token_life())
            if str(tidied):
                log.info("tidied up", extra=asdict(tidied))
            await forget_others()
            if opened := await open_ended():
                log.info("opened works whose embargo has ended", extra={"records": opened})
        except Unavailable as error:
            log.warning("could not tidy up", extra={"reason": error.message})
        except OSError as error:
            log.warning("could not tidy up", extra={"reason": str(error)})
        await asyncio.sleep(PAUSE)


@dataclass(frozen=True, slots=True)
class Tidied:
    """How much of what went."""

    ghosts: int
    jobs: int
    runs: int
    uploads: int
    files: int = 0

    def __str__(self) -> str:
        parts = (
            (self.ghosts, "old states of the feed"),
            (self.jobs, "finished jobs"),
            (self.runs, "reports of old runs"),
            (self.uploads, "torn uploads"),
            (self.files, "files that nothing speaks of"),
        )
        return "; ".join(f"{words}: {count:,}" for count, words in parts if count)


async def tidy(database: Database, files: DiskStore, clock: Clock, token_life: timedelta) -> Tidied:
    """Tidy up once, in small transactions, and return what went."""
    edge = clock() - 2 * token_life - timedelta(days=1)
    ghosts = old = 0
    while gone := await database.write(changes.purge, edge):
        ghosts += gone
    while await database.write(blocks.forget, clock()):
        pass
    while gone := await database.write(runs.forget, clock() - RUNS_KEPT):
        old += gone
    done = await database.write(queue.forget, clock() - JOBS_KEPT)
    while await database.write(deliveries.forget, clock()):
        pass
    await database.write(telling.forget, clock() - JOBS_KEPT)
    while await database.write(outbox.forget, clock()):
        pass
    await database.write(sightings.forget_old, clock() - JOBS_KEPT)
    while await database.write(staging.forget, clock() - IDLE):
        pass
    return Tidied(ghosts, done, old, await asyncio.to_thread(files.sweep))


async def collect(database: Database, files: DiskStore) -> int:
    """Remove the kept files that nothing speaks of; return how many there were. Done only when somebody asks for it.

    Raises Conflict, removing nothing, where the database speaks of less than half of them: a folder beside the wrong database, or
    beside one that was restored without its rows, must not be emptied.
    Sixteen of their 64 digits are remembered of each that is spoken of: of a million files that is little, and two that share
    them are both kept.
    """
    needed = set[int]()
    for column in spoken_of.COLUMNS:
        after: tuple[object, ...] = ()
        while True:
            texts, after = await database.read_hot(spoken_of.part, column, after, _ROWS)
            needed |= await asyncio.to_thread(_marks, texts)
            if not after:
                break
    kept = await asyncio.to_thread(lambda: sum(1 for _ in files.every()))
    if kept > FEW and 2 * len(needed) < kept:
        raise Conflict(
            f"The database speaks of {len(needed):,} files, and {kept:,} are kept. No file was removed.",
            remedy="Is this the database that belongs to this data folder? `sheaf check --everything` says what is missing.",
        )
    return await asyncio.to_thread(files.collect, lambda name: _mark(name) in needed, FILES_KEPT.total_seconds())


def _marks(texts: list[str]) -> set[int]:
    return {_mark(name) for text in texts for name in spoken_of.named_in(text)}


def _mark(sha256: str) -> int:
    return int(sha256[:16], 16)


def tidying(database: Database, files: DiskStore, clock: Clock, token_life: Callable[[], timedelta]) -> Task[Nothing]:
    """Return the task that tidies up now."""

    async def do(_parameters: Nothing, _actor: Actor) -> ItemOutcome:
        tidied = await tidy(database, files, clock, token_life())
        said = str(replace(tidied, files=await collect(database, files)))
        return ItemOutcome(Outcome.CHANGED, f"Removed: {said}.") if said else ItemOutcome(Outcome.UNCHANGED, "All was tidy.")

    description = (
        "Removes what nobody needs any more: old states of the feed, finished jobs, old reports, torn uploads, and files "
        "that nothing speaks of. All but the files goes by itself, too."
    )
    return one_step("tidy-up", "Tidy up", description, Nothing, do)
