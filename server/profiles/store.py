"""Integration profiles in the database: a kind, its settings as a document, its secrets sealed beside it."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, RowMapping, insert, select, update

from server.errors import Conflict, Invalid, NotFound
from server.profiles.model import Profile
from server.profiles.seal import Seal
from server.profiles.tables import profiles

VERSION = 1


def secret_fields(settings: type[Struct]) -> frozenset[str]:
    """Return the names of a settings class's fields that are secrets (`extra={"secret": True}`)."""
    info = msgspec.inspect.type_info(settings)
    if not isinstance(info, msgspec.inspect.StructType):
        raise TypeError("settings are a Struct")
    return frozenset(
        f.name for f in info.fields if isinstance(f.type, msgspec.inspect.Metadata) and (f.type.extra or {}).get("secret")
    )


def allowed(kind: msgspec.inspect.Type) -> tuple[object, ...]:
    """Return the values a field can have where they are few, else nothing."""
    inner = kind.type if isinstance(kind, msgspec.inspect.Metadata) else kind
    return tuple(inner.values) if isinstance(inner, msgspec.inspect.LiteralType) else ()


def explained(settings: type[Struct], path: str) -> str:
    """Say what a field of a settings class takes, by the path msgspec names: `$.prefix`."""
    info = msgspec.inspect.type_info(settings)
    name = path.removeprefix("$.").partition("[")[0].partition(".")[0]
    for found in info.fields if isinstance(info, msgspec.inspect.StructType) else ():
        if found.name == name:
            said = (found.type.extra_json_schema or {}) if isinstance(found.type, msgspec.inspect.Metadata) else {}
            values = f" One of: {', '.join(map(str, allowed(found.type)))}." if allowed(found.type) else ""
            return f"{said.get('title', name)}: {said.get('description', '')}{values}"
    return ""


def save(tx: Connection, kind: str, name: str, settings: Struct, seal: Seal, now: datetime) -> Profile:
    """Make a profile or give it new settings.

    Raises Conflict where the name belongs to another kind, for a kind can never change.
    """
    fields: dict[str, Any] = msgspec.to_builtins(settings)
    secrets = {key: fields.pop(key) for key in secret_fields(type(settings)) & fields.keys()}
    values = {
        "document": msgspec.json.encode(fields).decode(),
        "secrets": seal.close(msgspec.json.encode(secrets)),
        "version": VERSION,
        "paused": None,
        "changed": now,
    }
    found = find(tx, name)
    if found is None:
        tx.execute(insert(profiles).values(kind=kind, name=name, enabled=True, created=now, **values))
    elif found.kind != kind:
        raise Conflict(f"The profile {name!r} is of kind {found.kind}; a profile's kind cannot change.", place="kind")
    else:
        tx.execute(update(profiles).where(profiles.c.id == found.id).values(values))
    return get(tx, name)


def opened(profile: Profile, settings: type[Struct], seal: Seal) -> Any:
    """Return a profile's settings, secrets opened. Raises Invalid where this release cannot read them."""
    fields = profile.document | msgspec.json.decode(seal.open(profile.sealed))
    try:
        return msgspec.convert(fields, settings)
    except msgspec.ValidationError as error:
        raise Invalid(
            f"The profile {profile.name!r} cannot be read: {error}.", place="profile", remedy="Enter its settings again."
        ) from error


def find(tx: Connection, name: str) -> Profile | None:
    """Return a profile by name, or None; a deleted one has no name any more."""
    row = tx.execute(select(profiles).where(profiles.c.name == name, profiles.c.deleted.is_(None))).mappings().one_or_none()
    return None if row is None else _profile(row)


def get(tx: Connection, name: str) -> Profile:
    """Return a profile by name; raises NotFound."""
    found = find(tx, name)
    if found is None:
        raise NotFound(f"There is no profile {name!r}.", place="name", remedy="`sheaf profile list` shows them.")
    return found


def by_id(tx: Connection, number: int) -> Profile | None:
    row = tx.execute(select(profiles).where(profiles.c.id == number, profiles.c.deleted.is_(None))).mappings().one_or_none()
    return None if row is None else _profile(row)


def every(tx: Connection, *, enabled: bool | None = None) -> list[Profile]:
    """Return the profiles in the order they were made."""
    query = select(profiles).where(profiles.c.deleted.is_(None)).order_by(profiles.c.id)
    if enabled is not None:
        query = query.where(profiles.c.enabled == enabled)
    return [_profile(row) for row in tx.execute(query).mappings()]


def enable(tx: Connection, name: str, now: datetime, *, enabled: bool) -> Profile:
    """Switch a profile on or off; a paused one goes on. Raises NotFound."""
    found = get(tx, name)
    tx.execute(update(profiles).where(profiles.c.id == found.id).values(enabled=enabled, paused=None, changed=now))
    return found


def pause(tx: Connection, number: int, reason: str) -> None:
    """Let a profile's work stand still until somebody changes it."""
    tx.execute(update(profiles).where(profiles.c.id == number).values(paused=reason))


def remove(tx: Connection, name: str, now: datetime) -> None:
    """Delete a profile and its secrets; its row stays, so that what it minted knows whose it was. Raises NotFound."""
    found = get(tx, name)
    values = {"deleted": now, "changed": now, "enabled": False, "secrets": b""}
    tx.execute(update(profiles).where(profiles.c.id == found.id).values(values))


def _profile(row: RowMapping) -> Profile:
    return Profile(
        row["id"], row["kind"], row["name"], row["enabled"], msgspec.json.decode(row["document"]), row["secrets"], row["paused"]
    )
