"""The deeds with people: add, change, let go, link an account, say who a creator is. Each notes itself in the audit log."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from server.accounts.tables import accounts
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, Invalid, NotFound, Refused
from server.people import linking, store
from server.people.following import follow
from server.people.linking import LinkState, Place
from server.people.model import Person, PersonId, spoken
from server.people.seeking import seek
from server.people.store import Kept
from server.records import store as records

KIND = "person"


def add(tx: Connection, person: Person, actor: Actor, now: datetime, *, own: bool = False) -> Kept:
    """Keep a new person, and let the works be looked through for them. Raises as `store.add` does.

    `own`: somebody says it of themselves. Their identifiers are claims, which those who keep the people may overrule.
    """
    if not own:
        _overrule(tx, None, person, actor, now)
    kept = store.add(tx, person, now, own=own)
    audit.note(tx, actor, "person.added", KIND, str(kept.id), now, summary=person.label)
    seek(tx, now)
    return kept


def change(tx: Connection, number: int, version: int, person: Person, actor: Actor, now: datetime, *, own: bool = False) -> Kept:
    """Make a person what is given, if they are still as in `version`. Raises NotFound and Conflict. `own` as in `add`.

    Whoever keeps the people and saves a person takes the identifiers for theirs.
    """
    kept = at_version(tx, number, version)
    confirmed: set[tuple[str, str]] = set()
    if not own:
        _overrule(tx, number, person, actor, now)
        confirmed = store.confirm(tx, kept, person)
    changed = store.replace(tx, kept, person, now, own=own)
    if confirmed:
        said = {scheme: (None, value) for scheme, value in sorted(confirmed)}
        audit.note(tx, actor, "person.identifiers-confirmed", KIND, str(number), now, summary=person.label, changes=said)
        seek(tx, now)
    if changed is kept:
        return kept
    differences = audit.differences(spoken(kept.person), spoken(person))
    audit.note(tx, actor, "person.changed", KIND, str(number), now, summary=person.label, changes=differences)
    seek(tx, now)
    return changed


def _overrule(tx: Connection, number: int | None, person: Person, actor: Actor, now: datetime) -> None:
    """Take a person's identifiers from others who only say themselves that they are theirs."""
    for other, gone in store.claims_of_others(tx, number, person).items():
        kept = store.get(tx, other)
        ids = tuple(one for one in kept.person.ids if (one.scheme, one.value) not in gone)
        left = msgspec.structs.replace(kept.person, ids=ids)
        store.replace(tx, kept, left, now)
        differs = audit.differences(spoken(kept.person), spoken(left))
        audit.note(tx, actor, "person.changed", KIND, str(other), now, summary=left.label, changes=differs)


def at_version(tx: Connection, number: int, version: int) -> Kept:
    """Return a person as they were seen; raises Conflict where somebody changed them since, or they are merged."""
    kept = store.get(tx, number)
    if kept.merged_into is not None:
        raise Conflict("This person was merged into another.", remedy="Change that one.", code="merged")
    if kept.version != version:
        raise Conflict(
            "The person was changed by somebody else since you loaded this page.",
            remedy="Your text still stands below; look at the person in another window, and save again if yours is right.",
            code="changed",
        )
    return kept


def prove(tx: Connection, number: int, scheme: str, value: str, actor: Actor, now: datetime) -> Kept:
    """Take an identifier for somebody's because its registry says so; who only said that it is theirs gives way.

    Raises NotFound, and Conflict where it is known as another person's, or they have another of its kind.
    """
    kept = store.get(tx, number)
    ids = (*kept.person.ids, PersonId(scheme=scheme, value=value))
    if value not in {one.value for one in kept.person.ids if one.scheme == scheme}:
        try:
            person = msgspec.structs.replace(kept.person, ids=ids)
        except ValueError as error:
            raise Conflict("The profile names another identifier of this kind.", place="ids", code="other-id") from error
        _overrule(tx, number, person, actor, now)
        kept = store.replace(tx, kept, person, now)
        changes = {"ids": (None, value)}
        audit.note(tx, actor, "person.changed", KIND, str(number), now, summary=person.label, changes=changes)
    store.set_proved(tx, number, scheme, value, proved=True)
    seek(tx, now)
    return kept


def unprove(tx: Connection, number: int, scheme: str, value: str, now: datetime) -> None:
    """Take it that a registry does not say any more whose an identifier is; it stays the person's."""
    store.set_proved(tx, number, scheme, value, proved=False)
    seek(tx, now)


