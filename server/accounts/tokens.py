"""API tokens: what programs log in with instead of a password, able to do less, for a while, and from where their owner says.

A token is `shf_` and 256 random bits. The database has its digest and its first characters, so that its owner recognises it and
nobody can use what is read from a backup.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update

from server.accounts import networks
from server.accounts.digests import digest
from server.accounts.model import RIGHTS, Account, Right, Role
from server.accounts.networks import Networks
from server.accounts.tables import accounts, tokens
from server.errors import Conflict, Invalid, NotFound

PREFIX = "shf_"
SHOWN = 9
"""Characters that stay readable: the prefix and five more."""
USUAL, LONGEST = timedelta(days=90), timedelta(days=365)
MOST = 50
"""Tokens of one account that are good at the same time."""
LONGEST_NAME = 100
_CODE = re.compile(r"[A-Za-z0-9._~-]{1,64}")
NOTED = timedelta(minutes=1)
"""How exactly the last use is kept; more would be a write for each request."""


TOLD = timedelta(hours=1)
"""How often it is told that a token is refused."""


class Scope(StrEnum):
    """What a token may do; never more than its account."""

    DEPOSIT = "deposit"
    READ = "read"
    USAGE = "usage"
    RECONCILE = "reconcile"


@dataclass(frozen=True, slots=True)
class Allowed:
    """A scope in words, and the right an account needs for it."""

    title: str
    right: Right


SCOPES = {
    Scope.DEPOSIT: Allowed("Deposit by SWORD, and change and delete own deposits", Right.DEPOSIT),
    Scope.READ: Allowed("Read own deposits by SWORD", Right.DEPOSIT),
    Scope.USAGE: Allowed("Fetch usage reports by the COUNTER API", Right.WORKS),
    Scope.RECONCILE: Allowed("Ask ORCID who somebody is, by the reconciliation service", Right.PEOPLE),
}

#: Which scopes let somebody in where one is asked for: who may deposit may read what became of it.
COVERS = {
    Scope.DEPOSIT: frozenset({Scope.DEPOSIT}),
    Scope.READ: frozenset({Scope.READ, Scope.DEPOSIT}),
    Scope.USAGE: frozenset({Scope.USAGE}),
    Scope.RECONCILE: frozenset({Scope.RECONCILE}),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A token somebody asks for."""

    name: str
    scopes: tuple[Scope, ...]
    life: timedelta = USUAL
    networks: Networks = ()
    collections: tuple[str, ...] = ()
    """Codes of the collections it is good for; empty: all that are open to its account."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its owner sees it."""

    id: int
    account: Account
    name: str
    start: str
    scopes: tuple[Scope, ...]
    networks: Networks
    collections: tuple[str, ...]
    """Codes of the collections it is good for; empty: all that are open to its account."""
    created: datetime
    expires: datetime
    used: datetime | None
    used_from: str
    revoked: datetime | None

    def state(self, now: datetime) -> str:
        """Return `revoked`, `expired` or `good`."""
        return "revoked" if self.revoked else "expired" if self.expires <= now else "good"


def scopes_of(role: Role) -> list[Scope]:
    """Return the scopes an account of this role can give a token."""
    return [scope for scope, allowed in SCOPES.items() if allowed.right in RIGHTS[role]]


