"""What nobody asks for and somebody must do: old ghosts, finished jobs and torn uploads are removed, once an hour."""

import asyncio
from datetime import timedelta

from server import observe
from server.clock import Clock
from server.db.engine import Database
from server.errors import Unavailable
from server.events import telling
from server.jobs import queue
from server.records import changes
from server.records.files import DiskStore

PAUSE = 3600.0
JOBS_KEPT = timedelta(days=30)

log = observe.logger("housekeeping")


async def keep_house(database: Database, files: DiskStore, clock: Clock, token_life: timedelta) -> None:
    """Tidy up for ever.

    Ghosts stay twice a resumptionToken's life and a day, so that every list that may still be walked is whole.
    """
    while True:
        try:
            await tidy(database, files, clock, token_life)
        except Unavailable as error:
            log.warning("could not tidy up", extra={"reason": error.message})
        except OSError as error:
            log.warning("could not tidy up", extra={"reason": str(error)})
        await asyncio.sleep(PAUSE)


async def tidy(database: Database, files: DiskStore, clock: Clock, token_life: timedelta) -> int:
    """Tidy up once, in small transactions, and return how many ghosts went."""
    edge = clock() - 2 * token_life - timedelta(days=1)
    total = 0
    while gone := await database.write(changes.purge, edge):
        total += gone
    done = await database.write(queue.forget, clock() - JOBS_KEPT)
    await database.write(telling.forget, clock() - JOBS_KEPT)
    torn = await asyncio.to_thread(files.sweep)
    if total or done or torn:
        log.info("tidied up", extra={"ghosts": total, "jobs": done, "uploads": torn})
    return total
