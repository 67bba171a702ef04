"""Accounts and sessions in the database."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from server.accounts.model import LONGEST_NAME, Account, Role, is_name
from server.accounts.tables import accounts, sessions
from server.errors import Conflict, Invalid, NotFound

SESSION = timedelta(hours=12)


def add(tx: Connection, name: str, role: Role, password_hash: str, now: datetime) -> Account:
    """Make an account; raises Conflict where the name is taken, Invalid where nobody could log in by it."""
    if not is_name(name):
        raise Invalid(
            "This cannot be an account's name.",
            place="name",
            remedy=f"Choose one of 1 to {LONGEST_NAME} characters, without control characters.",
        )
    if tx.execute(select(accounts.c.id).where(accounts.c.name == name)).scalar() is not None:
        raise Conflict(f"There is an account {name!r} already.", place="name", remedy="Choose another name, or set its password.")
    row = {"name": name, "role": role.value, "password": password_hash, "active": True, "created": now}
    number = tx.execute(insert(accounts).values(row).returning(accounts.c.id)).scalar_one()
    return Account(number, name, role, active=True)


def every(tx: Connection) -> list[Account]:
    return [_account(row) for row in tx.execute(_SELECT.order_by(accounts.c.name))]


def with_password(tx: Connection, name: str) -> tuple[Account, str] | None:
    """Return an account and its password hash, or None."""
    row = tx.execute(_SELECT.where(accounts.c.name == name)).one_or_none()
    return None if row is None else (_account(row), row.password)


def set_password(tx: Connection, name: str, password_hash: str) -> None:
    """Change a password and end the account's sessions; raises NotFound."""
    number = tx.execute(
        update(accounts).where(accounts.c.name == name).values(password=password_hash).returning(accounts.c.id)
    ).scalar()
    _found(number, name)
    tx.execute(delete(sessions).where(sessions.c.account_id == number))


def set_active(tx: Connection, name: str, active: bool) -> None:  # noqa: FBT001 -- stored as it is
    """Switch an account on or off and end its sessions; raises NotFound."""
    number = tx.execute(update(accounts).where(accounts.c.name == name).values(active=active).returning(accounts.c.id)).scalar()
    _found(number, name)
    tx.execute(delete(sessions).where(sessions.c.account_id == number))


def open_session(tx: Connection, account: Account, now: datetime) -> str:
    """Begin a session and return its cookie, which is kept nowhere."""
    tx.execute(delete(sessions).where(sessions.c.expires < now))
    cookie = secrets.token_urlsafe(32)
    tx.execute(insert(sessions).values(digest=_digest(cookie), account_id=account.id, expires=now + SESSION))
    return cookie


def in_session(tx: Connection, cookie: str, now: datetime) -> Account | None:
    """Return whose session a cookie is, or None."""
    query = _SELECT.join(sessions, sessions.c.account_id == accounts.c.id).where(
        sessions.c.digest == _digest(cookie), sessions.c.expires > now, accounts.c.active
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else _account(row)


def close_session(tx: Connection, cookie: str) -> None:
    tx.execute(delete(sessions).where(sessions.c.digest == _digest(cookie)))


_SELECT = select(accounts.c.id, accounts.c.name, accounts.c.role, accounts.c.active, accounts.c.password)


def _account(row: object) -> Account:
    return Account(row.id, row.name, Role(row.role), row.active)  # type: ignore[attr-defined]  # a row of _SELECT


def _found(number: int | None, name: str) -> None:
    if number is None:
        raise NotFound(f"There is no account {name!r}.", place="name")


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()