def add(tx: Connection, account: Account, wanted: Wanted, now: datetime) -> tuple[Token, str]:
    """Make a token and return it with its text, which is kept nowhere. Raises Invalid naming the field, Conflict at the limit."""
    name, scopes, life, nets = wanted.name.strip(), wanted.scopes, wanted.life, wanted.networks
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid(f"A token needs a name of 1 to {LONGEST_NAME} characters.", place="name", remedy="Say what uses it.")
    beyond = [scope for scope in scopes if scope not in scopes_of(account.role)]
    if not scopes or beyond:
        said = f"This account may not do: {', '.join(beyond)}." if beyond else "A token must be able to do something."
        raise Invalid(said, place="scopes", remedy="Choose at least one of what the account may do itself.")
    if not all(_CODE.fullmatch(code) for code in wanted.collections):
        raise Invalid("A collection is named by its code.", place="collections", remedy="The SWORD server's profile says them.")
    if not timedelta() < life <= LONGEST:
        raise Invalid(f"A token lives 1 to {LONGEST.days} days.", place="days", remedy=f"{USUAL.days} are usual.")
    good = select(func.count()).where(tokens.c.account_id == account.id, tokens.c.revoked.is_(None), tokens.c.expires > now)
    if tx.execute(good).scalar_one() >= MOST:
        raise Conflict(f"This account has {MOST} tokens.", place="name", remedy="Revoke those that nothing uses any more.")
    text = PREFIX + secrets.token_urlsafe(32)
    kept, into = tuple(dict.fromkeys(scopes)), tuple(dict.fromkeys(wanted.collections))
    row = {
        "account_id": account.id, "name": name, "start": text[:SHOWN], "digest": digest(text),
        "scopes": msgspec.json.encode(kept).decode(), "networks": networks.stored(nets),
        "collections": msgspec.json.encode(into).decode(),
        "created": now, "expires": now + life, "used_from": "",
    }  # fmt: skip
    number = tx.execute(insert(tokens).values(row).returning(tokens.c.id)).scalar_one()
    return Token(number, account, name, text[:SHOWN], kept, nets, into, now, now + life, None, "", None), text


def by_text(tx: Connection, text: str) -> Token | None:
    """Return the token of this text, whatever its state, or None."""
    row = tx.execute(_select().where(tokens.c.digest == digest(text))).one_or_none()
    return None if row is None else _token(row)


def of_account(tx: Connection, account_id: int) -> list[Token]:
    """Return an account's tokens, those that are good first, the newest first."""
    query = _select().where(tokens.c.account_id == account_id).order_by(tokens.c.revoked.is_not(None), tokens.c.id.desc())
    return [_token(row) for row in tx.execute(query)]


def every(tx: Connection) -> list[Token]:
    return [_token(row) for row in tx.execute(_select().order_by(accounts.c.name, tokens.c.id.desc()))]


def revoke(tx: Connection, number: int, now: datetime, account_id: int | None = None) -> Token:
    """Revoke a token, of this account if one is named; one that is revoked stays so. Raises NotFound."""
    query = _select().where(tokens.c.id == number)
    if account_id is not None:
        query = query.where(tokens.c.account_id == account_id)
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no such token.", place="token", remedy="`sheaf token list` shows them.")
    tx.execute(update(tokens).where(tokens.c.id == number, tokens.c.revoked.is_(None)).values(revoked=now))
    return _token(row)


def note_use(tx: Connection, number: int, now: datetime, address: str) -> None:
    """Note when and from where a token was used last."""
    tx.execute(update(tokens).where(tokens.c.id == number).values(used=now, used_from=address[:45]))


def refuse(tx: Connection, number: int, now: datetime) -> bool:
    """Note that a token was refused; return whether that is worth telling, which it is once an hour."""
    lately = or_(tokens.c.refused.is_(None), tokens.c.refused < now - TOLD)
    return tx.execute(update(tokens).where(tokens.c.id == number, lately).values(refused=now)).rowcount > 0


def _select() -> Select[Any]:
    whose = (accounts.c.name.label("account_name"), accounts.c.role, accounts.c.active)
    return select(tokens, *whose).join(accounts, accounts.c.id == tokens.c.account_id)


def _token(row: Row[Any]) -> Token:
    return Token(
        id=row.id,
        account=Account(row.account_id, row.account_name, Role(row.role), row.active),
        name=row.name,
        start=row.start,
        scopes=msgspec.json.decode(row.scopes, type=tuple[Scope, ...]),
        networks=networks.opened(row.networks),
        collections=msgspec.json.decode(row.collections, type=tuple[str, ...]),
        created=row.created,
        expires=row.expires,
        used=row.used,
        used_from=row.used_from,
        revoked=row.revoked,
    )
