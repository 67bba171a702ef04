"""What a new, changed or deleted profile means for the identifiers minted by one: what may not change, and who takes over."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, and_, cast, exists, func, or_, select, update

from server.identifiers import ledger
from server.identifiers.holding import UNCONFIRMED
from server.identifiers.mint import REGISTER, Route, routes
from server.identifiers.model import Agency, State
from server.identifiers.tables import identifiers, submissions
from server.jobs import queue
from server.jobs.model import JobState
from server.jobs.tables import OPEN, jobs
from server.profiles import store
from server.profiles.model import Profile, Wrong
from server.profiles.tables import profiles
from server.records import store as works
from server.records.tables import records
from server.records.vocabulary import CATEGORIES, TYPES
from server.registry import Registry

#: The fields that say who is spoken to, at whichever agency.
_SPOKEN_TO = ("server", "endpoint", "account_id")

_NAMED = 4
"""So many types are named where two profiles serve the same."""


def guard(tx: Connection, before: Profile, document: dict[str, Any]) -> None:
    """Refuse to move a profile's identifiers to another prefix or environment.

    A name minted for the test system can never be carried over to production. Another server or account that is spoken to from
    now on has confirmed none of them: each is asked about once the profile is saved.

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
    if any(name in document and document[name] != before.document.get(name) for name in _SPOKEN_TO):
        forgotten = update(identifiers).where(identifiers.c.profile_id == before.id, identifiers.c.own, ~identifiers.c.migrated)
        tx.execute(forgotten.values(acknowledged=None))


def take_over(tx: Connection, shelf: Registry[Agency], profile: Profile, now: datetime) -> int:
    """Let a profile have the identifiers of deleted ones with its prefix and environment, and ask for all that waits.

    Those that were only reserved, with no agency, go to the first profile of their prefix. Returns how many were taken over.
    """
    scheme = shelf[profile.kind].scheme
    prefix, environment = str(profile.document.get("prefix", "")), str(profile.document.get("environment", ""))
    gone = select(profiles.c.id).where(profiles.c.deleted.is_not(None))
    orphans = (
        update(identifiers)
        .where(
            identifiers.c.own,
            identifiers.c.scheme == scheme.name,
            identifiers.c.normal.startswith(scheme.stem(prefix), autoescape=True),
            identifiers.c.profile_id.in_(gone),
            or_(identifiers.c.environment == environment, identifiers.c.environment == ""),
        )
        .values(profile_id=profile.id, environment=environment, changed=now)
    )
    taken = tx.execute(orphans).rowcount if prefix else 0
    ask_again(tx, shelf, profile, now)
    return taken


def refuse_twice(tx: Connection, shelf: Registry[Agency], profile: Profile) -> None:
    """Refuse that two agencies are to register names of one scheme for the same types.

    Which one would mint could not be told from the profiles. One that only reserves stands behind the others and does no harm.
    Raises Wrong naming the other profile, and the types both serve.
    """
    speaking = [route for route in routes(tx, shelf) if route.agency.client is not None]
    ours = next((route for route in speaking if route.profile_id == profile.id), None)
    if ours is None:  # it is switched off, or only reserves
        return
    others = [route for route in speaking if route is not ours and route.agency.scheme is ours.agency.scheme]
    for other in others:
        if both := _both(ours, other):
            against = store.numbered(tx, other.profile_id)
            scheme = ours.agency.scheme.title
            raise Wrong({
                "types": f"{profile.name!r} and {against.name!r} would both register {scheme}s for {both}. "
                "Choose categories and types in each of the two so that they have none in common, or switch one off."
            })  # fmt: skip


def _both(one: Route, other: Route) -> str:
    """Say which types two routes serve; empty where they have none in common."""
    found = [row for code, row in TYPES.items() if one.serves(code) and other.serves(code)]
    if len(found) == len(TYPES):
        return "every type"
    whole = {code for code in CATEGORIES if {c for c, r in TYPES.items() if r.category == code} <= {row.code for row in found}}
    names = [CATEGORIES[code] for code in CATEGORIES if code in whole]
    names += [row.label for row in found if row.category not in whole]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def ask_again(tx: Connection, shelf: Registry[Agency], profile: Profile, now: datetime) -> None:
    """Ask for all identifiers of a profile that its agency has not confirmed as they are now.

    A mended profile may let through what was stuck; and while it stood still works were changed and withdrawn.
    """
    if shelf[profile.kind].client is None or not profile.enabled:
        return
    row, subject = identifiers.c, cast(identifiers.c.id, String)
    stuck = row.state.in_([state.value for state in UNCONFIRMED])
    held = exists().where(jobs.c.kind == REGISTER, jobs.c.subject == subject, OPEN, jobs.c.state == JobState.HELD.value)
    confirmed = select(func.max(submissions.c.version)).where(
        submissions.c.identifier_id == row.id, submissions.c.outcome == ledger.CONFIRMED
    )
    is_public = records.c.state == works.State.PUBLISHED.value
    changed = or_(
        records.c.version > confirmed.scalar_subquery(),
        and_(row.state.in_([State.REGISTERED.value, State.WITHDRAWN.value]), row.acknowledged.is_(None), ~row.migrated),
        and_(row.state == State.REGISTERED.value, ~is_public),
        and_(row.state == State.WITHDRAWN.value, is_public),
    )
    found = select(subject).select_from(identifiers.join(records, records.c.id == row.record_id))
    queue.enqueue_all(tx, REGISTER, found.where(row.profile_id == profile.id, row.own, or_(stuck, held, changed)), now)
