"""Accounts in the database: made, found, changed, switched off; never removed, as what they did keeps their name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, select, update

from server.accounts import failures, sessions, tickets
from server.accounts.model import LONGEST_NAME, Account, Role, is_name
from server.accounts.tables import accounts
from server.accounts.tables import sessions as open_sessions
from server.accounts.throttle import Tries
from server.accounts.tickets import Purpose
from server.db.statement import Statement
from server.errors import Conflict, Invalid, NotFound

_EMAIL = re.compile(
    r"[^\s@<>,;:\"()\[\]\\]{1,64}@(?=.{1,190}$)([a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff-]*[a-z0-9\u00a1-\uffff])?\.)+[a-z\u00a1-\uffff][a-z0-9\u00a1-\uffff-]*"
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
LONGEST_DISPLAY_NAME = 200


@dataclass(frozen=True, slots=True)
class Details:
    """All that is shown of an account."""

    account: Account
    display_name: str
    email: str
    email_proved: bool
    created: datetime
    last_login: datetime | None
    has_password: bool
    has_codes: bool
    sessions: int
    waits: Tries | None
    """The longest wait its failed logins have earned it, where one lasts."""


def add(
    tx: Connection, name: str, role: Role, password_hash: str, now: datetime, display_name: str = "", email: str = ""
) -> Account:
    """Make an account; raises Conflict where name or address are taken, Invalid where nobody could log in by it.

    `password_hash` is empty for who sets a password by invitation or comes by OpenID Connect. The caller vouches for the address.
    """
    if not is_name(name):
        raise Invalid(
            "This cannot be an account's name.",
            place="name",
            remedy=f"Choose one of 1 to {LONGEST_NAME} characters, without control characters.",
        )
    if tx.execute(select(accounts.c.id).where(accounts.c.name == name)).scalar() is not None:
        raise Conflict(f"There is an account {name!r} already.", place="name", remedy="Choose another name, or set its password.")
    address = free_email(tx, email)
    row = {
        "name": name, "role": role.value, "password": password_hash, "active": True, "created": now,
        "display_name": a_display_name(display_name), "email": address, "email_proved": address is not None,
    }  # fmt: skip
    number = tx.execute(insert(accounts).values(row).returning(accounts.c.id)).scalar_one()
    return Account(number, name, role, active=True)


def every(tx: Connection) -> list[Account]:
    return [_account(row) for row in tx.execute(_SELECT.order_by(accounts.c.name))]


def with_password(tx: Connection, name: str) -> tuple[Account, str] | None:
    """Return an account and its password hash, or None."""
    row = _BY_NAME.one(tx, {"of": name})
    return None if row is None else (_named(row), row["password"])


def find(tx: Connection, name: str) -> Account | None:
    row = tx.execute(_SELECT.where(accounts.c.name == name)).one_or_none()
    return None if row is None else _account(row)


def get(tx: Connection, name: str) -> Account:
    """Return an account by name; raises NotFound."""
    found = find(tx, name)
    if found is None:
        raise NotFound(f"There is no account {name!r}.", place="name", remedy="`sheaf user list` shows them.")
    return found


def by_id(tx: Connection, number: int) -> Account | None:
    row = _BY_ID.one(tx, {"of": number})
    return None if row is None else _named(row)


def by_email(tx: Connection, email: str) -> Account | None:
    """Return the active account of an address that is proved to be its own, or None."""
    row = tx.execute(
        _SELECT.where(accounts.c.email == email.strip().lower(), accounts.c.email_proved, accounts.c.active)
    ).one_or_none()
    return None if row is None else _account(row)


def by_any_email(tx: Connection, email: str) -> Account | None:
    """Return the active account of an address, proved or not: good enough to send something there, not to let somebody in."""
    row = tx.execute(_SELECT.where(accounts.c.email == email.strip().lower(), accounts.c.active)).one_or_none()
    return None if row is None else _account(row)


def details(tx: Connection, number: int, now: datetime) -> Details:
    """Return all that is shown of an account; raises NotFound."""
    row = tx.execute(_details(now).where(accounts.c.id == number)).one_or_none()
    if row is None:
        raise NotFound("There is no such account.")
    return _detail(tx, row, now)


def every_detail(tx: Connection, now: datetime) -> list[Details]:
    """Return all that is shown of all accounts: those switched on first, by name."""
    rows = tx.execute(_details(now).order_by(accounts.c.active.desc(), accounts.c.name)).all()
    return [_detail(tx, row, now) for row in rows]


def set_password(tx: Connection, name: str, password_hash: str, keep: str = "") -> Account:
    """Change a password, end the account's sessions but the one of the cookie `keep`, and void its links; raises NotFound."""
    account = get(tx, name)
    tx.execute(update(accounts).where(accounts.c.id == account.id).values(password=password_hash))
    sessions.end_all(tx, account.id, but=keep)
    tickets.void(tx, account.id, Purpose.RESET, Purpose.INVITATION, Purpose.SECOND_STEP)
    failures.forget(tx, name)
    return account


