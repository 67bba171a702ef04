"""The identifier core in values: what is minted, what an agency should say of it, and what it said."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Protocol

from msgspec import Struct

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
    GIVEN_UP = "given-up"  # turned out to be another's; kept so that it is never minted again


#: Which state may follow which. A walk through this table ends in registered, withdrawn, external or given up, or waits
#: for a person.
MOVES: dict[State, frozenset[State]] = {
    State.RESERVED: frozenset({State.SUBMITTED, State.REGISTERED, State.REJECTED, State.BLOCKED, State.WITHDRAWN}),
    State.SUBMITTED: frozenset({State.SUBMITTED, State.REGISTERED, State.REJECTED, State.BLOCKED, State.WITHDRAWN}),
    State.REGISTERED: frozenset({State.SUBMITTED, State.REGISTERED, State.REJECTED, State.BLOCKED, State.WITHDRAWN}),
    State.REJECTED: frozenset(
        {
            State.SUBMITTED,
            State.REGISTERED,
            State.REJECTED,
            State.BLOCKED,
            State.WITHDRAWN,
            State.GIVEN_UP,
        }
    ),
    State.BLOCKED: frozenset({State.SUBMITTED, State.REGISTERED, State.REJECTED, State.BLOCKED, State.WITHDRAWN}),
    State.WITHDRAWN: frozenset({State.WITHDRAWN, State.SUBMITTED, State.REGISTERED, State.REJECTED, State.BLOCKED}),
    State.EXTERNAL: frozenset({State.EXTERNAL}),
    State.GIVEN_UP: frozenset({State.EXTERNAL}),  # a work comes with it
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
    """The agency's own metadata document, judged by its schema before it is sent where there is a copy of that."""
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
    addresses: frozenset[str] = frozenset()
    """Where it was to lead by what was sent of it before: what leads there is ours, whatever became of the answer."""
    known: bool = False
    """Whether the agency has confirmed it before, or it was taken over, so that it is ours wherever it leads."""


class Calls(Protocol):
    """Whoever speaks to an agency, and counts how often."""

    @property
    def calls(self) -> int:
        """How many requests were made so far, answered or not."""
        ...


class Client(Calls, Protocol):
    """One account at one agency."""

    async def agree(self, desired: Desired, ticket: Ticket) -> Confirmed | Failed | Pending:
        """Make the agency agree about one identifier, whatever it knew before. Never raises for what an agency may do."""
        ...

    async def test(self) -> Confirmed | Failed:
        """Ask the agency whether it knows this account, without changing anything."""
        ...


Facts = Mapping[str, tuple[str, ...]]
"""Metadata by field, in a form in which what we send and what an agency makes of it are the same where they mean the same."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an agency says of an identifier."""

    value: str
    url: str | None
    """Where it leads; None in a list that does not say."""
    state: str = ""
    """An AgencyState where it is one, else the agency's own word; empty where it knows no states."""
    facts: Facts | None = None
    """None where it was not asked for metadata, or keeps none."""
    document: bytes = b""
    """The metadata as we once sent them, where the agency keeps them so."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of what an agency says it knows of ours, and the cursor of the next; none at the end."""

    told: tuple[Told, ...]
    cursor: str = ""
    total: int | None = None
    calls: int = 1
    """How often the agency was called for this page."""


class Pointer(Calls, Protocol):
    """The side of an account at an agency that lets a name lead elsewhere and changes nothing else."""

    async def point(self, value: str, url: str) -> Confirmed | Failed:
        """Let a name the agency knows lead to an address; the caller has seen that it knows it."""
        ...


class Reader(Calls, Protocol):
    """The reading side of an account at an agency. It changes nothing, and never raises for what an agency may do."""

    lists: bool
    """Whether it can say which identifiers there are; else they are asked after one by one."""
    lag: timedelta
    """How far what is read of one identifier may be behind what the agency confirmed."""

    def facts(self, document: bytes) -> Facts:
        """Return what the agency would say of a metadata document of ours."""
        ...

    async def look(self, value: str) -> Told | Failed | None:
        """Ask what the agency says of one identifier; None where it knows none of that name."""
        ...

    async def every(self, cursor: str) -> Listed | Failed:
        """Ask for the next page of the identifiers under the account's prefix; the first with an empty cursor."""
        ...


