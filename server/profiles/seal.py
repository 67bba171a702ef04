"""Secrets at rest: sealed with a key made from the operator's, opened only to be used."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.errors import Unavailable


class Seal:
    """Seals and opens bytes under one secret key."""

    def __init__(self, secret: bytes) -> None:
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sheaf profile secrets").derive(secret)
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, plain: bytes) -> bytes:
        return self._fernet.encrypt(plain)

    def open(self, sealed: bytes) -> bytes:
        """Return what was sealed; raises Unavailable where it was sealed under another key."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise Unavailable(
                "The profile's secrets were sealed under another SHEAF_SECRET_KEY.",
                remedy="Start with the old key, or enter the secrets again.",
            ) from error
