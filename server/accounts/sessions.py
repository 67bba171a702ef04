"""Sessions: begun by a login, known by a cookie of which only the digest is kept, ended by time, by their owner or by a change.

A session lives twelve hours, a working day, and ends after two without a request, which spares a cataloguer's lunch (ASVS 5
§ 7.3). What makes an account more or less able (password, codes, role) ends its other sessions and gives the own one a
new cookie, so that nobody profits from an older one (session fixation).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from server.accounts import networks
from server.accounts.digests import digest
from server.accounts.model import Account, Role
from server.accounts.tables import accounts, role_rules, sessions

LIFE, IDLE = timedelta(hours=12), timedelta(hours=2)
SEEN = timedelta(minutes=1)
"""How exactly it is kept when a session was seen last; more would be a write for each page."""
HANDLE = 16
"""Characters of the digest by which an owner points at a session of theirs; nobody gets in by it."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session as its owner sees it."""

    handle: str
    started: datetime
    seen: datetime
    expires: datetime
    address: str
    browser: str
    method: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who a cookie belongs to."""

    account: Account
    handle: str
    stale: bool
    """Whether `touch` is due."""
    outside: bool
    """Whether the account's role may not come from this address."""
    codes_due: bool
    """Whether the account must set up one-time codes before anything else."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and how somebody logs in."""

    address: str = ""
    browser: str = ""
    method: str = "password"


def begin(tx: Connection, account: Account, now: datetime, origin: Origin) -> str:
    """Begin a session and return its cookie, which is kept nowhere."""
    tx.execute(delete(sessions).where((sessions.c.expires < now) | (sessions.c.seen < now - IDLE)))
    tx.execute(update(accounts).where(accounts.c.id == account.id).values(last_login=now))
    cookie = secrets.token_urlsafe(32)
    row = {
        "digest": digest(cookie), "account_id": account.id, "expires": now + LIFE, "started": now, "seen": now,
        "address": origin.address[:45], "browser": origin.browser[:200], "method": origin.method[:120],
    }  # fmt: skip
    tx.execute(insert(sessions).values(row))
    return cookie


def admitted(tx: Connection, cookie: str, now: datetime, address: str = "") -> Admitted | None:
    """Return whose session a cookie is and what stands in its way, or None; changes nothing."""
    query = (
        select(
            accounts.c.id, accounts.c.name, accounts.c.role, accounts.c.active, accounts.c.code_secret,
            sessions.c.digest, sessions.c.seen, sessions.c.method, role_rules.c.networks, role_rules.c.codes,
        )
        .join(sessions, sessions.c.account_id == accounts.c.id)
        .outerjoin(role_rules, role_rules.c.role == accounts.c.role)
        .where(sessions.c.digest == digest(cookie), sessions.c.expires > now, sessions.c.seen > now - IDLE, accounts.c.active)
    )  # fmt: skip
    row = tx.execute(query).one_or_none()
    if row is None:
        return None
    account = Account(row.id, row.name, Role(row.role), row.active)
    allowed = networks.opened(row.networks) if row.networks is not None else ()
    due = bool(row.codes) and row.code_secret is None and row.method.startswith("password")
    return Admitted(account, row.digest[:HANDLE], now - row.seen >= SEEN, not networks.contain(allowed, address), due)


def touch(tx: Connection, cookie: str, now: datetime, address: str) -> None:
    """Note that a session was seen."""
    tx.execute(update(sessions).where(sessions.c.digest == digest(cookie)).values(seen=now, address=address[:45]))


def renew(tx: Connection, cookie: str, *, method: str = "") -> str:
    """Give a session a new cookie, after its account became able to do more or less; the old one is worth nothing."""
    fresh = secrets.token_urlsafe(32)
    values = {"digest": digest(fresh)} | ({"method": method} if method else {})
    tx.execute(update(sessions).where(sessions.c.digest == digest(cookie)).values(values))
    return fresh


def of_account(tx: Connection, account_id: int, now: datetime) -> list[Session]:
    """Return the sessions an account has open, the one seen last first."""
    query = (
        select(sessions)
        .where(sessions.c.account_id == account_id, sessions.c.expires > now, sessions.c.seen > now - IDLE)
        .order_by(sessions.c.seen.desc(), sessions.c.digest)
    )
    return [_session(row) for row in tx.execute(query)]


def end(tx: Connection, cookie: str) -> None:
    """End the session of a cookie."""
    tx.execute(delete(sessions).where(sessions.c.digest == digest(cookie)))


def end_one(tx: Connection, account_id: int, handle: str) -> bool:
    """End the session an owner points at; return whether there was one."""
    found = sessions.c.digest.startswith(handle[:HANDLE], autoescape=True) if len(handle) == HANDLE else sessions.c.digest == ""
    return tx.execute(delete(sessions).where(sessions.c.account_id == account_id, found)).rowcount > 0


def end_all(tx: Connection, account_id: int, *, but: str = "") -> int:
    """End all sessions of an account, but the one of a cookie if given; return how many."""
    query = delete(sessions).where(sessions.c.account_id == account_id)
    if but:
        query = query.where(sessions.c.digest != digest(but))
    return tx.execute(query).rowcount


def _session(row: Row[Any]) -> Session:
    return Session(row.digest[:HANDLE], row.started, row.seen, row.expires, row.address, row.browser, row.method)
