"""What the administrators' start page shows: figures by state, and first of all what is stuck and for how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from server.accounts.model import Right
from server.identifiers import alarms, drifts, ledger
from server.identifiers.alarms import Down
from server.identifiers.comparing import Drift
from server.identifiers.mint import REGISTER
from server.identifiers.model import State as IdentifierState
from server.jobs import queue
from server.jobs.model import JobState
from server.notify import store as notify
from server.notify.model import State as Delivered
from server.notify.store import DELIVER
from server.oable import store as oable
from server.oable.model import State as Charge
from server.oable.store import ASK
from server.oai import harvested
from server.oai.kind import pending
from server.oai.walk import Harvester, Walk
from server.portal import words
from server.portal.spoken import age
from server.portal.words import Word
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.records import held
from server.records import store as records
from server.records.store import State
from server.sword import store as sword
from server.sword.model import DepositState
from server.usage.irus import reconciliation

HARVESTERS = 8
"""So many are shown: those who came last."""

SLOW = timedelta(minutes=15)
"""After this long something that should go by itself counts as stuck."""


#: Jobs that wait where what they are about is counted itself: one fault is told once.
TOLD_OTHERWISE = (REGISTER, DELIVER, ASK)


@dataclass(frozen=True, slots=True)
class Stuck:
    """Something that waits for somebody: how many, since when, and where to look."""

    count: int
    what: str
    since: str
    href: str
    mood: str
    right: Right
    """Who has it may look there; the others are told all the same."""


@dataclass(frozen=True, slots=True)
class Card:
    """The figures of one subject by state, only those that are not zero."""

    title: str
    figures: tuple[tuple[Word, int], ...]
    href: str
    right: Right = Right.WORKS


@dataclass(frozen=True, slots=True)
class Overview:
    stuck: tuple[Stuck, ...]
    paused: tuple[Profile, ...]
    """The profiles that stand still until somebody mends them."""
    cards: tuple[Card, ...]
    harvesters: tuple[tuple[Harvester, Walk | None], ...]
    """Who came last, with what list."""
    down: tuple[Down, ...] = ()
    """The agencies that do not answer."""
    pending: tuple[str, ...] = ()
    """What follows from the OAI definition and is still being done."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A state that should not last: of what, how it is said, where it is listed, and whether only a lasting one is stuck."""

    subject: str
    state: str
    words: str
    href: str = ""
    mood: str = "bad"
    lasting: bool = False
    right: Right = Right.WORKS


