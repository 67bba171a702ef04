"""SWORD in values: containers and deposits with their states, drafts and what an operation makes of them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from server.errors import SheafError
from server.metadata.reading import Remark
from server.records.model import File, Record, Value
from server.xml import clean

UNTYPED = "other.other"
"""The type of a work that says nothing of its type."""

ATOM_TYPE = "application/atom+xml"

#: The types metadata come as: Atom's, and those of clients that send EPrints XML or RIOXX in place of an entry.
ENTRY_TYPES = frozenset({ATOM_TYPE, "application/vnd.eprints.data+xml", "application/vnd.rioxx2.data+xml"})
JSON_TYPES = frozenset({"application/json", "application/ld+json"})
"""Bodies that are metadata in SWORD 3.0."""

NOTHING = "nothing"
"""The class of the problem of a complete deposit with nothing in it."""

NOT_FETCHED = "by-reference-failed"
"""The class of the problem of a file that was named by its address and cannot be had."""


class ContainerState(StrEnum):
    """Where a container stands, as the statement says it."""

    IN_PROGRESS = "in-progress"  # the client will send more
    HELD = "held"  # something is wrong with the content; an administrator sees it
    PENDING = "pending"  # complete, waits for approval
    RETURNED = "returned"  # complete, and its depositor was told what to change
    ACCEPTED = "accepted"  # complete, the work is published
    RECEIVED = "received"  # complete, a worker is about to read it
    DECLINED = "declined"  # complete, and those who keep the repository do not want it
    WITHDRAWN = "withdrawn"  # complete, and those who keep the repository took the work out of view
    DELETED = "deleted"


CLOSED = frozenset({ContainerState.DECLINED, ContainerState.WITHDRAWN, ContainerState.DELETED})
"""Where whoever deposited a container can change nothing of it any more; it can be deleted."""
_BEGUN = frozenset({ContainerState.HELD, ContainerState.PENDING, ContainerState.ACCEPTED, ContainerState.DELETED})

#: Where a container can come to from where it stands; to stay is no move.
CONTAINER_MOVES: dict[ContainerState, frozenset[ContainerState]] = {
    ContainerState.RECEIVED: _BEGUN | {ContainerState.IN_PROGRESS},
    ContainerState.IN_PROGRESS: _BEGUN | {ContainerState.RECEIVED},
    ContainerState.HELD: _BEGUN - {ContainerState.HELD} | {ContainerState.RECEIVED, ContainerState.IN_PROGRESS},
    ContainerState.PENDING: CLOSED | {ContainerState.ACCEPTED, ContainerState.RETURNED},
    ContainerState.RETURNED: CLOSED | {ContainerState.ACCEPTED, ContainerState.PENDING},
    ContainerState.DECLINED: frozenset({ContainerState.PENDING, ContainerState.WITHDRAWN, ContainerState.DELETED}),
    ContainerState.ACCEPTED: frozenset({ContainerState.WITHDRAWN, ContainerState.DELETED}),
    ContainerState.WITHDRAWN: frozenset({ContainerState.ACCEPTED, ContainerState.DELETED}),
    ContainerState.DELETED: frozenset(),
}


#: The state IRIs of the statement (SWORD 2.0 § 11) and what they mean in words.
STATES = {
    ContainerState.IN_PROGRESS: "The deposit is in progress: more is expected.",
    ContainerState.HELD: "The deposit is held: its content needs attention. Nothing is lost.",
    ContainerState.PENDING: "The deposit is complete and waits for approval.",
    ContainerState.RETURNED: "The deposit was returned: something must be changed before it can be published.",
    ContainerState.ACCEPTED: "The deposit is accepted and the work is published.",
    ContainerState.RECEIVED: "The deposit is received and will be read shortly.",
    ContainerState.DECLINED: "The deposit was declined: the repository does not take it.",
    ContainerState.WITHDRAWN: "The work was withdrawn.",
    ContainerState.DELETED: "The deposit is deleted.",
}


class DepositState(StrEnum):
    """How one request ended, as the import monitor lists it; DEPOSIT_MOVES says what can follow what."""

    RECEIVED = "received"
    TAKEN = "taken"
    HELD = "held"
    CLOSED = "closed"  # was held; a later import mended it, it was deleted, or an administrator set it aside
    REFUSED = "refused"
    BROKEN_OFF = "broken-off"


#: What can follow what; what nothing can follow has come to its end.
DEPOSIT_MOVES: dict[DepositState, frozenset[DepositState]] = {
    DepositState.RECEIVED: frozenset({DepositState.TAKEN, DepositState.HELD, DepositState.REFUSED}),
    DepositState.HELD: frozenset({DepositState.RECEIVED, DepositState.CLOSED}),
    DepositState.TAKEN: frozenset(),
    DepositState.CLOSED: frozenset(),
    DepositState.REFUSED: frozenset(),
    DepositState.BROKEN_OFF: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """How deposits into one collection are taken."""

    approves: bool = False
    """Whether a complete deposit is published at once or waits for approval."""
    refuses: bool = False
    """Whether wrong content is refused instead of held."""
    read_now: int = 64 * 2**20
    """Bytes up to which a package is read within the request."""
    type: str = ""
    """The type of works that name none."""
    packagings: tuple[str, ...] = ()
    """The packagings accepted; none means all."""
    server: str = ""
    """The code of the profile that says so."""
    types: Mapping[str, str] = field(default_factory=dict)
    """What a client's own words for types mean: our codes by those words, in lower case."""
    languages: Mapping[str, str] = field(default_factory=dict)
    """The same for languages."""
    holds: frozenset[str] = frozenset({"type-unknown", "access-unknown", "metadata-missing"})
    """The classes of remarks that hold a deposit."""
    keeps: frozenset[str] = frozenset()
    """The fields of a record that no update overwrites."""
    duplicates: Mapping[str, str] = field(default_factory=lambda: {"doi": "hold"})
    """What becomes of a work that is here already, by the way it is found: doi, package, title."""
    scans: str = ""
    """Where the virus scanner listens that looks into every file; empty: none."""
    notifies: bool = False
    """Whether the creators of a new work who have an account are told."""
    most: int = 0
    """Bytes of the largest deposit; 0: as many as the installation takes."""
    dates: str = ""
    """What a work without a date of its own is dated by: the year or the day of its deposit, or not at all."""


