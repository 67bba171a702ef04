"""From a deposit's kept bytes to its content: unpack, find the metadata, read it.

Runs in a thread, may run again from the same bytes.
"""

import hashlib
import mimetypes
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import msgspec
from lxml import etree

from server.errors import Invalid, TooLarge
from server.metadata.reading import JsonReader, Reader, Reading, Remark, json_readers, read_with
from server.records.embargo import strictest
from server.records.files import FileStore
from server.records.merge import merged
from server.records.model import File, Thesis
from server.registry import Registry
from server.sword import quirks
from server.sword.archives.entries import folded
from server.sword.archives.unpacking import kind_of, names_in
from server.sword.errors import ErrorContent
from server.sword.metadata import Found, found_in
from server.sword.model import Content, Held, Source
from server.sword.package import Arrived, Member, Package, Packaging, Role, Unusable, discard
from server.sword.packagings.binary import IRI as BINARY
from server.sword.packagings.eprints import inlined
from server.sword.packagings.simplezip import IRI as SIMPLE_ZIP
from server.sword.reference import Reference
from server.sword.unfit import Unfit

_NAMES = frozenset({"id", "identifier", "doi", "isbn", "handle"})
"""Elements that tell a work from others, by local name."""
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,127}/[\w.+-]{1,127}(?: *;[^\x00-\x1f\x7f]*)?")
_TEXTS = ("application/pdf", "text/", "application/epub", "application/xhtml")


