"""Work for later, in values: what a job is, what its handler answers, and which state follows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class JobState(StrEnum):
    """Where a job stands.

    ready → active → done; active → ready (more of it to do); active → deferred → active; active → held (waits for a person);
    active → dead (never again).
    """

    READY = "ready"  # may be claimed when it is due
    ACTIVE = "active"  # claimed; falls back to ready when its lease runs out
    DEFERRED = "deferred"  # failed for now; may be claimed when it is due
    HELD = "held"  # waits until somebody changes something
    DONE = "done"
    DEAD = "dead"  # given up, the reason is kept


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to make true: `kind` names the handler, `subject` what it is about.

    It carries no payload, so a retry works on today's truth.
    """

    id: int
    kind: str
    subject: str
    attempts: int  # this one included
    claim: str  # proves that the claim is ours
    created: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """It is true now."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class More:
    """A part of it is true now; the rest is done as soon as what else is due had its turn, so that long work starves nobody."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now; ask again after `delay`."""

    delay: timedelta
    why: str
    failed: bool = True
    """Whether it was tried and failed, so that the next failure waits longer; else it was not its turn yet."""


@dataclass(frozen=True, slots=True)
class Held:
    """Not until somebody changes something."""

    why: str


@dataclass(frozen=True, slots=True)
class Dead:
    """Never."""

    why: str


Answer = Done | More | Later | Held | Dead
Handler = Callable[[Job], Awaitable[Answer | None]]
"""Does a job; None says that the job was settled in the same transaction as what it did."""

#: Which state an answer leads to.
FOLLOWS: dict[type[Answer], JobState] = {
    Done: JobState.DONE,
    More: JobState.READY,
    Later: JobState.DEFERRED,
    Held: JobState.HELD,
    Dead: JobState.DEAD,
}
