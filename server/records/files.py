"""The bytes of files: kept on disk under their SHA-256, written once, flushed before anybody is told."""

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from ulid import ULID

from server.errors import NotFound, TooLarge, Unavailable

PIECE = 256 * 1024

_DIGITS = 2
"""Of a SHA-256, which a folder is called by."""

NAMING = "sha256"
"""The digest everything received is known by here."""


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes on disk that nobody refers to yet: where, how many, and their digests in hexadecimal."""

    path: Path
    bytes: int
    sha256: str
    md5: str = ""
    """What old clients and formats know; empty where nobody asked for it."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """Those that were asked for besides, by their names in `hashlib`."""
    flushed: bool = True
    """Whether they outlive a power cut already; what is kept is flushed first."""


class FileStore(Protocol):
    """Where files are kept. The disk today; an object store answers the same calls."""

    def keep_all(self, several: Sequence[Received]) -> list[str]:
        """Do what `keep` does for several, with as few flushes as that needs; where it raises, what is not kept yet stays."""
        ...

    def keep(self, received: Received) -> str:
        """Move received bytes into the store and return the SHA-256 they are found under. Durable when it returns."""
        ...

    def path(self, sha256: str) -> Path:
        """Return a local path to a file's bytes; raises NotFound."""
        ...

    def spool(self, digests: Collection[str] = (), *, md5: bool = True) -> "Spool":
        """Begin to receive bytes; `digests` are wanted besides SHA-256 and MD5, by their names in `hashlib`."""
        ...


class DiskStore:
    """Files in a folder: `ab/abcd…`, and `spool/` for what is just arriving.

    Earlier releases kept them in `ab/cd/abcd…`, nearly each in a folder of its own to be made and flushed; there they stay.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "files"
        self._spool = folder / "spool"
        self._made = bytearray(1 << 8)
        """Which folders this process knows to be there whatever happens, by the first two digits of what stands in them."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_folder(self._folder)
        _make_folder(self._spool)

    def spool(self, digests: Collection[str] = (), *, md5: bool = True) -> "Spool":
        """Begin to receive bytes; `digests` are wanted besides SHA-256 and MD5, by their names in `hashlib`."""
        return Spool(self._spool / str(ULID()), {*digests, "md5"} if md5 else digests)

    def keep(self, received: Received) -> str:
        try:
            return self.keep_all([received])[0]
        except Unavailable:
            if received.path not in self._places(received.sha256):  # the file itself is what somebody was promised
                received.path.unlink(missing_ok=True)
            raise

    def keep_all(self, several: Sequence[Received]) -> list[str]:
        """Do what `keep` does for several: a folder that several come into is flushed once, when they are there."""
        folders = dict[Path, None]()
        try:
            for received in several:
                folders |= dict.fromkeys(self._moved(received))
            for folder in folders:
                _flush(folder)
        except OSError as error:
            raise full(error) from error
        return [received.sha256 for received in several]

    def _moved(self, received: Received) -> list[Path]:
        """Move received bytes to their place and return the folder that is to be flushed, if there is any."""
        place = self._touched(received.sha256)
        if place == received.path:  # a body that is the file, kept when it arrived
            return []
        if place is not None:
            received.path.unlink()
            return [place.parent]  # whoever put it there may not have come to that yet
        if not received.flushed:
            _flush(received.path)
        self._make_folder(received.sha256[:2])
        target = self._places(received.sha256)[0]
        os.replace(received.path, target)  # noqa: PTH105 -- the same file system by construction
        return [target.parent]

    def path(self, sha256: str) -> Path:
        target = self._place(sha256)
        if not target.is_file():
            raise NotFound(
                "The file's bytes are not in the store.",
                code="file",
                remedy="Restore them from the backup; `sheaf check` lists what is missing.",
            )
        return target

    def touch(self, sha256: str) -> bool:
        """Say of a kept file that somebody is about to speak of it, so that it is not collected; False where it is not kept."""
        return self._touched(sha256) is not None

    def _touched(self, sha256: str) -> Path | None:
        """Touch a kept file and return its place; None where it is not kept."""
        for place in self._places(sha256):
            with suppress(FileNotFoundError, NotADirectoryError):
                os.utime(place)
                return place
        return None

    def has(self, sha256: str) -> bool:
        """Whether a file is kept here."""
        return self._place(sha256).is_file()

    def every(self) -> Iterator[str]:
        """Walk the SHA-256 of all kept files, in order; what is kept meanwhile may be among them."""
        for first in sorted(self._folder.iterdir()):
            places = list(first.iterdir())
            older = [path.name for folder in places if len(folder.name) == _DIGITS for path in folder.iterdir()]
            yield from sorted([*older, *(path.name for path in places if len(path.name) > _DIGITS)])

    def collect(self, is_needed: Callable[[str], bool], older_than: float) -> int:
        """Remove the kept files that nobody needs and nobody touched for that many seconds; return how many there were.

        A file is moved aside before its age is looked at for the last time, so that whoever touches it either did so before, and
        it is put back, or finds it gone and keeps bytes of their own.
        """
        edge = time.time() - older_than
        gone = 0
        for name in self.every():
            target, aside = self._place(name), self._spool / str(ULID())
            with suppress(FileNotFoundError):  # another process collects too
                if is_needed(name) or target.stat().st_mtime >= edge:
                    continue
                target.rename(aside)
                if aside.stat().st_mtime < edge:
                    gone += 1
                else:
                    with suppress(FileExistsError):
                        os.link(aside, target)
                aside.unlink()
        return gone

    def sweep(self, older_than: float = 86400.0) -> int:
        """Remove what arrived that many seconds ago and was never kept; return how many there were.

        Such things are left by a crash or a broken connection.
        """
        edge = time.time() - older_than
        gone = 0
        for path in self._spool.iterdir():
            with suppress(FileNotFoundError):  # kept or swept meanwhile
                if path.stat().st_mtime < edge:
                    path.unlink()
                    gone += 1
        return gone

    def _make_folder(self, digits: str) -> None:
        """Make the folder for names that begin with two digits, unless this process did before: it costs a flush."""
        number = int(digits, 16)
        if not self._made[number]:
            _make_folder(self._folder / digits)
            self._made[number] = 1

    def _place(self, sha256: str) -> Path:
        """Return where a file is, or would be."""
        place, older = self._places(sha256)
        return older if not place.exists() and older.exists() else place

    def _places(self, sha256: str) -> tuple[Path, Path]:
        """Return where a file is put, and where an earlier release put it."""
        folder = self._folder / sha256[:_DIGITS]
        return folder / sha256, folder / sha256[_DIGITS : 2 * _DIGITS] / sha256


