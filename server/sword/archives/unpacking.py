"""An archive of any kind unpacked to disk: opened by its bytes, looked at whole, then written out file by file."""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from server.errors import Invalid
from server.records.files import PIECE, Received, Spool
from server.sword.archives import tar, zip  # noqa: A004 -- the words of the formats
from server.sword.archives.entries import BROKEN, Entry, checked, damaged, unsafe


class Store(Protocol):
    """The part of the file store that unpacking uses."""

    def spool(self, *, md5: bool = True) -> Spool: ...


class Stream(Protocol):
    """The bytes of one entry."""

    def read(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


class Archive(Protocol):
    """What zip and tar have in common."""

    def listed(self) -> Iterator[Entry]:
        """Yield all entries as the archive lists them."""
        ...

    def contents(self) -> Iterator[tuple[Entry, Callable[[], Stream]]]:
        """Yield the files with what opens each; the stream is read before the next is asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A file that stood in an archive, on disk."""

    name: str
    received: Received


def open_archive(path: Path) -> AbstractContextManager[Archive]:
    """Open an archive by what its bytes say it is; what is no tar is opened as a zip, and says why it is none."""
    # A tar first: the last file in it may be a zip, and a zip is found from its end.
    return nullcontext(tar.TarArchive(path)) if tar.is_tar(path) else zip.open_zip(path)


def kind_of(path: Path) -> str:
    """Return zip, tar, or an empty string."""
    return "tar" if tar.is_tar(path) else "zip" if zip.counted(path) else ""


def counted(path: Path, most: int, most_bytes: int) -> int:
    """Count an archive's entries without unpacking it, up to one over `most`; 0 where it is none.

    A tar that goes on after `most_bytes` counts as one with too many: it must be read through to be counted.
    """
    if not tar.is_tar(path):
        return zip.counted(path)
    count = size = 0
    try:
        for entry in tar.TarArchive(path).listed():
            count, size = count + 1, size + entry.size
            if count > most or size > most_bytes:
                return most + 1
    except (*BROKEN, Invalid):  # to be said when it is read
        return count
    return count


def names_in(path: Path, filename: str) -> list[str]:
    """Return the names the files in an archive would get. Raises Invalid as `unpack` does."""
    with _reading(path, filename) as archive:
        names = [name for name, _ in checked(archive.listed(), path.stat().st_size)]
    top = _top(names)
    return [name.removeprefix(top) for name in names]


def unpack(path: Path, filename: str, store: Store) -> list[Unpacked]:
    """Unpack an archive that was sent as `filename`. What all of it stands in, a single folder, is left out of the names.

    Raises Invalid for one that is dangerous, damaged or empty, and Unavailable where the disk is full; nothing stays then.
    """
    done: list[Unpacked] = []
    try:
        with _reading(path, filename) as archive:
            kept = {entry.name: name for name, entry in checked(archive.listed(), path.stat().st_size)}
            if not kept:
                raise unsafe("The archive holds no files.", filename, "Send the files of the work.", "archive-empty")
            top = _top(kept.values())
            for entry, opener in archive.contents():
                if entry.name in kept:
                    done.append(_written(entry, kept[entry.name].removeprefix(top), opener, store))
    except BaseException:
        discard(done)
        raise
    return done


def discard(unpacked: list[Unpacked]) -> None:
    """Remove what was unpacked and not kept."""
    for each in unpacked:
        each.received.path.unlink(missing_ok=True)


@contextmanager
def _reading(path: Path, filename: str) -> Iterator[Archive]:
    try:
        with open_archive(path) as archive:
            yield archive
    except BROKEN as error:
        raise damaged(error, filename) from error


def _top(names: Collection[str]) -> str:
    """Return the one folder everything stands in, with its slash, or an empty string."""
    firsts = {name.partition("/")[0] for name in names}
    nested = all("/" in name for name in names)
    return f"{firsts.pop()}/" if nested and len(firsts) == 1 else ""


def _written(entry: Entry, name: str, opener: Callable[[], Stream], store: Store) -> Unpacked:
    """Write one file to disk under a name, believing nothing its header says of its size. Raises Invalid where it is broken."""
    spool = store.spool(md5=False)  # it would cost more than all the rest, and few ask for it
    total = 0
    try:
        with closing(opener()) as source:
            while piece := source.read(PIECE):
                total += len(piece)
                if total > entry.size:
                    raise unsafe(f"The entry {entry.name!r} is larger than it says.", entry.name, "Make the archive again.")
                spool.write(piece)
        if total < entry.size:
            raise unsafe(f"The entry {entry.name!r} is smaller than it says.", name, "Make the archive again.", "archive-broken")
        return Unpacked(name, spool.finish(flush=False))  # flushed where it is kept; metadata documents are not
    except BROKEN as error:
        spool.discard()
        raise unsafe(
            f"The entry {entry.name!r} cannot be unpacked: {error}.", entry.name, "Make the archive again.", "archive-broken"
        ) from error
    except BaseException:
        spool.discard()
        raise
