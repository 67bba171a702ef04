"""A file store for a trial: what arrives in it is gone afterwards, what is kept for good can be read and is never touched."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from server.records.files import DiskStore, Received, Spool


class Scratch:
    """A FileStore in a folder of its own, above the one that keeps."""

    def __init__(self, kept: DiskStore, folder: Path) -> None:
        self._kept = kept
        self._own = DiskStore(folder)

    def keep_all(self, several: Sequence[Received]) -> list[str]:
        return [self.keep(received) for received in several]

    def keep(self, received: Received) -> str:
        if self._kept.has(received.sha256):  # it may be that very file, which must stay where it is
            return received.sha256
        return self._own.keep(received)

    def path(self, sha256: str) -> Path:
        return self._own.path(sha256) if self._own.has(sha256) else self._kept.path(sha256)

    def spool(self, digests: Collection[str] = (), *, md5: bool = True) -> Spool:
        return self._own.spool(digests, md5=md5)


@asynccontextmanager
async def scratch(kept: DiskStore) -> AsyncIterator[Scratch]:
    """Open a store of which nothing is left."""
    folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="sheaf-trial-")
    try:
        yield await asyncio.to_thread(Scratch, kept, Path(folder))
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
