"""From a deposit's kept bytes to its content: unpack, find the metadata, read it.

Runs in a thread, may run again from the same bytes.
"""

import mimetypes
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from server.errors import Invalid, SheafError
from server.metadata.reading import Reader, Reading, Remark, read_with
from server.records.files import FileStore
from server.records.merge import merged
from server.records.model import File, Record
from server.registry import Registry
from server.sword import quirks
from server.sword.errors import ErrorContent
from server.sword.model import Content
from server.sword.package import Arrived, Member, Package, Packaging
from server.xml import parse

_NAMES = frozenset({"id", "identifier", "doi", "isbn", "handle"})
"""Elements that tell a work from others, by local name."""
_TEXTS = ("application/pdf", "text/", "application/epub", "application/xhtml")


@dataclass(frozen=True, slots=True)
class Opened:
    """A readable request: its Atom entry, its payload, or both."""

    entry: etree._Element | None = None
    payload: Arrived | None = None
    packaging: str = ""
    metadata_relevant: bool = True
    quirks: tuple[Remark, ...] = ()
    """What its client does otherwise than the protocol says."""

    def discard(self, kept: Path) -> None:
        """Remove a payload that was a part of a body, once it was unpacked or not wanted; the `kept` body itself stays."""
        if self.payload is not None and self.payload.path != kept:
            self.payload.path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Understanding:
    """The readers, the packagings and the file store, put to work together."""

    readers: Registry[Reader]
    packagings: Registry[Packaging]
    files: FileStore

    def packaging(self, iri: str) -> Packaging:
        """Return the packaging an IRI or one of its other spellings names; raises ErrorContent."""
        for packaging in self.packagings:
            if iri == packaging.iri or iri in packaging.aliases:
                return packaging
        raise ErrorContent(
            f"The packaging {iri} is not accepted here.",
            place="Packaging",
            remedy="Use one of: " + ", ".join(self.packagings.names()) + ".",
        )

    def content(self, opened: Opened) -> Content:
        """Return what a request brought. Raises Invalid, with place and remedy, for content that must be held."""
        reading = read_with(self.readers, opened.entry) if opened.entry is not None and _says_something(opened.entry) else None
        if opened.payload is None:
            return _content(reading, None, (), opened.quirks)
        packaging, odd = self.packaging(opened.packaging), opened.quirks
        if opened.packaging != packaging.iri:
            odd = (*odd, quirks.packaging(opened.packaging, packaging.iri))
        package = packaging.read(opened.payload, self.files)
        try:
            found, name = self._metadata(package) if opened.metadata_relevant else (None, "")
            # The whole package is kept; the metadata document need not be a file of the work as well.
            members = [member for member in package.members if member.name != name]
            files = tuple(self._file(member, opened.payload if len(package.members) == 1 else None) for member in members)
        finally:  # what became a file was moved away
            for member in package.members:
                if member.received.path != opened.payload.path:
                    member.received.path.unlink(missing_ok=True)
        return _content(reading, found, files, (*odd, *package.remarks))

    def _metadata(self, package: Package) -> tuple[Reading | None, str]:
        found: list[tuple[Reading, str]] = []
        for name, data in package.documents:
            root = parse(data, place=name)
            if any(reader.recognises(root) for reader in self.readers):
                try:
                    found.append((read_with(self.readers, root), name))
                except SheafError as error:
                    error.place = f"{name} {error.place}".strip()
                    raise
        if len(found) > 1:
            names = ", ".join(name for _, name in found)
            raise Invalid(
                f"The package has more than one metadata document: {names}.",
                place=names,
                remedy="Keep one of them at the top.",
                code="metadata-twice",
            )
        return found[0] if found else (None, "")

    def _file(self, member: Member, arrived: Arrived | None) -> File:
        said = arrived.content_type if arrived is not None and arrived.filename == member.name else ""
        guessed = mimetypes.guess_type(member.name)[0]
        mime = said if said and said != "application/octet-stream" else guessed or "application/octet-stream"
        received = member.received
        size, md5 = received.bytes, received.md5
        sha256 = self.files.keep(received)
        role = "fulltext" if mime.startswith(_TEXTS) and mime != "text/csv" else "other"
        return File(name=member.name, mime=mime, bytes=size, sha256=sha256, md5=md5, role=role)


def says_nothing(opened: Opened) -> bool:
    """Whether a request brings neither a payload nor anything in its entry."""
    return opened.payload is None and not (opened.entry is not None and _says_something(opened.entry))


def names_a_work(entry: etree._Element) -> bool:
    """Whether an entry tells its work from others: by an atom:id or by an identifier such as a DOI."""
    return any(
        isinstance(element.tag, str) and ("".join(element.itertext()).strip() if _local(element) in _NAMES else False)
        for element in entry.iter()
    )


def _local(element: etree._Element) -> str:
    return str(etree.QName(element).localname).lower()


def _says_something(entry: etree._Element) -> bool:
    """Whether an entry has anything to read: clients send empty ones only to begin a deposit."""
    return any(isinstance(child.tag, str) and "".join(child.itertext()).strip() for child in entry)


def _content(first: Reading | None, second: Reading | None, files: tuple[File, ...], remarks: tuple[Remark, ...] = ()) -> Content:
    record: Record | None = None
    said: list[Remark] = list(remarks)
    types: list[str] = []
    languages: list[str] = []
    for reading in (first, second):
        if reading is None:
            continue
        record = reading.record if record is None else merged(record, reading.record)
        said += [*reading.warnings, *(_left(remark) for remark in reading.unmapped)]
        types += reading.types
        languages += reading.languages
    return Content(record=record, files=files, remarks=tuple(said), types=tuple(types), languages=tuple(languages))


def _left(remark: Remark) -> Remark:
    return Remark(f"Not taken up: {remark}", code=remark.code, place=remark.place, value=remark.value)
