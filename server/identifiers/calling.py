"""Asking an agency something outside of a registration: at its pace, not while it is down, and noting how that went."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from server.clock import Clock
from server.db.engine import Database
from server.errors import Conflict, Invalid, SheafError, Unavailable
from server.identifiers import gate
from server.identifiers.blocking import block
from server.identifiers.model import Agency, Calls, Confirmed, Failed, Fault, Pace, Reader
from server.identifiers.sessions import Sessions
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.profiles.seal import Seal
from server.registry import Registry
from server.runs.run import OUTAGE

T = TypeVar("T")

LONGEST_WAIT = 20.0
"""Seconds somebody waits for his turn; who would wait longer comes again."""

_FINE = Confirmed(200, "")


@dataclass(frozen=True, slots=True)
class Counter:
    """An agency as one profile may ask it."""

    profile: Profile
    agency: Agency
    account: Any
    reader: Reader
    environment: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Everything a question to an agency needs."""

    database: Database
    agencies: Registry[Agency]
    seal: Seal
    sessions: Sessions
    clock: Clock

    def counter(self, profile: Profile) -> Counter:
        """Return the way to the agency of a profile.

        Raises Invalid where the agency cannot be asked what it knows, Conflict where the profile is paused or switched off.
        """
        agency = readable(self.agencies, profile)
        if profile.paused or not profile.enabled:
            raise Conflict(profile.paused or f"The profile {profile.name!r} is switched off.", place="profile")
        assert agency.reads is not None  # noqa: S101 -- `readable` says so
        account = profiles.opened(profile, agency.account, self.seal)
        environment = str(profile.document.get("environment", ""))
        reader = agency.reads(account, self.sessions.of(agency, environment))
        return Counter(profile, agency, account, reader, environment)

    async def ask(self, counter: Counter, call: Callable[[], Awaitable[T | Failed]], by: Calls | None = None) -> T:
        """Ask when it is our turn, and return what the agency says; `by` is who asks, where it is not the counter's reader.

        Raises Unavailable where it does not answer, or not soon; Conflict where it refuses the account, which pauses the profile;
        Invalid where it refuses the question.
        """
        pace = counter.agency.pace(counter.environment)
        return await asked(self.database, self.clock, counter.profile, pace, call, by or counter.reader)


async def asked(
    database: Database,
    clock: Clock,
    profile: Profile,
    pace: Pace,
    call: Callable[[], Awaitable[T | Failed]],
    by: Calls | None = None,
) -> T:
    """Ask whoever a profile speaks to, once it is our turn; `by` counts the calls, where it may take more than one.

    Raises as `Caller.ask` does.
    """
    slot = None
    while (turned := await database.write(gate.enter, profile.id, pace, slot, clock())) is not None:
        seconds = (turned.at - clock()).total_seconds()
        if seconds > LONGEST_WAIT:
            raise Unavailable(turned.why, code=OUTAGE)
        await asyncio.sleep(max(seconds, 0))
        slot = turned.at
    before = by.calls if by is not None else 0
    outcome = await call()
    failed = outcome if isinstance(outcome, Failed) else None
    beyond = by.calls - before - 1 if by is not None else 0
    is_down = await database.write(_told, profile, failed, pace, beyond, clock())
    if isinstance(outcome, Failed):
        raise _error(outcome, OUTAGE if is_down else "")
    return outcome


def readable(shelf: Registry[Agency], profile: Profile) -> Agency:
    """Return the agency of a profile; raises Invalid where it cannot be asked what it knows."""
    agency = shelf.get(profile.kind)
    if agency is None or agency.reads is None:
        raise Invalid(f"The profile {profile.name!r} has no agency that can be asked what it knows.", place="profile")
    return agency


def _told(tx: Connection, profile: Profile, failed: Failed | None, pace: Pace, beyond: int, now: datetime) -> bool:
    """Note how a call went, and how many more it took; return whether the agency is left alone from now on."""
    gate.settle(tx, profile.id, pace, beyond)
    gate.told(tx, profile.id, profile.name, failed or _FINE, now)
    if failed is not None and failed.fault is Fault.CREDENTIALS:
        block(tx, profile, failed.message, now)
    return bool(gate.silent(tx, profile.id, now))


def _error(failed: Failed, code: str) -> SheafError:
    kinds: dict[Fault, type[SheafError]] = {Fault.CREDENTIALS: Conflict, Fault.REJECTED: Invalid}
    return kinds.get(failed.fault, Unavailable)(failed.message, code=code)