class Spool:
    """Bytes on their way in: digested while they are written, counted against a limit, flushed at the end.

    Use all of it from a thread; `discard` removes what was written. Raises Unavailable where the disk takes no more.
    """

    def __init__(self, path: Path, digests: Collection[str] = ()) -> None:
        self._path = path
        self._digests = {name: hashlib.new(name, usedforsecurity=False) for name in {NAMING, *digests}}
        try:
            self._file: BinaryIO = path.open("xb")
        except OSError as error:
            raise full(error) from error
        self._bytes = 0

    def write(self, piece: bytes) -> None:
        """Write and digest; raises Unavailable when the disk is full."""
        try:
            self._file.write(piece)
        except OSError as error:
            raise full(error) from error
        for digest in self._digests.values():
            digest.update(piece)
        self._bytes += len(piece)

    def finish(self, last: bytes = b"", *, flush: bool = True) -> Received:
        """Write the last piece, flush to the disk and return what was received.

        What may be thrown away, or is kept only later, need not be flushed here. Raises Unavailable when the disk is full.
        """
        if last:
            self.write(last)
        try:
            self._file.flush()
            if flush:
                os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise full(error) from error
        said = {name: digest.hexdigest() for name, digest in self._digests.items()}
        return Received(self._path, self._bytes, said.pop(NAMING), said.pop("md5", ""), said, flush)

    def discard(self) -> None:
        with suppress(OSError):  # a full disk says so once more while what is buffered is flushed
            self._file.close()
        self._path.unlink(missing_ok=True)


async def receive(spool: Spool, pieces: AsyncIterable[bytes], limit: int) -> Received:
    """Write a stream of bytes to a spool, in threads, and flush it.

    Raises TooLarge above `limit` bytes and Unavailable; leaves nothing then.
    """
    total, last = 0, b""
    try:
        async for piece in _gathered(pieces):
            total += len(piece)
            if total > limit:
                raise TooLarge(
                    f"The body is larger than {limit} bytes.",
                    remedy="Send less at once, or ask for a higher limit.",
                    code="too-large",
                )
            if last:
                await asyncio.to_thread(spool.write, last)
            last = piece  # the last one is written where it is flushed, in one visit to a thread
        return await asyncio.to_thread(spool.finish, last)
    except BaseException:
        spool.discard()
        raise


async def _gathered(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Gather small pieces into ones worth a thread switch."""
    held: list[bytes] = []
    size = 0
    async for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def full(error: OSError) -> Unavailable:
    """Say what the disk says."""
    return Unavailable(
        f"The file cannot be stored: {error.strerror or error}.",
        remedy="Nothing was lost; try again later. The operator must make room.",
        code="storage",
    )


def _make_folder(folder: Path) -> None:
    """Make a folder in one that is there, and flush that one: also where the folder was made by somebody just now."""
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
    _flush(folder.parent)


def _flush(path: Path) -> None:
    """Flush a file, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
