"""Linking with ORCID in values: what a permission, a work on somebody's record and an answer of ORCID can be."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Consent(StrEnum):
    """What became of somebody's permission. All but `valid` wait for the person, or for ORCID.

    What ORCID alone can heal, `locked` and `nobody`, is asked about once a week; no other is asked again by itself.
    """

    VALID = "valid"
    EXPIRED = "expired"  # its time is over
    REVOKED = "revoked"  # 401: the person took it back at ORCID, or ORCID did
    LOCKED = "locked"  # 409: ORCID locked the record
    DEACTIVATED = "deactivated"  # 409: the person closed the record
    NOBODY = "nobody"  # 404: ORCID knows no such iD
    MOVED = "moved"  # 301, and where it leads to is no way forward


class WorkState(StrEnum):
    """How a work stands on somebody's ORCID record."""

    WAITING = "waiting"  # to be sent, changed or taken away; nothing was said of it yet
    CURRENT = "current"  # ORCID has it as it is
    GONE = "gone"  # it is not there, as it should be
    REMOVED = "removed"  # the person took it away at ORCID; waits until they want it there again
    REFUSED = "refused"  # ORCID refuses it; waits until it changes or somebody asks again
    SILENT = "silent"  # ORCID did not answer; asked again by itself
    UNCLEAR = "unclear"  # its answer makes no sense; asked again by itself
    STOPPED = "stopped"  # the permission is gone; waits for the person


class Verdict(StrEnum):
    """What an answer of ORCID means for what was asked."""

    DONE = "done"
    ABSENT = "absent"  # there is no such work on the record
    DUPLICATE = "duplicate"  # we put it there before
    FOREIGN = "foreign"  # somebody else put it there
    REFUSED = "refused"
    SILENT = "silent"
    UNCLEAR = "unclear"
    REVOKED = "revoked"
    LOCKED = "locked"
    DEACTIVATED = "deactivated"
    NOBODY = "nobody"
    MOVED = "moved"


#: What ends all work on a record until somebody does something, and what the permission is then.
ENDS = {
    Verdict.REVOKED: Consent.REVOKED,
    Verdict.LOCKED: Consent.LOCKED,
    Verdict.DEACTIVATED: Consent.DEACTIVATED,
    Verdict.NOBODY: Consent.NOBODY,
    Verdict.MOVED: Consent.MOVED,
}

#: What says nothing of a work, so that the same is asked again later.
PASSING = {Verdict.SILENT: WorkState.SILENT, Verdict.UNCLEAR: WorkState.UNCLEAR}


_SETTLED = frozenset({WorkState.CURRENT, WorkState.GONE, WorkState.REMOVED})

UNKNOWN = "?"
"""What ORCID has where something was sent and its answer is still to come."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer of ORCID: what it means, its HTTP status, and its own words."""

    verdict: Verdict
    status: int | None
    words: str
    body: bytes = b""
    put_code: int | None = None
    """Of a work that was put there."""
    moved_to: str = ""
    """The iD that took the place of the one that was asked for."""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What ORCID hands out when somebody permits it: a token for their record."""

    orcid: str
    """Bare, as 0000-0002-1825-0097."""
    access: str
    refresh: str = ""
    scope: str = ""
    name: str = ""
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """A person's link to an ORCID record; the token stays sealed."""

    person_id: int
    orcid: str
    server: str
    client_id: str
    name: str
    scope: str
    sealed: bytes
    state: Consent
    status: int | None
    words: str
    source: str
    granted: datetime
    changed: datetime
    expires: datetime | None
    looked: datetime | None
    slot: datetime | None
    former: str = ""
    """The iDs that led to this one, as ORCID moved them."""

    @property
    def account(self) -> str:
        """The record: an iD means nothing without the system it is of."""
        return f"{self.server}/{self.orcid}"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the ledger: one work on one person's ORCID record."""

    record_id: str
    person_id: int
    account: str
    put_code: int | None
    wanted: str
    """The digest of what should be there; empty where nothing should."""
    acked: str
    """The digest of what ORCID confirmed; empty where nothing of ours is there, UNKNOWN while an answer is still to come."""
    state: WorkState
    status: int | None
    words: str
    attempts: int
    unwanted: bool
    """Whether the person does not want it there."""
    changed: datetime
    asked: datetime | None
    seen: datetime | None
    """When the work had last changed as this was written."""

    @property
    def settled(self) -> bool:
        """Whether nothing is to be done about it now."""
        return self.wanted == self.acked and self.state in _SETTLED
