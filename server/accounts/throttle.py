"""Failed logins cost time: after a few, each further one must wait longer. Remembered per name and address, in memory. Pure.

The figures: four failures are free; the fifth costs 5 seconds, each further one twice as long as the one before, 5 minutes at
most. An address that fails all the time so gets some 300 guesses a day; a depositor's client that tried a wrong password all
night waits 5 minutes at most once it is corrected. Where the address is not known all who use a name share its wait, which is
15 seconds at most, so that a stranger cannot keep somebody out. An hour without a failure and everything is forgotten.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

FREE = 5
"""Failures before anybody waits; people mistype."""

FIRST, LONGEST = timedelta(seconds=5), timedelta(minutes=5)
LONGEST_SHARED = timedelta(seconds=15)
"""The longest wait where the address is not known."""

FORGOTTEN = timedelta(hours=1)
_SIZE = 10_000


@dataclass(frozen=True, slots=True)
class _Tries:
    failures: int
    last: datetime
    until: datetime


class Throttle:
    """Counts failures and says how long to wait; the oldest are forgotten first, so that a flood cannot fill the memory."""

    def __init__(self) -> None:
        self._tries: OrderedDict[tuple[str, str], _Tries] = OrderedDict()

    def wait(self, name: str, address: str, now: datetime) -> timedelta:
        """Return how long this name at this address must wait; zero for not at all."""
        tries = self._tries.get(_key(name, address))
        return max(timedelta(), tries.until - now) if tries else timedelta()

    def failed(self, name: str, address: str, now: datetime) -> None:
        """Count a failure; from the fifth on the wait doubles each time."""
        key = _key(name, address)
        before = self._tries.pop(key, None)
        failures = 1 if before is None or now - before.last > FORGOTTEN else before.failures + 1
        over = failures - FREE
        pause = timedelta() if over < 0 else min(LONGEST if address else LONGEST_SHARED, FIRST * 2 ** min(over, 16))
        self._tries[key] = _Tries(failures, now, now + pause)
        while len(self._tries) > _SIZE:
            self._tries.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        self._tries.pop(_key(name, address), None)


def _key(name: str, address: str) -> tuple[str, str]:
    return name.strip().lower()[:100], address


def spoken(wait: timedelta) -> str:
    """Say a wait in words, rounded up."""
    seconds = max(1, -int(-wait.total_seconds() // 1))
    minutes = -(-seconds // 60)
    if seconds < 90:  # noqa: PLR2004 -- below that minutes are too coarse
        return f"{seconds} second{'s' if seconds != 1 else ''}"
    return f"{minutes} minutes"
