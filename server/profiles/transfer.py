"""The configuration as a file: profiles without their secrets, to be read by another installation.

What is brought in is compared by name; a dry run says what would be made, changed or refused, and changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import Connection

from server.audit.log import Actor
from server.errors import Invalid, SheafError, Unavailable
from server.profiles import keeping, store
from server.profiles.keeping import Desk
from server.profiles.kind import Kind
from server.profiles.model import Contact, Naming, Profile, Wrong
from server.profiles.reading import read, secret_fields

FORMAT = "sheaf-profiles"
VERSION = 1
LARGEST = 2 * 2**20
"""Bytes of a file that is brought in."""


class Exported(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One profile as it travels."""

    kind: str
    name: str
    description: str = ""
    active: bool = True
    settings: dict[str, Any] = {}
    contacts: tuple[Contact, ...] = ()
    secrets: tuple[str, ...] = ()
    """The names of the secrets that were set; their values do not travel."""


class File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file."""

    format: Annotated[str, Meta(pattern=f"^{FORMAT}$")]
    version: Annotated[int, Meta(ge=1, le=VERSION)]
    exported: datetime
    profiles: Annotated[tuple[Exported, ...], Meta(max_length=1000)]


def exported(tx: Connection, desk: Desk) -> bytes:
    """Write all profiles as JSON, without secrets."""
    found = tuple(_exported(desk, profile) for profile in store.every(tx))
    whole = File(format=FORMAT, version=VERSION, exported=desk.clock(), profiles=found)
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def _exported(desk: Desk, profile: Profile) -> Exported:
    kind = desk.kinds.get(profile.kind)
    hidden = secret_fields(kind.settings) if kind is not None else frozenset()
    settings = {name: value for name, value in profile.document.items() if name not in hidden}
    return Exported(
        kind=profile.kind,
        name=profile.name,
        description=profile.description,
        active=profile.enabled,
        settings=settings,
        contacts=profile.contacts,
        secrets=tuple(sorted(_entered(desk, profile, hidden))),
    )


def _entered(desk: Desk, profile: Profile, hidden: frozenset[str]) -> frozenset[str]:
    """Return which secrets of a profile were set; all where it is sealed under another key and nobody can see."""
    try:
        values = msgspec.json.decode(desk.seal.open(profile.sealed)) if profile.sealed else {}
    except Unavailable:
        return hidden
    return hidden & {name for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes, or would become, of one profile of the file."""

    name: str
    kind: str
    outcome: str
    """made, changed, same or refused."""
    words: tuple[str, ...] = ()
    """What is wrong, changes, or is still missing."""


def parsed(data: bytes) -> File:
    """Read the file. Raises Invalid saying what is wrong with it."""
    remedy = "Take a file that `sheaf profile export` or the button Export wrote."
    if len(data) > LARGEST:
        raise Invalid(f"The file is larger than {LARGEST} bytes.", place="file", remedy=remedy)
    try:
        return msgspec.json.decode(data, type=File)
    except msgspec.DecodeError as error:
        raise Invalid(f"This is not a file of profiles: {error}.", place="file", remedy=remedy) from error


def bring(tx: Connection, desk: Desk, file: File, actor: Actor) -> list[Step]:
    """Make and change profiles as the file says; what is refused stays as it is, and the others are done."""
    return [_brought(tx, desk, wanted, actor) for wanted in file.profiles]


class _Undone(Exception):
    """Carries what was found out of a transaction that must leave nothing."""

    def __init__(self, steps: list[Step]) -> None:
        super().__init__()
        self.steps = steps


def rehearse(tx: Connection, desk: Desk, file: File, actor: Actor) -> None:
    """Do what `bring` does and undo it: raises _Undone, which rolls the transaction back."""
    raise _Undone(bring(tx, desk, file, actor))


async def bring_in(keeper: keeping.Keeper, data: bytes, actor: Actor, *, dry: bool) -> list[Step]:
    """Bring a file in, or say what that would do. Raises Invalid for what is no such file."""
    file = parsed(data)
    if not dry:
        return await keeper.do(bring, keeper.desk, file, actor)
    try:
        await keeper.database.write(rehearse, keeper.desk, file, actor)
    except _Undone as found:
        return found.steps
    raise AssertionError("a rehearsal undoes itself")


def _brought(tx: Connection, desk: Desk, wanted: Exported, actor: Actor) -> Step:
    point = tx.begin_nested()
    try:
        step = _done(tx, desk, wanted, actor)
    except Wrong as error:
        point.rollback()
        return Step(wanted.name, wanted.kind, "refused", tuple(_lines(error.fields)))
    except SheafError as error:
        point.rollback()
        return Step(wanted.name, wanted.kind, "refused", (f"{error.message} {error.remedy}".strip(),))
    point.commit()
    return step


def _lines(fields: Mapping[str, str]) -> Iterable[str]:
    return (f"{name}: {words}" if name else words for name, words in fields.items())


def _done(tx: Connection, desk: Desk, wanted: Exported, actor: Actor) -> Step:
    kind = desk.kinds[wanted.kind]
    if stray := secret_fields(kind.settings) & wanted.settings.keys():
        raise Wrong(dict.fromkeys(sorted(stray), "A secret does not travel in a file; enter it on the profile's page."))
    found = store.find(tx, wanted.name)
    if found is not None:
        return _changed(tx, desk, kind, found, wanted, actor)
    needed = _needed(kind)
    settings = read(kind.settings, wanted.settings | dict.fromkeys(needed, store.MISSING))
    naming = read(Naming, {"profile_name": wanted.name, "profile_description": wanted.description})
    missing = sorted(needed | secret_fields(kind.settings) & set(wanted.secrets))
    active = wanted.active and not missing
    made = keeping.make(tx, desk, kind, naming, settings, actor, enabled=active)
    if wanted.contacts:
        keeping.contact(tx, desk, made.id, wanted.contacts, actor)
    words = tuple(f"{name} is missing; enter it, then switch the profile on." for name in missing)
    return Step(wanted.name, wanted.kind, "made", words)


def _changed(tx: Connection, desk: Desk, kind: Kind, found: Profile, wanted: Exported, actor: Actor) -> Step:
    if found.kind != wanted.kind:
        raise Wrong({"kind": f"The profile of this name is of kind {found.kind}; a profile's kind cannot change."})
    before, missing = store.so_far(found, kind.settings, desk.seal)
    secrets = store.parted(before)[1] | dict.fromkeys(missing, store.MISSING)
    settings = read(kind.settings, wanted.settings | secrets)
    naming = read(Naming, {"profile_name": wanted.name, "profile_description": wanted.description})
    after = keeping.change(tx, desk, found.id, naming, settings, actor, resumes=False)
    if wanted.contacts != found.contacts:
        keeping.contact(tx, desk, found.id, wanted.contacts, actor)
    names = [name for name in after.document if after.document[name] != found.document.get(name)]
    names += ["contacts"] if wanted.contacts != found.contacts else []
    names += ["description"] if wanted.description != found.description else []
    words = [", ".join(names)] if names else []
    words += [f"It stays paused ({found.paused}) until somebody switches it on."] if found.paused else []
    return Step(wanted.name, wanted.kind, "changed" if names else "same", tuple(words))


def _needed(kind: Kind) -> frozenset[str]:
    """Return the secrets a kind cannot do without."""
    info = msgspec.inspect.type_info(kind.settings)
    assert isinstance(info, msgspec.inspect.StructType)  # noqa: S101 -- settings are a Struct
    return frozenset(found.name for found in info.fields if found.required) & secret_fields(kind.settings)
