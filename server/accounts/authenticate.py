"""Who is asking: names and passwords checked against the accounts, off the event loop."""

import asyncio
import base64
import binascii

from server.accounts import store
from server.accounts.model import Account
from server.accounts.passwords import Remembered, verify
from server.db.engine import Database


class Authenticator:
    """Checks names and passwords; remembers a good pair for a few minutes, as argon2 is made to be slow."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered = Remembered()

    async def check(self, name: str, password: str) -> Account | None:
        """Return the active account these credentials belong to, or None; both answers take as long."""
        found = await self._database.read(store.with_password, name)
        account, stored = found if found is not None else (None, None)
        if account is not None and stored is not None and (stored, password) in self._remembered:
            return account if account.active else None
        good = await asyncio.to_thread(verify, stored, password)
        if not good or account is None or stored is None:
            return None
        self._remembered.add((stored, password))
        return account if account.active else None


def basic(header: str) -> tuple[str, str] | None:
    """Return name and password of an Authorization header (RFC 7617), or None where it has none."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    name, colon, password = text.partition(":")
    return (name, password) if colon else None
