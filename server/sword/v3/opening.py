"""A kept SWORD 3.0 request opened: its digests compared, its documents parsed, its file made ready to unpack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from lxml import etree
from multidict import CIMultiDict

from server.errors import SheafError
from server.metadata.reading import JsonReader, Reader, Remark
from server.notify.guard import target
from server.records.files import FileStore, Received
from server.registry import Registry
from server.sword.errors import BadRequest, ErrorContent
from server.sword.headers import refuse_mediation
from server.sword.model import JSON_TYPES, Deposit, Operation
from server.sword.package import Arrived
from server.sword.reference import bare
from server.sword.understand import Opened
from server.sword.v3.errors import (
    ByReferenceNotAllowed,
    ContentMalformed,
    ContentTypeNotAcceptable,
    FormatHeaderMismatch,
    MetadataFormatNotAcceptable,
)
from server.sword.v3.referring import references
from server.sword.v3.request import BINARY, METADATA, Body, DepositHeaders, deposit_headers, named
from server.sword.v3.verifying import verify
from server.xml import parse

LARGEST_DOCUMENT = 16 * 2**20

#: The metadata formats a header can name (§ 9.3), and the reader each means; those whose reader is on the shelf are offered.
FORMATS = {
    METADATA: "sword",
    "http://www.loc.gov/mods/v3": "mods",
    "http://datacite.org/schema/kernel-4": "datacite",
    "http://www.loc.gov/MARC21/slim": "marcxml",
    "http://www.openarchives.org/OAI/2.0/oai_dc/": "oai_dc",
    "http://purl.org/dc/terms/": "dcterms",
    "https://doi.org/10.5063/schema/codemeta-2.0": "codemeta",
    "https://w3id.org/codemeta/3.0": "codemeta",
    "http://www.rioxx.net/schema/v2.0/rioxx/": "rioxx",
    "https://jats.nlm.nih.gov/": "jats",
    "http://www.crossref.org/schema/5.3.1": "crossref",
}

_TITLES = frozenset({"dc:title", "dcterms:title"})
_METADATA = frozenset({Operation.REPLACE_METADATA})
_FILES = frozenset({Operation.REPLACE_CONTENT, Operation.REPLACE_FILE})


@dataclass(frozen=True, slots=True)
class Opening:
    """Opens kept requests, as a shelf of readers and the largest file we fetch allow."""

    readers: Registry[Reader]
    json_readers: Registry[JsonReader]
    largest: int
    """Bytes of a file sent by reference."""

    def formats(self) -> tuple[str, ...]:
        """Return the metadata formats that are accepted."""
        known = {*self.readers.names(), *self.json_readers.names()}
        return tuple(iri for iri, name in FORMATS.items() if name in known)

    def __call__(self, deposit: Deposit, files: FileStore) -> Opened:
        """Open a deposit's body by its headers. Raises SwordError for what cannot be read; nothing is left on disk then."""
        headers = CIMultiDict(deposit.headers)
        refuse_mediation(headers, deposit.account or "")
        said = deposit_headers(headers)
        received = Received(files.path(deposit.sha256 or ""), deposit.bytes, deposit.sha256 or "", deposit.md5 or "")
        verify(said.digests, received)
        if not received.bytes:
            return Opened(quirks=said.quirks)
        body, document = _body(said, received, deposit.operation)
        remarks = (*said.quirks, *_missing(headers))
        if deposit.operation in _METADATA and body is not Body.METADATA:
            raise _misplaced("The Metadata-URL takes metadata alone.", "Send files to the Object-URL or the FileSet-URL.")
        if deposit.operation in _FILES and body not in {Body.FILE, Body.BY_REFERENCE}:
            raise _misplaced("A FileSet-URL or a File-URL takes files alone.", "Send metadata to the Metadata-URL.")
        if body is Body.FILE:
            return _file(said, received, deposit, remarks)
        if body is Body.METADATA:
            return self._metadata(said, received, document, remarks, deposit)
        return self._referring(said, received, deposit, document, remarks)

    def _metadata(
        self,
        said: DepositHeaders,
        received: Received,
        document: Mapping[str, Any] | None,
        remarks: tuple[Remark, ...],
        deposit: Deposit,
    ) -> Opened:
        name = self._format(said)
        if name in self.json_readers.names():
            document = document if document is not None else _json(received)
            if not self.json_readers[name].recognises(document):
                raise _mismatch(said)
            return Opened(document=_titled(document, deposit), quirks=remarks)
        root = _xml(received)
        if not self.readers[name].recognises(root):
            raise _mismatch(said)
        return Opened(entry=root, quirks=remarks)

    def _format(self, said: DepositHeaders) -> str:
        if said.metadata_format not in self.formats():
            raise MetadataFormatNotAcceptable(
                f"The metadata format {said.metadata_format} is not accepted here.",
                place="Metadata-Format",
                remedy="Use one of: " + ", ".join(self.formats()) + ".",
            )
        return FORMATS[said.metadata_format]

    def _referring(
        self,
        said: DepositHeaders,
        received: Received,
        deposit: Deposit,
        document: Mapping[str, Any] | None,
        remarks: tuple[Remark, ...],
    ) -> Opened:
        whole = document if document is not None else _json(received)
        metadata: Mapping[str, Any] | None = None
        if said.body is Body.BOTH or "by-reference" in whole:
            parts = (whole.get("metadata"), whole.get("by-reference"))
            if not all(isinstance(part, dict) for part in parts):
                raise ContentMalformed(
                    "The document lacks its metadata or its By-Reference part.",
                    place="body",
                    remedy="Send an object with both, metadata and by-reference.",
                )
            metadata, whole = parts  # type: ignore[assignment]  # both are objects
            name = self._format(said)
            if name not in self.json_readers.names() or not self.json_readers[name].recognises(metadata or {}):
                raise _mismatch(said)
        found, odd = references(whole, self.largest)
        for each in found:
            _judge(each.url)
        if deposit.operation is Operation.REPLACE_FILE and len(found) != 1:  # § 7.2: exactly one
            raise BadRequest(
                f"A file is replaced by one file, not by {len(found)}.", place="byReferenceFiles", remedy="Name one file."
            )
        return Opened(document=metadata, references=found, quirks=(*remarks, *odd))


