"""What an administrator does with profiles: make, change, switch, delete, test. The web and the command line come this way.

Each deed is one transaction: the profile, what follows from it, the audit log's line and the event stand or fall together.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

import msgspec
from aiohttp import ClientSession
from msgspec import Struct
from sqlalchemy import Connection

from server.audit.log import Actor, differences, note
from server.clock import Clock
from server.db.engine import Database, UseCase
from server.errors import Conflict, Invalid, NotFound, SheafError
from server.events.telling import tell
from server.profiles import bound, store
from server.profiles.kind import Kind, Kinds, Tested
from server.profiles.live import Live
from server.profiles.model import Contact, Naming, Profile, Wrong
from server.profiles.reading import read
from server.profiles.seal import Seal

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the deeds need beside their transaction."""

    kinds: Kinds
    seal: Seal
    clock: Clock


def make(
    tx: Connection, desk: Desk, kind: Kind, naming: Naming, settings: Struct, actor: Actor, *, enabled: bool = True
) -> Profile:
    """Make a profile. Raises Wrong with every field that must not be so, also where there may be only one of its kind."""
    wrong = _sole(tx, kind) | _refusals(tx, kind, None, naming, settings)
    if wrong:
        raise Wrong(wrong)
    now = desk.clock()
    made = store.add(tx, kind.name, naming.profile_name, settings, desk.seal, now, sole=bool(kind.single))
    store.call(tx, made.id, naming.profile_name, naming.profile_description, now)
    if not enabled:
        store.enable(tx, naming.profile_name, now, enabled=False)
    profile = store.numbered(tx, made.id)
    if kind.saved is not None:
        kind.saved(tx, profile, now)
    if kind.signed is not None:
        kind.signed(tx, profile, actor, now)
    _told(tx, actor, "profile.made", profile, now, {name: (None, value) for name, value in profile.document.items()})
    return profile


def change(
    tx: Connection,
    desk: Desk,
    number: int,
    naming: Naming,
    settings: Struct,
    actor: Actor,
    *,
    entered: AbstractSet[str] = frozenset(),
    resumes: bool = True,
) -> Profile:
    """Give a profile another name or other settings; nothing changed is no deed. Raises NotFound and Wrong.

    `entered` are the secrets somebody entered or removed just now; the others are kept, and go to no other server.
    A paused one goes on, also when it is saved as it was; unless it is not to: `resumes`.
    """
    before = existing(tx, number)
    kind = desk.kinds[before.kind]
    wrong = bound.strayed(kind, before, settings, entered, desk.seal) | _refusals(tx, kind, before, naming, settings)
    if wrong:
        raise Wrong(wrong)
    now = desk.clock()
    changes = _differences(desk, kind, before, naming, settings)
    if not changes and not (before.paused and resumes):
        return before
    store.rewrite(tx, number, settings, desk.seal, now)
    if before.paused and not resumes:
        store.pause(tx, number, before.paused)
    store.call(tx, number, naming.profile_name, naming.profile_description, now)
    profile = store.numbered(tx, number)
    if kind.saved is not None:
        kind.saved(tx, profile, now)
    if kind.signed is not None:
        kind.signed(tx, profile, actor, now)
    _told(tx, actor, "profile.changed", profile, now, changes)
    return profile


def _differences(desk: Desk, kind: Kind, before: Profile, naming: Naming, settings: Struct) -> dict[str, tuple[Any, Any]]:
    """Return what changes, field by field; of a secret only that it does."""
    document, secrets = store.parted(settings)
    changes = differences(
        {"name": before.name, "description": before.description} | before.document,
        {"name": naming.profile_name, "description": naming.profile_description} | document,
    )
    try:
        known = store.parted(store.so_far(before, kind.settings, desk.seal)[0])[1]
    except Invalid:  # of another release: whatever is entered is new
        known = {}
    return changes | {name: (None, "changed") for name, value in secrets.items() if known.get(name) != value}


def switch(tx: Connection, desk: Desk, number: int, actor: Actor, *, enabled: bool) -> Profile:
    """Switch a profile on or off; a paused one goes on. Raises NotFound, Invalid where it cannot be used as it is."""
    before = existing(tx, number)
    kind = desk.kinds[before.kind]
    if enabled:
        _, missing = store.so_far(before, kind.settings, desk.seal)
        if missing:
            raise Wrong(dict.fromkeys(missing, "It is missing; enter it first."))
        store.opened(before, kind.settings, desk.seal)
    now = desk.clock()
    profile = store.enable(tx, before.name, now, enabled=enabled)
    if enabled and kind.saved is not None:
        kind.saved(tx, profile, now)
    changes = differences({"active": before.enabled, "paused": before.paused}, {"active": enabled, "paused": None})
    _told(tx, actor, "profile.switched-on" if enabled else "profile.switched-off", profile, now, changes)
    return profile


def contact(tx: Connection, desk: Desk, number: int, contacts: Sequence[Contact], actor: Actor) -> None:
    """Set the people to ask about a profile. Raises NotFound."""
    before = existing(tx, number)
    now = desk.clock()
    store.set_contacts(tx, number, contacts, now)
    pair = (msgspec.to_builtins(before.contacts), msgspec.to_builtins(tuple(contacts)))
    if pair[0] != pair[1]:
        _told(tx, actor, "profile.changed", before, now, {"contacts": pair})


