"""The tasks that make an agency agree about the identifiers of a profile, and report what it said of each: one a scheme."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Struct
from sqlalchemy import Connection

from server.audit.log import Actor
from server.db.engine import Database
from server.errors import Invalid
from server.forms.field import Choice, title
from server.identifiers import ledger
from server.identifiers.holding import UNCONFIRMED
from server.identifiers.mint import REGISTER
from server.identifiers.model import Agency, State
from server.jobs import queue
from server.jobs.model import JobState
from server.profiles import store as profiles
from server.registry import Registry
from server.runs.model import ItemOutcome, Outcome, Subject
from server.runs.task import Choices, Task

_Which = Literal["unconfirmed", "all"]

#: The states of the identifiers that are meant.
WHICH: dict[_Which, tuple[State, ...]] = {
    "unconfirmed": UNCONFIRMED,
    "all": (*UNCONFIRMED, State.REGISTERED, State.WITHDRAWN),
}


class Update(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which identifiers an agency is asked about."""

    profile: Annotated[str, title("Profile", "The profile by which the identifiers were minted.")]
    which: Annotated[
        _Which,
        title(
            "Identifiers",
            "What differs from the agency's last confirmation is sent, and nothing else.",
            choices=(
                Choice("unconfirmed", "Only those the agency has not confirmed"),
                Choice("all", "All: each is compared with what the agency confirmed last"),
            ),
        ),
    ] = "all"


#: What it means for the report that a registration did not end well.
_BAD = {JobState.DEFERRED: Outcome.WARNING, JobState.HELD: Outcome.FAILED, JobState.DEAD: Outcome.FAILED}


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the tasks: names of which scheme it sends, and what it is called."""

    scheme: str
    name: str
    title: str
    description: str


_KINDS = (
    _Kind(
        "doi",
        "update-doi-agency",
        "Update DOI Registration Agency – Research Assets",
        "Tells the agency of every work whose metadata or address is not what it confirmed last. This happens by itself soon "
        "after each change; the task catches up after an outage, and says of each identifier what the agency answers. DOIs that "
        "were migrated from another system are sent, with metadata and address, where the profile says that they are updated.",
    ),
    _Kind(
        "handle",
        "update-handles",
        "Handle update",
        "Tells the handle server of every work whose address is not what it confirmed last. This happens by itself soon after "
        "each change; the task catches up after an outage, and says of each handle what the server answers.",
    ),
)


async def ask_now(database: Database, register: Callable[[str, str], Awaitable[bool]], number: int) -> ItemOutcome:
    """Have the queue's own worker ask an agency about one identifier, and say what came of it."""
    before = await database.read(ledger.get, number)
    if not await register(REGISTER, str(number)):
        return ItemOutcome(Outcome.WARNING, "The agency is being asked about it at this moment.")
    after = await database.read(ledger.get, number)
    state, said = await database.read(queue.latest, REGISTER, str(number))
    if state in _BAD:
        return ItemOutcome(_BAD[state], said)
    same = before is not None and after is not None and before.acknowledged == after.acknowledged
    return ItemOutcome(Outcome.UNCHANGED if same else Outcome.CHANGED, said)


def tasks(database: Database, shelf: Registry[Agency], register: Callable[[str, str], Awaitable[bool]]) -> Iterator[Task[Update]]:
    """Yield the tasks; `register` has the queue's own worker ask about one identifier at once."""
    for kind in _KINDS:
        yield _task(kind, database, shelf, register)


def _task(
    kind: _Kind, database: Database, shelf: Registry[Agency], register: Callable[[str, str], Awaitable[bool]]
) -> Task[Update]:
    speaking = {agency.name for agency in shelf if agency.client is not None and agency.scheme.name == kind.scheme}

    def profile(tx: Connection, given: Update) -> int:
        found = profiles.get(tx, given.profile)
        if found.kind not in speaking:
            what = next(agency.scheme.title for agency in shelf if agency.scheme.name == kind.scheme)
            raise Invalid(f"The profile {found.name!r} registers no {what}s with an agency.", place="profile")
        return found.id

    def choices(tx: Connection) -> Choices:
        return {"profile": [found.name for found in profiles.every(tx, enabled=True) if found.kind in speaking]}

    def count(tx: Connection, given: Update) -> int:
        return ledger.count_of_profile(tx, profile(tx, given), WHICH[given.which])

    def subjects(tx: Connection, given: Update, after: str, limit: int) -> Sequence[Subject]:
        found = ledger.of_profile(tx, profile(tx, given), WHICH[given.which], int(after or 0), limit)
        return [Subject(str(entry.id), entry.value, f"/admin/identifiers/{entry.id}") for entry in found]

    async def do(subject: Subject, _given: Update, _actor: Actor) -> ItemOutcome:
        return await ask_now(database, register, int(subject.id))

    return Task(kind.name, kind.title, kind.description, Update, count, subjects, do, profile, choices)
