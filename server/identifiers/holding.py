"""Holding an identifier back, letting it go, asking its agency again: what a person may decide about one of them."""

from datetime import datetime

from sqlalchemy import Connection, update

from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, Invalid, NotFound
from server.identifiers import ledger
from server.identifiers.ledger import Entry
from server.identifiers.mint import REGISTER, ask
from server.identifiers.model import Agency, State
from server.identifiers.tables import identifiers
from server.jobs import queue
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.registry import Registry
from server.xml import clean

LONGEST_REASON = 500

#: What an agency has not confirmed, or not as it should be now.
UNCONFIRMED = (State.RESERVED, State.SUBMITTED, State.REJECTED, State.BLOCKED)


def obstacle(entry: Entry, profile: Profile) -> str:
    """Say why a profile may not be used for an identifier now; empty where it may."""
    if entry.held_by:
        return f"{entry.held_by} holds it: {entry.held_why}"
    if entry.environment != str(profile.document.get("environment", "")):
        # The environment belongs to the identifier; a test DOI must never reach the production system.
        return f"The identifier was minted for {entry.environment or 'no agency'}; the profile is set to another environment."
    if profile.paused or not profile.enabled:
        return profile.paused or f"The profile {profile.name!r} is switched off."
    return ""


def hold(tx: Connection, number: int, why: str, by: Actor, now: datetime) -> Entry:
    """Let nothing be sent of an identifier until somebody lets go of it; what waits for it in the queue is held too.

    Raises NotFound, Invalid without a reason, Conflict where somebody holds it already.
    """
    entry, why = ours(tx, number), " ".join(clean(why).split())[:LONGEST_REASON]
    if not why:
        raise Invalid("Say why it is held back.", place="reason", remedy="Whoever lets go of it will want to know.")
    if entry.held_by:
        raise Conflict(f"{entry.held_by} holds it already: {entry.held_why}", code="state")
    _write(tx, number, by.name[:100], why)
    if queue.is_open(tx, REGISTER, str(number)):  # it comes up, finds itself held, and says so from then on
        queue.enqueue(tx, REGISTER, str(number), now)
    audit.note(tx, by, "identifier.held", "identifier", str(number), now, summary=f"{entry.value}: {why}")
    return entry


def release(tx: Connection, number: int, shelf: Registry[Agency], by: Actor, now: datetime) -> Entry:
    """Let go of an identifier, and ask its agency about it. Raises NotFound, Conflict where nobody holds it."""
    entry = ours(tx, number)
    if not entry.held_by:
        raise Conflict("Nobody holds it.", code="state")
    _write(tx, number, None, None)
    if entry.record_id is not None:
        ask(tx, [entry], shelf, now)
    audit.note(tx, by, "identifier.released", "identifier", str(number), now, summary=f"{entry.value}: {entry.held_why}")
    return entry


def retry(tx: Connection, number: int, shelf: Registry[Agency], by: Actor, now: datetime) -> Entry:
    """Ask an agency about an identifier again, soon. Raises NotFound, and Conflict where there is something in the way."""
    entry = ours(tx, number)
    profile = profiles.by_id(tx, entry.profile_id) if entry.profile_id is not None else None
    agency = shelf.get(profile.kind) if profile is not None else None
    if profile is None or agency is None or agency.client is None:
        raise Conflict("It has no agency that could be asked.", code="state")
    if entry.record_id is None:
        raise Conflict("It names no work yet, so there is nothing to tell an agency.", code="state")
    if reason := obstacle(entry, profile):
        raise Conflict(reason, remedy="Mend that first; what waits is asked about again by itself.", code="state")
    ask(tx, [entry], shelf, now)
    audit.note(tx, by, "identifier.asked-again", "identifier", str(number), now, summary=entry.value)
    return entry


def ours(tx: Connection, number: int) -> Entry:
    """Return an identifier of ours; raises NotFound, Conflict for another's."""
    entry = ledger.get(tx, number)
    if entry is None:
        raise NotFound("There is no such identifier.")
    if not entry.own:
        raise Conflict("It came with its work, and is somebody else's to register.", code="state")
    return entry


def _write(tx: Connection, number: int, name: str | None, why: str | None) -> None:
    tx.execute(update(identifiers).where(identifiers.c.id == number).values(held_by=name, held_why=why))