def moved(tx: Connection, number: int, scheme: str, old: str, new: str, actor: Actor, now: datetime) -> None:
    """Put the identifier that a registry made of another in its place. Raises Conflict where it is another person's."""
    kept = store.get(tx, number)
    ids = tuple(PersonId(scheme=scheme, value=new) if one.value == old else one for one in kept.person.ids)
    person = msgspec.structs.replace(kept.person, ids=ids)
    store.replace(tx, kept, person, now)
    store.set_proved(tx, number, scheme, new, proved=True)
    changes = {"ids": (old, new)}
    audit.note(tx, actor, "person.changed", KIND, str(number), now, summary=person.label, changes=changes)
    seek(tx, now)


def save_own(tx: Connection, account_id: int, version: int, person: Person, actor: Actor, now: datetime) -> Kept:
    """Make what somebody says of themselves their person; whoever is nobody yet becomes one, with this account.

    Raises Conflict, and Invalid where an identifier its registry confirmed would go.
    """
    mine = store.of_account(tx, account_id)
    if mine is None:
        kept = add(tx, person, actor, now, own=True)
        set_account(tx, kept.id, account_id, actor, now)
        return kept
    gone = store.proved(tx, mine.id) - {(one.scheme, one.value) for one in person.ids}
    if gone:
        raise Invalid("An identifier that its registry confirmed cannot be taken away here.", place="ids")
    return change(tx, mine.id, version, person, actor, now, own=True)


def claim(tx: Connection, account_id: int, number: int, actor: Actor, now: datetime) -> None:
    """Let an account be the person whose e-mail address it proved. Raises Refused for anybody else."""
    offered = store.claimable(tx, account_id)
    if offered is None or offered.id != number or store.of_account(tx, account_id) is not None:
        raise Refused("This account did not prove that it is this person.", remedy="Ask those who keep the people to link it.")
    set_account(tx, number, account_id, actor, now)


def set_active(tx: Connection, number: int, active: bool, actor: Actor, now: datetime) -> None:  # noqa: FBT001 -- stored as it is
    """Keep a person among those who are here, or among those who left; works stay linked either way."""
    kept = store.get(tx, number)
    if kept.active is active:
        return
    store.mark(tx, kept, now, active=active)
    deed = "person.activated" if active else "person.deactivated"
    audit.note(tx, actor, deed, KIND, str(number), now, summary=kept.person.label, changes={"active": (kept.active, active)})


def set_account(tx: Connection, number: int, account_id: int | None, actor: Actor, now: datetime) -> None:
    """Say which account is this person's; raises NotFound, and Conflict where it is another person's."""
    kept = store.get(tx, number)
    if kept.account_id == account_id:
        return
    if kept.merged_into is not None:
        raise Conflict("This person was merged into another.", remedy="Link the account to that one.", code="merged")
    if account_id is not None:
        if tx.execute(select(accounts.c.id).where(accounts.c.id == account_id)).scalar() is None:
            raise NotFound("There is no such account.", place="account")
        other = store.of_account(tx, account_id)
        if other is not None:
            raise Conflict(
                f"This account is {other.person.label}'s.", place="account", remedy="Take it from there first.", code="taken"
            )
    store.mark(tx, kept, now, account_id=account_id)
    changes = {"account": (kept.account_id, account_id)}
    audit.note(tx, actor, "person.account-linked", KIND, str(number), now, summary=kept.person.label, changes=changes)


def decide(tx: Connection, number: int, place: Place, state: LinkState, actor: Actor, now: datetime) -> None:
    """Say by hand whether a creator of a work is a person. Raises NotFound and Conflict."""
    if state is LinkState.CANDIDATE:
        raise Invalid("Only yes and no can be said by hand.")
    kept = store.get(tx, number)
    stored = records.get(tx, place.record_id, to_change=True)
    creator = linking.creator_at(stored.record, place)
    if kept.merged_into is not None:
        raise Conflict("This person was merged into another.", remedy="Link the work to that one.", code="merged")
    linking.decide(tx, creator, number, state, actor.name, now)
    deed = "person.work-linked" if state is LinkState.LINKED else "person.work-refused"
    follow(tx, now)
    where = {"work": (None, place.record_id), "creator": (None, creator.agent.label)}
    audit.note(tx, actor, deed, KIND, str(number), now, summary=kept.person.label, changes=where)
