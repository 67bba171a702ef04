"""What is on disk compared with the digests that were announced of it."""

import hashlib

from server.records.files import Received
from server.sword.v3.digests import Digests


def verify(announced: Digests, received: Received, place: str = "Digest") -> None:
    """Compare; raises DigestMismatch. Reads the bytes again only for what was not digested on their way in."""
    announced.compare(lambda algorithm: _digest(received, algorithm), place)


def _digest(received: Received, algorithm: str) -> str:
    known = {"sha256": received.sha256, "md5": received.md5, **received.digests}
    if known.get(algorithm):
        return known[algorithm]
    with received.path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
