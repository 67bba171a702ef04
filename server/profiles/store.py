"""Integration profiles in the database: a kind, its settings as a document, its secrets sealed beside it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, insert, select, update

from server.db.statement import Statement
from server.errors import Conflict, Invalid, NotFound, Unavailable
from server.profiles.model import Contact, Heard, Profile
from server.profiles.reading import defaults, secret_fields
from server.profiles.seal import Seal
from server.profiles.tables import profiles

VERSION = 1

#: What stands for a secret that a kind cannot do without and nobody has entered yet; it is never stored.
MISSING = "not-entered-yet"


def parted(settings: Struct) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part settings, as JSON gives them back, into what may be seen and what is secret; a missing secret is left out."""
    fields: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(settings))
    secrets = {key: fields.pop(key) for key in secret_fields(type(settings)) & fields.keys()}
    return fields, {key: value for key, value in secrets.items() if value != MISSING}


def save(tx: Connection, kind: str, name: str, settings: Struct, seal: Seal, now: datetime, *, sole: bool = False) -> Profile:
    """Make a profile or give the one of this name new settings. `sole`: there may be only one of its kind.

    Raises Conflict where the name belongs to another kind, for a kind can never change.
    """
    found = find(tx, name)
    if found is None:
        add(tx, kind, name, settings, seal, now, sole=sole)
    elif found.kind != kind:
        raise Conflict(f"The profile {name!r} is of kind {found.kind}; a profile's kind cannot change.", place="kind")
    else:
        rewrite(tx, found.id, settings, seal, now)
    return get(tx, name)


def add(tx: Connection, kind: str, name: str, settings: Struct, seal: Seal, now: datetime, *, sole: bool = False) -> Profile:
    """Make a profile, switched on. Its name, and its kind where it is the `sole` one, must be free."""
    row = {"kind": kind, "name": name, "enabled": True, "created": now, "sole": kind if sole else None}
    number = tx.execute(insert(profiles).values(row | _written(settings, seal, now)).returning(profiles.c.id)).scalar_one()
    return numbered(tx, number)


def rewrite(tx: Connection, number: int, settings: Struct, seal: Seal, now: datetime) -> Profile:
    """Give a profile new settings; a paused one goes on. Secrets that stay as they are stay sealed as they are."""
    values = _written(settings, seal, now)
    before = tx.execute(select(profiles.c.secrets).where(profiles.c.id == number).with_for_update()).scalar_one()
    with suppress(Unavailable):
        if seal.open(before) == seal.open(values["secrets"]):
            del values["secrets"]
    tx.execute(update(profiles).where(profiles.c.id == number).values(values))
    return numbered(tx, number)


def _written(settings: Struct, seal: Seal, now: datetime) -> dict[str, Any]:
    fields, secrets = parted(settings)
    return {
        "document": msgspec.json.encode(fields).decode(),
        "secrets": seal.close(msgspec.json.encode(secrets)),
        "version": VERSION,
        "paused": None,
        "changed": now,
    }


def call(tx: Connection, number: int, name: str, description: str, now: datetime) -> None:
    """Give a profile a name and a description."""
    tx.execute(update(profiles).where(profiles.c.id == number).values(name=name, description=description, changed=now))


def set_contacts(tx: Connection, number: int, contacts: Sequence[Contact], now: datetime) -> None:
    values = {"contacts": msgspec.json.encode(contacts).decode(), "changed": now}
    tx.execute(update(profiles).where(profiles.c.id == number).values(values))


def opened(profile: Profile, settings: type[Struct], seal: Seal) -> Any:
    """Return a profile's settings, secrets opened. Raises Invalid where this release cannot read them."""
    secrets = msgspec.json.decode(seal.open(profile.sealed)) if profile.sealed else {}
    try:
        return msgspec.convert(profile.document | secrets, settings)
    except msgspec.ValidationError as error:
        raise Invalid(
            f"The profile {profile.name!r} cannot be read: {error}.", place="profile", remedy="Enter its settings again."
        ) from error


def so_far(profile: Profile, settings: type[Struct], seal: Seal) -> tuple[Any, tuple[str, ...]]:
    """Return a profile's settings as far as they can be read, and the secrets that must be entered: those stand empty.

    Raises Invalid where this release cannot read the rest of them.
    """
    try:
        secrets = msgspec.json.decode(seal.open(profile.sealed)) if profile.sealed else {}
    except Unavailable:
        secrets = {}
    missing = tuple(sorted(name for name in secret_fields(settings) - secrets.keys() if defaults(settings)[name] is None))
    found = opened(
        replace(profile, document=profile.document | secrets | dict.fromkeys(missing, MISSING), sealed=b""), settings, seal
    )
    for name in missing:
        msgspec.structs.force_setattr(found, name, "")
    return found, missing


def find(tx: Connection, name: str) -> Profile | None:
    """Return a profile by name, or None; a deleted one has no name any more."""
    return _one(tx, profiles.c.name == name, profiles.c.deleted.is_(None))


