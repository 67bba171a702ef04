"""Tar archives (POSIX 1003.1 pax, ustar, GNU), plain or compressed as a whole, read from front to end in flat memory."""

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from server.records.files import PIECE
from server.sword.archives import entries
from server.sword.archives.entries import Entry, Kind, check_ratio, too_long

BLOCK = 512
_LARGEST_HEADER = 64 * 2**10
"""Bytes of the headers before one entry: a name, an owner, times."""
_XZ_MEMORY = 128 * 2**20

#: What an entry of a type is. The rest of the types are headers, or what no archive of files holds.
_KINDS = {
    tarfile.REGTYPE: Kind.FILE,
    tarfile.AREGTYPE: Kind.FILE,
    tarfile.CONTTYPE: Kind.FILE,
    tarfile.DIRTYPE: Kind.FOLDER,
    tarfile.SYMTYPE: Kind.SYMBOLIC_LINK,
    tarfile.LNKTYPE: Kind.LINK,
    tarfile.GNUTYPE_SPARSE: Kind.SPARSE,
}
_PAX = frozenset({tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE})
_HEADERS = _PAX | {tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}
_BODILESS = frozenset({Kind.FOLDER, Kind.SYMBOLIC_LINK, Kind.LINK, Kind.DEVICE})


class Source(Protocol):
    """A stream of the archive's bytes, uncompressed."""

    def read(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


class _Xz:
    """An xz file, read in pieces; one that asks for too much memory is refused by the decompressor."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._xz = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)

    def read(self, size: int, /) -> bytes:
        while not self._xz.eof:
            piece = self._file.read(PIECE) if self._xz.needs_input else b""
            if self._xz.needs_input and not piece:
                raise EOFError("the compressed data end too early")
            if found := self._xz.decompress(piece, size):
                return found
        return b""

    def close(self) -> None:
        self._file.close()


#: How a tar may be compressed, by its first bytes.
_COMPRESSIONS: dict[bytes, Callable[[Path], Source]] = {b"\x1f\x8b": gzip.GzipFile, b"BZh": bz2.BZ2File, b"\xfd7zXZ\x00": _Xz}


class _Blocks:
    """The archive's bytes in order, counted: as many as asked for or a refusal."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            first = file.read(8)
        opener = next((opener for magic, opener in _COMPRESSIONS.items() if first.startswith(magic)), None)
        self._compressed = opener is not None
        self._source: Source = opener(path) if opener is not None else path.open("rb")
        self._size = path.stat().st_size
        self._total = 0

    def close(self) -> None:
        self._source.close()

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, fewer at the end only; raises Invalid for a bomb."""
        found = self._source.read(size)
        while 0 < len(found) < size and (piece := self._source.read(size - len(found))):
            found += piece
        self._total += len(found)
        if self._compressed:
            check_ratio(self._total, self._size)
        return found

    def verify(self) -> None:
        """Go to the end of what is compressed, where its checksum stands."""
        while self._compressed and self.read(PIECE):
            pass

    def skip(self, size: int) -> None:
        """Pass over bytes; raises EOFError where there are fewer."""
        while size > 0:
            piece = self.read(min(size, PIECE))
            if not piece:
                raise EOFError("it ends in the middle of a file")
            size -= len(piece)


class _Body:
    """The bytes of one entry, as a stream; what is left of them when it is closed is skipped."""

    def __init__(self, blocks: _Blocks, size: int) -> None:
        self._blocks = blocks
        self.left = size

    def read(self, size: int = -1, /) -> bytes:
        wanted = self.left if size < 0 else min(size, self.left)
        piece = self._blocks.read(wanted) if wanted else b""
        if wanted and not piece:
            raise EOFError("it ends in the middle of a file")
        self.left -= len(piece)
        return piece

    def close(self) -> None:
        """Leave the archive open: the next entry follows."""


class TarArchive:
    """A tar on disk, gone through anew for each purpose."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def listed(self) -> Iterator[Entry]:
        """Yield its headers."""
        return (entry for entry, _ in self._walk())

    def contents(self) -> Iterator[tuple[Entry, Callable[[], Source]]]:
        """Yield each file and what opens it, to be read before the next is asked for."""
        for entry, body in self._walk():
            if entry.kind is Kind.FILE:
                yield entry, lambda body=body: body  # type: ignore[misc]

    def _walk(self) -> Iterator[tuple[Entry, "_Body"]]:
        with closing(_Blocks(self._path)) as blocks:
            while (entry := _header(blocks)) is not None:
                body = _Body(blocks, entry.size)
                yield entry, body
                blocks.skip(body.left + -entry.size % BLOCK)
            blocks.verify()


@dataclass(slots=True)
class _Extended:
    """What the headers before an entry say of it, beyond its own."""

    path: str = ""
    size: int | None = None
    sparse: bool = False
    spent: int = 0

    def take(self, info: tarfile.TarInfo, blocks: _Blocks) -> None:
        """Read such a header; raises Invalid for headers that never end."""
        self.spent += info.size + BLOCK
        if self.spent > _LARGEST_HEADER:
            raise too_long()
        data = blocks.read(info.size)
        blocks.skip(-info.size % BLOCK)
        if info.type == tarfile.GNUTYPE_LONGNAME:
            self.path = _text(data.rstrip(b"\0"))
        elif info.type in _PAX:
            said = dict(_pairs(data))
            self.path = said.get("path", self.path)
            self.size = int(said["size"]) if "size" in said else self.size
            self.sparse = self.sparse or any(key.startswith("GNU.sparse.") for key in said)


def _header(blocks: _Blocks) -> Entry | None:
    """Read the headers of the next entry; None at the end mark.

    Raises EOFError without one, tarfile.TarError for what is no header, Invalid for headers that never end.
    """
    extended = _Extended()
    while (info := _block(blocks)) is not None and info.type in _HEADERS:
        extended.take(info, blocks)
    if info is None:
        return None
    kind = Kind.SPARSE if extended.sparse else _KINDS.get(info.type, Kind.DEVICE)
    name = extended.path or info.name
    if kind is Kind.FILE and name.endswith("/"):  # a folder, before POSIX had a type for it
        kind = Kind.FOLDER
    size = info.size if extended.size is None else extended.size
    if size < 0:
        raise tarfile.ReadError("a negative size")
    return Entry(name, 0 if kind in _BODILESS else size, kind)


def _block(blocks: _Blocks) -> tarfile.TarInfo | None:
    """Read one header block; None for the end mark."""
    block = blocks.read(BLOCK)
    if len(block) < BLOCK:
        raise EOFError("it ends without an end mark")
    if not block.strip(b"\0"):
        return None
    info = _info(block)
    if info.size < 0:
        raise tarfile.ReadError("a negative size")
    return info


def _info(block: bytes) -> tarfile.TarInfo:
    """Read a header block; names were in Latin-1 before they were in UTF-8."""
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except UnicodeDecodeError:
        return tarfile.TarInfo.frombuf(block, "latin-1", "strict")


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _pairs(data: bytes) -> Iterator[tuple[str, str]]:
    """Take the records of a pax header apart: `length key=value` and a line end (POSIX 1003.1, pax Extended Header)."""
    at = 0
    while at < len(data) and data[at:].strip(b"\0"):
        number, _, _ = data[at : at + 20].partition(b" ")
        end = at + int(number)
        key, equals, value = data[at + len(number) + 1 : end - 1].partition(b"=")
        if end <= at + len(number) or not equals or data[end - 1 : end] != b"\n":
            raise tarfile.ReadError("a pax header that cannot be read")
        yield _text(key), _text(value)
        at = end


def is_tar(path: Path) -> bool:
    """Whether a file begins as a tar does, under its compression."""
    try:
        with closing(_Blocks(path)) as blocks:
            _info(blocks.read(BLOCK))
    except entries.BROKEN:
        return False
    return True
