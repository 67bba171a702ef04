"""Harvesters and the lists they walk, in values: who came, which list, how far, and since when it should worry somebody."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b

from server.budgets import network_of
from server.xml import clean

STALLED = timedelta(hours=1)
"""After this long without a further part a list that did not come to its end counts as stalled."""

PATIENCE = 14
"""Days without a finished list after which our people are told, where they have not said otherwise."""

GONE = timedelta(days=90)
"""Whoever has not come for so long is not expected any more; but one our people have named is."""

_REGULAR = 3
"""Whoever finished so many lists is expected to come again."""

TELLING = timedelta(seconds=10)
"""A walk that was shorter has no speed worth telling."""

_LONGEST = 200


@lru_cache(1024)
def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: the name a client gives itself, its address, and whom it says to write to."""

    agent: str
    address: str
    sender: str = ""

    @classmethod
    def of(cls, agent: str, address: str, sender: str = "") -> "Visitor":
        """Return a visitor whose words are short and sound enough to be kept."""
        return cls(clean(agent)[:_LONGEST] or "unnamed", clean(address)[:64], clean(sender)[:_LONGEST])

    @property
    def network(self) -> str:
        return network_of(self.address)

    @property
    def id(self) -> str:
        """The harvester this is: programs of one name in one network are one, as some come from a new address each time."""
        return _digest(self.agent, self.network)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list somebody walks. `since` and `until` are empty where a token went on with it: what it began with is known then."""

    context: str
    verb: str
    prefix: str
    spec: str
    begun: datetime
    since: str = ""
    until: str = ""

    def id(self, harvester: str) -> str:
        return _digest(harvester, self.context, self.verb, self.prefix, self.spec, str(int(self.begun.timestamp())))


@dataclass(frozen=True, slots=True)
class Part:
    """What one answer gave of a list: so many records, up to `delivered` of `size`, and the token for the rest."""

    list: Listed
    records: int
    delivered: int
    size: int
    token: str = ""

    @property
    def is_last(self) -> bool:
        return not self.token


@dataclass(frozen=True, slots=True)
class Walk:
    """A list, and how far one harvester came with it."""

    list: Listed
    last: datetime
    delivered: int
    size: int
    parts: int
    token: str
    finished: datetime | None
    seconds: float
    """Spent by us to answer."""

    @property
    def share(self) -> int:
        """How far it came, in percent."""
        return 100 if self.size <= self.delivered else 100 * self.delivered // self.size

    @property
    def speed(self) -> float | None:
        """Records a second from the first part to the last; None where there was only one, or too short a time to tell."""
        took = self.last - self.list.begun
        return self.delivered / took.total_seconds() if self.parts > 1 and took >= TELLING else None

    def and_then(self, later: "Walk") -> "Walk":
        """Return the same walk after further parts of it; one that is given again brings it no further."""
        ahead = later if later.delivered > self.delivered else self
        return Walk(
            self.list, later.last, ahead.delivered, later.size, self.parts + later.parts, ahead.token,
            self.finished or later.finished, self.seconds + later.seconds,
        )  # fmt: skip

    def is_stalled(self, now: datetime) -> bool:
        return self.finished is None and now - self.last > STALLED


@dataclass(slots=True)
class Count:
    """What was counted of one harvester since it was last written down."""

    visitor: Visitor
    first: datetime
    last: datetime
    requests: int = 0
    errors: int = 0
    shed: int = 0
    records: int = 0
    seconds: float = 0.0
    error: str = ""
    walks: dict[str, Walk] = field(default_factory=dict)

    def walk(self, part: Part, now: datetime, seconds: float) -> None:
        """Take in a part of a list. A part that is given again counts as a part, but the list is no further for it."""
        key = part.list.id(self.visitor.id)
        before = self.walks.get(key)
        now_seen = Walk(part.list, now, part.delivered, part.size, 1, part.token, now if part.is_last else None, seconds)
        self.walks[key] = now_seen if before is None else before.and_then(now_seen)
        self.records += part.records

    def and_then(self, later: "Count") -> "Count":
        """Return the counts of both; what is known of a list is what is known of it later."""
        walks = dict(self.walks)
        for key, walk in later.walks.items():
            walks[key] = walk if key not in walks else walks[key].and_then(walk)
        return Count(
            later.visitor, self.first, later.last, self.requests + later.requests, self.errors + later.errors,
            self.shed + later.shed, self.records + later.records, self.seconds + later.seconds, later.error or self.error, walks,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Harvester:
    """One client, as far as it was seen."""

    id: str
    agent: str
    network: str
    address: str
    sender: str
    host: str
    label: str
    patience: int
    first: datetime
    last: datetime
    walked: datetime | None
    cycled: datetime | None
    requests: int
    errors: int
    shed: int
    records: int
    lists: int
    error: str

    @property
    def name(self) -> str:
        """What people call it: as our people do, else as it calls itself."""
        return self.label or self.agent

    def silent_for(self, now: datetime) -> timedelta:
        """Return how long it has not come to the end of a list."""
        return now - (self.cycled or self.first)

    def is_overdue(self, now: datetime) -> bool:
        """Whether it should have finished a list by now: it tries and comes to no end, or is expected and does not come."""
        silent = self.silent_for(now)
        if not self.patience or silent <= timedelta(days=self.patience):
            return False
        if self.label:
            return True
        tries = self.walked is not None and now - self.walked <= timedelta(days=self.patience)
        return tries or (self.lists >= _REGULAR and silent <= GONE)


@dataclass(frozen=True, slots=True)
class Month:
    """What was counted in one month."""

    month: str
    requests: int
    errors: int
    shed: int
    records: int
    lists: int
    seconds: float
