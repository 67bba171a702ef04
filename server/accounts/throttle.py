"""Failed logins cost time: after a few, each further one must wait longer. The figures, per name and address. Pure.

Four failures are free; the fifth costs 5 seconds, each further one twice as long as the one before, 5 minutes at most. An
address that fails all the time so gets some 300 guesses a day; a depositor's client that tried a wrong password all night waits
5 minutes at most once it is corrected. Where the address is not known all who use a name share its wait, which is 15 seconds at
most, so that a stranger cannot keep somebody out. An hour without a failure and everything is forgotten.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

FREE = 5
"""Failures before anybody waits; people mistype."""

FIRST, LONGEST = timedelta(seconds=5), timedelta(minutes=5)
LONGEST_SHARED = timedelta(seconds=15)
"""The longest wait where the address is not known."""

FORGOTTEN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Tries:
    """How often somebody failed, when the last time, and until when they wait."""

    count: int
    last: datetime
    until: datetime


def after(before: Tries | None, address: str, now: datetime) -> Tries:
    """Count one more failure; from the fifth on the wait doubles each time."""
    count = 1 if before is None or now - before.last > FORGOTTEN else before.count + 1
    over = count - FREE
    pause = timedelta() if over < 0 else min(LONGEST if address else LONGEST_SHARED, FIRST * 2 ** min(over, 16))
    return Tries(count, now, now + pause)


def wait(tries: Tries | None, now: datetime) -> timedelta:
    """Return how long somebody must wait; zero for not at all."""
    return max(timedelta(), tries.until - now) if tries else timedelta()


def key(name: str, address: str) -> tuple[str, str]:
    """Return under which name and address failures are counted."""
    return name.strip().lower()[:100], address[:45]


def spoken(wait: timedelta) -> str:
    """Say a wait in words, rounded up."""
    seconds = max(1, -int(-wait.total_seconds() // 1))
    minutes = -(-seconds // 60)
    if seconds < 90:  # noqa: PLR2004 -- below that minutes are too coarse
        return f"{seconds} second{'s' if seconds != 1 else ''}"
    return f"{minutes} minutes"
