"""Whose account it is that a provider vouches for, and who gets a new one. Use cases."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from server.accounts import failures, login, store, throttle
from server.accounts.login import Opened
from server.accounts.model import LONGEST_NAME, Account, Role
from server.accounts.noting import noted
from server.accounts.sessions import Origin
from server.accounts.tables import identities
from server.accounts.throttle import LONGEST_SHARED, Patience
from server.audit import log as audit
from server.audit.log import HOUSE, Actor
from server.errors import Conflict, Refused
from server.openid.exchange import Person
from server.openid.settings import Grant, OpenID
from server.xml import clean

ANY = "*"

_AWAY = "openid:"
"""The name under which it is counted how many were sent away from an address and did not come back."""
_PATIENCE = Patience(100, LONGEST_SHARED)
_ONCE_IN = timedelta(hours=1)

_ODD = re.compile(r"[^\w.@-]+")


@dataclass(frozen=True, slots=True)
class Identity:
    """A provider's number for the owner of an account."""

    issuer: str
    subject: str
    linked: datetime


def admit(tx: Connection, settings: OpenID, person: Person, profile: str, origin: Origin, now: datetime) -> Opened:
    """Begin the session of the account a person has here, or gets; raises Refused in words for everybody else.

    First by the provider's number for them, then by an address both sides have verified, which links the two for good.
    """
    role = granted(settings, person)
    account = _linked(tx, person) or _by_address(tx, person, now) or _made(tx, settings, person, role, now)
    if account is None:
        raise Refused(
            "You proved who you are, but there is no account for you here.",
            place=profile,
            remedy="Ask an administrator for one with your e-mail address, or log in by password and link it on its page.",
            code="stranger",
        )
    if not account.active:
        raise Refused("This account is switched off.", place=profile, code="switched-off")
    if settings.keeps_roles and settings.grants and (role or Role.RESEARCHER) is not account.role:
        account = _changed(tx, account, role or Role.RESEARCHER, profile, now)
    failures.succeeded(tx, _AWAY, origin.address)
    return login.enter(tx, account, now, origin)


def granted(settings: OpenID, person: Person) -> Role | None:
    """Return the role a provider's claims give somebody: that of the first row that fits."""
    return next((grant.role for grant in settings.grants if _fits(grant, person)), None)


def link(tx: Connection, account: Account, person: Person, now: datetime, address: str) -> None:
    """Link a provider's number for somebody to the account they are logged in to; raises Conflict where it is another's."""
    other = _linked(tx, person)
    if other is not None and other.id != account.id:
        raise Conflict("This login belongs to another account already.", remedy="Unlink it there first.")
    if other is None:
        _link(tx, account, person, now)
        actor = Actor(account.name, account.id, "web", address)
        noted(tx, actor, "account.linked", account, now, summary=person.issuer)


def unlink(tx: Connection, actor: Actor, account: Account, issuer: str, subject: str, now: datetime) -> None:
    """Forget that a provider's number is this account's. Raises Conflict where its owner could not log in any more."""
    if store.with_password(tx, account.name) == (account, "") and len(of_account(tx, account.id)) == 1:
        raise Conflict("This is the only way you can log in.", place="identities", remedy="Set a password first.")
    gone = delete(identities).where(
        identities.c.issuer == issuer, identities.c.subject == subject, identities.c.account_id == account.id
    )
    if tx.execute(gone).rowcount:
        noted(tx, actor, "account.unlinked", account, now, summary=issuer)


def of_account(tx: Connection, account_id: int) -> list[Identity]:
    rows = tx.execute(select(identities).where(identities.c.account_id == account_id).order_by(identities.c.linked))
    return [Identity(row.issuer, row.subject, row.linked) for row in rows]


def leave(tx: Connection, remote: str, now: datetime) -> None:
    """Count that somebody is sent to a provider; raises Refused where an address sends many and none comes back."""
    if waits := throttle.wait(failures.tries(tx, _AWAY, remote, counts=True), now):
        again = f"Try again in {throttle.spoken(waits)}."
        raise Refused("Too many logins were begun here and not finished.", remedy=again, code="throttled")
    failures.failed(tx, _AWAY, remote, now, _PATIENCE)


def note_refusal(tx: Connection, profile: int, reason: str, remote: str, now: datetime) -> None:
    """Note why a login by a provider came to nothing, where an administrator looks for it; each cause once an hour.

    Anybody can make a login fail as often as they like, and must not push everything else out of sight.
    """
    deed, subject, reason = "openid.refused", str(profile), reason[:1000]
    if not audit.stands(tx, deed, "profile", subject, reason, since=now - _ONCE_IN):
        audit.note(tx, Actor("somebody", address=remote), deed, "profile", subject, now, summary=reason)


def _linked(tx: Connection, person: Person) -> Account | None:
    query = select(identities.c.account_id).where(identities.c.issuer == person.issuer, identities.c.subject == person.subject)
    number = tx.execute(query).scalar()
    return None if number is None else store.by_id(tx, number)


def _by_address(tx: Connection, person: Person, now: datetime) -> Account | None:
    account = store.by_email(tx, person.email) if person.email else None
    if account is not None:
        _link(tx, account, person, now)
        noted(tx, HOUSE, "account.linked", account, now, summary=f"{person.issuer}, by {person.email}")
    return account


def _made(tx: Connection, settings: OpenID, person: Person, role: Role | None, now: datetime) -> Account | None:
    if settings.admits == "known" or (settings.admits == "granted" and role is None):
        return None
    email = person.email if store.is_email(person.email) and store.by_any_email(tx, person.email) is None else ""
    shown = clean(person.text("name"))[: store.LONGEST_DISPLAY_NAME]
    name = _free_name(tx, person)
    account = store.add(tx, name, role or Role.RESEARCHER, "", now, shown if shown.isprintable() else "", email)
    _link(tx, account, person, now)
    changes = {"role": (None, account.role.value), "email": (None, email or None)}
    noted(tx, HOUSE, "account.made", account, now, summary=f"First login by {person.issuer}", changes=changes)
    return account


def _changed(tx: Connection, account: Account, role: Role, profile: str, now: datetime) -> Account:
    try:
        changed = store.set_role(tx, account.name, role)
    except Conflict:  # the only administrator stays one, whatever the provider says
        return account
    noted(
        tx, HOUSE, "account.changed", account, now,
        summary=f"As the provider of {profile} says", changes={"role": (account.role.value, role.value)},
    )  # fmt: skip
    return Account(changed.id, changed.name, role, changed.active)


def _link(tx: Connection, account: Account, person: Person, now: datetime) -> None:
    row = {"issuer": person.issuer, "subject": person.subject, "account_id": account.id, "linked": now}
    tx.execute(insert(identities).values(row))


def _free_name(tx: Connection, person: Person) -> str:
    wanted = person.text("preferred_username") or person.email or f"person-{person.subject}"
    stem = _ODD.sub("-", clean(wanted)).strip("-")[: LONGEST_NAME - 6] or "person"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 10_000)))
    return next(name for name in names if store.find(tx, name) is None)


def _fits(grant: Grant, person: Person) -> bool:
    found = person.claims.get(grant.claim)
    values = found if isinstance(found, list) else [found]
    texts = {str(value).lower() if isinstance(value, bool) else str(value) for value in values if value is not None}
    return bool(texts) if grant.value == ANY else grant.value in texts