#: The media types of archives that may be more than one file: an EPUB is a zip too.
_ARCHIVES = frozenset({
    "application/octet-stream", "application/zip", "application/x-zip", "application/x-zip-compressed", "application/tar",
    "application/x-tar", "application/gzip", "application/x-gzip", "application/x-gtar", "application/x-compressed-tar",
    "application/x-bzip2", "application/x-xz",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opened:
    """A readable request: its metadata (an Atom entry or another XML document, or one in JSON), its payload, or both."""

    entry: etree._Element | None = None
    document: Mapping[str, Any] | None = None
    payload: Arrived | None = None
    packaging: str = ""
    """The IRI that was sent; empty where the client left it to us."""
    metadata_relevant: bool = True
    references: tuple[Reference, ...] = ()
    """Files it names by their address."""
    quirks: tuple[Remark, ...] = ()
    """What its client does otherwise than the protocol says."""

    def sent(self) -> str:
        """Return the digest of what was sent: entry and payload, without what the wire puts around them (a MIME boundary)."""
        entry = etree.tostring(self.entry, method="c14n") if self.entry is not None else b""
        payload = self.payload
        parts = (payload.received.sha256, payload.filename, payload.content_type) if payload is not None else ()
        words = "\0".join((hashlib.sha256(entry).hexdigest(), *parts, self.packaging, str(self.metadata_relevant)))
        return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()

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
    json_readers: Registry[JsonReader] = field(default_factory=json_readers)

    def packaging(self, iri: str) -> Packaging:
        """Return the packaging an IRI or one of its other spellings names; raises ErrorContent."""
        for packaging in self.packagings:
            if iri == packaging.iri or iri in packaging.names or iri in packaging.aliases:
                return packaging
        raise ErrorContent(
            f"The packaging {iri} is not accepted here.",
            place="Packaging",
            remedy="Use one of: " + ", ".join(self.packagings.names()) + ".",
        )

    def announced(self, opened: Opened) -> Packaging:
        """Return the packaging a request announces: by its header, else by its media type, else one file. Raises ErrorContent."""
        if opened.packaging:
            return self.packaging(opened.packaging)
        said = _media_type(opened.payload)
        return next((each for each in self.packagings if said in each.media_types), self.packagings[BINARY])

    def unpacks(self, opened: Opened) -> bool:
        """Whether a request's payload is to be unpacked, as far as can be said before it is."""
        return opened.payload is not None and (self.announced(opened).unpacks or _is_bare_archive(opened))

    def refuse(self, opened: Opened, accepted: Collection[str]) -> None:
        """Refuse a packaging that is none of those a collection accepts, where it names any. Raises ErrorContent."""
        if opened.payload is None:
            return
        announced = self.announced(opened)
        # What an archive without a Packaging header is shows when it is read.
        if accepted and announced.iri not in accepted and (opened.packaging or not self.unpacks(opened)):
            raise ErrorContent(
                f"This collection does not accept the packaging {opened.packaging or announced.iri}.",
                place="Packaging",
                remedy="Use one of: " + ", ".join(accepted) + ".",
            )

    def content(self, opened: Opened) -> Content:
        """Return what a request brought.

        Raises Invalid, with place and remedy, for content that must be held: Unfit where something was found all the same.
        """
        if opened.payload is None:
            return _content(self._entry(opened), None, self._within(opened))
        packaging, remarks = self._packaging(opened, opened.payload)
        try:
            package = packaging.read(opened.payload, self.files)
        except Unusable as error:
            raise Unfit.of(error, self._kept(Package(members=error.members, remarks=remarks), opened.payload, None)) from error
        package = replace(package, remarks=(*remarks, *package.remarks))
        try:
            found = found_in(package, self.readers, self.json_readers) if opened.metadata_relevant else None
            content = _content(self._entry(opened, found), found, self._kept(package, opened.payload, found))
        except (Invalid, TooLarge) as error:
            raise Unfit.of(error, self._kept(package, opened.payload, None)) from error
        finally:  # what is kept was moved away
            discard(package.members, opened.payload.path)
        return content

    def _packaging(self, opened: Opened, payload: Arrived) -> tuple[Packaging, tuple[Remark, ...]]:
        """Return how to read a payload: as announced, unless nothing much is and what stands in the archive says more."""
        announced = self.announced(opened)
        remarks = list(opened.quirks)
        if opened.packaging in announced.aliases:
            remarks.append(quirks.packaging(opened.packaging, announced.iri))
        better = self._sniffed(payload) if announced.iri == SIMPLE_ZIP or _is_bare_archive(opened) else None
        if better is not None:
            said = f"announced as {announced.iri}" if opened.packaging else "sent without a Packaging header"
            words = f"The archive was {said}; what stands in it shows that it is: {better.title} ({better.iri})."
            remarks.append(Remark(words, code="packaging-sniffed", place="Packaging", value=better.iri))
        return better or announced, tuple(remarks)

    def _sniffed(self, payload: Arrived) -> Packaging | None:
        try:
            names = names_in(payload.path, payload.filename)
        except Invalid:  # to be said by whoever unpacks it
            return None
        return next((each for each in self.packagings if each.sniff is not None and each.sniff(names)), None)

    def _entry(self, opened: Opened, found: Found | None = None) -> Reading | None:
        """Read the entry; one that says too little for a record by itself is no fault beside metadata that do."""
        if opened.document is not None:
            return self._document(opened.document)
        if opened.entry is None or not _says_something(opened.entry):
            return None
        try:
            return read_with(self.readers, opened.entry)
        except Invalid as error:
            if found is None or error.code not in {"title-missing", "unknown-format"}:
                raise
            return None

    def _document(self, document: Mapping[str, Any]) -> Reading:
        reader = next((each for each in self.json_readers if each.recognises(document)), None)
        if reader is None:
            known = ", ".join(each.title for each in self.json_readers)
            raise Invalid("No reader knows these metadata.", place="body", remedy=f"Send one of: {known}.", code="unknown-format")
        return reader.read(document)

    def _within(self, opened: Opened) -> Content:
        """Keep the files that stand within an entry: EPrints XML may have some."""
        members = inlined(opened.entry, 0, self.files) if opened.entry is not None else []
        package = Package(members=tuple(members), remarks=opened.quirks)
        try:
            return self._kept(package, None, None)
        finally:
            discard(members)

    def _kept(self, package: Package, arrived: Arrived | None, found: Found | None) -> Content:
        """Move all that was in a package into the store; what is neither metadata nor manifest is a file of the work."""
        read = found.names if found is not None else frozenset()
        files, members = [], []
        theses = found is not None and found.reading.record.thesis != Thesis()
        kept = self.files.keep_all([member.received for member in package.members])
        for member, sha256 in zip(package.members, kept, strict=True):
            role = Role.METADATA if member.name in read and member.role is Role.FILE else member.role
            mime = _mime(member, arrived if len(package.members) == 1 else None)
            received = member.received
            members.append(Held(member.path or member.name, received.bytes, sha256, mime, role.value))
            if role is Role.FILE:
                use = "fulltext" if mime.startswith(_TEXTS) and mime != "text/csv" else "other"
                md5 = received.md5 or (self._md5(sha256) if theses else "")
                files.append(File(name=member.name, mime=mime, bytes=received.bytes, sha256=sha256, md5=md5, role=use))
        return Content(files=tuple(files), members=tuple(members), remarks=package.remarks)

    def _md5(self, sha256: str) -> str:
        """Return what a thesis's files are announced with in its formats."""
        with self.files.path(sha256).open("rb") as file:
            return hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest()


def _media_type(arrived: Arrived | None) -> str:
    return arrived.content_type.partition(";")[0].strip().lower() if arrived is not None else ""


def _is_bare_archive(opened: Opened) -> bool:
    """Whether a payload is an archive that came without a word of how it is packed."""
    payload = opened.payload
    return payload is not None and not opened.packaging and _media_type(payload) in _ARCHIVES and bool(kind_of(payload.path))


def _mime(member: Member, arrived: Arrived | None) -> str:
    """Return a file's media type: as its package or its request says, if that says anything, or by its name."""
    said = member.mime or (arrived.content_type if arrived is not None and arrived.filename == member.name else "")
    guessed = mimetypes.guess_type(member.name)[0]
    return said if _MEDIA_TYPE.fullmatch(said) and said != "application/octet-stream" else guessed or "application/octet-stream"


def says_nothing(opened: Opened) -> bool:
    """Whether a request brings neither a payload, nor files by their address, nor anything in its metadata."""
    if opened.document is not None or opened.references:
        return False
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


def _content(entry: Reading | None, found: Found | None, kept: Content) -> Content:
    """Put together what the entry and the package say: the entry first, as it speaks of this deposit."""
    readings = [reading for reading in (entry, found.reading if found is not None else None) if reading is not None]
    content = replace(kept, source=found.source if found is not None else Source("entry" if entry is not None else ""))
    for reading in readings:
        content = replace(
            content,
            record=reading.record if content.record is None else merged(content.record, reading.record),
            remarks=(*content.remarks, *reading.warnings, *(_left(remark) for remark in reading.unmapped)),
            types=(*content.types, *reading.types),
            languages=(*content.languages, *reading.languages),
            access=strictest(content.access, reading.access),
        )
    for reading in readings:
        content = _closed(content, reading.closed)
    return content


def _closed(content: Content, closed: Mapping[str, str]) -> Content:
    """Close the files that metadata name as closed, and the work where one of them did not come under its name."""
    files, record, missing = list(content.files), content.record, ""
    for name, access in closed.items():
        found = [number for number, file in enumerate(files) if _last(file.name) == _last(name)]
        for number in found:
            files[number] = msgspec.structs.replace(files[number], access=strictest(files[number].access, access))
        missing = missing if found else strictest(missing, access)
    if record is not None and missing:
        record = msgspec.structs.replace(record, access=strictest(record.access, missing))
    return replace(content, files=tuple(files), record=record, access=strictest(content.access, missing))


def _last(name: str) -> str:
    """Return a file's name without its folders, as it is compared."""
    return folded(PurePosixPath(unquote(name)).name)


def _left(remark: Remark) -> Remark:
    return Remark(f"Not taken up: {remark}", code=remark.code, place=remark.place, value=remark.value)
