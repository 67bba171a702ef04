"""Sending: one job for each request. It is posted outside of any transaction, between two that write down how it stands.

A worker that is killed in between leaves the request *sent*; the next one posts the same bytes under the same key, by which OABLE
knows the repetition.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from server import observe
from server.clock import Clock
from server.db.engine import Database
from server.jobs import queue
from server.jobs.model import Answer, Done, Held, Job, Later
from server.notify import mail
from server.notify.deliver import pause
from server.notify.model import again_after
from server.oable import store
from server.oable.client import Client, Meaning, Outcome
from server.oable.model import ENDED_BADLY, OPEN, Request, State
from server.oable.settings import OABLE, Oable
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.profiles.seal import Seal

#: What a request becomes by an answer that ends it.
ENDS: dict[Meaning, State] = {Meaning.ACCEPTED: State.ACCEPTED, Meaning.REFUSED: State.REFUSED}
#: After these the request is where it was before the attempt: OABLE has not got it by this one.
NOT_TAKEN = frozenset({Meaning.ACCOUNT, Meaning.NOT_SENT})

log = observe.logger("oable")


@dataclass(frozen=True, slots=True)
class Sending:
    """The handler of ASK."""

    database: Database
    seal: Seal
    client: Client
    clock: Clock
    jitter: Callable[[], float] = random.random

    async def __call__(self, job: Job) -> Answer | None:
        begun = await self.database.write(_begun, job, self.clock())
        if not isinstance(begun, tuple):
            return begun
        before, profile = begun
        settings: Oable = profiles.opened(profile, Oable, self.seal)
        outcome = await self.client.send(settings, before.key, before.document, self.clock())
        await self.database.write(self._settled, job, before, profile, settings, outcome, self.clock())
        log.info("sent a request", extra={"job": job.id, "meaning": outcome.meaning.value})
        return None

    def _settled(
        self, tx: Connection, job: Job, before: Request, profile: Profile, settings: Oable, outcome: Outcome, now: datetime
    ) -> None:
        """Write down what an attempt came to. Nothing is written where the claim is not ours any more."""
        state, answer = follows(before, outcome, now, self.jitter())
        if not queue.settle(tx, job, answer, now):
            return
        after = replace(
            before, state=state, attempts=before.attempts + 1, words=outcome.words, reference=outcome.reference, changed=now
        )
        store.put(tx, after)
        profiles.heard(tx, profile.id, outcome.words, now, agrees=outcome.meaning is Meaning.ACCEPTED)
        stops = outcome.meaning is Meaning.ACCOUNT and _goes_on(tx, profile)
        if stops:
            pause(tx, profile, outcome.words, now)
        if stops or state in ENDED_BADLY:
            self._tell(tx, settings, after, now)

    def _tell(self, tx: Connection, settings: Oable, request: Request, now: datetime) -> None:
        """Write to the address for error messages; where no mail server is set up, the pages alone tell of it."""
        if mail.enabled(tx) is None:
            log.warning("could not write a letter: no mail server is set up", extra={"state": request.state.value})
            return
        values = {
            "request": request.id, "title": request.asked.title, "name": request.asked.name, "email": request.asked.email,
            "state": request.state.value, "words": request.words,
        }  # fmt: skip
        mail.ask(tx, self.seal, to=settings.errors, template="oable", values=values, secret={}, now=now)


def _goes_on(tx: Connection, profile: Profile) -> bool:
    """Whether a profile does not stand still yet: who met the same refusal a moment later tells nobody."""
    current = profiles.by_id(tx, profile.id)
    return current is not None and not current.paused


def follows(before: Request, outcome: Outcome, now: datetime, jitter: float) -> tuple[State, Answer]:
    """Return what a request and its job become by an attempt."""
    if outcome.meaning in ENDS:
        return ENDS[outcome.meaning], Done(outcome.words)
    state = before.state if outcome.meaning in NOT_TAKEN else State.SENT
    if outcome.meaning is Meaning.ACCOUNT:
        return state, Held(outcome.words)
    wait = again_after(before.attempts + 1, now - before.since, jitter)
    if wait is None:
        return State.FAILED, Done(f"given up: {outcome.words}")
    return state, Later(max(wait, outcome.retry_after or wait), outcome.words)


def _begun(tx: Connection, job: Job, now: datetime) -> tuple[Request, Profile] | Answer | None:
    """Write down that sending begins, and return the request as it was before; else why it does not begin."""
    request = store.find(tx, job.subject)
    if request is None or request.state not in OPEN:
        return Done("It waits no longer.")
    profile = next(iter(profiles.enabled(tx, [OABLE])), None)
    if profile is None:
        return Held("No profile of OABLE is switched on.")
    if profile.paused:
        return Held(profile.paused)
    if not queue.renew(tx, job, now):
        return None
    store.put(tx, replace(request, state=State.SENT, changed=now))
    return request, profile
