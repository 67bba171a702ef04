"""Passwords: hashed with argon2id, verified off the event loop, and remembered for a while so that a busy depositor pays once."""

import hmac
import secrets
from collections import OrderedDict
from time import monotonic

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.accounts.strength import weakness

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


def generate() -> str:
    """Return a password of 96 bits that can be typed, and that no rule for passwords refuses."""
    while weakness(made := secrets.token_urlsafe(12)):
        pass
    return made


def hashed(password: str) -> str:
    return _hasher.hash(password)


def verify(stored: str | None, password: str) -> bool:
    """Compare a password with a stored hash.

    As slow for nobody (None), and for somebody without a password (empty), as for anybody: the time it takes tells no names.
    """
    try:
        _hasher.verify(stored or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)


class Remembered:
    """Credentials verified a short while ago.

    Kept as a keyed digest bound to the stored hash: a changed password is forgotten at once.
    """

    def __init__(self, *, seconds: float = 300.0, size: int = 1024) -> None:
        self._key = secrets.token_bytes(32)
        self._seconds = seconds
        self._size = size
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def __contains__(self, credentials: tuple[str, str]) -> bool:
        """Whether this stored hash and this password were verified lately."""
        return self._until.get(self._digest(credentials), 0.0) > monotonic()

    def add(self, credentials: tuple[str, str]) -> None:
        self._until[self._digest(credentials)] = monotonic() + self._seconds
        while len(self._until) > self._size:
            self._until.popitem(last=False)

    def _digest(self, credentials: tuple[str, str]) -> bytes:
        return hmac.digest(self._key, "\0".join(credentials).encode("utf-8", "surrogatepass"), "sha256")
