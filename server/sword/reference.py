"""Files a deposit names by their address instead of bringing them: what is known of each, and how far it is. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

KEY = "by-reference\n{}"
"""What the deposit of a fetched file is called (Idempotency-Key), so that it is found again; no header has a line end."""


_PREFIX = KEY.format("")


def number_of(key: str) -> int | None:
    """Return the number of the reference whose file a deposit of this key is; None where it is none."""
    return int(key.removeprefix(_PREFIX)) if key.startswith(_PREFIX) else None


class Dropped(Exception):
    """A file nobody waits for any more: it was replaced or deleted, or somebody else has brought it."""


class ReferenceState(StrEnum):
    """How far a file is that was sent by reference."""

    PENDING = "pending"  # nobody has asked for it yet, or it is asked for again later
    DOWNLOADING = "downloading"
    FETCHED = "fetched"  # its own deposit says the rest; written down in the moment this is
    FAILED = "failed"  # and its deposit does not say so yet
    ERROR = "error"
    LINKED = "linked"  # nobody is to fetch it
    DROPPED = "dropped"  # it was replaced or deleted before it came


#: What can follow what.
MOVES: dict[ReferenceState, frozenset[ReferenceState]] = {
    ReferenceState.PENDING: frozenset({ReferenceState.DOWNLOADING, ReferenceState.FAILED, ReferenceState.DROPPED}),
    ReferenceState.DOWNLOADING: frozenset({
        ReferenceState.PENDING, ReferenceState.FETCHED, ReferenceState.FAILED, ReferenceState.DROPPED,
    }),
    ReferenceState.FETCHED: frozenset({ReferenceState.FAILED}),
    ReferenceState.FAILED: frozenset({ReferenceState.ERROR, ReferenceState.DROPPED}),
    ReferenceState.ERROR: frozenset({ReferenceState.PENDING}),  # a person had it fetched again
    ReferenceState.LINKED: frozenset(),
    ReferenceState.DROPPED: frozenset(),
}  # fmt: skip

#: While one of these is left, a container is not complete, whatever its client said.
OUTSTANDING = frozenset({ReferenceState.PENDING, ReferenceState.DOWNLOADING, ReferenceState.FAILED})


_NAMED = re.compile(r"[^/\\\s]*@")


def bare(url: str) -> str:
    """Return an address as it may be said to others: without a name, a password or a query, which may let somebody in."""
    return _NAMED.sub("", url.partition("?")[0].partition("#")[0])


@dataclass(frozen=True, slots=True)
class Reference:
    """A file as its client describes it."""

    url: str
    filename: str
    content_type: str
    bytes: int | None
    """As announced; None where it was not."""
    digest: str
    """As a Digest header says it; empty where there is none."""
    packaging: str
    dereference: bool = True
    """Whether it is to be fetched, or only the link to be kept."""


@dataclass(frozen=True, slots=True)
class Named:
    """A reference as it stands."""

    id: int
    deposit_id: str
    reference: Reference
    state: ReferenceState
    got: int
    """Bytes so far."""
    message: str

    @property
    def key(self) -> str:
        return KEY.format(self.id)
