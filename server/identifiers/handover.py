"""What a new, changed or deleted profile means for the identifiers minted by one: what may not change, and who takes over."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from server.identifiers import ledger
from server.identifiers.mint import ask
from server.identifiers.model import Agency, State
from server.identifiers.tables import identifiers
from server.profiles.model import Profile, Wrong
from server.profiles.tables import profiles
from server.registry import Registry


def guard(tx: Connection, before: Profile, document: dict[str, Any]) -> None:
    """Refuse to move a profile's identifiers to another prefix or environment.

    A DOI minted for the test system can never be carried over to production.

    Raises Wrong naming the fields and how many identifiers there are.
    """
    count = ledger.count_of_profile(tx, before.id)
    remedy = "Make another profile, and switch this one off."
    wrong: dict[str, str] = {
        name: f"{count} identifiers were minted by {before.name!r} with {name} {before.document.get(name)}; "
        f"it cannot change. {remedy}"
        for name in ("prefix", "environment")
        if count and name in document and document[name] != before.document.get(name)
    }
    if wrong:
        raise Wrong(wrong)


def take_over(tx: Connection, shelf: Registry[Agency], profile: Profile, now: datetime) -> int:
    """Let a profile have the identifiers of deleted ones with its prefix and environment, and ask for all that waits.

    Those that were only reserved, with no agency, go to the first profile of their prefix. Returns how many were taken over.
    """
    prefix, environment = str(profile.document.get("prefix", "")), str(profile.document.get("environment", ""))
    gone = select(profiles.c.id).where(profiles.c.deleted.is_not(None))
    orphans = (
        update(identifiers)
        .where(
            identifiers.c.own,
            identifiers.c.normal.startswith(f"{prefix.lower()}/", autoescape=True),
            identifiers.c.profile_id.in_(gone),
            or_(identifiers.c.environment == environment, identifiers.c.environment == ""),
        )
        .values(profile_id=profile.id, environment=environment, changed=now)
    )
    taken = tx.execute(orphans).rowcount if prefix else 0
    ask_again(tx, shelf, profile, now)
    return taken


def ask_again(tx: Connection, shelf: Registry[Agency], profile: Profile, now: datetime) -> None:
    """Ask for all identifiers of a profile that its agency has not confirmed: a mended profile may let through what was stuck."""
    stuck = [state.value for state in (State.RESERVED, State.SUBMITTED, State.BLOCKED, State.REJECTED)]
    query = select(identifiers.c.id).where(
        identifiers.c.profile_id == profile.id, identifiers.c.state.in_(stuck), identifiers.c.record_id.is_not(None)
    )
    found = [ledger.get(tx, number) for number in tx.execute(query).scalars().all()]
    ask(tx, [entry for entry in found if entry is not None], shelf, now)