def _titled(document: Mapping[str, Any], deposit: Deposit) -> Mapping[str, Any]:
    """Return metadata that are added with the title of what they are added to, where they do not say it again."""
    if deposit.operation is not Operation.ADD or not deposit.title or _TITLES & document.keys():
        return document
    return {"dc:title": deposit.title, **document}


def _body(said: DepositHeaders, received: Received, operation: Operation) -> tuple[Body, Mapping[str, Any] | None]:
    """Return what a request carries; where its headers do not say, what is in it does (a client in use leaves the header out)."""
    if said.body is not Body.UNSAID:
        return said.body, None
    if said.content_type in JSON_TYPES:
        document = _json(received)
        if "by-reference" in document:
            return Body.BOTH, document
        return (Body.BY_REFERENCE if "byReferenceFiles" in document else Body.METADATA), document
    return (Body.METADATA if operation in _METADATA else Body.FILE), None


def _file(said: DepositHeaders, received: Received, deposit: Deposit, remarks: tuple[Remark, ...]) -> Opened:
    name = named(said)
    if deposit.operation is Operation.REPLACE_FILE:
        name = deposit.filename or name  # § 7.3: the name of an update may be ignored; its address has the old one
        if said.packaging_named and not said.packaging.endswith("/Binary"):
            raise ErrorContent(
                f"One file is not replaced by a package ({said.packaging}).", place="Packaging", remedy=f"Use {BINARY}."
            )
    return Opened(payload=Arrived(received.path, received, name, said.content_type), packaging=said.packaging, quirks=remarks)


def _missing(headers: Mapping[str, str]) -> tuple[Remark, ...]:
    """Say which headers a body must have and this one has not (§ 5); nothing is refused for that."""
    return tuple(
        Remark(f"The request has no {name} header.", code=code, place=name, value="missing")
        for name, code in (
            ("Content-Disposition", "quirk-disposition"),
            ("Digest", "quirk-digest"),
            ("Content-Type", "quirk-type"),
        )
        if not headers.get(name)
    )


def _json(received: Received) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(_read(received))
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise ContentMalformed(f"The body is not JSON: {error}.", place="body", remedy="Send a JSON document.") from error
    if not isinstance(found, dict):
        raise ContentMalformed("The body is JSON and no object.", place="body", remedy="Send a JSON object.")
    return found


def _xml(received: Received) -> etree._Element:
    try:
        return parse(_read(received), place="metadata")
    except SheafError as error:
        raise ContentMalformed(error.message, place=error.place, remedy=error.remedy) from error


def _read(received: Received) -> bytes:
    if received.bytes > LARGEST_DOCUMENT:
        raise ContentMalformed(
            "The document is larger than 16 MB.",
            place="body",
            remedy="Send files as files, not within metadata.",
        )
    return received.path.read_bytes()


def _judge(url: str) -> None:
    """Refuse what is no address of a file on the web; where it leads is judged when it is fetched."""
    try:
        target(url)
    except SheafError as error:
        remedy = "Name an address that begins with https:// or http://."
        raise ByReferenceNotAllowed(f"{bare(url)}: {error.message}", place="@id", remedy=remedy) from error


def _mismatch(said: DepositHeaders) -> FormatHeaderMismatch:
    return FormatHeaderMismatch(
        f"The body is not in the metadata format {said.metadata_format}.",
        place="Metadata-Format",
        remedy="Name the format the body is in.",
    )


def _misplaced(message: str, remedy: str) -> ContentTypeNotAcceptable:
    return ContentTypeNotAcceptable(message, place="Content-Disposition", remedy=remedy)
