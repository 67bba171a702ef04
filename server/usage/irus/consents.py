"""Who agreed that IRUS is told of use, when, and to which text; and who took that back. Rows are added and never changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from server.audit.log import Actor
from server.profiles.model import Profile
from server.usage.irus.definition import CONSENT, CONSENT_VERSION, settings_of
from server.usage.irus.tables import consents


@dataclass(frozen=True, slots=True)
class Consent:
    """One word of somebody, with the text it was given to."""

    at: datetime
    who: str
    given: bool
    version: str
    text: str
    endpoint: str


def sign(tx: Connection, before: Profile | None, after: Profile, actor: Actor, now: datetime) -> None:
    """Keep it where a profile's consent was given, or taken back."""
    was = before is not None and settings_of(before.document).consent
    settings = settings_of(after.document)
    if settings.consent == was:
        return
    row = {"at": now, "account_id": actor.account_id, "who": actor.name, "given": settings.consent, "version": CONSENT_VERSION}
    tx.execute(insert(consents).values(profile_id=after.id, text=CONSENT, endpoint=settings.endpoint, **row))


def every(tx: Connection) -> list[Consent]:
    """Return all of them, the last one first."""
    columns = [consents.c[name] for name in Consent.__slots__]
    return [Consent(*row) for row in tx.execute(select(*columns).order_by(consents.c.id.desc()))]
