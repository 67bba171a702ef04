"""What an archive lists, and the rules it must keep before anything of it is unpacked, whatever its kind."""

import lzma
import re
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from server.errors import Invalid
from server.xml import FORBIDDEN

MOST_ENTRIES = 100_000
MOST_BYTES = 64 * 2**30
LARGEST_RATIO = 200
RATIO_FROM = 10 * 2**20  # a small file may be as compressible as it likes
LARGEST_DIRECTORY = 32 * 2**20
"""Bytes of an archive's list of entries, enough for 100,000 of them: it must not be as long as its sender likes."""
LONGEST_NAME = 255
LONGEST_PATH = 1_024
"""Bytes of a whole name, folders and all: file systems take 4,096, an index of PostgreSQL 2,704."""
DEEPEST = 32
LARGEST_NAMES = 32 * 2**20
"""Bytes of all names and of all folders in them, which are kept in memory to tell whether two are the same."""

#: What the modules that read archives raise over a damaged or a contrived one.
BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
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
#: Left by operating systems, never part of a work.
_LITTER = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})


class Kind(StrEnum):
    """What an entry is."""

    FILE = "file"
    FOLDER = "folder"
    SYMBOLIC_LINK = "symbolic link"
    LINK = "link to another entry"
    DEVICE = "device or pipe"
    SPARSE = "file with holes"


_NO_FILES = {
    Kind.SYMBOLIC_LINK: "Send the file itself.",
    Kind.LINK: "Send the file itself.",
    Kind.DEVICE: "Send files and folders only.",
    Kind.SPARSE: "Make the archive again without --sparse.",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as the archive lists it; nothing of this is believed."""

    name: str
    size: int
    kind: Kind = Kind.FILE
    packed: int | None = None
    """Bytes it takes in the archive; None where the archive is compressed as a whole or not at all."""
    encrypted: bool = False


def checked(listed: Iterable[Entry], size: int) -> Iterator[tuple[str, Entry]]:
    """Yield the files of an archive of `size` bytes with the names they get, after looking at every entry, litter left out.

    Raises Invalid naming the entry at fault; go through all of it before unpacking anything.
    """
    seen: dict[str, str] = {}
    folders: dict[str, str] = {}
    total = named = 0
    for count, entry in enumerate(listed, 1):
        if count > MOST_ENTRIES:
            raise too_many(f"more than {MOST_ENTRIES}")
        _check(entry)
        total += entry.size
        if total > MOST_BYTES:
            raise unsafe("The archive would unpack to more than 64 GB.", "", "Send the files in several deposits.")
        check_ratio(total, size)
        path = PurePosixPath(entry.name)
        if entry.kind is Kind.FOLDER or not _LITTER.isdisjoint(path.parts):
            continue
        name = str(path)  # without `./` and doubled slashes, which make two names of one
        key = folded(name)
        parent, _, _ = key.rpartition("/")
        if key in seen or key in folders:
            raise _twice(seen.get(key) or folders[key], entry.name)
        seen[key] = entry.name
        named += len(key)
        while parent and parent not in folders:
            if parent in seen:
                raise _twice(seen[parent], entry.name)
            folders[parent] = entry.name
            named += len(parent)
            parent, _, _ = parent.rpartition("/")
        if named > LARGEST_NAMES:
            raise too_long()
        yield name, entry


def check_ratio(total: int, size: int) -> None:
    """Raise Invalid where an archive of `size` bytes unpacks to `total`: entries may share bytes, or be compressed as one."""
    if total > max(RATIO_FROM, LARGEST_RATIO * size):
        raise unsafe(f"The archive would unpack to {total // max(size, 1)} times its size.", "", "Send the files uncompressed.")


def _check(entry: Entry) -> None:
    name = entry.name
    if len(name.encode("utf-8", "replace")) > LONGEST_PATH or name.count("/") > DEEPEST:
        raise unsafe(
            f"The entry {name[:80]!r}… has too long or too deep a name.",
            name[:80],
            f"Use names of at most {LONGEST_PATH} bytes, folders and all, at most {DEEPEST} deep.",
        )
    path = PurePosixPath(name)
    nameless = not path.parts and entry.kind is not Kind.FOLDER
    if nameless or path.is_absolute() or ".." in path.parts or "\\" in name or _DRIVE.match(name):
        raise unsafe(
            f"The entry {name!r} points outside of the archive.", name, "Use relative names below the archive's own folder."
        )
    if FORBIDDEN.search(name) or _CONTROL.search(name) or any(len(part.encode()) > LONGEST_NAME for part in path.parts):
        raise unsafe(
            f"The entry {name!r} has a name that cannot be kept.",
            name,
            "Use names of at most 255 bytes without control characters.",
        )
    if entry.kind in _NO_FILES:
        raise unsafe(f"The entry {name!r} is a {entry.kind}.", name, _NO_FILES[entry.kind])
    if entry.encrypted:
        raise unsafe(f"The entry {name!r} is encrypted.", name, "Send the archive without a password.", "archive-encrypted")
    if entry.packed is not None and entry.size > RATIO_FROM and entry.size > LARGEST_RATIO * max(entry.packed, 1):
        raise unsafe(
            f"The entry {name!r} unpacks to {entry.size // max(entry.packed, 1)} times its size.", name, "Send it uncompressed."
        )


def folded(name: str) -> str:
    """Return a name as names are compared: neither case nor composition tells two apart."""
    return unicodedata.normalize("NFC", name).casefold()


def _twice(first: str, second: str) -> Invalid:
    return unsafe(f"Two entries have the same name: {first!r} and {second!r}.", second, "Rename one of them.")


def too_many(count: object) -> Invalid:
    """Say that an archive has too many entries."""
    return unsafe(
        f"The archive has {count} entries; {MOST_ENTRIES} are allowed.", "", "Send fewer files, or an archive within the archive."
    )


def too_long() -> Invalid:
    """Say that an archive's list of entries is too long."""
    return unsafe("The archive's list of entries is too long.", "", "Send fewer files, or an archive within the archive.")


def unsafe(message: str, place: str, remedy: str, code: str = "archive-unsafe") -> Invalid:
    """Say what is dangerous in an archive, or damaged."""
    return Invalid(message, place=place, remedy=remedy, code=code)


def damaged(reason: object, place: str) -> Invalid:
    """Say that an archive cannot be read."""
    return unsafe(
        f"The file is announced as an archive and is none, or it is damaged: {reason}.",
        place,
        "Check that the whole archive was sent and opens elsewhere.",
        "archive-broken",
    )
