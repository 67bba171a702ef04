"""Failed logins cost time: after a few, each further one must wait longer. The figures, per name and address. Pure.

Four failures are free; the fifth costs 5 seconds, each further one twice as long as the one before, 5 minutes at most. An
address that fails all the time with one name so gets some 300 guesses a day; a depositor's client that tried a wrong password all
night waits 5 minutes at most once it is corrected. All failures of an address are counted together too, whatever the name: from
the fiftieth on it waits, but 15 seconds at most, as a whole house may share it. Where the address is not known all who use a name
share its wait, which is 15 seconds at most, so that a stranger cannot keep somebody out. An hour without a failure and everything
is forgotten. An IPv6 address stands for its /64, the least a customer is given: who has one has 2^64 addresses.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

FREE = 5
"""Failures before anybody waits; people mistype."""

FIRST, LONGEST = timedelta(seconds=5), timedelta(minutes=5)
LONGEST_SHARED = timedelta(seconds=15)
"""The longest wait of those who may be many: at one address, or where it is not known."""

FORGOTTEN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Tries:
    """How often somebody failed, when the last time, and until when they wait."""

    count: int
    last: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Patience:
    """Which failure is the first that costs time, and the longest wait."""

    free: int
    longest: timedelta


WITH_A_NAME = Patience(FREE, LONGEST)
WITH_A_NAME_ANYWHERE = Patience(FREE, LONGEST_SHARED)
WITH_AN_ADDRESS = Patience(50, LONGEST_SHARED)


def after(before: Tries | None, patience: Patience, now: datetime) -> Tries:
    """Count one more failure; once patience is at its end the wait doubles each time."""
    count = 1 if before is None or now - before.last > FORGOTTEN else before.count + 1
    over = count - patience.free
    pause = timedelta() if over < 0 else min(patience.longest, FIRST * 2 ** min(over, 16))
    return Tries(count, now, now + pause)


def wait(tries: Tries | None, now: datetime) -> timedelta:
    """Return how long somebody must wait; zero for not at all."""
    return max(timedelta(), tries.until - now) if tries else timedelta()


def key(name: str, address: str) -> tuple[str, str]:
    """Return under which name and address failures are counted."""
    return name.strip().lower()[:100], neighbourhood(address)[:45]


def neighbourhood(address: str) -> str:
    """Return what one client has of addresses: an IPv4 address itself, an IPv6 address's /64. Other texts stay as they are."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False))
    return str(found)


def spoken(wait: timedelta) -> str:
    """Say a wait in words, rounded up."""
    seconds = max(1, -int(-wait.total_seconds() // 1))
    minutes = -(-seconds // 60)
    if seconds < 90:  # noqa: PLR2004 -- below that minutes are too coarse
        return f"{seconds} second{'s' if seconds != 1 else ''}"
    return f"{minutes} minutes"