def get(tx: Connection, name: str) -> Profile:
    """Return a profile by name; raises NotFound."""
    found = find(tx, name)
    if found is None:
        raise NotFound(f"There is no profile {name!r}.", place="name", remedy="`sheaf profile list` shows them.")
    return found


def by_id(tx: Connection, number: int) -> Profile | None:
    """Return a profile by its number, or None; not a deleted one."""
    return _one(tx, profiles.c.id == number, profiles.c.deleted.is_(None))


def numbered(tx: Connection, number: int) -> Profile:
    """Return a profile by its number, also a deleted one; raises NotFound."""
    found = _one(tx, profiles.c.id == number)
    if found is None:
        raise NotFound("There is no such profile.", remedy="The list shows those there are.")
    return found


def _one(tx: Connection, *conditions: Any) -> Profile | None:
    row = tx.execute(select(profiles).where(*conditions)).mappings().one_or_none()
    return None if row is None else _profile(row)


def every(tx: Connection, *, enabled: bool | None = None) -> list[Profile]:
    """Return the profiles in the order they were made."""
    return [_profile(row) for row in _EVERY[enabled].mappings(tx, {})]


_ALL = select(profiles).where(profiles.c.deleted.is_(None)).order_by(profiles.c.id)
_EVERY = {
    None: Statement(_ALL), True: Statement(_ALL.where(profiles.c.enabled)), False: Statement(_ALL.where(~profiles.c.enabled)),
}  # fmt: skip


def enabled(tx: Connection, kinds: Sequence[str]) -> list[Profile]:
    """Return the enabled profiles of some kinds in the order they were made."""
    return [_profile(row) for row in _ENABLED.mappings(tx, {"kinds": kinds})]


_ENABLED = Statement(_ALL.where(profiles.c.enabled, profiles.c.kind.in_(bindparam("kinds", expanding=True))))


def numbers(tx: Connection, kinds: Sequence[str]) -> frozenset[int]:
    """Return the numbers of all profiles of some kinds: also of those that are switched off or deleted."""
    return frozenset(_NUMBERS.values(tx, {"kinds": kinds}))


_NUMBERS = Statement(select(profiles.c.id).where(profiles.c.kind.in_(bindparam("kinds", expanding=True))))


def of_kind(tx: Connection, kind: str) -> list[Profile]:
    """Return the profiles of a kind, deleted ones too, in the order they were made."""
    query = select(profiles).where(profiles.c.kind == kind).order_by(profiles.c.id)
    return [_profile(row) for row in tx.execute(query).mappings()]


def hold(tx: Connection, kind: str) -> None:
    """Wait for whoever changes a profile of a kind, and let nobody else change one before the transaction ends."""
    tx.execute(select(profiles.c.id).where(profiles.c.kind == kind).order_by(profiles.c.id).with_for_update()).all()


def gone(tx: Connection, limit: int = 100) -> list[Profile]:
    """Return the profiles that were deleted, the last one first."""
    query = select(profiles).where(profiles.c.deleted.is_not(None)).order_by(profiles.c.deleted.desc()).limit(limit)
    return [_profile(row) for row in tx.execute(query).mappings()]


def enable(tx: Connection, name: str, now: datetime, *, enabled: bool) -> Profile:
    """Switch a profile on or off; a paused one goes on. Raises NotFound."""
    found = get(tx, name)
    tx.execute(update(profiles).where(profiles.c.id == found.id).values(enabled=enabled, paused=None, changed=now))
    return numbered(tx, found.id)


def pause(tx: Connection, number: int, reason: str) -> None:
    """Let a profile's work stand still until somebody changes it."""
    tx.execute(update(profiles).where(profiles.c.id == number).values(paused=reason))


def heard(tx: Connection, number: int, words: str, now: datetime, *, agrees: bool) -> None:
    """Remember what the other side said last, when it agreed or when it did not."""
    what = "succeeded" if agrees else "failed"
    tx.execute(update(profiles).where(profiles.c.id == number).values({what: now, f"{what}_words": words[:5000]}))


def remove(tx: Connection, name: str, now: datetime) -> None:
    """Delete a profile and its secrets; its row stays, so that what it minted knows whose it was. Raises NotFound."""
    found = get(tx, name)
    values = {"deleted": now, "changed": now, "enabled": False, "secrets": b""}
    tx.execute(update(profiles).where(profiles.c.id == found.id).values(values))


def _profile(row: Mapping[Any, Any]) -> Profile:
    return Profile(
        row["id"],
        row["kind"],
        row["name"],
        row["enabled"],
        msgspec.json.decode(row["document"]),
        row["secrets"],
        row["paused"],
        row["description"],
        msgspec.json.decode(row["contacts"], type=tuple[Contact, ...]),
        row["created"],
        row["changed"],
        row["deleted"],
        None if row["succeeded"] is None else Heard(row["succeeded"], row["succeeded_words"]),
        None if row["failed"] is None else Heard(row["failed"], row["failed_words"]),
    )
