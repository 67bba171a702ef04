"""From clicks to uses, by the rules of COUNTER R5.1 § 7: double clicks, sessions, and what behaves like a robot. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from operator import attrgetter

from server.usage.model import Class, Drop, Kind
from server.usage.visitors import DOUBLE_CLICK, day

_MINUTE = timedelta(minutes=1)

FOLLOWED = Drop(Class.DOUBLE_CLICK)
ASKED = Drop(Class.BEHAVIOUR, "asked for robots.txt")
TOO_FAST = Drop(Class.BEHAVIOUR, "too many in a minute")
TOO_MANY = Drop(Class.BEHAVIOUR, "too many in an hour")


@dataclass(frozen=True, slots=True)
class Click:
    """A click of a visitor on the page of a work, or on one of its files."""

    at: datetime
    visitor: str
    record_id: str
    file: str = ""

    @property
    def kind(self) -> Kind:
        return Kind.REQUEST if self.file else Kind.INVESTIGATION


@dataclass(frozen=True, slots=True)
class Limits:
    """What people do not exceed; 0 is no limit."""

    per_minute: int = 0
    per_hour: int = 0


@dataclass(slots=True)
class Use:
    """The four figures of a work in a month. Every request is an investigation, too (COUNTER R5.1 § 3.3)."""

    total_investigations: int = 0
    unique_investigations: int = 0
    total_requests: int = 0
    unique_requests: int = 0


@dataclass(slots=True)
class Settled:
    """What became of clicks: the use of each work by day, and what was left out by day, reason and kind."""

    use: dict[tuple[str, str], Use] = field(default_factory=lambda: defaultdict(Use))
    left_out: Counter[tuple[str, Drop, str]] = field(default_factory=Counter)


def settle(clicks: Sequence[Click], next_ones: Sequence[Click], limits: Limits, suspects: Collection[str] = ()) -> Settled:
    """Count the clicks of whole hours.

    `next_ones` are the clicks of the half minute after them: they are counted later, but say which of these were the first of a
    double click.
    """
    found, followed = Settled(), _followed([*clicks, *next_ones])
    sessions = defaultdict[tuple[str, datetime], list[Click]](list)
    for click in sorted(clicks, key=attrgetter("at")):
        sessions[click.visitor, hour_of(click.at)].append(click)
    for session in sessions.values():
        drop = _behaviour(session, limits, suspects)
        counted = []
        for click in session:
            reason = drop or (FOLLOWED if id(click) in followed else None)
            if reason is None:
                counted.append(click)
            else:
                found.left_out[day(click.at), reason, click.kind] += 1
        _count(found, counted)
    return found


def hour_of(moment: datetime) -> datetime:
    """Return the hour a moment lies in: a session of COUNTER ends with it, where nobody logs in (§ 7.3)."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _followed(clicks: Sequence[Click]) -> set[int]:
    """Return which clicks were followed by one of the same visitor at the same address within half a minute (§ 7.2).

    The last one of a chain is kept, however long the chain is.
    """
    place = attrgetter("visitor", "record_id", "file")
    ordered = sorted(clicks, key=lambda click: (place(click), click.at))
    return {id(one) for one, other in pairwise(ordered) if place(one) == place(other) and other.at - one.at <= DOUBLE_CLICK}


def _behaviour(session: Sequence[Click], limits: Limits, suspects: Collection[str]) -> Drop | None:
    """Say what of a visitor's hour is not how people behave."""
    if session[0].visitor in suspects:
        return ASKED
    if limits.per_hour and len(session) > limits.per_hour:
        return TOO_MANY
    most = limits.per_minute
    if most and any(later.at - first.at < _MINUTE for first, later in zip(session, session[most:], strict=False)):
        return TOO_FAST
    return None


def _count(found: Settled, session: Sequence[Click]) -> None:
    """Count what is left of a session: every click once, and every work once."""
    for click in session:
        use = found.use[click.record_id, day(click.at)]
        use.total_investigations += 1
        use.total_requests += click.kind is Kind.REQUEST
    for place in {(click.record_id, day(click.at)) for click in session}:
        found.use[place].unique_investigations += 1
    for place in {(click.record_id, day(click.at)) for click in session if click.kind is Kind.REQUEST}:
        found.use[place].unique_requests += 1
