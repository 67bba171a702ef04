"""The daily letter: what is stuck, and what happened since the last one. A job that asks for its own next time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from server.clock import Clock
from server.db.engine import Database
from server.events import telling
from server.events.model import EVENTS, Event
from server.jobs import queue
from server.jobs.model import Done, Job
from server.notify import store
from server.profiles import store as profiles
from server.profiles.model import Profile

#: The kind of job that writes the daily letter of a profile.
DIGEST = "digest"
LONGEST = timedelta(days=7)
"""How far a letter looks back, after the server was away."""
LAG = timedelta(minutes=2)
"""An event bears the time at which its transaction began: what is told so late may not be there yet."""
SHOWN = 20
"""Lines of one kind of event that a letter lists; the rest is counted."""
_MOST = 10_000

Stuck = Callable[[Connection, datetime], Sequence[tuple[int, str]]]
"""What needs somebody: how many, and what."""


def next_time(hour: int, after: datetime) -> datetime:
    """Return the first moment after another at which it is that hour in UTC."""
    found = after.astimezone(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return found if found > after else found + timedelta(days=1)


def plan(tx: Connection, profile: Profile, now: datetime) -> None:
    """Ask for the next daily letter of a profile, if it has one; what was asked for before is moved."""
    if profile.enabled and profile.document.get("digest", True):
        queue.enqueue(tx, DIGEST, str(profile.id), next_time(int(profile.document.get("digest_hour", 6)), now))
    else:
        queue.drop(tx, DIGEST, str(profile.id))


@dataclass(frozen=True, slots=True)
class Digests:
    """The handler of DIGEST. `stuck` says what needs somebody, in the words of the start page."""

    database: Database
    clock: Clock
    stuck: Stuck

    async def __call__(self, job: Job) -> None:
        await self.database.write(_written, job, self.stuck, self.clock())


def _written(tx: Connection, job: Job, stuck: Stuck, now: datetime) -> None:
    """Ask for the letter and for the next one, if the claim is still ours."""
    if not queue.settle(tx, job, Done(), now):
        return
    profile = profiles.by_id(tx, int(job.subject))
    if profile is None:
        return
    plan(tx, profile, now)
    if not profile.enabled or not profile.document.get("recipients"):
        return
    known, until = store.endpoint(tx, profile.id), now - LAG
    since = max(known.digested or until - timedelta(days=1), now - LONGEST)
    groups = _groups(telling.between(tx, profile.document.get("daily", ()), since, until, _MOST))
    waiting = list(stuck(tx, now))
    store.remember(tx, known, digested=until)
    if groups or waiting:
        values = {"stuck": waiting, "groups": groups}
        letter = {"template": "digest", "to": profile.document["recipients"], "values": values}
        document = msgspec.json.encode(letter).decode()
        store.add(tx, [store.New(profile.id, "mail.digest", f"{now:%Y-%m-%d}", document)], now)


def _groups(found: Sequence[Event]) -> list[dict[str, Any]]:
    """Return the events by their kind, as the letter shows them."""
    groups: list[dict[str, Any]] = []
    for kind, words in EVENTS.items():
        alike = [event for event in found if event.type == kind]
        if alike:
            lines = _lines(alike)
            groups.append({"title": words, "count": len(alike), "lines": lines[:SHOWN], "more": max(0, len(lines) - SHOWN)})
    return groups


def _lines(alike: Sequence[Event]) -> list[str]:
    """Return a line for each event; those of one cause are one line, the most frequent first."""
    by_cause: dict[tuple[str, str], list[Event]] = {}
    for number, event in enumerate(alike):
        cause = str(event.data.get("cause") or "")
        value = "" if "scheme" in event.data else str(event.data.get("value") or "")  # of an identifier it is only its name
        by_cause.setdefault((cause, value) if cause else ("", str(number)), []).append(event)
    ordered = sorted(by_cause.items(), key=lambda each: -len(each[1]))
    return [_line(those[0]) if len(those) == 1 else _cause(*cause, len(those)) for cause, those in ordered]


def _cause(cause: str, value: str, count: int) -> str:
    return f"{count} × {cause}: {value}"[:300] if value else f"{count} × {cause}"[:300]


def _line(event: Event) -> str:
    """Say which one it was: by its name, and why."""
    name = next((str(event.data[key]) for key in ("title", "name", "value") if event.data.get(key)), event.subject)
    why = next((str(event.data[key]) for key in ("message", "reason", "problem", "state") if event.data.get(key)), "")
    return f"{name}: {why}"[:300] if why else name[:300]
