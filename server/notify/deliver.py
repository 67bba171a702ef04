"""The one engine for all that goes out. Two jobs: `notify` hands events to their subscribers, `deliver` sends what waits for one.

As a mail system does it: each delivery has a time when it is due and a life; each endpoint has a memory. It starts slowly, is
given more while all goes well, and one probe at a time when it is dead, so that it takes no worker from the living. A delivery is
sent outside of any transaction and written down afterwards: a crash between the two sends it again, under the same id.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Protocol

from msgspec import Struct
from sqlalchemy import Connection, select

from server import observe
from server.clock import Clock
from server.db.engine import Database
from server.errors import SheafError
from server.events import telling
from server.events.model import EVENTS, Event
from server.jobs import queue
from server.jobs.model import Answer, Dead, Done, Held, Job, Later, More
from server.jobs.tables import jobs
from server.notify import store
from server.notify.mail import LETTER, MAIL, Mail, Post, line_of
from server.notify.model import Delivery, Endpoint, Failed, Outcome, again_after, rest_after, window_after
from server.notify.webhooks import WEBHOOK, Hooks, Webhook, body_of
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.profiles.seal import Seal

BATCH = 200
"""Events handed to their subscribers in one transaction."""
BUNDLE = 4000
"""Events that are one letter at most: more than an agency can refuse in FLOOD."""
FLOOD = timedelta(hours=1)
"""What may come without end is one letter within a minute, and then one in so long at most."""
FLOODS = ("identifier.", "agency.down", "agency.back")
"""What such events begin with: of each identifier that is refused, and of an agency that answers now and then.

That an agency is back is told at once, also when it went down a moment ago: the two are apart.
"""
LETTERS = 5
"""Letters sent before it is written down what became of them: so many at most are sent twice when a worker is killed."""
BEAT = queue.LEASE.total_seconds() / 3
"""Seconds after which the lease is renewed while the other side takes long."""
TURN = 30.0
"""Seconds after which a job gives its place in the worker to others."""

log = observe.logger("notify")


Follower = Callable[[Connection, Sequence[Event], datetime], None]


def handed_on(tx: Connection, now: datetime, followers: Sequence[Follower] = ()) -> int:
    """Hand the oldest waiting events to their subscribers; return how many there were."""
    found = telling.waiting(tx, BATCH)
    if not found:
        return 0
    subscribers = profiles.every(tx, enabled=True)
    flooding = {flood for event in found if (flood := _flood(event))}
    mailing = [profile.id for profile in subscribers if profile.kind == MAIL]
    late = {(number, flood): store.last_due(tx, number, flood, now - FLOOD) for number in mailing for flood in flooding}
    wanted = [
        new
        for profile in subscribers
        for event in found
        if (new := _wanted(profile, event, late.get((profile.id, _flood(event))), now))
    ]
    store.add(tx, wanted, now)
    for follower in followers:
        follower(tx, found, now)
    telling.handed_on(tx, [event.seq for event in found])
    return len(found)


def _wanted(profile: Profile, event: Event, last: datetime | None, now: datetime) -> store.New | None:
    """Return what a profile is sent of an event, or None."""
    if profile.kind == WEBHOOK and event.type in (profile.document.get("events") or EVENTS):
        return store.New(profile.id, event.type, event.subject, body_of(event, profile.id), event.id)
    if profile.kind == MAIL and event.type in profile.document.get("at_once", ()):
        minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)  # what happens within one is one letter
        if last is not None:
            minute = last if last > now else max(minute, last + FLOOD)
        return store.New(profile.id, event.type, event.subject, line_of(event), event.id, due=minute)
    return None


def _flood(event: Event) -> str:
    """Return which of FLOODS an event is of, or nothing."""
    return next((flood for flood in FLOODS if event.type.startswith(flood)), "")


@dataclass(frozen=True, slots=True)
class Notifier:
    """The handler of NOTIFY."""

    database: Database
    clock: Clock
    wake: Callable[[], None]
    followers: tuple[Follower, ...] = ()
    """Who of the house itself does something about events, in the transaction that hands them on."""

    async def __call__(self, _job: Job) -> Answer:
        total, count = 0, BATCH
        while count == BATCH:  # who tells of more asks again
            count = await self.database.write(handed_on, self.clock(), self.followers)
            total += count
        if total:
            self.wake()
        return Done(f"{total} events were handed on")


class Channel(Protocol):
    """One way out."""

    @property
    def settings(self) -> type[Struct]:
        """The class of its profiles' settings."""
        ...

    def width(self, known: Endpoint) -> int:
        """Return how many deliveries may be taken up together."""
        ...

    def chosen(self, due: Sequence[Delivery]) -> Sequence[Delivery]:
        """Return which of them are sent before the next is written down."""
        ...

    async def objection(self, settings: Any, known: Endpoint) -> str:
        """Say why nothing may be sent yet; empty where it may."""
        ...

    async def send(self, settings: Any, old: Sequence[Any], batch: Sequence[Delivery], now: datetime) -> list[Outcome]:
        """Send deliveries; return what became of each."""
        ...


