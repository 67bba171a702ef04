"""Who is asking: names and passwords checked against the accounts, off the event loop, and slowed down for those who guess."""

import asyncio
import base64
import binascii
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from server import clock as clocks
from server.accounts import store
from server.accounts.model import Account, is_name
from server.accounts.passwords import Remembered, verify
from server.accounts.throttle import Throttle
from server.clock import Clock
from server.db.engine import Database

THREADS = 2
"""How many passwords are verified at the same time: argon2 takes a core and 64 MB for each, and uploads need threads too."""

_Asked = tuple[str, str, str | None, str]
"""Name, remote address, stored hash and password."""


class Authenticator:
    """Checks names and passwords; remembers a good pair for a few minutes, as argon2 is made to be slow.

    A client that opens with two hundred requests at once is verified once: the others wait for that answer. Who fails too often
    from one address must wait (`throttle`): till then every password is wrong, and none is verified.
    """

    def __init__(self, database: Database, clock: Clock = clocks.now) -> None:
        self._database = database
        self._clock = clock
        self._remembered = Remembered()
        self._verifying: dict[_Asked, asyncio.Task[bool]] = {}
        self._throttle = Throttle()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="password")
        self._free = asyncio.Semaphore(THREADS)

    def wait(self, name: str, remote: str = "", *, now: datetime | None = None) -> timedelta:
        """Return how long this name at this address must wait before it is checked again; zero for not at all."""
        return self._throttle.wait(name, remote, now or self._clock())

    async def check(self, name: str, password: str, *, remote: str = "", now: datetime | None = None) -> Account | None:
        """Return the active account these credentials belong to, or None; both answers take as long.

        `remote` is the address the credentials came from. None also for whoever must wait, and at once.
        """
        now = now or self._clock()
        if not is_name(name) or self.wait(name, remote, now=now):
            return None
        found = await self._database.read(store.with_password, name)
        account, stored = found if found is not None else (None, None)
        good = stored is not None and (stored, password) in self._remembered
        if good and remote:  # where the address is not known, one who knows the password must not make room for one who guesses
            self._throttle.succeeded(name, remote)
        elif not good:
            good = await self._verified((name, remote, stored, password), now)
        return account if good and account is not None and account.active else None

    async def _verified(self, asked: _Asked, now: datetime) -> bool:
        if asked not in self._verifying:
            self._verifying[asked] = asyncio.create_task(self._verify(asked, now), name="verify a password")
        return await asyncio.shield(self._verifying[asked])

    async def _verify(self, asked: _Asked, now: datetime) -> bool:
        name, remote, stored, password = asked
        try:
            async with self._free:
                if self.wait(name, remote, now=now):  # others failed while this one waited for its turn
                    return False
                good = await asyncio.get_running_loop().run_in_executor(self._threads, verify, stored, password)
            if good and stored is not None:
                self._remembered.add((stored, password))
                self._throttle.succeeded(name, remote)
            else:
                self._throttle.failed(name, remote, now)
            return good
        finally:
            del self._verifying[asked]


def basic(header: str) -> tuple[str, str] | None:
    """Return name and password of an Authorization header (RFC 7617), or None where it has none that an account could have."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    name, colon, password = text.partition(":")
    return (name, password) if colon and is_name(name) else None
