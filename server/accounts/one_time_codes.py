"""One-time codes (TOTP, RFC 6238) as the second step of a login by password, and the recovery codes for who lost the device.

A code is good for its thirty seconds and those before and after, as clocks differ, and only once (RFC 6238 § 5.2): the step it
belongs to is kept, and none up to it is taken again, whichever process is asked. Recovery codes have 79 random bits each.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Protocol

import pyotp
from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from server.accounts.digests import digest
from server.accounts.model import Account
from server.accounts.tables import accounts, recovery_codes
from server.db.statement import Statement

STEP = 30
DIGITS = 6
RECOVERY_CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that looks like something else
_LETTERS = 16


class Sealing(Protocol):
    """What keeps a secret at rest."""

    def close(self, plain: bytes) -> bytes: ...

    def open(self, sealed: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Setup:
    """A secret that is about to be set up: in letters to type, and as the address a QR code carries."""

    secret: str
    address: str

    @property
    def spaced(self) -> str:
        return " ".join(self.secret[i : i + 4] for i in range(0, len(self.secret), 4))


def new_secret() -> str:
    """Return a secret of 160 bits (RFC 4226 § 4 R6) in base32."""
    return pyotp.random_base32()


def setup(secret: str, account: str, issuer: str) -> Setup:
    """Return what an authenticator app is given."""
    return Setup(secret, pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer.replace(":", " ")))


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the step a code belongs to: this one, the one before or the one after; None where it is wrong."""
    typed = "".join(code.split())
    this = int(now.timestamp()) // STEP
    totp = pyotp.TOTP(secret, digits=DIGITS)
    found = [
        step
        for step in (this - 1, this, this + 1)
        if compare_digest(totp.generate_otp(step).encode(), typed.encode("utf-8", "replace"))
    ]
    return max(found, default=None)


def switch_on(tx: Connection, account: Account, secret: str, code: str, seal: Sealing, now: datetime) -> list[str] | None:
    """Set up codes and return the recovery codes, which are shown once; None, and nothing done, where the code is wrong."""
    step = step_of(secret, code, now)
    if step is None:
        return None
    values = {"code_secret": seal.close(secret.encode()), "code_step": step}
    tx.execute(update(accounts).where(accounts.c.id == account.id).values(values))
    return new_recovery_codes(tx, account)


def switch_off(tx: Connection, account: Account) -> None:
    """Forget an account's secret and its recovery codes."""
    tx.execute(update(accounts).where(accounts.c.id == account.id).values(code_secret=None, code_step=None))
    tx.execute(delete(recovery_codes).where(recovery_codes.c.account_id == account.id))


def uses_codes(tx: Connection, account: Account) -> bool:
    return _SECRET.values(tx, {"of": account.id}) not in ([], [None])


_SECRET = Statement(select(accounts.c.code_secret).where(accounts.c.id == bindparam("of")))


def confirm(tx: Connection, account: Account, code: str, seal: Sealing, now: datetime) -> str:
    """Use up a one-time code or a recovery code; return which it was, `code` or `recovery`, empty where it is wrong or used."""
    row = tx.execute(select(accounts.c.code_secret).where(accounts.c.id == account.id)).one_or_none()
    if row is None or row.code_secret is None:
        return ""
    step = step_of(seal.open(row.code_secret).decode(), code, now)
    if step is not None:
        unused = or_(accounts.c.code_step.is_(None), accounts.c.code_step < step)
        used = tx.execute(update(accounts).where(accounts.c.id == account.id, unused).values(code_step=step)).rowcount
        return "code" if used else ""
    spent = tx.execute(
        delete(recovery_codes).where(recovery_codes.c.account_id == account.id, recovery_codes.c.digest == digest(_plain(code)))
    ).rowcount
    return "recovery" if spent else ""


def new_recovery_codes(tx: Connection, account: Account) -> list[str]:
    """Replace an account's recovery codes and return them as they are shown, once."""
    tx.execute(delete(recovery_codes).where(recovery_codes.c.account_id == account.id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS)) for _ in range(RECOVERY_CODES)]
    tx.execute(insert(recovery_codes), [{"account_id": account.id, "digest": digest(code)} for code in codes])
    return ["-".join(code[i : i + 4] for i in range(0, _LETTERS, 4)) for code in codes]


def recovery_codes_left(tx: Connection, account: Account) -> int:
    query = select(func.count()).select_from(recovery_codes).where(recovery_codes.c.account_id == account.id)
    return tx.execute(query).scalar_one()


def _plain(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()
