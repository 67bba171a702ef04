"""The identifier core in values: what is minted, what an agency should say of it, and what it said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Protocol

from msgspec import Meta, Struct

from server.forms.field import Choice, Group, title
from server.metadata.work import Work
from server.records.vocabulary import CATEGORIES, TYPES


class State(StrEnum):
    """How far an identifier has come, in our words.

    reserved → submitted → registered → withdrawn; rejected and blocked wait for somebody. See MOVES.
    """

    RESERVED = "reserved"  # the name is ours and burnt; no agency knows it
    SUBMITTED = "submitted"  # sent or being sent; the agency has not confirmed what we want
    REGISTERED = "registered"  # the agency confirmed it, and it resolves to the item page
    REJECTED = "rejected"  # the agency refuses the metadata; waits for a change of the record
    BLOCKED = "blocked"  # the agency refuses our account; waits for the profile to be mended
    WITHDRAWN = "withdrawn"  # the work was withdrawn; the agency hides it and it resolves to the tombstone
    EXTERNAL = "external"  # came with the work; somebody else's to register


#: Which state may follow which. A walk through this table ends in registered, withdrawn or external, or waits for a person.
MOVES: dict[State, frozenset[State]] = {
    State.RESERVED: frozenset({State.SUBMITTED, State.REGISTERED, State.REJECTED, State.BLOCKED, State.WITHDRAWN}),
    State.SUBMITTED: frozenset({State.SUBMITTED, State.REGISTERED, State.REJECTED, State.BLOCKED, State.WITHDRAWN}),
    State.REGISTERED: frozenset({State.SUBMITTED, State.REGISTERED, State.REJECTED, State.BLOCKED, State.WITHDRAWN}),
    State.REJECTED: frozenset({State.SUBMITTED, State.REGISTERED, State.REJECTED, State.BLOCKED, State.WITHDRAWN}),
    State.BLOCKED: frozenset({State.SUBMITTED, State.REGISTERED, State.REJECTED, State.BLOCKED, State.WITHDRAWN}),
    State.WITHDRAWN: frozenset({State.WITHDRAWN, State.SUBMITTED, State.REGISTERED, State.REJECTED, State.BLOCKED}),
    State.EXTERNAL: frozenset({State.EXTERNAL}),
}


class Fault(StrEnum):
    """Why an agency does not agree, and so what happens next."""

    TRANSIENT = "transient"  # no connection, time-out, 408, 425, 429, 5xx: asked again later, without limit
    CREDENTIALS = "credentials"  # 401, 403: the profile is paused, its identifiers wait
    REJECTED = "rejected"  # 400, 404, 405, 422: waits until the record or the profile changes
    UNKNOWN = "unknown"  # the answer was lost or makes no sense: asked before it is sent again


class AgencyState(StrEnum):
    """What we want an agency to say of an identifier."""

    FINDABLE = "findable"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Desired:
    """What the agency should know: computed from the record as it is now, never stored as a payload."""

    value: str
    url: str
    state: AgencyState
    metadata: bytes
    """The agency's own metadata document, validated before it is sent."""
    refusal: str = ""
    """What the agency would refuse of the work, in terms of its fields; then there is no document, and nothing is sent."""
    version: int | None = None
    """Of the record it was computed from."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The agency agrees: its state and address for the identifier are what was desired, and it resolves."""

    status: int
    answer: str
    """The body of the agency's answer as it came, secrets redacted."""
    remark: str = ""
    """What the agency adds although it agrees: one sentence, for whoever keeps the repository."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The agency does not agree (yet)."""

    fault: Fault
    message: str
    """One sentence for a human, with the agency's own words."""
    status: int | None = None
    answer: str = ""
    retry_after: float | None = None
    """Seconds, where the agency named them."""
    above: int = 0
    """The stamp the agency knows of another submission, where it wants a greater one."""


