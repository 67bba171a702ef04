"""Zip archives, zip64 too: listed from their end, without believing it."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from server.sword.archives import entries
from server.sword.archives.entries import Entry, Kind, too_long, too_many

_END = struct.Struct("<4s4H2IH")
_WIDE_END = struct.Struct("<4sQ2H2I4Q")  # Zip64, without what may follow
_WIDE_LOCATOR = 20
_LONGEST_END = 2**16 + _END.size + _WIDE_LOCATOR + _WIDE_END.size
_UTF8 = 0x800
_ENCRYPTED = 1


class ZipArchive:
    """An opened zip."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def listed(self) -> Iterator[Entry]:
        """Yield what its list of entries says."""
        return map(_entry, self._archive.infolist())

    def contents(self) -> Iterator[tuple[Entry, Callable[[], IO[bytes]]]]:
        """Yield each file and what opens it, in the order of the list."""
        for info in self._archive.infolist():
            if not info.is_dir():
                yield _entry(info), partial(self._archive.open, info)


@contextmanager
def open_zip(path: Path) -> Iterator[ZipArchive]:
    """Open a zip. Raises Invalid for one with too many entries, and what BROKEN lists for one that is none."""
    if (count := counted(path)) > entries.MOST_ENTRIES:
        raise too_many(count)
    with _Bounded(path) as file, zipfile.ZipFile(file) as archive:
        yield ZipArchive(archive)


class _Bounded(io.FileIO):
    """A file nobody reads more of than LARGEST_DIRECTORY at once, so that an archive's list of entries cannot fill the memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > entries.LARGEST_DIRECTORY:
            raise too_long()
        return super().read(-1 if size is None else size) or b""


def _entry(info: zipfile.ZipInfo) -> Entry:
    kind = Kind.FOLDER if info.is_dir() else Kind.SYMBOLIC_LINK if stat.S_ISLNK(info.external_attr >> 16) else Kind.FILE
    return Entry(_name(info), info.file_size, kind, info.compress_size, encrypted=bool(info.flag_bits & _ENCRYPTED))


def _name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name; many programs write UTF-8 and do not say so."""
    if info.flag_bits & _UTF8 or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename


def counted(path: Path) -> int:
    """Count the entries of a zip from its end and its list of entries, without opening it; 0 where it is none.

    Neither what the end says nor what is listed is believed alone. Counts no further than one over what is allowed.
    """
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - _LONGEST_END))
        tail = file.read(_LONGEST_END)
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) - at < _END.size:
            return 0
        _, _, _, _, said, length, _, _ = _END.unpack_from(tail, at)
        end = size - len(tail) + at
        wide = at - _WIDE_LOCATOR - _WIDE_END.size
        if wide >= 0 and tail.startswith(b"PK\x06\x06", wide):
            said, length = _WIDE_END.unpack_from(tail, wide)[-3:-1]
            end -= _WIDE_LOCATOR + _WIDE_END.size
        file.seek(max(0, end - length))
        return max(int(said), _listed(file.read(min(length, entries.LARGEST_DIRECTORY))))


def _listed(directory: bytes) -> int:
    count = at = 0
    while count <= entries.MOST_ENTRIES and directory.startswith(b"PK\x01\x02", at) and at + 46 <= len(directory):
        at += 46 + sum(struct.unpack_from("<3H", directory, at + 28))
        count += 1
    return count
