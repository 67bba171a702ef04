"""The task that gives every work of a set a DOI, and has it registered; a work that has one keeps it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Struct
from sqlalchemy import Connection

from server.audit import log as audit
from server.audit.log import Actor
from server.db.engine import Database
from server.errors import NotFound
from server.forms.field import title
from server.identifiers import ledger
from server.identifiers.mint import ask, keep, mint, route_for
from server.identifiers.model import Agency, State
from server.identifiers.repairing import Repairer
from server.profiles import store as profiles
from server.records import lists, store
from server.registry import Registry
from server.runs.model import ItemOutcome, Outcome, Subject
from server.runs.task import Choices, Task


class RegisterSet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose works get DOIs."""

    set: Annotated[str, title("Set", "The published works of this set; profiles decide which types get DOIs, and where.")]


def task(database: Database, shelf: Registry[Agency], repairer: Repairer) -> Task[RegisterSet]:
    """Return the task."""

    def checked(tx: Connection, given: RegisterSet) -> str:
        if given.set not in lists.all_sets(tx):
            raise NotFound(f"There is no set {given.set!r}.", place="set")
        return given.set

    def belongs_to(tx: Connection, given: RegisterSet) -> None:
        checked(tx, given)

    def choices(tx: Connection) -> Choices:
        return {"set": sorted(lists.all_sets(tx))}

    def count(tx: Connection, given: RegisterSet) -> int:
        return lists.size(tx, checked(tx, given))

    def subjects(tx: Connection, given: RegisterSet, after: str, limit: int) -> Sequence[Subject]:
        found = lists.members(tx, checked(tx, given), after, limit)
        return [Subject(member.id, member.title, f"/admin/works/{member.id}") for member in found]

    async def do(subject: Subject, _given: RegisterSet, actor: Actor) -> ItemOutcome:
        found = await database.write(_doi, shelf, subject.id, actor, repairer.clock())
        if isinstance(found, ItemOutcome):
            return found
        became = await repairer.answered(found.id)
        return ItemOutcome(became.outcome, f"{found.value} {became.message}".strip())

    return Task(
        "register-set",
        "Register DOIs for a set",
        "Gives every published work of a set a DOI where a profile serves its type, and registers it. A work that has a DOI "
        "keeps it; one that is registered already, or reserved by a profile with no agency, is left as it is.",
        RegisterSet, count, subjects, do, belongs_to, choices,
    )  # fmt: skip


def _doi(tx: Connection, shelf: Registry[Agency], record_id: str, actor: Actor, now: datetime) -> ledger.Entry | ItemOutcome:
    """Return the DOI of a work that is to be registered, minted now where it had none; or why there is nothing to do."""
    stored = store.find(tx, record_id, to_change=True)
    if stored is None or stored.state is not store.State.PUBLISHED:
        return ItemOutcome(Outcome.UNCHANGED, "It is not published any more.")
    own = next((e for e in keep(tx, shelf, record_id, stored.record, now) if e.scheme == "doi"), None)
    if own is None:
        route = route_for(tx, shelf, stored.record.type)
        if route is None:
            return ItemOutcome(Outcome.UNCHANGED, "No profile that is switched on mints DOIs for its type.")
        own = mint(tx, route, record_id, stored.record.type, now)
        ask(tx, [own], shelf, now)
        said = {"doi": (None, own.value)}
        audit.note(tx, actor, "identifier.reserved", "record", record_id, now, summary=stored.record.title.value, changes=said)
    obstacle = _obstacle(tx, shelf, own)
    return ItemOutcome(Outcome.UNCHANGED, obstacle) if obstacle else own


def _obstacle(tx: Connection, shelf: Registry[Agency], own: ledger.Entry) -> str:
    """Say why nobody is asked about a DOI; empty where its agency is."""
    profile = profiles.by_id(tx, own.profile_id) if own.profile_id is not None else None
    if not own.own:
        return f"It came with {own.value}."
    if own.state in {State.REGISTERED, State.WITHDRAWN}:
        return f"{own.value} is registered already."
    if profile is None:
        return f"{own.value} is of a profile that is deleted; nobody is asked about it."
    if shelf[profile.kind].client is None:
        return f"{own.value} is reserved only: {profile.name!r} has no agency."
    return ""
