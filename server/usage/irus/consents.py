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


def sign(tx: Connection, profile: Profile, actor: Actor, now: datetime) -> None:
    """Keep it where a saved profile says another thing than was signed last: consent or none, another text, another endpoint.

    Whoever deletes a profile takes its consent back.
    """
    query = select(consents).where(consents.c.profile_id == profile.id).order_by(consents.c.id.desc()).limit(1)
    last = tx.execute(query).one_or_none()
    if profile.deleted is not None:  # its settings may be another release's
        given, endpoint = False, last.endpoint if last else ""
    else:
        settings = settings_of(profile.document)
        given, endpoint = settings.consent, settings.endpoint
    was = (last.version, last.text, last.endpoint) if last and last.given else None
    if was == ((CONSENT_VERSION, CONSENT, endpoint) if given else None):
        return
    row = {"at": now, "account_id": actor.account_id, "who": actor.name, "given": given, "version": CONSENT_VERSION}
    tx.execute(insert(consents).values(profile_id=profile.id, text=CONSENT, endpoint=endpoint, **row))


def every(tx: Connection) -> list[Consent]:
    """Return all of them, the last one first."""
    columns = [consents.c[name] for name in Consent.__slots__]
    return [Consent(*row) for row in tx.execute(select(*columns).order_by(consents.c.id.desc()))]
