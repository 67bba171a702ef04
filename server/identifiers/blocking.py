"""An agency that refuses our account: its profile stands still, and that is told once, whoever met the refusal."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from server.events.telling import tell
from server.identifiers.causes import cause_of
from server.profiles import store as profiles
from server.profiles.model import Profile


def block(tx: Connection, profile: Profile, message: str, now: datetime, said: Mapping[str, str] | None = None) -> None:
    """Let a profile stand still, and tell of it unless that was done: whoever asks at the same moment hears the same.

    `said` is of the identifier that was asked about, where it was one. The caller holds the row of the profile's gate.
    """
    current = profiles.by_id(tx, profile.id)
    if current is not None and not current.paused:
        told = {"message": message, "cause": cause_of(message), "profile": profile.name}
        tell(tx, "identifier.blocked", (said or {}).get("value", str(profile.id)), {**(said or {}), **told}, now)
    profiles.pause(tx, profile.id, message)
