"""What somebody did with a work, in values: the hit as it comes in, and why one is not counted. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What COUNTER R5.1 calls it: the page of a work was looked at, or one of its files was downloaded."""

    INVESTIGATION = "investigation"
    REQUEST = "request"


class Class(StrEnum):
    """Why a hit is not counted; the rule beside it says more."""

    STAFF = "staff"  # somebody who keeps the repository, or whose own work it is
    COUNTER = "counter"  # the user agent is on COUNTER's list of robots
    AI = "ai"  # the user agent is on the list of AI crawlers
    NO_AGENT = "no-agent"  # no user agent at all
    BEHAVIOUR = "behaviour"  # it does what people do not do
    PREFETCH = "prefetch"  # a browser fetched it in case somebody wants it
    PART = "part"  # 206: a part of a file
    DOUBLE_CLICK = "double-click"  # another click followed within half a minute


@dataclass(frozen=True, slots=True)
class Drop:
    """A reason not to count: its class, and the rule of it that fitted."""

    cls: Class
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer that was sent whole. Address, agent, cookie and referer live in memory, for a second.

    Where IRUS is told of it, all of them but the cookie live in its outbox until it has taken them.
    """

    at: datetime
    record_id: str
    """The work; empty where somebody asked for robots.txt."""
    file: str
    """The name of the file; empty for the page."""
    address: str
    agent: str
    cookie: str
    """The session's, so that staff can be told from readers; empty for strangers."""
    drop: Drop | None = None
    """What the request itself says against counting it."""
    referer: str = ""
    private: bool = False
    """Whether the browser asks not to be followed (Do Not Track, Global Privacy Control)."""

    @property
    def kind(self) -> Kind:
        return Kind.REQUEST if self.file else Kind.INVESTIGATION
