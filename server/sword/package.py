"""What a packaging makes of a deposit's bytes: the documents that may be metadata, and the files."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

from server.errors import Invalid, SheafError, TooLarge
from server.metadata.reading import Remark
from server.records.files import Received
from server.registry import Registry
from server.sword.archives.entries import folded
from server.sword.archives.unpacking import Store, kind_of, unpack
from server.sword.archives.unpacking import counted as count
from server.xml import parse

READ_NOW_ENTRIES = 1_000
"""Entries up to which an archive is read within the request."""
READ_NOW_BYTES = 64 * 2**20
"""Bytes up to which a compressed tar is unpacked only to count its entries."""
LARGEST_DOCUMENT = 16 * 2**20
LARGEST_DOCUMENTS = 64 * 2**20
"""Bytes of all documents offered together: a work's metadata are kilobytes."""
_PIECE = 4 * 2**10


class Role(StrEnum):
    """What a member of a package is for."""

    FILE = "file"  # of the work
    METADATA = "metadata"
    MANIFEST = "manifest"  # says what is in the package


class Choice(StrEnum):
    """What several metadata documents in one package mean."""

    ONE = "one"  # two are one too many
    FIRST = "first"  # they stand in order of preference: the first that is known is read
    ALL = "all"  # each describes the same work, and they complete one another


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
    role: Role = Role.FILE
    mime: str = ""
    """Its media type where the package states it."""
    path: str = ""
    """Where it stood in the package, when that is not its name."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a package that may be metadata: where it is on disk, or an element of one that was parsed."""

    name: str
    path: Path | None = None
    """Read when its turn comes, so that however many there are, one at a time is in memory."""
    root: etree._Element | None = None
    reader: str = ""
    """The reader that is meant, by name; none means that it is to be found out."""
    required: bool = False
    """Whether it is metadata for certain, so that one nobody can read is a fault."""


@dataclass(frozen=True, slots=True)
class Package:
    """What was in it."""

    documents: tuple[Document, ...] = ()
    members: tuple[Member, ...] = ()
    remarks: tuple[Remark, ...] = ()
    choice: Choice = Choice.ONE


class Unusable(Invalid):
    """Content that is wrong, in a package that could be unpacked: `members` are on disk, to be kept or discarded."""

    def __init__(self, error: SheafError, members: Iterable[Member]) -> None:
        super().__init__(error.message, place=error.place, remedy=error.remedy, code=error.code, value=error.value)
        self.members = tuple(members)


@dataclass(frozen=True, slots=True)
class Contents:
    """An archive unpacked to disk: its members, by name, and what is to be said of it."""

    members: Mapping[str, Member]
    remarks: tuple[Remark, ...] = ()
    spellings: dict[str, Member] = field(default_factory=dict)
    """The members by what is the same of all spellings of their names; filled when it is asked for."""
    lone: bool = False
    """Whether there was no archive: the body is the one member."""

    def find(self, name: str) -> Member | None:
        """Find a file by a name as a manifest writes it: as it is, percent-encoded, with `./`, or composed otherwise."""
        if name in self.members:
            return self.members[name]
        if not self.spellings:
            self.spellings.update((folded(known), member) for known, member in self.members.items())
        return self.spellings.get(_same(name)) or self.spellings.get(_same(unquote(name)))

    def at_top(self, *endings: str) -> list[Member]:
        """Return the members at the top whose names end so."""
        return [member for name, member in self.members.items() if "/" not in name and name.lower().endswith(endings)]

    def documents(self, *endings: str) -> list[Member]:
        """Return what may be a manifest: what is at the top and ends so, or the document that came by itself."""
        return list(self.members.values()) if self.lone else self.at_top(*endings)

    def package(
        self,
        documents: Iterable[Document],
        roles: Mapping[str, Role] | None = None,
        *,
        choice: Choice = Choice.ONE,
        remarks: Iterable[Remark] = (),
    ) -> Package:
        """Return a package of all members, in the roles given by name."""
        members = tuple(replace(member, role=(roles or {}).get(name, member.role)) for name, member in self.members.items())
        return Package(tuple(documents), members, (*self.remarks, *remarks), choice)


