"""What people do with their own accounts: password, address, one-time codes, tokens. Each deed is noted. Use cases."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from server.accounts import failures, one_time_codes, sessions, store, tickets, tokens
from server.accounts.model import Account
from server.accounts.noting import noted
from server.accounts.one_time_codes import Sealing
from server.accounts.throttle import FORGOTTEN
from server.accounts.tickets import Purpose, Ticket
from server.accounts.tokens import Token, Wanted
from server.audit.log import Actor
from server.errors import Conflict, Invalid, Refused


def change_password(
    tx: Connection, actor: Actor, account: Account, before: str, password_hash: str, cookie: str, now: datetime
) -> str:
    """Change the own password, end all other sessions and return the new cookie of this one.

    `before` is the hash the old password was checked against; raises Conflict where it is not the present one any more.
    """
    found = store.with_password(tx, account.name)
    if found is None or found[1] != before:
        raise Conflict("The password was changed meanwhile.", place="old", remedy="Log in with the new one.")
    store.set_password(tx, account.name, password_hash, keep=cookie)
    noted(tx, actor, "account.password-changed", account, now, summary="All other sessions ended")
    return sessions.renew(tx, cookie)


def change_person(tx: Connection, actor: Actor, account: Account, display_name: str, email: str, now: datetime) -> None:
    """Change the own name to show and address; a new address is good for logging in once a mailed link was followed."""
    changes = store.set_person(tx, account, display_name, email, proved=False)
    if changes:
        noted(tx, actor, "account.changed", account, now, changes=changes)


def begin_codes(tx: Connection, account: Account, secret: str, seal: Sealing, now: datetime) -> str:
    """Keep a secret that is about to be shown, sealed, and return the ticket by which it is confirmed."""
    tickets.void(tx, account.id, Purpose.CODES)
    return tickets.issue(tx, Purpose.CODES, now, account.id, {"sealed": seal.close(secret.encode()).decode()})


def codes_begun(tx: Connection, account: Account, word: str, seal: Sealing, now: datetime) -> str | None:
    """Return the secret a ticket keeps for this account, or None."""
    ticket = tickets.look(tx, word, now, Purpose.CODES)
    return None if ticket is None or ticket.account_id != account.id else seal.open(ticket.document["sealed"].encode()).decode()


def switch_codes_on(
    tx: Connection, actor: Actor, account: Account, secret: str, code: str, seal: Sealing, cookie: str, now: datetime
) -> tuple[list[str], str] | None:
    """Set up one-time codes; return the recovery codes and this session's new cookie, or None where the code is wrong."""
    codes = one_time_codes.switch_on(tx, account, secret, code, seal, now)
    if codes is None:
        return None
    tickets.void(tx, account.id, Purpose.CODES)
    sessions.end_all(tx, account.id, but=cookie)
    noted(tx, actor, "account.codes-on", account, now, summary="One-time codes set up, all other sessions ended")
    return codes, sessions.renew(tx, cookie, method="password and one-time code")


def switch_codes_off(tx: Connection, actor: Actor, account: Account, code: str, seal: Sealing, cookie: str, now: datetime) -> str:
    """Switch one-time codes off and return this session's new cookie; empty where the code is wrong."""
    if not one_time_codes.confirm(tx, account, code, seal, now):
        return ""
    one_time_codes.switch_off(tx, account)
    sessions.end_all(tx, account.id, but=cookie)
    noted(tx, actor, "account.codes-off", account, now, summary="One-time codes switched off")
    return sessions.renew(tx, cookie)


def fresh_recovery_codes(
    tx: Connection, actor: Actor, account: Account, code: str, seal: Sealing, now: datetime
) -> list[str] | None:
    """Replace the recovery codes; None where the one-time code is wrong."""
    if not one_time_codes.confirm(tx, account, code, seal, now):
        return None
    noted(tx, actor, "account.recovery-codes-made", account, now)
    return one_time_codes.new_recovery_codes(tx, account)


def end_session(tx: Connection, actor: Actor, account: Account, handle: str, now: datetime) -> None:
    if sessions.end_one(tx, account.id, handle):
        noted(tx, actor, "account.session-ended", account, now, summary="One session ended")