@dataclass(frozen=True, slots=True)
class ByWebhook:
    """One request for each delivery, as many at a time as the endpoint's memory allows."""

    hooks: Hooks
    settings: type[Struct] = Webhook

    def width(self, known: Endpoint) -> int:
        return known.window

    def chosen(self, due: Sequence[Delivery]) -> Sequence[Delivery]:
        return due

    async def objection(self, settings: Webhook, known: Endpoint) -> str:
        if known.answered == settings.address:
            return ""
        found = await self.hooks.challenge(settings)
        return "" if found.agrees else f"{found.message} Nothing is sent until the address answers the challenge."

    async def send(self, settings: Webhook, old: Sequence[Webhook], batch: Sequence[Delivery], now: datetime) -> list[Outcome]:
        secrets = [before.secret for before in old]
        return list(await asyncio.gather(*(self.hooks.send(settings, secrets, delivery, now) for delivery in batch)))


@dataclass(frozen=True, slots=True)
class ByMail:
    """Letters one by one; events that wait together are one letter."""

    post: Post
    settings: type[Struct] = Mail

    def width(self, _known: Endpoint) -> int:
        return BUNDLE

    def chosen(self, due: Sequence[Delivery]) -> Sequence[Delivery]:
        """Return the first letters, as each may take long, and every line, as all are one letter."""
        letters = [each for each in due if each.type.startswith(LETTER)][:LETTERS]
        return [each for each in due if each in letters or not each.type.startswith(LETTER)]

    async def objection(self, _settings: Mail, _known: Endpoint) -> str:
        return ""

    async def send(self, settings: Mail, _old: Sequence[Mail], batch: Sequence[Delivery], now: datetime) -> list[Outcome]:
        lines = [delivery for delivery in batch if not delivery.type.startswith(LETTER)]
        told = await self.post.lines(settings, lines, now) if lines else None
        return [told if told and each in lines else await self.post.letter(settings, each, now) for each in batch]


@dataclass(frozen=True, slots=True)
class Deliverer:
    """The handler of DELIVER; its job's subject is a profile."""

    database: Database
    seal: Seal
    channels: Mapping[str, Channel]
    clock: Clock
    jitter: Callable[[], float] = random.random

    async def __call__(self, job: Job) -> Answer | None:
        number = int(job.subject)
        found = await self.database.read(_ready, number, self.clock())
        if isinstance(found, Held | Done):
            return found
        if isinstance(found, Dead):
            await self.database.write(store.drop, number)
            return found
        profile, known, sealed = found
        channel = self.channels[profile.kind]
        settings = profiles.opened(profile, channel.settings, self.seal)
        if known.retry_at is None or known.retry_at <= self.clock():
            if reason := await channel.objection(settings, known):
                await self.database.write(_paused, job, profile, reason, self.clock())
                return None
            known = replace(known, answered=getattr(settings, "address", ""))
            await self.database.write(_heard, known)
            await self._work(job, profile, channel, settings, self._opened(channel, profile, sealed))
        await self.database.write(_rested, job, number, self.clock)
        return None

    def _opened(self, channel: Channel, profile: Profile, sealed: Sequence[bytes]) -> list[Any]:
        """Return the settings whose secrets were replaced; one sealed under another key signs no longer."""
        found = []
        for secrets in sealed:
            try:
                found.append(profiles.opened(replace(profile, sealed=secrets), channel.settings, self.seal))
            except SheafError as error:
                log.warning("could not open a replaced secret", extra={"profile": profile.name, "reason": error.message})
        return found

    async def _work(self, job: Job, profile: Profile, channel: Channel, settings: Any, old: Sequence[Any]) -> None:
        """Send what is due, until nothing is, the endpoint should be left alone, or others should have their turn.

        Whoever lost the claim stops, and writes nothing: somebody else sends by now.
        """
        end = monotonic() + TURN
        while monotonic() < end:
            known, batch = await self.database.read(_batch, profile.id, channel, self.clock())
            if not batch or (known.retry_at is not None and known.retry_at > self.clock()):
                return
            if not await self.database.write(queue.renew, job, self.clock()):
                return
            outcomes = await self._sent(job, channel.send(settings, old, batch, self.clock()))
            if outcomes is None:
                return
            results = list(zip(batch, outcomes, strict=True))
            goes_on = await self.database.write(_settled, job, profile, results, self.clock(), self.jitter)
            failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
            log.info("sent", extra={"profile": profile.name, "deliveries": len(batch), "failed": len(failed)})
            if not goes_on:
                return

    async def _sent(self, job: Job, sending: Coroutine[Any, Any, list[Outcome]]) -> list[Outcome] | None:
        """Send, holding the claim for as long as it takes; None where it was lost."""
        task = asyncio.create_task(sending)
        try:
            while not (await asyncio.wait([task], timeout=BEAT))[0]:
                if not await self.database.write(queue.renew, job, self.clock()):
                    return None
            return task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