def set_active(tx: Connection, name: str, active: bool) -> Account:  # noqa: FBT001 -- stored as it is
    """Switch an account on or off and end its sessions. Raises NotFound, Conflict for the only administrator there is."""
    account = get(tx, name)
    if not active:
        _keep_an_administrator(tx, account)
    tx.execute(update(accounts).where(accounts.c.id == account.id).values(active=active))
    sessions.end_all(tx, account.id)
    tickets.void(tx, account.id, *Purpose)
    return account


def set_role(tx: Connection, name: str, role: Role) -> Account:
    """Give an account another role and end its sessions. Raises NotFound, Conflict for the only administrator there is."""
    account = get(tx, name)
    if role is not account.role:
        if role is not Role.ADMIN:
            _keep_an_administrator(tx, account)
        tx.execute(update(accounts).where(accounts.c.id == account.id).values(role=role.value))
        sessions.end_all(tx, account.id)
    return account


def set_person(tx: Connection, account: Account, display_name: str, email: str, *, proved: bool) -> dict[str, tuple[str, str]]:
    """Change the name that is shown and the address; return what changed, before and after.

    `proved` says whether the one who changes it vouches for the address; one that stays keeps what it was. Raises Invalid and
    Conflict naming the field. A new address voids the links that were sent to the old one.
    """
    before = tx.execute(
        select(accounts.c.display_name, accounts.c.email, accounts.c.email_proved).where(accounts.c.id == account.id)
    ).one()
    shown, address = a_display_name(display_name), free_email(tx, email, account.id)
    same = address == before.email
    values = {
        "display_name": shown,
        "email": address,
        "email_proved": address is not None and (proved or (same and before.email_proved)),
    }
    tx.execute(update(accounts).where(accounts.c.id == account.id).values(values))
    if not same:
        tickets.void(tx, account.id, Purpose.RESET, Purpose.INVITATION)
    pairs = {"display_name": (before.display_name, shown), "email": (before.email or "", address or "")}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def prove_email(tx: Connection, account_id: int) -> None:
    """Note that whoever holds the account reads what is sent to its address."""
    tx.execute(update(accounts).where(accounts.c.id == account_id, accounts.c.email.is_not(None)).values(email_proved=True))


def is_email(text: str) -> bool:
    """Whether mail can be sent there, as far as the writing goes."""
    return bool(_EMAIL.fullmatch(text.strip().lower()))


def free_email(tx: Connection, email: str, account_id: int | None = None) -> str | None:
    """Return an address as it is kept, None for none; raises Invalid where it is none, Conflict where another account has it."""
    address = email.strip().lower()
    if not address:
        return None
    if not is_email(address):
        raise Invalid("This is not an e-mail address.", place="email", remedy="Write it like name@example.org.")
    other = select(accounts.c.name).where(accounts.c.email == address)
    if account_id is not None:
        other = other.where(accounts.c.id != account_id)
    if tx.execute(other).scalar() is not None:
        raise Conflict("Another account has this e-mail address.", place="email", remedy="Each account needs one of its own.")
    return address


def a_display_name(text: str) -> str:
    """Return a name to show as it is kept; raises Invalid for one that is too long or has characters that break lines."""
    shown = text.strip()
    if len(shown) > LONGEST_DISPLAY_NAME or _CONTROL.search(shown):
        raise Invalid(
            f"The name to show has more than {LONGEST_DISPLAY_NAME} characters, or some that cannot be shown.",
            place="display_name",
        )
    return shown


def _keep_an_administrator(tx: Connection, account: Account) -> None:
    """Raise Conflict where this is the only active administrator.

    The administrators' rows are locked till the transaction ends: of two who dismiss each other one is refused.
    """
    query = select(accounts.c.id).where(accounts.c.role == Role.ADMIN.value, accounts.c.active).order_by(accounts.c.id)
    if set(tx.execute(query.with_for_update()).scalars()) == {account.id}:
        raise Conflict(
            "This is the only administrator.", place="name", remedy="Make another one first: `sheaf user add --role admin`."
        )


_SELECT = select(accounts.c.id, accounts.c.name, accounts.c.role, accounts.c.active, accounts.c.password)
_BY_NAME = Statement(_SELECT.where(accounts.c.name == bindparam("of")))
_BY_ID = Statement(_SELECT.where(accounts.c.id == bindparam("of")))


def _details(now: datetime) -> Select[Any]:
    running = (
        select(func.count())
        .where(
            open_sessions.c.account_id == accounts.c.id, open_sessions.c.expires > now, open_sessions.c.seen > now - sessions.IDLE
        )
        .scalar_subquery()
    )
    return select(accounts, running.label("running"))


def _detail(tx: Connection, row: Row[Any], now: datetime) -> Details:
    return Details(
        account=_account(row),
        display_name=row.display_name,
        email=row.email or "",
        email_proved=row.email_proved,
        created=row.created,
        last_login=row.last_login,
        has_password=bool(row.password),
        has_codes=row.code_secret is not None,
        sessions=row.running,
        waits=failures.worst(tx, row.name, now),
    )


def _account(row: Row[*tuple[Any, ...]]) -> Account:
    return Account(row.id, row.name, Role(row.role), row.active)


def _named(row: Mapping[Any, Any]) -> Account:
    return Account(row["id"], row["name"], Role(row["role"]), row["active"])