class Operation(StrEnum):
    """What a request does to its container (SWORD 2.0 § 6.3 to 6.8)."""

    CREATE = "create"
    ADD = "add"  # files and metadata are added, nothing is overwritten
    REPLACE_METADATA = "replace metadata"
    REPLACE_CONTENT = "replace content"
    REPLACE_ALL = "replace all"
    REPLACE_OBJECT = "replace object"  # SWORD 3.0 § 7.4: what does not come with it is gone, metadata too
    CLEAR_METADATA = "clear metadata"
    COMPLETE = "complete"
    REPLACE_FILE = "replace file"  # other bytes under the same name
    DELETE_CONTENT = "delete content"
    DELETE_FILE = "delete file"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in one vocabulary for error document, statement and monitor."""

    code: str
    message: str
    place: str
    remedy: str
    value: str = ""
    """What was found there, where many deposits have the same: code and value make a group."""

    @classmethod
    def of(cls, error: SheafError) -> "Problem":
        return cls(error.code, clean(error.message), clean(error.place), clean(error.remedy), clean(error.value))

    @classmethod
    def from_remark(cls, remark: Remark) -> "Problem":
        return cls(remark.code, clean(remark), clean(remark.place), "", clean(remark.value))


@dataclass(frozen=True, slots=True)
class Held:
    """A file found in a package, as the monitor shows it; its bytes are in the file store."""

    name: str
    bytes: int
    sha256: str
    mime: str
    role: str = "file"
    """file, metadata or manifest."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a record was read from: the document's name, and the reader's."""

    name: str = ""
    reader: str = ""


class Draft(Value, frozen=True, kw_only=True):
    """A container's content before it is a work: what is known of it, and its files."""

    record: Record | None = None
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What one deposit brought, understood: metadata (or none), files, remarks for the monitor, and what it takes away."""

    record: Record | None = None
    files: tuple[File, ...] = ()
    remarks: tuple[Remark, ...] = ()
    gone: tuple[str, ...] = ()
    """Names of files it takes away."""
    members: tuple[Held, ...] = ()
    """All that was in the package, metadata too."""
    source: Source = Source()
    types: tuple[str, ...] = ()
    """The words its metadata use for the type, as they stand."""
    languages: tuple[str, ...] = ()
    access: str = ""
    """What its metadata say of who may have the work; empty where they say nothing."""


@dataclass(frozen=True, slots=True)
class Container:
    """What an Edit-IRI names."""

    id: str
    account_id: int
    collection: str
    state: ContainerState
    slug: str | None
    draft: Draft
    has_record: bool
    created: datetime
    changed: datetime


@dataclass(frozen=True, slots=True)
class Deposit:
    """One request that brought something, as the monitor shows it."""

    id: str
    container_id: str | None
    account: str | None
    protocol: str
    method: str
    operation: Operation
    url: str
    headers: tuple[tuple[str, str], ...]
    state: DepositState
    received: datetime
    bytes: int
    sha256: str | None
    md5: str | None
    filename: str | None
    content_type: str | None
    packaging: str | None
    in_progress: bool
    title: str | None
    problem: Problem | None
    retries: int
    sender_id: int | None = None
    sender: str = ""
    """The name of whoever logged in; `account` is whose deposit it is."""
    on_behalf_of: str = ""
    server: str = ""
    collection: str = ""
    key: str | None = None
    """What the client calls this request (Idempotency-Key)."""
    slug: str = ""
    warnings: int = 0
    replays: int = 0
    claimed_by: str = ""
    payload: str | None = None
    """The SHA-256 of its package or file, alone or within a multipart; that of the body where there is neither."""


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Holding:
    """All there is to say of a container: itself, its record (or draft), its files, its deposits and its identifiers in words."""

    container: Container
    record: Record | None
    files: tuple[File, ...]
    deposits: Sequence[Deposit]
    identifiers: tuple[tuple[str, str], ...]  # address or value, and its state in words
    withdrawn: bool = False
    reason: str = ""  # why it was returned or withdrawn
    remarks: tuple[str, ...] = ()  # what was guessed, mended or could not be taken up

    @property
    def title(self) -> str:
        if self.record is not None:
            return self.record.title.value
        named = next((d.filename for d in self.deposits if d.filename and d.sha256), None)
        return named or "Deposit in progress"


@dataclass(frozen=True, slots=True)
class Listing:
    """The containers a collection's feed lists, with their titles."""

    containers: Sequence[Container]
    titles: dict[str, str]
    next: str
    """Where the next page begins; empty where there is none."""
