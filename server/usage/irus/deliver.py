"""Deliver: the job that tells IRUS of the uses that wait, some at a time, and leaves it alone while it does not answer.

Uses are marked before they are sent, and what became of them is written down after. What is marked when its process dies may
have arrived: it is not sent again by itself, as nothing must be told twice by our doing. Where an answer is lost on the way, or
does not come in time, the same message is sent again, to the byte: IRUS takes the repetition for a double click, as moment,
address, agent and URL are the same, and counts one.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic

from sqlalchemy import Connection
from ulid import ULID
from yarl import URL

from server import observe
from server.clock import Clock
from server.db.engine import Database
from server.errors import Unavailable
from server.events.telling import tell
from server.jobs import queue
from server.jobs.model import Answer as JobAnswer
from server.jobs.model import Done, Held, Job, Later, More
from server.metadata.fragments import Repository
from server.notify import store as memory
from server.notify.client import Answer, Outward, Unreached, wished
from server.notify.guard import target
from server.notify.model import LONGEST_WISH, SUSPICIOUS, rest_after
from server.profiles.model import Profile
from server.usage.irus import outbox
from server.usage.irus.definition import Irus, named, profile_of, settings_of
from server.usage.irus.message import Use, query
from server.usage.irus.outbox import Failed, Outcome, Refused, Taken, Unsent, Waiting

AT_ONCE = 2
"""Requests that are under way together."""
MOST = 50
"""Uses marked together at most: so many may be in doubt when a process is killed."""
TURN = 5.0
"""Seconds after which the job gives its place in the worker to others."""
STEP = 0.25
"""Seconds that what is marked together should take: the next time it is as many more or fewer."""
PAUSE = 1.0
"""Seconds until it is tried again to write down what was answered, while the database is away."""

_SERVER_ERROR = 500
_LATER = frozenset({408, 425, 429})

log = observe.logger("irus")


@dataclass(frozen=True, slots=True)
class _Turn:
    """What is sent next, under which mark, and how."""

    profile: Profile
    settings: Irus
    mark: str
    waiting: list[Waiting]


@dataclass(frozen=True, slots=True)
class Delivery:
    """The handler of SEND."""

    database: Database
    outward: Outward
    repository: Callable[[], Repository]
    clock: Clock
    jitter: Callable[[], float] = random.random

    async def __call__(self, job: Job) -> JobAnswer | None:
        if doubtful := await self.database.write(_doubted, job, self.clock()):
            log.warning("could not know whether uses had arrived", extra={"events": doubtful})
        end, size = monotonic() + TURN, 1
        while monotonic() < end:
            found = await self.database.write(_next, job, size, self.clock())
            if not isinstance(found, _Turn):
                return found
            begun = monotonic()
            became = await self._sent(found)
            await self._settled(found, became)
            if not any(isinstance(outcome, Taken) for _, outcome in became) or _is_silent(became):
                size = 1
            elif len(became) == size:
                size = max(1, min(MOST, size * 2 if monotonic() - begun < STEP else size // 2))
        return More("It goes on.")

    async def _sent(self, turn: _Turn) -> list[tuple[Waiting, Outcome]]:
        """Send uses, some together; after one that nobody answered, or some that were refused, the rest stays as it was."""
        left, became = iter(turn.waiting), list[tuple[Waiting, Outcome]]()

        async def sender() -> None:
            for it in left:
                became.append((it, Unsent() if _is_silent(became) else await self._told(turn.settings, it)))

        await asyncio.gather(*(sender() for _ in range(AT_ONCE)))
        return became

    async def _told(self, settings: Irus, it: Waiting) -> Outcome:
        url = _address(settings.endpoint, query(self._use(it), named(settings, self.repository().url)))
        return outcome_of(url.host or "", await self.outward.ask("GET", url, {}), self.clock())

    def _use(self, it: Waiting) -> Use:
        repository = self.repository()
        url = repository.file(it.record_id, it.file) if it.file else repository.item(it.record_id)
        return Use(it.at, it.kind, it.address, it.agent, it.referer, repository.oai_id(it.record_id), url)

    async def _settled(self, turn: _Turn, became: Sequence[tuple[Waiting, Outcome]]) -> None:
        """Write down what became of uses, however long the database is away: what is not written down would be in doubt."""
        while True:
            try:
                await self.database.write(_settled, turn, became, self.clock(), self.jitter)
            except Unavailable as error:
                log.warning("could not write down what was delivered", extra={"reason": error.message})
                await asyncio.sleep(PAUSE)
            else:
                return


def _is_silent(became: Sequence[tuple[Waiting, Outcome]]) -> bool:
    """Whether nobody seems to be there: no answer came, or one use after the other was refused."""
    answers = [outcome for _, outcome in became if not isinstance(outcome, Unsent)]
    last = answers[-SUSPICIOUS:]
    return any(isinstance(each, Failed) for each in answers) or (
        len(last) == SUSPICIOUS and all(isinstance(each, Refused) for each in last)
    )


def outcome_of(host: str, answer: Answer | Unreached, now: datetime) -> Outcome:
    """Say what an answer means. Whoever asks to come later, or has an error of its own, refuses nothing.

    The words do not quote the body: it may repeat the message, and with it who looked at what. They go into the memory of the
    endpoint, into letters, to webhooks and into backups, where no address of a visitor has any business.
    """
    if isinstance(answer, Unreached):
        return Failed(answer.words)
    if answer.status // 100 == 2:  # noqa: PLR2004
        return Taken()
    words = f"{host} answered {answer.status}"
    if answer.status >= _SERVER_ERROR or answer.status in _LATER:
        return Failed(words, wished(answer.retry_after, now, LONGEST_WISH))
    if answer.status // 100 == 3:  # noqa: PLR2004
        words = f"{host} answered {answer.status}: it leads elsewhere, and redirections are not followed."
    return Refused(words)


def _address(endpoint: str, message: str) -> URL:
    """Put a message into the query of the endpoint, encoded as it is."""
    url = target(endpoint)
    return URL(f"{url}{'&' if url.raw_query_string else '?'}{message}", encoded=True)


def _doubted(tx: Connection, job: Job, now: datetime) -> int:
    return outbox.doubt(tx) if queue.renew(tx, job, now) else 0


def _next(tx: Connection, job: Job, size: int, now: datetime) -> _Turn | JobAnswer | None:
    """Mark what is sent next, or say why nothing is."""
    if not queue.renew(tx, job, now):
        return None
    found = profile_of(tx)
    settings = _settings(found)
    if found is None or settings is None or (obstacle := settings.obstacle(now)):
        gone = outbox.give_up(tx, obstacle if settings is not None else "deleted")
        return Done(f"Nothing is told to IRUS any more; {gone:,} uses were forgotten.")
    due = outbox.next_due(tx)
    if due is None:
        return Done()
    if found.paused or not found.enabled:
        return Held(found.paused or f"The profile {found.name!r} is switched off.")
    known = memory.endpoint(tx, found.id)
    if (later := max(due, known.retry_at or due)) > now:
        return Later(later - now, known.words if known.failures else "No use is due yet.", failed=False)
    mark = str(ULID())
    return _Turn(found, settings, mark, outbox.begin(tx, size, mark, now))


def _settings(profile: Profile | None) -> Irus | None:
    return None if profile is None else settings_of(profile.document)


def _settled(
    tx: Connection, turn: _Turn, became: Sequence[tuple[Waiting, Outcome]], now: datetime, jitter: Callable[[], float]
) -> None:
    outbox.settle(tx, turn.mark, became, now, jitter())
    before = known = memory.endpoint(tx, turn.profile.id)
    failures, wish = before.failures, None
    for it, outcome in became:
        if isinstance(outcome, Failed):
            failures, known = failures + 1, replace(known, failed=now, words=outcome.words)
            wish = outcome.retry_after or wish
        elif isinstance(outcome, Refused):
            # A use that is refused again says nothing new of the endpoint: only others do.
            is_new = not it.is_suspect or failures >= SUSPICIOUS
            failures, known = failures + is_new, replace(known, failed=now, words=outcome.words)
        elif isinstance(outcome, Taken):
            failures, known = 0, replace(known, succeeded=now)
    answers = {type(outcome) for _, outcome in became}
    if Taken in answers and (before.failures or Refused in answers):
        outbox.hold_against(tx)
    silent = None if known.succeeded is None else now - known.succeeded
    rest = max((each for each in (rest_after(failures, silent, jitter()), wish) if each), default=None)
    memory.remember(tx, known, failures=failures, retry_at=now + rest if rest else None)
    if before.failures < SUSPICIOUS <= failures:
        tell(tx, "agency.down", str(turn.profile.id), {"profile": turn.profile.name, "message": known.words}, now)
    elif failures < SUSPICIOUS <= before.failures:
        lasted = "" if before.succeeded is None else str(now - before.succeeded).partition(".")[0]
        tell(tx, "agency.back", str(turn.profile.id), {"profile": turn.profile.name, "lasted": lasted}, now)
