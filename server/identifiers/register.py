"""Registration: make the agency agree about one identifier, as the record is now. The handler of the job `register`.

The job carries no payload, so edits collapse and a retry sends today's truth. No transaction is open while the agency is
asked. Whatever happens between the call and the commit (a crash, a lost answer), the claim runs out and the same question is
asked again; agencies take it as often as it comes.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from server import observe
from server.clock import Clock
from server.db.engine import Database
from server.events.telling import tell
from server.identifiers import gate, ledger
from server.identifiers.blocking import block
from server.identifiers.causes import cause_of
from server.identifiers.desired import desired_of, digest_of, is_due, is_left_alone
from server.identifiers.gate import Turned
from server.identifiers.holding import obstacle
from server.identifiers.judging import Judge
from server.identifiers.model import Agency, AgencyState, Confirmed, Desired, Failed, Fault, Pace, Pending, Ticket
from server.identifiers.model import State as IdentifierState
from server.identifiers.sessions import Sessions
from server.jobs import queue
from server.jobs.model import Answer, Dead, Done, Held, Job, Later
from server.jobs.worker import back_off
from server.metadata.fragments import Renderer
from server.metadata.work import Names
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.profiles.seal import Seal
from server.records import changes
from server.records import store as records
from server.records.store import State, Stored
from server.registry import Registry

log = observe.logger("register")

_WHILE_FULL = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Question:
    """What was read for one registration: the identifier, its work, its profile."""

    entry: ledger.Entry
    stored: Stored
    profile: Profile
    names: Names
    """What the work will be shown with once the agency agrees."""
    under_way: tuple[Ticket, str] | None = None
    """What the agency is working at: its ticket, and the digest of what was sent."""

    def calls(self, agency: Agency) -> int:
        """Return how often the agency is to be called for it, as far as that can be told."""
        if self.under_way is not None:
            return 1
        return agency.later_calls if ledger.is_known(self.entry) else agency.first_calls


@dataclass(frozen=True, slots=True)
class _Said:
    """That an agency answered: about what, to which submission, and after how many calls beyond those it was to take."""

    question: _Question
    submission: int
    pace: Pace
    beyond: int

    def note(self, tx: Connection, outcome: Confirmed | Failed | Pending, now: datetime) -> None:
        """Tell the gate."""
        profile = self.question.profile
        gate.settle(tx, profile.id, self.pace, self.beyond)
        gate.told(tx, profile.id, profile.name, outcome, now)


@dataclass(frozen=True, slots=True)
class _Agreed:
    """What was sent to the agency, by its digest, and its confirmation."""

    said: _Said
    desired: Desired
    digest: str
    outcome: Confirmed
    latest: bool
    """Whether it is what is wanted now: while an agency was at work the record may have changed."""


@dataclass(frozen=True, slots=True)
class Registrar:
    """Everything a registration needs; `__call__` is the job's handler.

    More of them are made ready and written down than agencies are spoken to at once: no line to one lies idle meanwhile.
    """

    database: Database
    renderer: Renderer
    agencies: Registry[Agency]
    seal: Seal
    sessions: Sessions
    clock: Clock
    judge: Judge
    lines: int = 4
    """How many are spoken to at once."""
    _free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_free", asyncio.Semaphore(self.lines))

    async def __call__(self, job: Job) -> Answer | None:
        """Ask the agency until it agrees; the answer is None where the job was settled together with the identifier."""
        question = await self.database.read_hot(_question, int(job.subject), self.clock())
        if isinstance(question, Dead | Held | Done):
            return question
        agency = self.agencies[question.profile.kind]
        if agency.client is None:
            return Done(f"{agency.title} registers nothing.")
        account = profiles.opened(question.profile, agency.account, self.seal)
        desired = desired_of(self.renderer, agency, account, question.stored, question.entry.value)
        digest = digest_of(desired)
        if question.entry.acknowledged == digest and not desired.refusal:
            return Done("the agency agrees already")
        if question.under_way is None:
            refusal = desired.refusal or await asyncio.to_thread(self.judge.refusal, agency, desired.metadata)
            if refusal:
                await self.database.write(_settle_refusal, job, question, refusal, self.clock())
                return None
        begun = await self.database.write(_begin, job, agency, question, desired, digest, self.clock())
        if begun is None:
            return None
        ticket, sent = begun
        client = agency.client(account, self.sessions.of(agency, question.entry.environment))
        async with self._free:
            outcome = await client.agree(desired, ticket)
        beyond = client.calls - question.calls(agency)
        log.info(
            "asked the agency",
            extra={"identifier": desired.value, "agency": agency.name, "outcome": type(outcome).__name__.lower()},
        )
        said = _Said(question, ticket.submission, agency.pace(question.entry.environment), beyond)
        if isinstance(outcome, Pending):
            await self.database.write(_settle_wait, job, said, outcome, self.clock())
        elif isinstance(outcome, Failed):
            await self.database.write(_settle_failure, job, said, outcome, self.clock())
        else:
            agreed = _Agreed(said, desired, sent, outcome, latest=sent == digest)
            change = self._change(question, desired)
            await self.database.write(_settle_success, self, job, agreed, change, self.clock())
        return None

    def _change(self, question: _Question, desired: Desired) -> changes.Change | None:
        """Render the work with its name, for the moment that is registered for the first time."""
        if desired.state is not AgencyState.FINDABLE or question.entry.registered is not None:
            return None
        stored = question.stored
        return self.renderer.change(self.renderer.kept(stored, names=question.names), stored.collection)


def _question(tx: Connection, number: int, now: datetime) -> "_Question | Dead | Held | Done":
    entry = ledger.get(tx, number)
    if entry is None or not entry.own or entry.profile_id is None or entry.record_id is None:
        return Dead("There is no such identifier of ours.")
    profile = profiles.by_id(tx, entry.profile_id)
    if profile is None:
        return Held("The profile this identifier was minted by is deleted; a new one of its prefix and environment takes over.")
    if is_left_alone(entry, profile):
        return Done("another system minted it, and the profile does not update such DOIs")
    stored = records.get(tx, entry.record_id)
    if not is_due(entry, stored):
        return Done("the work is not published")
    if reason := obstacle(entry, profile):
        return Held(reason)
    names = replace(ledger.shown(tx, stored.id), **{entry.scheme: entry.value})
    return _Question(entry, stored, profile, names, ledger.under_way(tx, entry, now))


def _settle_success(
    tx: Connection, registrar: Registrar, job: Job, agreed: _Agreed, change: changes.Change | None, now: datetime
) -> None:
    """Settle job, identifier and feed together, if the claim is still ours. Only now may harvesters be shown the name."""
    agreed.said.note(tx, agreed.outcome, now)
    following = Done() if agreed.latest else Later(timedelta(0), "The record changed while the agency was at work.", failed=False)
    if not queue.settle(tx, job, following, now):
        return
    question, desired = agreed.said.question, agreed.desired
    hidden = desired.state is AgencyState.HIDDEN
    if question.entry.registered is None:
        ledger.hold(tx, question.stored.id)
    first = ledger.confirm(tx, question.entry, agreed.said.submission, agreed.digest, agreed.outcome, hidden=hidden, now=now)
    if first:
        _tell(tx, "identifier.registered", question, "", now)
    current = records.find(tx, question.stored.id)
    if not first or change is None or current is None or current.state is not State.PUBLISHED:
        return
    names = ledger.shown(tx, current.id)
    if (current.version, names) != (question.stored.version, question.names):
        # The work changed while the agency was asked, and was shown without the name, or another agency confirmed another name of
        # it: render what it is now (rare, so within the transaction).
        change = registrar.renderer.change(registrar.renderer.kept(current, names=names), current.collection)
    changes.stamp(tx, [change], now)


def _begin(
    tx: Connection, job: Job, agency: Agency, question: _Question, desired: Desired, digest: str, now: datetime
) -> tuple[Ticket, str] | None:
    """Write down what is about to be sent; return its ticket and the digest of what it holds.

    None where it is not its turn: then the job is put off.
    """
    entry = question.entry
    turned = _turned(tx, agency, question, now)
    if turned is None:
        ledger.keep_slot(tx, entry, None)
        return question.under_way or (ledger.begin(tx, entry, desired, digest, agency.name, job.attempts, now), digest)
    if queue.settle(tx, job, Later(turned.at - now, turned.why, failed=False), now):
        ledger.keep_slot(tx, entry, turned.at)
    return None


def _turned(tx: Connection, agency: Agency, question: _Question, now: datetime) -> Turned | None:
    is_full = question.under_way is None and agency.most_waiting is not None
    if is_full and ledger.are_waiting(tx, question.profile.id) >= (agency.most_waiting or 0):
        return Turned(now + _WHILE_FULL, f"{agency.title} is working at as many submissions as it takes.")
    entry, pace = question.entry, agency.pace(question.entry.environment)
    return gate.enter(tx, question.profile.id, pace, entry.slot, now, question.calls(agency))


def _settle_wait(tx: Connection, job: Job, said: _Said, outcome: Pending, now: datetime) -> None:
    said.note(tx, outcome, now)
    if queue.settle(tx, job, Later(timedelta(seconds=outcome.wait), outcome.message, failed=False), now):
        ledger.wait(tx, said.question.entry, said.submission, outcome, now)


def _settle_refusal(tx: Connection, job: Job, question: _Question, message: str, now: datetime) -> None:
    if not queue.settle(tx, job, Held(message), now):
        return
    ledger.refuse(tx, question.entry, message, now)
    if question.entry.state is not IdentifierState.REJECTED:
        _tell(tx, "identifier.rejected", question, message, now)


def _settle_failure(tx: Connection, job: Job, said: _Said, outcome: Failed, now: datetime) -> None:
    said.note(tx, outcome, now)
    question = said.question
    if not queue.settle(tx, job, _next(job, outcome), now):
        return
    ledger.fail(tx, question.entry, said.submission, outcome, now)
    if outcome.fault is Fault.CREDENTIALS:
        block(tx, question.profile, outcome.message, now, _named(question))
    elif outcome.fault is Fault.REJECTED and question.entry.state is not IdentifierState.REJECTED:
        _tell(tx, "identifier.rejected", question, outcome.message, now)


def _tell(tx: Connection, event: str, question: _Question, message: str, now: datetime) -> None:
    told = {"message": message, "cause": cause_of(message), "profile": question.profile.name}
    tell(tx, event, question.entry.value, _named(question) | told, now)


def _named(question: _Question) -> dict[str, str]:
    """Return what is told of an identifier, whatever befell it."""
    entry, stored = question.entry, question.stored
    return {"scheme": entry.scheme, "value": entry.value, "work": stored.id, "title": stored.record.title.value}


def _next(job: Job, outcome: Failed) -> Answer:
    """Say what follows a failure: asked again later, or held until the record or the profile changes."""
    if outcome.fault in {Fault.REJECTED, Fault.CREDENTIALS}:
        return Held(outcome.message)
    delay = back_off(job.attempts)
    if outcome.retry_after is not None:
        delay = max(delay, timedelta(seconds=outcome.retry_after))
    return Later(delay, outcome.message)
