"""What a packaging makes of a deposit's bytes: metadata documents and files.

Limits and path checks are the same for every packaging.
"""

import io
import lzma
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from server.errors import Invalid
from server.metadata.reading import Remark
from server.records.files import PIECE, Received, Spool
from server.registry import Registry
from server.xml import FORBIDDEN

MOST_ENTRIES = 10_000
READ_NOW_ENTRIES = 1_000
"""Entries up to which an archive is read within the request."""
MOST_BYTES = 64 * 2**30
LARGEST_RATIO = 200
RATIO_FROM = 10 * 2**20  # a small file may be as compressible as it likes
LONGEST_NAME = 255
#: What the zip module raises over a damaged or a contrived archive.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    RuntimeError,
    OSError,
)
_DRIVE = re.compile("[A-Za-z]:")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
LARGEST_DIRECTORY = 8 * 2**20
"""Bytes of an archive's list of entries: it is read whole, so it must not be as long as its sender likes."""
_END = struct.Struct("<4s4H2IH")
_WIDE_END = struct.Struct("<4sQ2H2I4Q")  # Zip64, without what may follow
_WIDE_LOCATOR = 20
_LONGEST_END = 2**16 + _END.size + _WIDE_LOCATOR + _WIDE_END.size
#: Left by operating systems, never part of a work.
_LITTER = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})


class Store(Protocol):
    """The part of the file store a packaging uses."""

    def spool(self) -> Spool: ...


@dataclass(frozen=True, slots=True)
class Arrived:
    """A body, or a part of one, on disk: where, and what its headers say of it."""

    path: Path
    received: Received
    filename: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Member:
    """A file found in a package, on disk."""

    name: str
    received: Received


@dataclass(frozen=True, slots=True)
class Package:
    """What was in it: the documents that may be metadata, by name, and the files."""

    documents: tuple[tuple[str, bytes], ...] = ()
    members: tuple[Member, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def discard(self) -> None:
        """Remove what was unpacked."""
        for member in self.members:
            member.received.path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Packaging:
    """One way to pack a deposit.

    `read` runs in a thread and raises Invalid (with the place in the package) for what is to be held.
    """

    iri: str
    aliases: tuple[str, ...]
    title: str
    read: Callable[[Arrived, Store], Package]
    unpacks: bool = True
    """Whether it is an archive, whose reading takes the longer the more is in it."""


def packagings() -> Registry[Packaging]:
    """Find the packagings on their shelf."""
    return Registry("server.sword.packagings", Packaging, lambda packaging: packaging.iri)


class Bounded(io.FileIO):
    """A file nobody reads more of than LARGEST_DIRECTORY at once, so that an archive's list of entries cannot fill the memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > LARGEST_DIRECTORY:
            raise _unsafe("The archive's list of entries is too long.", "", "Send fewer files, or an archive within the archive.")
        return super().read(-1 if size is None else size) or b""


def counted(path: Path) -> int:
    """Count the entries of an archive from its end and its list of entries, without opening it; 0 where it is none.

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
        return max(int(said), _listed(file.read(min(length, LARGEST_DIRECTORY))))


def _listed(directory: bytes) -> int:
    count = at = 0
    while count <= MOST_ENTRIES and directory.startswith(b"PK\x01\x02", at) and at + 46 <= len(directory):
        at += 46 + sum(struct.unpack_from("<3H", directory, at + 28))
        count += 1
    return count


def too_many(count: int) -> Invalid:
    """Say that an archive has too many entries."""
    return _unsafe(
        f"The archive has {count} entries; {MOST_ENTRIES} are allowed.", "", "Send fewer files, or an archive within the archive."
    )


def entries(archive: zipfile.ZipFile, size: int) -> list[tuple[str, zipfile.ZipInfo]]:
    """Return the files of an archive of `size` bytes with the names they get, after looking at every entry, litter left out.

    Raises Invalid naming the entry at fault.
    """
    listed = archive.infolist()
    if len(listed) > MOST_ENTRIES:
        raise too_many(len(listed))
    if sum(entry.file_size for entry in listed) > MOST_BYTES:
        raise _unsafe("The archive would unpack to more than 64 GB.", "", "Send the files in several deposits.")
    if (total := sum(entry.file_size for entry in listed)) > max(
        RATIO_FROM, LARGEST_RATIO * size
    ):  # entries may share the same bytes
        raise _unsafe(f"The archive would unpack to {total // max(size, 1)} times its size.", "", "Send the files uncompressed.")
    seen: dict[str, str] = {}
    found = []
    for entry in listed:
        _check(entry)
        path = PurePosixPath(entry.filename)
        if entry.is_dir() or not _LITTER.isdisjoint(path.parts):
            continue
        name = str(path)  # without `./` and doubled slashes, which make two names of one
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in seen:
            raise _unsafe(
                f"Two entries have the same name: {seen[folded]!r} and {entry.filename!r}.", entry.filename, "Rename one of them."
            )
        seen[folded] = entry.filename
        found.append((name, entry))
    return found


def _check(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    path = PurePosixPath(name)
    if not (path.parts or entry.is_dir()) or path.is_absolute() or ".." in path.parts or "\\" in name or _DRIVE.match(name):
        raise _unsafe(
            f"The entry {name!r} points outside of the archive.", name, "Use relative names below the archive's own folder."
        )
    if FORBIDDEN.search(name) or _CONTROL.search(name) or any(len(part.encode()) > LONGEST_NAME for part in path.parts):
        raise _unsafe(
            f"The entry {name!r} has a name that cannot be kept.",
            name,
            "Use names of at most 255 bytes without control characters.",
        )
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _unsafe(f"The entry {name!r} is a symbolic link.", name, "Send the file itself.")
    if entry.flag_bits & 1:
        raise _unsafe(f"The entry {name!r} is encrypted.", name, "Send the archive without a password.", "archive-encrypted")
    if entry.file_size > RATIO_FROM and entry.file_size > LARGEST_RATIO * max(entry.compress_size, 1):
        raise _unsafe(
            f"The entry {name!r} unpacks to {entry.file_size // max(entry.compress_size, 1)} times its size.",
            name,
            "Send it uncompressed.",
        )


def unpack(archive: zipfile.ZipFile, name: str, entry: zipfile.ZipInfo, store: Store) -> Member:
    """Unpack one entry to disk under a name, believing nothing its header says of its size. Raises Invalid where it is broken."""
    spool = store.spool()
    total = 0
    try:
        with archive.open(entry) as source:
            while piece := source.read(PIECE):
                total += len(piece)
                if total > entry.file_size:
                    raise _unsafe(
                        f"The entry {entry.filename!r} is larger than it says.", entry.filename, "Make the archive again."
                    )
                spool.write(piece)
        if total < entry.file_size:
            raise _unsafe(f"The entry {name!r} is smaller than it says.", name, "Make the archive again.", "archive-broken")
        return Member(name, spool.finish())
    except BROKEN as error:
        spool.discard()
        raise _unsafe(
            f"The entry {entry.filename!r} cannot be unpacked: {error}.",
            entry.filename,
            "Make the archive again.",
            "archive-broken",
        ) from error
    except BaseException:
        spool.discard()
        raise


def _unsafe(message: str, place: str, remedy: str, code: str = "archive-unsafe") -> Invalid:
    return Invalid(message, place=place, remedy=remedy, code=code)
