"""Secrets at rest: sealed with a key made from the operator's, opened only to be used."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.errors import Unavailable


class Seal:
    """Seals under one secret key; opens what was sealed under it, or under one of the `older` keys it took the place of."""

    def __init__(self, secret: bytes, *older: bytes) -> None:
        self._current = _made(secret)
        self._older = tuple(_made(key) for key in older)

    def close(self, plain: bytes) -> bytes:
        return self._current.encrypt(plain)

    def open(self, sealed: bytes) -> bytes:
        """Return what was sealed; raises Unavailable where it was sealed under a key we do not have."""
        for key in (self._current, *self._older):
            try:
                return key.decrypt(sealed)
            except InvalidToken:
                continue
        raise Unavailable(
            "The secret was sealed under another SHEAF_SECRET_KEY.",
            remedy="Start with the old key as SHEAF_SECRET_KEY_OLD, or enter the secret again.",
        )

    def anew(self, sealed: bytes) -> bytes | None:
        """Return a sealed secret under the present key; None where it is sealed under that already. Raises as `open` does."""
        try:
            self._current.decrypt(sealed)
        except InvalidToken:
            return self.close(self.open(sealed))
        return None


def _made(secret: bytes) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sheaf profile secrets").derive(secret)
    return Fernet(base64.urlsafe_b64encode(key))