@dataclass(frozen=True, slots=True)
class Packaging:
    """One way to pack a deposit.

    `read` runs in a thread and raises Invalid (with the place in the package) for what is to be held; what it unpacked and does
    not return it removes.
    """

    iri: str
    names: tuple[str, ...]
    """Its other proper names."""
    title: str
    read: Callable[[Arrived, Store], Package]
    unpacks: bool = True
    """Whether it is an archive, whose reading takes the longer the more is in it."""
    aliases: tuple[str, ...] = ()
    """Names that clients use for it, and should not."""
    sniff: Callable[[Sequence[str]], bool] | None = None
    """Whether an archive with files of these names is of this kind for certain."""
    media_types: tuple[str, ...] = ()
    """The media types that say as much as a Packaging header."""


def packagings() -> Registry[Packaging]:
    """Find the packagings on their shelf."""
    return Registry("server.sword.packagings", Packaging, lambda packaging: packaging.iri)


def counted(path: Path) -> int:
    """Count an archive's entries without unpacking it, a little over READ_NOW_ENTRIES at least; 0 where it is none."""
    return count(path, READ_NOW_ENTRIES, READ_NOW_BYTES)


@contextmanager
def unpacked(arrived: Arrived, store: Store, *, lone: bool = False) -> Iterator[Contents]:
    """Unpack an archive of whatever kind to disk, to look into it; with `lone`, an XML document by itself is as good as one.

    Raises Invalid as unpack does; what is Invalid while it is looked into becomes Unusable, and after any other error
    nothing stays.
    """
    remarks = []
    lone = lone and _is_xml(arrived.path)
    if lone:
        members = {arrived.filename: Member(arrived.filename, arrived.received)}
    else:
        members = {each.name: Member(each.name, each.received) for each in unpack(arrived.path, arrived.filename, store)}
        said = f"{arrived.content_type} {arrived.filename}".lower().replace("gzip", "")
        if "zip" in said and kind_of(arrived.path) == "tar":
            words = "The archive is announced as a zip and is a tar."
            remarks.append(Remark(words, code="quirk-archive", place="Content-Type"))
    try:
        yield Contents(members, tuple(remarks), lone=lone)
    except (Invalid, TooLarge) as error:
        raise Unusable(error, members.values()) from error
    except BaseException:
        discard(members.values(), arrived.path)
        raise


def _is_xml(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def discard(members: Iterable[Member], but: Path | None = None) -> None:
    """Remove what was unpacked; what became a file was moved away, and the body itself (`but`) stays."""
    for member in members:
        if member.received.path != but:
            member.received.path.unlink(missing_ok=True)


def documents_of(members: Iterable[Member], *, reader: str = "", required: bool = False) -> list[Document]:
    """Offer members that may be metadata, the large ones left out. Raises Invalid where they are too many."""
    small = [member for member in members if member.received.bytes <= LARGEST_DOCUMENT]
    if sum(member.received.bytes for member in small) > LARGEST_DOCUMENTS:
        raise Invalid(
            f"The metadata documents of the package have more than {LARGEST_DOCUMENTS // 2**20} MB together.",
            place=small[0].name,
            remedy="Put XML that is not metadata into a folder.",
            code="metadata-twice",
        )
    return [Document(member.name, member.received.path, reader=reader, required=required) for member in small]


def root_of(member: Member) -> str:
    """Return the local name of a document's root element, for which its beginning is read; empty where that is no XML."""
    parser = etree.XMLPullParser(events=("start",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    with member.received.path.open("rb") as file, suppress(etree.XMLSyntaxError):
        while piece := file.read(_PIECE):
            parser.feed(piece)
            for _, element in parser.read_events():
                return str(etree.QName(element).localname)
    return ""


def parsed(member: Member) -> etree._Element:
    """Parse a member; raises Invalid and TooLarge with its name in the place."""
    with member.received.path.open("rb") as file:
        return parse(file, place=member.name)


def _same(name: str) -> str:
    return folded(name.removeprefix("./").lstrip("/"))


def manifest_missing(name: str, packaging: str, place: str) -> Invalid:
    """Say that a package lacks what would tell what it is."""
    return Invalid(
        f"The package has no {name}, which a package of the kind {packaging} must have.",
        place=place,
        remedy=f"Add {name} at the top of the archive, or announce the packaging it really is.",
        code="manifest-missing",
    )


def file_missing(manifest: str, name: str) -> Invalid:
    """Say that a manifest names a file that is not there."""
    return Invalid(
        f"{manifest} names the file {name!r}, and the package does not hold it.",
        place=manifest,
        remedy="Pack the file as well, or take it out of the manifest.",
        code="manifest-names-missing-file",
        value=name,
    )