#: What may be stuck, the worst first.
WATCHED = (
    Watch("import", DepositState.HELD, "held: the content is wrong", "/admin/imports?state=held"),
    Watch("identifier", IdentifierState.REJECTED, "rejected by the agency", "/admin/identifiers?state=rejected&order=waiting"),
    Watch(
        "identifier",
        IdentifierState.BLOCKED,
        "blocked: the agency refuses our account",
        "/admin/identifiers?state=blocked&order=waiting",
    ),
    Watch(
        "identifier",
        "overdue",
        "submitted a day ago or longer, not confirmed",
        "/admin/identifiers?state=submitted&age=day&order=waiting",
    ),
    Watch(
        "identifier",
        IdentifierState.RESERVED,
        "of published works not sent for an hour or longer",
        "/admin/identifiers?state=reserved&age=hour&order=waiting",
    ),
    Watch(
        "identifier",
        IdentifierState.REGISTERED,
        "registered, but their agency is not told of a change: their profile stands still",
        "/admin/identifiers?state=registered&order=waiting",
    ),
    Watch(
        "identifier",
        IdentifierState.WITHDRAWN,
        "of withdrawn works, but their agency is not told of a change: their profile stands still",
        "/admin/identifiers?state=withdrawn&order=waiting",
    ),
    Watch("difference", drifts.OPEN, "found between an agency and this repository", "/admin/identifiers/agencies"),
    Watch(
        "name",
        Drift.UNKNOWN_HERE,
        "of our prefixes that an agency knows and this repository does not",
        "/admin/identifiers/agencies",
        "wait",
    ),
    Watch("work", "held", "left out of a format it cannot be written in", "/admin/quarantine"),
    Watch("message", Delivered.DEAD, "given up", "/admin/deliveries?state=dead", right=Right.DELIVERIES),
    Watch("use", "dead", "given up that IRUS should be told of", "/admin/usage/irus"),
    Watch(
        "request",
        Charge.FAILED,
        "for article processing charges that OABLE did not answer",
        "/admin/oable?state=failed",
        right=Right.JOBS,
    ),
    Watch(
        "request",
        Charge.REFUSED,
        "for article processing charges that OABLE refused",
        "/admin/oable?state=refused",
        "wait",
        right=Right.JOBS,
    ),
    Watch("job", JobState.HELD, "waiting for somebody", "/admin/jobs/queue?state=held", right=Right.JOBS),
    Watch("import", DepositState.RECEIVED, "received and still not read", "/admin/imports?state=received", "wait", lasting=True),
    Watch("work", State.PENDING, "waiting for approval", "/admin/works?state=pending", "wait"),
    Watch(
        "identifier",
        IdentifierState.SUBMITTED,
        "submitted, not confirmed",
        "/admin/identifiers?state=submitted&order=waiting",
        "wait",
        lasting=True,
    ),
    Watch(
        "message",
        Delivered.WAITING,
        "not taken yet",
        "/admin/deliveries?state=waiting",
        "wait",
        lasting=True,
        right=Right.DELIVERIES,
    ),
    Watch(
        "request",
        Charge.SENT,
        "for article charges that OABLE has not answered",
        "/admin/oable?state=sent",
        "wait",
        lasting=True,
        right=Right.JOBS,
    ),
    Watch(
        "request",
        Charge.WAITING,
        "for article charges that have not reached OABLE",
        "/admin/oable?state=waiting",
        "wait",
        lasting=True,
        right=Right.JOBS,
    ),
    Watch("harvester", "overdue", "with no list finished for too long", "/admin/harvests?state=overdue", "wait"),
    Watch("harvester", "stalled", "stopped in the middle of its list", "/admin/harvests?state=stalled", "wait"),
    Watch(
        "job",
        JobState.DEFERRED,
        "failing and tried again",
        "/admin/jobs/queue?state=deferred",
        "wait",
        lasting=True,
        right=Right.JOBS,
    ),
)


def overview(tx: Connection, now: datetime) -> Overview:
    """Count everything, and find what is stuck."""
    waiting = {
        "import": sword.waiting(tx),
        "work": records.waiting(tx) | held.waiting(tx),
        "identifier": alarms.waiting(tx, now),
        "difference": (differing := drifts.waiting(tx)),
        "name": differing,
        "message": notify.waiting(tx),
        "use": reconciliation.waiting(tx),
        "request": oable.waiting(tx),
        "job": queue.waiting(tx, TOLD_OTHERWISE),
        "harvester": harvested.waiting(tx, now),
    }
    stuck = (_stuck(watch, waiting[watch.subject].get(watch.state), now) for watch in WATCHED)
    cards = (
        Card("Works", _figures(words.WORKS, records.counts(tx)), "/admin/works"),
        Card("Imports", _figures(words.DEPOSITS, sword.counts(tx)), "/admin/imports"),
        Card("Identifiers", _figures(words.IDENTIFIERS, ledger.counts(tx)), "/admin/identifiers"),
        Card("Jobs", _figures(words.JOBS, queue.counts(tx)), "/admin/jobs/queue", Right.JOBS),
    )
    paused = tuple(profile for profile in profiles.every(tx, enabled=True) if profile.paused)
    return Overview(
        tuple(each for each in stuck if each), paused, cards, _harvesters(tx, now), tuple(alarms.outages(tx)), pending(tx)
    )


def _harvesters(tx: Connection, now: datetime) -> tuple[tuple[Harvester, Walk | None], ...]:
    found = harvested.search(tx, harvested.Asked(), now, HARVESTERS)
    latest = harvested.latest(tx, [it.id for it in found])
    return tuple((it, latest.get(it.id)) for it in found)


def _stuck(watch: Watch, found: tuple[int, datetime] | None, now: datetime) -> Stuck | None:
    if found is None or (watch.lasting and now - found[1] <= SLOW):
        return None
    count, since = found
    what = f"{watch.subject}{'s' if count != 1 else ''} {watch.words}"
    return Stuck(count, what, age(since, now), watch.href, watch.mood, watch.right)


def _figures(names: Mapping[Any, Word], counts: dict[str, int]) -> tuple[tuple[Word, int], ...]:
    return tuple((word, counts[str(state)]) for state, word in names.items() if counts.get(str(state)))
