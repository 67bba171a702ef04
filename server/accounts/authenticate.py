"""Who is asking: names and passwords checked against the accounts, off the event loop."""

import asyncio
import base64
import binascii

from server.accounts import store
from server.accounts.model import Account
from server.accounts.passwords import Remembered, verify
from server.db.engine import Database


class Authenticator:
    """Checks names and passwords; remembers a good pair for a few minutes, as argon2 is made to be slow.

    A client that opens with two hundred requests at once is verified once: the others wait for that answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered = Remembered()
        self._verifying: dict[tuple[str | None, str], asyncio.Task[bool]] = {}

    async def check(self, name: str, password: str) -> Account | None:
        """Return the active account these credentials belong to, or None; both answers take as long."""
        found = await self._database.read(store.with_password, name)
        account, stored = found if found is not None else (None, None)
        if stored is not None and (stored, password) in self._remembered:
            good = True
        else:
            good = await self._verified((stored, password))
        return account if good and account is not None and account.active else None

    async def _verified(self, pair: tuple[str | None, str]) -> bool:
        if pair not in self._verifying:
            self._verifying[pair] = asyncio.create_task(self._verify(pair), name="verify a password")
        return await asyncio.shield(self._verifying[pair])

    async def _verify(self, pair: tuple[str | None, str]) -> bool:
        stored, password = pair
        try:
            good = await asyncio.to_thread(verify, stored, password)
            if good and stored is not None:
                self._remembered.add((stored, password))
            return good
        finally:
            del self._verifying[pair]


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
