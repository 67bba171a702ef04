"""The tar file of a backup, written and read strictly: regular files with names we know, nothing that could leave its place.

Read without the conveniences of tar (links, long names, extended headers, sparse files), as none of them is ever written: an
archive that holds one was not made by us, and is refused at its header.
"""

import hashlib
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from server.backup.model import FILE, MANIFEST, README, TABLE
from server.errors import Invalid

PIECE = 1 << 20
_BLOCK = tarfile.BLOCKSIZE
_END = bytes(_BLOCK)


class Writer:
    """Appends members to an archive and says their digests."""

    def __init__(self, out: BinaryIO, moment: float) -> None:
        self._out = out
        self._moment = moment

    def add(self, name: str, source: BinaryIO, size: int) -> str:
        """Append `size` bytes of a stream and return their SHA-256; what a stream is short of is made up with zeros."""
        head = tarfile.TarInfo(name)
        head.size, head.mode, head.mtime = size, 0o600, int(self._moment)
        self._out.write(head.tobuf(tarfile.GNU_FORMAT))
        found, left = hashlib.sha256(), size
        while left:
            piece = source.read(min(PIECE, left)) or bytes(min(PIECE, left))
            found.update(piece)
            self._out.write(piece)
            left -= len(piece)
        self._out.write(bytes(-size % _BLOCK))
        return found.hexdigest()

    def take_back(self, place: int) -> None:
        """Forget everything from a place on."""
        self._out.seek(place)
        self._out.truncate()

    def place(self) -> int:
        return self._out.tell()

    def end(self) -> None:
        """Write the end of the archive and flush it to the disk."""
        self._out.write(_END * 2)
        self._out.flush()
        os.fsync(self._out.fileno())


@dataclass(slots=True)
class Member:
    """A member being read: its name, its size, and its bytes, digested on their way."""

    name: str
    size: int
    _source: BinaryIO
    _left: int
    _digest: "hashlib._Hash"

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, nothing at the end; raises Invalid where the archive is torn."""
        wanted = self._left if size < 0 else min(size, self._left)
        piece = self._source.read(wanted)
        if len(piece) < wanted:
            raise Invalid("The archive ends in the middle of a member.", place=self.name, remedy=_ANOTHER)
        self._left -= len(piece)
        self._digest.update(piece)
        return piece

    def pieces(self) -> Iterator[bytes]:
        while piece := self.read(PIECE):
            yield piece

    def sha256(self) -> str:
        """Read what is left and return the digest of all."""
        for _ in self.pieces():
            pass
        return self._digest.hexdigest()


_ANOTHER = "Take another copy of the backup, or an older backup."


def members(path: Path) -> Iterator[Member]:
    """Walk an archive's members in order; what was not read of one is passed over. Raises Invalid for what we never write."""
    try:
        with path.open("rb") as source:
            yield from _members(source, os.fstat(source.fileno()).st_size)
    except OSError as error:
        raise Invalid(f"The archive cannot be read: {error.strerror or error}.", place=str(path)) from error


def _members(source: IO[bytes], size: int) -> Iterator[Member]:
    place, names = 0, set[str]()
    while (head := source.read(_BLOCK)) != _END:
        try:
            info = tarfile.TarInfo.frombuf(head, "ascii", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError) as error:
            raise Invalid("This is not a backup of Sheaf, or it is torn.", place=f"byte {place}", remedy=_ANOTHER) from error
        known = info.name == README or any(shape.fullmatch(info.name) for shape in (TABLE, FILE, MANIFEST))
        if not known or not info.isreg() or info.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or info.name in names:
            raise Invalid(f"A backup of Sheaf has no member {info.name!r} like this one.", place=f"byte {place}", remedy=_ANOTHER)
        place += _BLOCK
        if not 0 <= info.size <= size - place:
            raise Invalid("A member is larger than the archive.", place=info.name, remedy=_ANOTHER)
        if not FILE.fullmatch(info.name):  # files come in order, which says the same without remembering a million names
            names.add(info.name)
        yield Member(info.name, info.size, source, info.size, hashlib.sha256())  # type: ignore[arg-type]  # an open file is one
        place += info.size + -info.size % _BLOCK
        source.seek(place - -info.size % _BLOCK)
        if any(source.read(-info.size % _BLOCK)):
            raise Invalid("Something stands between the members.", place=info.name, remedy=_ANOTHER)