def delete(tx: Connection, desk: Desk, number: int, actor: Actor) -> Profile:
    """Delete a profile and its secrets; what it did stays readable. Raises NotFound."""
    before = existing(tx, number)
    now = desk.clock()
    store.remove(tx, before.name, now)
    kind = desk.kinds.get(before.kind)  # None for one that only another release knows: it can be deleted too
    if kind is not None and kind.deleted is not None:
        kind.deleted(tx, before)
    if kind is not None and kind.signed is not None:
        kind.signed(tx, replace(before, deleted=now), actor, now)
    note(tx, actor, "profile.deleted", "profile", str(number), now, summary=before.name)
    tell(tx, "profile.deleted", str(number), {"name": before.name, "kind": before.kind, "by": actor.name}, now)
    return before


def existing(tx: Connection, number: int) -> Profile:
    """Return a profile that was not deleted; raises NotFound."""
    found = store.by_id(tx, number)
    if found is None:
        raise NotFound("There is no such profile, or it was deleted.", remedy="The list shows those there are.")
    return found


def _sole(tx: Connection, kind: Kind) -> dict[str, str]:
    """Return why there cannot be another profile of a kind; nothing where there can."""
    there = kind.single and any(profile.kind == kind.name for profile in store.every(tx))
    return {"": kind.single} if there else {}


def _refusals(tx: Connection, kind: Kind, before: Profile | None, naming: Naming, settings: Struct) -> dict[str, str]:
    """Return what must not be, by field: a name that is taken, and what the kind itself refuses."""
    wrong = {}
    taken = store.find(tx, naming.profile_name)
    if taken is not None and (before is None or taken.id != before.id):
        wrong["profile_name"] = f"There is another profile {naming.profile_name!r}."
    if kind.guard is not None:
        try:
            kind.guard(tx, before, settings)
        except Wrong as error:
            wrong |= error.fields
        except SheafError as error:
            wrong[error.place] = f"{error.message} {error.remedy}".strip()
    return wrong


def _told(
    tx: Connection, actor: Actor, deed: str, profile: Profile, now: datetime, changes: Mapping[str, tuple[Any, Any]]
) -> None:
    note(tx, actor, deed, "profile", str(profile.id), now, summary=profile.name, changes=changes)
    about = {"name": profile.name, "kind": profile.kind, "active": profile.enabled, "changed": sorted(changes), "by": actor.name}
    tell(tx, "profile.saved", str(profile.id), about, now)


def put(tx: Connection, desk: Desk, kind: Kind, name: str, values: Mapping[str, Any], actor: Actor) -> Profile:
    """Make the profile of a name or change it by plain values; what it holds stays where none is given.

    A secret follows to no other server: it is given again with that. Raises Wrong, and Conflict where the name is a profile's of
    another kind.
    """
    found = store.find(tx, name)
    if found is not None and found.kind != kind.name:
        raise Conflict(f"The profile {name!r} is of kind {found.kind}; a profile's kind cannot change.", place="kind")
    if found is None and (sole := _sole(tx, kind)):  # said before anything is asked for
        raise Wrong(sole)
    before = {} if found is None else _as_it_was(desk, kind, found)
    remedy = f"`sheaf profile kinds` lists the settings of {kind.title}."
    settings = read(kind.settings, before | dict(values), remedy=remedy)
    naming = read(Naming, {"profile_name": name, "profile_description": found.description if found else ""})
    if found is None:
        return make(tx, desk, kind, naming, settings, actor)
    return change(tx, desk, found.id, naming, settings, actor, entered=values.keys())


def _as_it_was(desk: Desk, kind: Kind, profile: Profile) -> dict[str, Any]:
    settings, missing = store.so_far(profile, kind.settings, desk.seal)
    document, secrets = store.parted(settings)
    return {name: value for name, value in (document | secrets).items() if name not in missing}


@dataclass(frozen=True, slots=True)
class Keeper:
    """The deeds as a process of ours does them: written, known to it at once, and the worker called."""

    database: Database
    desk: Desk
    live: Live
    session: ClientSession
    wake: Callable[[], None]

    @property
    def kinds(self) -> Kinds:
        return self.desk.kinds

    async def do(self, deed: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do a deed (its arguments after `tx`; the desk is not added). Raises what the deed raises."""
        try:
            done = await self.database.write(deed, *args, **kwargs)
        except Conflict as error:
            if error.code != "taken":
                raise
            done = await self.database.write(
                deed, *args, **kwargs
            )  # somebody was first; now the deed sees that and says it in words
        await self.live.look()
        self.wake()
        return done

    async def test(self, number: int) -> Tested:
        """Ask the other side whether it would work with a profile; remember its words. Raises NotFound and Invalid."""
        profile = await self.database.read(existing, number)
        kind = self.kinds[profile.kind]
        if kind.test is None:
            return Tested(agrees=True, message="There is nobody to ask: this kind of profile speaks to no other system.")
        found = await kind.test(store.opened(profile, kind.settings, self.desk.seal), self.session)
        await self.database.write(store.heard, number, found.message, self.desk.clock(), agrees=found.agrees)
        return found
