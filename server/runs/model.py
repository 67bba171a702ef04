"""Runs in values: where one stands, what became of each item, and which state the counts come to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server.audit.log import Actor


class RunState(StrEnum):
    """Where a run stands.

    waiting → running → one of the ends; waiting → aborted. See MOVES.
    """

    WAITING = "waiting"  # asked for; another run of the same task may be in its way
    RUNNING = "running"
    COMPLETED = "completed"  # something was changed, and nothing is to be said against it
    WARNINGS = "warnings"  # done, and somebody should look at some of it
    ERRORS = "errors"  # some of it failed
    FAILED = "failed"  # it broke off, or all of it failed
    ABORTED = "aborted"  # somebody cancelled it
    NO_EFFECT = "no_effect"  # all went well and nothing is different from before


ENDED = frozenset(RunState) - {RunState.WAITING, RunState.RUNNING}

#: Which state may follow which; an end is an end.
MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.WAITING: frozenset({RunState.RUNNING, RunState.ABORTED, RunState.FAILED}),
    RunState.RUNNING: ENDED,
} | dict.fromkeys(ENDED, frozenset())


class Outcome(StrEnum):
    """What became of one item."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"  # it was as it should be already, or it is none of this task's business
    WARNING = "warning"  # done, or to be done later by itself; somebody should look
    FAILED = "failed"


#: So many items of each outcome are reported one by one in a run; the rest are only counted.
KEPT = {Outcome.CHANGED: 100_000, Outcome.UNCHANGED: 1_000, Outcome.WARNING: 100_000, Outcome.FAILED: 100_000}


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What became of one item, with a sentence for a human."""

    outcome: Outcome
    message: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing a task is done to: its id, by which the next page is found, and what a person calls it."""

    id: str
    title: str = ""
    href: str = ""
    """Where it is shown, within our pages."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items came to what."""

    changed: int = 0
    unchanged: int = 0
    warning: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        return self.changed + self.unchanged + self.warning + self.failed

    def of(self, outcome: Outcome) -> int:
        return int(getattr(self, outcome.value))


#: What the counts of a run that went to its end come to: the first line that is true.
VERDICTS: tuple[tuple[Callable[[Counts], bool], RunState], ...] = (
    (lambda counts: 0 < counts.failed == counts.done, RunState.FAILED),
    (lambda counts: counts.failed > 0, RunState.ERRORS),
    (lambda counts: counts.warning > 0, RunState.WARNINGS),
    (lambda counts: counts.changed > 0, RunState.COMPLETED),
    (lambda _: True, RunState.NO_EFFECT),
)


def verdict(counts: Counts) -> RunState:
    """Return the state of a run that did all its items."""
    return next(state for holds, state in VERDICTS if holds(counts))


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a task, as it is kept."""

    id: int
    task: str
    parameters: str
    """JSON of the task's own class."""
    profile_id: int | None
    actor: Actor
    state: RunState
    counts: Counts
    total: int | None
    """How many items there were when it began; None before."""
    cursor: str
    """The id of the last item that is done."""
    cancel: bool
    message: str
    parent_id: int | None
    """The run whose failed items this one does again."""
    schedule_id: int | None
    created: datetime
    started: datetime | None
    ended: datetime | None

    @property
    def over(self) -> bool:
        return self.state in ENDED

    def took(self, now: datetime) -> timedelta | None:
        """Return how long it ran, up to now where it still does; None where it never began."""
        return None if self.started is None else (self.ended or now) - self.started


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one subject, as it is kept."""

    seq: int
    subject: Subject
    outcome: Outcome
    message: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a run's log."""

    at: datetime
    level: str
    text: str
