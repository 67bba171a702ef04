"""What nobody asks for and somebody must do, once an hour.

Old ghosts, finished jobs and runs, torn uploads are removed; works whose embargo has ended are shown as open.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import timedelta

from server import observe
from server.audit.log import Actor
from server.clock import Clock
from server.db.engine import Database
from server.errors import Unavailable
from server.events import telling
from server.jobs import queue
from server.notify import store as deliveries
from server.records import changes
from server.records.files import DiskStore
from server.runs import store as runs
from server.runs.model import ItemOutcome, Outcome
from server.runs.task import Nothing, Task, one_step

PAUSE = 3600.0
JOBS_KEPT = timedelta(days=30)
RUNS_KEPT = timedelta(days=180)

log = observe.logger("housekeeping")


async def keep_house(
    database: Database,
    files: DiskStore,
    clock: Clock,
    token_life: Callable[[], timedelta],
    open_ended: Callable[[], Awaitable[int]],
) -> None:
    """Tidy up for ever; `token_life` is asked each time, for it can be changed.

    `open_ended` shows the works whose embargo has ended as open.

    Ghosts stay twice a resumptionToken's life and a day, so that every list that may still be walked is whole.
    """
    while True:
        try:
            await tidy(database, files, clock, token_life())
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

    def __str__(self) -> str:
        parts = (
            (self.ghosts, "old states of the feed"),
            (self.jobs, "finished jobs"),
            (self.runs, "reports of old runs"),
            (self.uploads, "torn uploads"),
        )
        return "; ".join(f"{words}: {count:,}" for count, words in parts if count)


async def tidy(database: Database, files: DiskStore, clock: Clock, token_life: timedelta) -> Tidied:
    """Tidy up once, in small transactions, and return what went."""
    edge = clock() - 2 * token_life - timedelta(days=1)
    ghosts = old = 0
    while gone := await database.write(changes.purge, edge):
        ghosts += gone
    while gone := await database.write(runs.forget, clock() - RUNS_KEPT):
        old += gone
    done = await database.write(queue.forget, clock() - JOBS_KEPT)
    while await database.write(deliveries.forget, clock()):
        pass
    await database.write(telling.forget, clock() - JOBS_KEPT)
    tidied = Tidied(ghosts, done, old, await asyncio.to_thread(files.sweep))
    if str(tidied):
        log.info("tidied up", extra=asdict(tidied))
    return tidied


def tidying(database: Database, files: DiskStore, clock: Clock, token_life: Callable[[], timedelta]) -> Task[Nothing]:
    """Return the task that tidies up now."""

    async def do(_parameters: Nothing, _actor: Actor) -> ItemOutcome:
        said = str(await tidy(database, files, clock, token_life()))
        return ItemOutcome(Outcome.CHANGED, f"Removed: {said}.") if said else ItemOutcome(Outcome.UNCHANGED, "All was tidy.")

    description = "Removes what nobody needs any more: old states of the feed, finished jobs, old reports, torn uploads."
    return one_step("tidy-up", "Tidy up", f"{description} It is also done every hour.", Nothing, do)