class Rules(Protocol):
    """What every scheme's rules say; the rest its own class, a Struct, knows."""

    __struct_fields__: ClassVar[tuple[str, ...]]

    @property
    def prefix(self) -> str:
        """Whatever every name begins with."""
        ...

    @property
    def start(self) -> int:
        """The least number that is used."""
        ...

    @property
    def types(self) -> tuple[str, ...]:
        """The categories and types that are served; none means all."""
        ...


def serves(rules: Rules, type_code: str) -> bool:
    """Say whether a profile is responsible for a type: it or its category is named, or none is."""
    return not rules.types or bool({type_code, category_of(type_code)} & set(rules.types))


def category_of(type_code: str) -> str:
    return type_code.partition(".")[0]


def check_types(codes: Iterable[str]) -> None:
    """Raise ValueError for what is neither a type nor a category."""
    for code in codes:
        if code not in TYPES and code not in CATEGORIES:
            raise ValueError(f"there is no type or category {code!r}; categories: {', '.join(CATEGORIES)}")


class Drafts(Protocol):
    """An agency at which a name can be tried out: made known to nobody, and removed again."""

    async def make_draft(self, value: str) -> Confirmed | Failed:
        """Make a draft under a name."""
        ...

    async def delete_draft(self, value: str) -> Confirmed | Failed:
        """Remove it again."""
        ...


#: Every category, which stands for all its types, with its types.
KINDS_OF_WORK = tuple(
    Group(name, tuple(Choice(row.code, row.label) for row in TYPES.values() if row.category == code), value=code)
    for code, name in CATEGORIES.items()
)

Types = Annotated[
    tuple[str, ...],
    title(
        "Asset categories and types",
        "The categories or types this agency serves; none chosen means all.",
        choices=KINDS_OF_WORK,
    ),
]


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of names: how they are compared, and how ours are composed of a profile's rules, a type and a number."""

    name: str
    title: str
    rules: type[Rules]
    """The class of its rules, which the settings of its agencies begin with."""
    normal: Callable[[str], str]
    """Returns a name as it is compared, however it was written; raises Invalid where it is none."""
    compose: Callable[[Any, str, int], str]
    """Takes rules, the code of a type and a number."""
    series: Callable[[Any, str], str]
    """Returns what the names of a type are told apart by, before their number; empty where they all count together."""
    sequence_name: Callable[[Any, str], str]
    """Returns the name of the counter a type's numbers come from."""
    stem: Callable[[str], str]
    """Returns what each name under a profile's prefix begins with, as it is compared."""
    outgrown: Callable[[Any, int], str] = field(default=lambda _rules, _number: "")
    """Says what a number does to the form of the names; empty where it fits."""
    is_sole: bool = True
    """Whether a name belongs to one work alone, so that another that comes with it is refused."""


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
    """One registration agency: what it registers, the class of its profile's settings, and how a client is made of them."""

    name: str
    title: str
    scheme: Scheme
    account: type[Struct]
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
    reads: Callable[[Any, Any], Reader] | None = None
    """Takes what `client` takes; None for an agency that cannot be asked what it knows."""
    drafts: Callable[[Any, Any], Drafts] | None = None
    """Takes what `client` takes; None for an agency from which nothing can be removed again."""
    points: Callable[[Any, Any], Pointer] | None = None
    """Takes what `client` takes; None for an agency that takes an address with all the metadata only."""
    paces: Mapping[str, Pace] = field(default_factory=dict)
    """How often it may be asked, by environment."""
    is_entered: bool = False
    """Whether people enter its address; else that is fixed."""
    first_calls: int = 1
    """How many calls it mostly takes until it agrees about a name it has not confirmed before."""
    later_calls: int = 1
    """How many it takes after that."""

    def pace(self, environment: str) -> Pace:
        """Return how often it may be asked in an environment."""
        return self.paces.get(environment, PACE)
