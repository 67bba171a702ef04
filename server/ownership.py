"""One process owns an SQLite installation; a second one is told so in words."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from server.errors import Conflict
from server.settings import Settings


@contextmanager
def owned(settings: Settings) -> Iterator[None]:
    """Hold the data folder of an SQLite installation. Raises Conflict.

    On PostgreSQL any number of processes may work, so nothing is held.
    """
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not settings.is_sqlite:
        yield
        return
    path = settings.folder / "owner.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            raise Conflict(
                f"Another Sheaf (process {owner}) works on {settings.folder} already; SQLite has one owner at a time.",
                place=str(settings.folder),
                remedy="Stop it, choose another SHEAF_DATA, or use PostgreSQL (SHEAF_DATABASE_URL), "
                "which any number of processes may share.",
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)