@dataclass(frozen=True, slots=True)
class Pending:
    """The agency has taken what was sent and will say later what it makes of it."""

    message: str
    wait: float
    """Seconds after which it is asked."""
    status: int | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What makes one submission one: agencies that work through a queue are asked by it."""

    submission: int
    """Its number, which no other submission has."""
    stamp: int
    """Seventeen digits (a moment in UTC, to the millisecond), greater than with any submission of this identifier before."""
    waiting: bool = False
    """Whether it was sent already, so that the agency is only asked what it made of it; else it is sent."""
    age: timedelta = timedelta(0)
    """How long ago it was sent, where it was."""


class Client(Protocol):
    """One account at one agency."""

    async def agree(self, desired: Desired, ticket: Ticket) -> Confirmed | Failed | Pending:
        """Make the agency agree about one identifier, whatever it knew before. Never raises for what an agency may do."""
        ...

    async def test(self) -> Confirmed | Failed:
        """Ask the agency whether it knows this account, without changing anything."""
        ...


#: Every category, which stands for all its types, with its types.
_KINDS_OF_WORK = tuple(
    Group(name, tuple(Choice(row.code, row.label) for row in TYPES.values() if row.category == code), value=code)
    for code, name in CATEGORIES.items()
)


class Label(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A suffix label and the categories or types (codes) that get it."""

    types: Annotated[
        tuple[str, ...], title("Categories and types", "A category stands for all its types.", choices=_KINDS_OF_WORK)
    ]
    label: Annotated[
        str,
        Meta(pattern=r"^[a-zA-Z0-9.\-_;()/]+$", max_length=100),
        title("Label", "Stands between prefix and number.", rule="may hold letters A to Z, digits and . - _ ; ( ) / only"),
    ]


class DoiRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an agency's DOIs are formed: prefix `/` label `.` zero-filled number; without a label just the number."""

    prefix: Annotated[
        str,
        Meta(pattern=r"^10\.\d{4,9}$"),
        title("DOI prefix", "Assigned by the agency; starts with 10.", rule="starts with 10. and 4 to 9 digits, such as 10.1234"),
    ]
    start: Annotated[int, Meta(ge=1), title("Suffix starting number", "The first free number from here on is used.")] = 1
    padding: Annotated[
        int, Meta(ge=1, le=9), title("Padding", "Total digits of the number, zero-filled; a larger number grows.")
    ] = 8
    labels: Annotated[
        tuple[Label, ...], title("Suffix labels", "Categories or types and the label their DOIs get.", one="Label")
    ] = ()
    researchers_reserve: Annotated[
        bool, title("Allow researchers to reserve DOIs", "For their own works, before these are approved.")
    ] = False
    types: Annotated[
        tuple[str, ...],
        title(
            "Asset categories and types",
            "The categories or types this agency serves; none chosen means all.",
            choices=_KINDS_OF_WORK,
        ),
    ] = ()

    def __post_init__(self) -> None:
        for code in [*self.types, *(code for label in self.labels for code in label.types)]:
            if code not in TYPES and code not in CATEGORIES:
                raise ValueError(f"there is no type or category {code!r}; categories: {', '.join(CATEGORIES)}")


@dataclass(frozen=True, slots=True)
class Pace:
    """How often an agency may be asked: so many calls in so many seconds, and so many of them at once."""

    calls: int
    seconds: float
    burst: int


PACE = Pace(300, 300.0, 30)
"""How often an agency is asked that says nothing of it."""


@dataclass(frozen=True, slots=True)
class Agency:
    """One registration agency: its name, the class of its profile's settings, and how a client is made of them."""

    name: str
    title: str
    scheme: str
    account: type[DoiRules]
    client: Callable[[Any, Any], Client] | None
    """Takes the account settings and the aiohttp client session all agencies share; None for one that only reserves."""
    description: str = ""
    """One sentence for the list of profile types."""
    metadata: str = field(default="datacite")
    """The format (its prefix) in which the agency wants its metadata."""
    document: Callable[[Work, Any, AgencyState], bytes] | None = None
    """Writes what the agency wants for an account, where that is no format; raises Invalid for what it would refuse."""
    barred: frozenset[str] = frozenset()
    """Types it registers for no repository; works of these types never come to it."""
    most_waiting: int | None = None
    """How many submissions it may be working at before it is sent more."""
    paces: Mapping[str, Pace] = field(default_factory=dict)
    """How often it may be asked, by environment."""

    def pace(self, environment: str) -> Pace:
        """Return how often it may be asked in an environment."""
        return self.paces.get(environment, PACE)
