"""The worker: claims due jobs, runs their handlers, settles them. Any number of processes may run one."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from types import MappingProxyType

from server import observe
from server.clock import Clock
from server.db.engine import Database
from server.errors import SheafError, Unavailable
from server.jobs import queue
from server.jobs.model import Answer, Handler, Held, Job, Later, More

PAUSE = 1.0
"""Seconds between looks at the queue when nobody called."""

FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=30)

BEAT = queue.LEASE.total_seconds() / 3
"""Seconds after which the lease of a job that still runs is taken anew."""

log = observe.logger("worker")


def back_off(attempts: int) -> timedelta:
    """Return how long to wait after that many attempts: doubling, up to half an hour."""
    return min(FIRST_DELAY * (1 << min(attempts - 1, 12)), LONGEST_DELAY)


def _only(kind: str) -> tuple[str]:
    return (kind,)


class _Lane:
    """Jobs of some kinds that run beside those of others, so many at once; none waits for a slot others have."""

    def __init__(self, kinds: Callable[[], Collection[str]], slots: int, step: int = 1) -> None:
        self.kinds = kinds
        self.slots = slots
        self.step = step
        self.running = 0
        self.more = False
        """Whether as many were found as there was room for, so that there may be more."""

    def room(self) -> int:
        """Return how many to claim; fewer than a step are waited for, as a claim is a commit."""
        free = self.slots - self.running
        return free if free >= self.step else 0


class Worker:
    """Runs up to `slots` handlers at once, and beside them those of the kinds that have slots `apart`.

    `call` wakes it at once; `stop` lets handlers finish and gives back what they cannot.
    """

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        clock: Clock,
        *,
        slots: int,
        apart: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._clock = clock
        self._slots = slots
        self._lanes = [_Lane(lambda: handlers.keys() - apart.keys(), slots)]
        self._lanes += [_Lane(partial(_only, kind), most, max(most // 4, 1)) for kind, most in apart.items()]
        self._called = asyncio.Event()
        self._stopping = False
        self._running: dict[asyncio.Task[None], Job] = {}

    def call(self) -> None:
        """Say that there is something to do now."""
        self._called.set()

    async def run(self) -> None:
        """Work until stopped; a database that is away for a while is waited for."""
        while not self._stopping:
            try:
                found = await self._fill()
            except Unavailable as error:
                log.warning("waited for the database", extra={"reason": error.message})
                found = False
            except Exception:
                log.exception(
                    "met an internal error"
                )  # a worker that died of it would do nothing ever after, and nobody would know
                found = False
            if not found:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._called.wait(), PAUSE)
            self._called.clear()

    async def drain(self) -> int:
        """Run what is due until nothing is, and return how many jobs ran (for the command line and for tests)."""
        total = 0
        while jobs := await self._database.write(queue.claim, self._handlers, self._clock(), self._slots):
            await asyncio.gather(*(self._do(job) for job in jobs))
            total += len(jobs)
        return total

    async def do(self, kind: str, subject: str) -> bool:
        """Make one thing true at once, as if it had come up in the queue; return False where somebody else is at it."""
        job = await self._database.write(queue.claim_this, kind, subject, self._clock())
        if job is None:
            return False
        try:
            await self._do(job)
        except asyncio.CancelledError:
            await self._give_back(job)
            raise
        return True

    async def stop(self, grace: float = 20.0) -> None:
        """Claim nothing more, wait `grace` seconds for what runs, then give the rest back."""
        self._stopping = True
        self.call()
        if self._running:
            await asyncio.wait(self._running, timeout=grace)
        for task, job in list(self._running.items()):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._give_back(job)

    async def _give_back(self, job: Job) -> None:
        try:
            await self._database.write(queue.release, job, self._clock())
            log.info("gave a job back", extra={"job": job.id})
        except Unavailable as error:
            log.warning("could not give a job back; its lease will run out", extra={"job": job.id, "reason": error.message})

    async def _fill(self) -> bool:
        """Claim what there is room for, and begin it; return whether there was something."""
        able = [(lane, room) for lane in self._lanes if (room := lane.room()) > 0]
        if not able:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return True
        wanted = [(lane.kinds(), room) for lane, room in able]
        claimed = await self._database.write(queue.claim_each, wanted, self._clock())
        for (lane, room), jobs in zip(able, claimed, strict=True):
            lane.more = len(jobs) == room
            for job in jobs:
                if self._stopping:  # told so while it was claiming: nobody would wait for these
                    await self._give_back(job)
                else:
                    self._begin(lane, job)
        return any(claimed)

    def _begin(self, lane: _Lane, job: Job) -> None:
        task = asyncio.create_task(self._do(job), name=f"{job.kind} {job.subject}")
        self._running[task] = job
        lane.running += 1

        def ended(done: asyncio.Task[None]) -> None:
            self._running.pop(done, None)
            lane.running -= 1
            if lane.more and lane.room():
                self.call()

        task.add_done_callback(ended)

    async def _do(self, job: Job) -> None:
        answer: Answer | None
        try:
            answer = await self._handled(job)
        except Unavailable as error:
            answer = Later(back_off(job.attempts), error.message)
        except SheafError as error:
            answer = Held(error.message)
        except Exception:
            # A bug of ours must not burn the job: it is logged whole and tried again, ever more slowly.
            log.exception("met an internal error", extra={"job": job.id})
            answer = Later(back_off(job.attempts), "internal error; the log has the details")
        if answer is None:
            return
        try:
            await self._database.write(queue.settle, job, answer, self._clock())
        except Unavailable as error:
            log.warning("could not settle a job; its lease will run out", extra={"job": job.id, "reason": error.message})
        if isinstance(answer, More):
            self.call()

    async def _handled(self, job: Job) -> Answer | None:
        """Run a job's handler, keeping the job ours however long it takes; a handler whose claim is lost is stopped."""
        running = asyncio.ensure_future(self._handlers[job.kind](job))
        try:
            while not (await asyncio.wait({running}, timeout=BEAT))[0]:
                if not await self._still_ours(job) and not running.done():
                    log.warning("stopped a job that somebody else has now", extra={"job": job.id})
                    return None
            return running.result()
        finally:
            if not running.done():
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    async def _still_ours(self, job: Job) -> bool:
        try:
            return await self._database.write(queue.renew, job, self._clock())
        except Unavailable as error:
            log.warning("could not take a lease anew", extra={"job": job.id, "reason": error.message})
            return True
