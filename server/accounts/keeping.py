"""What an administrator does with accounts, each deed noted in the audit log. Use cases of the web and the command line."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from server.accounts import failures, networks, one_time_codes, rules, sessions, store, tickets
from server.accounts.model import LONGEST_NAME, Account, Role
from server.accounts.noting import noted
from server.accounts.rules import Rule
from server.accounts.tickets import Purpose
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, Invalid, Refused


def make(
    tx: Connection,
    actor: Actor,
    name: str,
    role: Role,
    password_hash: str,
    now: datetime,
    display_name: str = "",
    email: str = "",
) -> Account:
    """Make an account; raises Conflict and Invalid as `store.add` does."""
    account = store.add(tx, name, role, password_hash, now, display_name, email)
    changes = {"role": (None, role.value), "email": (None, email.strip().lower() or None)}
    noted(tx, actor, "account.made", account, now, changes=changes)
    return account


def change(tx: Connection, actor: Actor, name: str, role: Role, display_name: str, email: str, now: datetime) -> None:
    """Change role, name to show and address; another role ends the sessions. Raises as the store does."""
    account = store.get(tx, name)
    changes = store.set_person(tx, account, display_name, email, proved=True)
    if role is not account.role:
        store.set_role(tx, name, role)
        changes["role"] = (account.role.value, role.value)
    if changes:
        noted(tx, actor, "account.changed", account, now, changes=changes)


def give_role(tx: Connection, actor: Actor, name: str, role: Role, now: datetime) -> None:
    account = store.set_role(tx, name, role)
    noted(tx, actor, "account.changed", account, now, changes={"role": (account.role.value, role.value)})


def give_email(tx: Connection, actor: Actor, name: str, email: str, now: datetime) -> None:
    account = store.get(tx, name)
    shown = store.details(tx, account.id, now).display_name
    changes = store.set_person(tx, account, shown, email, proved=True)
    noted(tx, actor, "account.changed", account, now, changes=changes)


def switch(tx: Connection, actor: Actor, name: str, now: datetime, *, active: bool) -> None:
    """Switch an account on or off; raises Conflict for the only administrator."""
    account = store.set_active(tx, name, active)
    noted(tx, actor, "account.switched", account, now, changes={"active": (account.active, active)})


def set_password(tx: Connection, actor: Actor, name: str, password_hash: str, now: datetime) -> None:
    """Set somebody's password and end their sessions."""
    account = store.set_password(tx, name, password_hash)
    noted(tx, actor, "account.password-set", account, now, summary="A new password was set, all sessions ended")


def unlock(tx: Connection, actor: Actor, name: str, now: datetime) -> None:
    """Forget the failed logins of an account, so that nobody has to wait."""
    account = store.get(tx, name)
    failures.forget(tx, account.name)
    noted(tx, actor, "account.unlocked", account, now)


def end_sessions(tx: Connection, actor: Actor, name: str, now: datetime) -> int:
    account = store.get(tx, name)
    ended = sessions.end_all(tx, account.id)
    noted(tx, actor, "account.sessions-ended", account, now, summary=f"{ended} sessions ended")
    return ended


def take_codes_away(tx: Connection, actor: Actor, name: str, now: datetime) -> None:
    """Switch somebody's one-time codes off, as they lost the device and the recovery codes; ends their sessions."""
    account = store.get(tx, name)
    one_time_codes.switch_off(tx, account)
    sessions.end_all(tx, account.id)
    tickets.void(tx, account.id, Purpose.SECOND_STEP, Purpose.CODES)
    noted(tx, actor, "account.codes-off", account, now, summary="One-time codes switched off by an administrator")


def reset_link(tx: Connection, actor: Actor, name: str, now: datetime, *, mailed: bool) -> tuple[str, Purpose]:
    """Return the word of a link by which somebody sets a password, and whether it invites who had none. Older links are void.

    `mailed` says that the link reaches its owner by mail and by nothing else, so that using it proves the address. Raises
    Conflict for an account that is switched off.
    """
    account = store.get(tx, name)
    if not account.active:
        raise Conflict(f"The account {name!r} is switched off.", place="name", remedy="Switch it on first.")
    tickets.void(tx, account.id, Purpose.RESET, Purpose.INVITATION)
    purpose = Purpose.RESET if store.details(tx, account.id, now).has_password else Purpose.INVITATION
    word = tickets.issue(tx, purpose, now, account.id, {"mailed": mailed})
    noted(tx, actor, "account.link-made", account, now, "A link to set a password was made")
    return word, purpose


def set_rules(
    tx: Connection, actor: Actor, wanted: Mapping[Role, Rule], now: datetime, *, address: str = "", role: Role | None = None
) -> None:
    """Replace the rules of roles. Raises Refused where the one who does it, of `role` and at `address`, would be shut out."""
    if role is not None and not networks.contain(wanted[role].networks, address):
        raise Refused(
            f"Your own address {address or '(not known)'} is not among the networks of your role: you would be shut out at once.",
            place=f"networks-{role}",
            remedy="Add a network that holds it, or confirm that you come from elsewhere.",
            code="shut-out",
        )
    changes = rules.save(tx, dict(wanted))
    if changes:
        audit.note(tx, actor, "accounts.rules-changed", "accounts", "rules", now, changes=changes)


def set_networks(tx: Connection, actor: Actor, role: Role, nets: networks.Networks, now: datetime) -> None:
    """Say from where the accounts of one role may come."""
    set_rules(tx, actor, {role: Rule(nets, rules.of(tx, role).codes)}, now)


def sensible_name(name: str) -> None:
    """Raise Invalid for a name HTTP Basic cannot carry or a page cannot show well."""
    if not name or ":" in name or name != name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise Invalid(
            f"{name[:100]!r} cannot be the name of an account.",
            place="name",
            remedy="Use letters, digits, dots, hyphens, underscores and @, at most 100; HTTP Basic allows no colon.",
        )
