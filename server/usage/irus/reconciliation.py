"""Day by day, what became of uses: the figures that must add up, what was given up and why, and how IRUS stands."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, select

from server.notify import store as memory
from server.notify.model import Endpoint
from server.profiles.model import Profile
from server.usage.irus import consents
from server.usage.irus.consents import Consent
from server.usage.irus.definition import Irus, profile_of, settings_of
from server.usage.irus.outbox import State, What
from server.usage.irus.tables import days, events

_GROUPS = 50


@dataclass(frozen=True, slots=True)
class Day:
    """The uses of a day. `left_out` never were countable; all else is a part of `countable`, but `sent`."""

    day: str
    countable: int = 0
    sent: int = 0
    """Messages, repeated ones too."""
    acknowledged: int = 0
    waiting: int = 0
    dead: int = 0
    """Given up: those that can still be sent again, and those that are forgotten."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """By the reason."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """By the reason."""

    @property
    def missing(self) -> int:
        """How many uses came to no end that is known: 0, but after a restore from a backup, which leaves out what waits."""
        return self.countable - self.acknowledged - self.waiting - self.dead - sum(self.dropped.values())


@dataclass(frozen=True, slots=True)
class Group:
    """Uses that were given up for the same reason, with the same words."""

    reason: str
    words: str
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with IRUS: the profile with its settings, both None where there is none, and how the endpoint answers."""

    profile: Profile | None
    settings: Irus | None
    consents: list[Consent]
    endpoint: Endpoint | None
    given_up: list[Group]


def standing(tx: Connection) -> Standing:
    """Return how it stands."""
    found = profile_of(tx)
    settings = settings_of(found.document) if found is not None else None
    endpoint = memory.endpoint(tx, found.id) if found is not None else None
    return Standing(found, settings, consents.every(tx), endpoint, _given_up(tx))


def by_day(tx: Connection, first: str, last: str) -> list[Day]:
    """Return the days of which something is known, the last first."""
    counted: dict[str, dict[What, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    query = select(days.c.day, days.c.what, days.c.reason, days.c.events).where(days.c.day.between(first, last))
    for row in tx.execute(query):
        counted[row.day][What(row.what)][row.reason] += int(row.events)
    rows = select(events.c.day, events.c.state, func.count()).where(events.c.day.between(first, last))
    left: dict[str, dict[State, int]] = defaultdict(dict)
    for of_day, state, many in tx.execute(rows.group_by(events.c.day, events.c.state)):
        left[of_day][State(state)] = many
    return [_day(of_day, counted[of_day], left.get(of_day, {})) for of_day in sorted({*counted, *left}, reverse=True)]


def _day(of_day: str, counted: Mapping[What, Mapping[str, int]], left: Mapping[State, int]) -> Day:
    sums = {what: sum(reasons.values()) for what, reasons in counted.items()}
    return Day(
        of_day,
        countable=sums.get(What.COUNTABLE, 0),
        sent=sums.get(What.SENT, 0),
        acknowledged=sums.get(What.ACKNOWLEDGED, 0),
        waiting=left.get(State.WAITING, 0) + left.get(State.SENDING, 0),
        dead=left.get(State.DEAD, 0) + sums.get(What.DEAD, 0),
        dropped=dict(sorted(counted.get(What.DROPPED, {}).items())),
        left_out=dict(sorted(counted.get(What.LEFT_OUT, {}).items())),
    )


def _given_up(tx: Connection) -> list[Group]:
    many = func.count()
    query = select(events.c.reason, events.c.words, many, func.min(events.c.at), func.max(events.c.at))
    query = query.where(events.c.state == State.DEAD.value).group_by(events.c.reason, events.c.words)
    return [Group(*row) for row in tx.execute(query.order_by(many.desc(), events.c.words).limit(_GROUPS))]


def waiting(tx: Connection) -> dict[str, tuple[int, datetime]]:
    """Count what was given up, with the oldest one's time: for the start page."""
    row = tx.execute(select(func.count(), func.min(events.c.at)).where(events.c.state == State.DEAD.value)).one()
    return {State.DEAD.value: (row[0], row[1])} if row[0] else {}
