"""Deliveries in values: what is sent to whom, how far it has come, what the other side said, and when it is tried again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """Where a delivery stands: waiting → sent; waiting → dead. A person can make a sent or dead one wait again."""

    WAITING = "waiting"  # not sent yet, or failed and tried again when it is due
    SENT = "sent"  # the other side took it
    DEAD = "dead"  # given up; the reason is kept


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing for one subscriber."""

    id: int
    profile_id: int
    event_id: str | None
    type: str
    """The event's name; `mail.` and the template's name for a letter nobody subscribed to."""
    subject: str
    document: str
    """What is sent, as JSON: a webhook's body to the byte, a letter's template and values."""
    sealed: bytes | None
    """Values of a letter that are secret, until it is sent."""
    state: State
    attempts: int
    due: datetime
    note: str
    created: datetime

    @property
    def message_id(self) -> str:
        """The same at every attempt, so that a receiver knows a repetition. Without a dot, as signatures join by dots."""
        return f"{self.event_id or f'letter-{self.id}'}-{self.profile_id}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, as the log keeps it."""

    at: datetime
    milliseconds: int
    status: int | None
    answer: str
    note: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The other side took it."""

    status: int
    answer: str
    milliseconds: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """The other side did not take it."""

    words: str
    """A sentence for a person, with the other side's own words."""
    status: int | None = None
    answer: str = ""
    milliseconds: int = 0
    retry_after: timedelta | None = None
    never: bool = False
    """It will not be taken at any later time either."""
    gone: bool = False
    """The other side asks not to be told any more (410)."""


Outcome = Taken | Failed


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is remembered of a subscriber: slow start, and one probe at a time where it is dead."""

    profile_id: int
    failures: int = 0
    """In a row."""
    window: int = 1
    """How many may be in flight."""
    retry_at: datetime | None = None
    succeeded: datetime | None = None
    failed: datetime | None = None
    words: str = ""
    """What the last failure said."""
    answered: str = ""
    """The address that answered the challenge."""
    digested: datetime | None = None
    """Until when the daily letter has told."""


#: How long after its first, second, … failure a delivery is tried again; the last one repeats until its life is over.
DELAYS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=3),
)
LIFE = timedelta(days=3)
"""How long a delivery is tried. A number of attempts would lose some to any receiver that fails often: one in 4,000, were it
twelve and every second one failed."""

WIDEST = 8
"""In flight to one endpoint at most."""
SUSPICIOUS = 3
"""Failures in a row after which an endpoint is left alone for a while."""
_FIRST_REST = timedelta(seconds=10)
_LONGEST_REST = timedelta(minutes=30)
LONGEST_WISH = timedelta(hours=24)
"""What a receiver may ask for by Retry-After at most."""


def again_after(attempts: int, age: timedelta, jitter: float) -> timedelta | None:
    """Return how long to wait after that many attempts, or None to give up; `jitter` from 0 to 1 spreads by a fifth."""
    return None if age >= LIFE else DELAYS[min(attempts, len(DELAYS)) - 1] * (0.9 + 0.2 * jitter)


def rest_after(failures: int, silent: timedelta | None, jitter: float) -> timedelta | None:
    """Return how long an endpoint that failed so often in a row is left alone; None for not at all.

    Twice as long each time, but at most half as long as it has been `silent` (None for always): one that comes and goes is found
    again soon, or it would take nothing more than one that is dead.
    """
    if failures < SUSPICIOUS:
        return None
    longest = _LONGEST_REST if silent is None else min(_LONGEST_REST, max(_FIRST_REST, silent / 2))
    return min(_FIRST_REST * (1 << min(failures - SUSPICIOUS, 10)), longest) * (0.9 + 0.2 * jitter)


def window_after(window: int, *, failed: int) -> int:
    """Return how many may be in flight next: twice as many while all goes well, half as many when something failed."""
    return max(1, window // 2) if failed else min(WIDEST, window * 2)