_Ready = tuple[Profile, Endpoint, list[bytes]]


def _ready(tx: Connection, number: int, now: datetime) -> "_Ready | Held | Done | Dead":
    profile = profiles.by_id(tx, number)
    if profile is None:
        return Dead("The profile was deleted.")
    if profile.paused or not profile.enabled:
        reason = profile.paused or f"The profile {profile.name!r} is switched off."
        return Done(reason) if store.next_due(tx, number) is None else Held(reason)
    return profile, store.endpoint(tx, number), store.replaced(tx, number, now)


def _batch(tx: Connection, number: int, channel: Channel, now: datetime) -> tuple[Endpoint, list[Delivery]]:
    known = store.endpoint(tx, number)
    return known, list(channel.chosen(store.due(tx, number, now, channel.width(known))))


def _heard(tx: Connection, known: Endpoint) -> None:
    store.remember(tx, store.endpoint(tx, known.profile_id), answered=known.answered)


def _settled(
    tx: Connection,
    job: Job,
    profile: Profile,
    results: Sequence[tuple[Delivery, Outcome]],
    now: datetime,
    jitter: Callable[[], float],
) -> bool:
    """Write down what became of deliveries, and what follows for their endpoint; return whether it should be given more.

    Nothing is written where the claim is not ours any more, or where the profile, and what waited for it, was deleted meanwhile.
    """
    if not queue.renew(tx, job, now) or profiles.by_id(tx, profile.id) is None:
        return False
    known, seen = store.endpoint(tx, profile.id), set[int]()
    failures, wish = known.failures, None
    for delivery, outcome in results:
        wait = None
        if isinstance(outcome, Failed):
            wait = None if outcome.never else again_after(delivery.attempts + 1, now - delivery.created, jitter())
            wait = max(wait, outcome.retry_after or wait) if wait else None
            wish = outcome.retry_after or wish
            known = replace(known, failed=now, words=outcome.words)
            failures += 0 if outcome.never or id(outcome) in seen else 1  # what went in one letter failed once
            seen.add(id(outcome))
        else:
            failures, known = 0, replace(known, succeeded=now)
        store.settle(tx, delivery, outcome, wait, now)
    failed = sum(isinstance(outcome, Failed) for _, outcome in results)
    silent = None if known.succeeded is None else now - known.succeeded
    rest = max((each for each in (rest_after(failures, silent, jitter()), wish) if each), default=None)
    store.remember(
        tx, known, failures=failures, window=window_after(known.window, failed=failed), retry_at=now + rest if rest else None
    )
    if rest:
        store.expire(tx, profile.id, known.words, now)
    if gone := next((outcome for _, outcome in results if isinstance(outcome, Failed) and outcome.gone), None):
        pause(tx, profile, f"{gone.words} (410: it asks not to be told any more.)", now)
    return not rest and gone is None


def pause(tx: Connection, profile: Profile, reason: str, now: datetime) -> None:
    """Let a profile's deliveries wait until somebody changes it, and tell of that."""
    profiles.pause(tx, profile.id, reason)
    told = {"name": profile.name, "kind": profile.kind, "reason": reason}
    telling.tell(tx, "profile.paused", str(profile.id), told, now)


def _paused(tx: Connection, job: Job, profile: Profile, reason: str, now: datetime) -> None:
    if queue.settle(tx, job, Held(reason), now):
        store.remember(tx, store.endpoint(tx, profile.id), failed=now, words=reason)
        pause(tx, profile, reason, now)


def _rested(tx: Connection, job: Job, number: int, clock: Clock) -> None:
    """Settle the job until something is due again.

    Its row is locked before what waits is looked at: a delivery added meanwhile is seen here, or moves the job to the front.
    """
    tx.execute(select(jobs.c.id).where(jobs.c.id == job.id).with_for_update())
    now, answer = clock(), _ready(tx, number, clock())
    if isinstance(answer, tuple):
        due, known = store.next_due(tx, number), answer[1]
        when = due and max(due, known.retry_at or due)
        follows: Answer = Done()
        if when is not None:
            follows = Later(when - now, known.words or "the next is not due yet") if when > now else More("more is to be sent")
        queue.settle(tx, job, follows, now)
        return
    queue.settle(tx, job, answer, now)