def end_other_sessions(tx: Connection, actor: Actor, account: Account, cookie: str, now: datetime) -> None:
    ended = sessions.end_all(tx, account.id, but=cookie)
    noted(tx, actor, "account.sessions-ended", account, now, summary=f"{ended} other sessions ended")


def add_token(tx: Connection, actor: Actor, account: Account, wanted: Wanted, now: datetime) -> tuple[Token, str]:
    """Make a token for an account; return it and its text, which is shown once. Raises as `tokens.add` does."""
    token, text = tokens.add(tx, account, wanted, now)
    changes = {
        "scopes": (None, list(token.scopes)),
        "networks": (None, list(token.networks)),
        "expires": (None, token.expires.isoformat()),
    }
    changes |= {"collections": (None, list(token.collections))} if token.collections else {}
    noted(tx, actor, "token.made", account, now, summary=f"{token.name} ({token.start}…)", changes=changes)
    return token, text


def revoke_token(tx: Connection, actor: Actor, number: int, now: datetime, account_id: int | None = None) -> Token:
    token = tokens.revoke(tx, number, now, account_id)
    noted(tx, actor, "token.revoked", token.account, now, summary=f"{token.name} ({token.start}…)")
    return token


# --- a forgotten password

Post = Callable[[Connection, Account, str, str, Purpose], None]
"""Mails to an account, at an address, a link with this word, to set a password anew or as an invitation."""

_RESET = "reset:"
"""Begins the name under which it is counted how often a link was asked for, so that nobody floods a mailbox."""
_LINKS_OF_ONE, _LINKS_OF_ALL = 3, 20
"""Links within an hour: to one address, and for whoever asks from one."""


def ask_reset(tx: Connection, address: str, now: datetime, remote: str, post: Post) -> None:
    """Mail a link for a new password to the active account of an address; do nothing where there is none.

    Whoever asks is told the same either way. The address counts though its owner typed it in: the mail goes nowhere else. Raises
    Refused once this address, or this sender, has asked often within the hour.
    """
    address = address.strip().lower()
    for name, where, most in ((f"{_RESET}{address}", "", _LINKS_OF_ONE), (_RESET, remote, _LINKS_OF_ALL)):
        tries = failures.tries(tx, name, where)
        if tries is not None and tries.count >= most and now - tries.last < FORGOTTEN:
            raise Refused("Too many links were asked for.", place="email", code="throttled")
        failures.failed(tx, name, where, now)
    account = store.by_any_email(tx, address)
    if account is None:
        return
    tickets.void(tx, account.id, Purpose.RESET)
    word = tickets.issue(tx, Purpose.RESET, now, account.id, {"mailed": True})
    post(tx, account, address, word, Purpose.RESET)
    noted(tx, Actor("somebody", None, "web", remote), "account.reset-asked", account, now)


def reset_of(tx: Connection, word: str, now: datetime) -> tuple[Ticket, Account] | None:
    """Return whose password a link sets, or None where it has expired or was used."""
    ticket = tickets.look(tx, word, now, Purpose.RESET, Purpose.INVITATION)
    account = store.by_id(tx, ticket.account_id) if ticket and ticket.account_id is not None else None
    return None if ticket is None or account is None or not account.active else (ticket, account)


def reset(tx: Connection, word: str, password_hash: str, now: datetime, remote: str) -> Account:
    """Set a password by a link, which is used up; all sessions end. Raises Invalid where the link is good no more.

    One-time codes stay: who has the mail alone does not get in.
    """
    found = reset_of(tx, word, now)
    if found is None or tickets.take(tx, word, now, Purpose.RESET, Purpose.INVITATION) is None:
        raise Invalid("This link has expired or was used already.", place="ticket", remedy="Ask for another one.")
    ticket, account = found
    store.set_password(tx, account.name, password_hash)
    if ticket.document["mailed"]:
        store.prove_email(tx, account.id)
    noted(
        tx,
        Actor(account.name, account.id, "web", remote),
        "account.password-set",
        account,
        now,
        summary="Set by a link",
    )
    return account
