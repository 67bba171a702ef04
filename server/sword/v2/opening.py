"""A kept SWORD 2.0 request opened: its entry parsed, its parts taken apart, its checksums compared."""

import mimetypes
from dataclasses import replace

from lxml import etree
from multidict import CIMultiDict

from server.errors import SheafError
from server.metadata.reading import Remark
from server.records.files import FileStore, Received
from server.sword import quirks
from server.sword.errors import BadRequest, ChecksumMismatch, ErrorContent
from server.sword.headers import refuse_mediation
from server.sword.model import ATOM_TYPE, ENTRY_TYPES, Deposit, Operation
from server.sword.package import Arrived
from server.sword.understand import Opened
from server.sword.v2 import multipart
from server.sword.v2.documents import MEDIA
from server.sword.v2.request import BINARY, DepositHeaders, deposit_headers
from server.xml import parse

LARGEST_ENTRY = 16 * 2**20

OCTETS = "application/octet-stream"
MULTIPART = frozenset({"multipart/related", "multipart/form-data"})

#: What the types of archives end in, where the tables of the system do not know them.
_ENDINGS = {
    "application/zip": ".zip", "application/x-zip": ".zip", "application/x-zip-compressed": ".zip", "application/tar": ".tar",
    "application/x-tar": ".tar", "application/gzip": ".tar.gz", "application/x-gzip": ".tar.gz",
}  # fmt: skip


def open_deposit(deposit: Deposit, files: FileStore) -> Opened:
    """Open a deposit's body by its headers; what is odd in them is told with it.

    Raises BadRequest, ErrorContent, MediationNotAllowed or ChecksumMismatch; nothing is left on disk then.
    """
    sent = CIMultiDict(deposit.headers)
    refuse_mediation(sent, deposit.account or "")
    headers = deposit_headers(sent)
    received = Received(files.path(deposit.sha256 or ""), deposit.bytes, deposit.sha256 or "", deposit.md5 or "")
    opened = _opened(deposit, headers, received, files)
    return replace(opened, quirks=(*quirks.of_headers(sent), *opened.quirks))


def _opened(deposit: Deposit, headers: DepositHeaders, received: Received, files: FileStore) -> Opened:
    on_media = deposit.url.startswith(MEDIA)
    if deposit.operation is Operation.COMPLETE:
        _compare(headers.md5, received, "Content-MD5")
        return Opened()
    if headers.content_type in MULTIPART:
        if deposit.operation is Operation.ADD and not on_media and not headers.metadata_relevant:  # § 6.7.3
            raise BadRequest(
                "A multipart deposit added at the SE-IRI brings metadata; they cannot be irrelevant.",
                place="Metadata-Relevant",
                remedy="Leave the header out, or add the files at the EM-IRI.",
            )
        return _told(deposit, _multipart(received, headers, files, whole=deposit.operation is Operation.REPLACE_ALL))
    _compare(headers.md5, received, "Content-MD5")
    if deposit.operation is Operation.REPLACE_FILE:
        payload = Arrived(received.path, received, deposit.filename or "", headers.content_type)
        return Opened(payload=payload, packaging=BINARY, metadata_relevant=False)
    if not on_media and _is_metadata(headers, received):
        odd = () if headers.content_type == ATOM_TYPE else (quirks.entry_type(headers.content_type),)
        entry = _entry(received)
        return Opened(entry=entry, quirks=(*odd, *_odd(entry)))
    if deposit.operation is Operation.REPLACE_ALL:  # § 6.5.3
        raise ErrorContent(
            f"The Edit-IRI takes an Atom entry or a multipart, not {headers.content_type}.",
            place="Content-Type",
            remedy="PUT files to the EM-IRI.",
        )
    return _told(deposit, _payload(received, headers, headers))


def _told(deposit: Deposit, opened: Opened) -> Opened:
    """Return a request as it is meant: what is added without a Packaging header is one file (§ 6.7.1), whatever is in it."""
    return replace(opened, packaging=opened.packaging or BINARY) if deposit.operation is Operation.ADD else opened


def is_entry(content_type: str) -> bool:
    """Whether a type is that of an entry, or of metadata that some clients send in place of one."""
    return content_type in ENTRY_TYPES


def _is_metadata(headers: DepositHeaders, received: Received) -> bool:
    """Whether a body is metadata: by its type, or where it is XML and nothing calls it a file."""
    if is_entry(headers.content_type):
        return True
    if headers.filename or headers.packaging_named:
        return False
    if headers.content_type.endswith(("/xml", "+xml")):
        return True
    with received.path.open("rb") as body:
        return headers.content_type == OCTETS and body.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _multipart(received: Received, headers: DepositHeaders, files: FileStore, *, whole: bool) -> Opened:
    try:
        parts = multipart.split(received.path, headers.boundary, files)
    except BadRequest:
        _compare(headers.md5, received, "Content-MD5")  # a body that was damaged on its way is damaged first of all
        raise
    opened = Opened()
    try:
        if headers.md5 and headers.md5 in {part.received.md5 for part in parts}:
            opened = replace(opened, quirks=(quirks.sum_of_part(),))
        else:
            _compare(headers.md5, received, "Content-MD5")
        for part in parts:
            sent = CIMultiDict(part.headers)
            said = deposit_headers(sent)
            _compare(said.md5, part.received, "Content-MD5 of a part")
            odd = (*opened.quirks, *quirks.of_headers(sent), *((quirks.unsaid_encoding(),) if part.unsaid else ()))
            if said.part == "atom" or (is_entry(said.content_type) and not said.part):
                if opened.entry is not None:
                    raise BadRequest("The multipart body has more than one entry.", place="body", remedy="Send one Atom entry.")
                entry = _entry(part.received)
                opened = replace(opened, entry=entry, quirks=(*odd, *_odd(entry)))
                part.received.path.unlink()
            elif opened.payload is None:
                payload = _payload(part.received, said, headers)
                opened = replace(payload, entry=opened.entry, quirks=(*odd, *payload.quirks))
            else:
                raise BadRequest(
                    "The multipart body has more than one payload.", place="body", remedy="Pack the files into one archive."
                )
        if whole and (opened.entry is None or opened.payload is None):  # § 6.5.3: replaces both
            raise BadRequest(
                "The multipart body lacks its entry or its payload.", place="body", remedy="Send both, or PUT the one alone."
            )
    except BaseException:
        multipart.discard(parts)
        raise
    return opened


def _payload(received: Received, own: DepositHeaders, whole: DepositHeaders) -> Opened:
    named = own if own.packaging_named else whole
    name = own.filename
    odd: tuple[Remark, ...] = ()
    if not name and own.content_type != OCTETS and (ending := _ending(own.content_type)):
        name, odd = f"deposit{ending}", (quirks.unsaid_name(f"deposit{ending}"),)
    if not name:  # SWORD 2.0 § 6.3.1: MUST be provided
        raise BadRequest(
            "Content-Disposition gives no file name.",
            place="Content-Disposition",
            remedy="Send Content-Disposition: attachment; filename=…",
        )
    return Opened(
        payload=Arrived(received.path, received, name, own.content_type),
        packaging=named.packaging if named.packaging_named else "",
        metadata_relevant=whole.metadata_relevant,
        quirks=odd,
    )


def _ending(content_type: str) -> str:
    return _ENDINGS.get(content_type) or mimetypes.guess_extension(content_type) or ""


def _odd(entry: etree._Element) -> tuple[Remark, ...]:
    """Tell what is odd in an entry; one with nothing in it only begins a deposit."""
    return tuple(quirks.of_entry(entry)) if len(entry) else ()


def _entry(received: Received) -> etree._Element:
    if received.bytes > LARGEST_ENTRY:
        raise BadRequest(
            "The Atom entry is larger than 16 MB.", place="entry", remedy="Send files as payload, not within the entry."
        )
    try:
        return parse(received.path.read_bytes(), place="entry")
    except SheafError as error:
        raise BadRequest(error.message, place=error.place, remedy=error.remedy) from error


def _compare(wanted: str, received: Received, header: str) -> None:
    if wanted and wanted != received.md5:
        raise ChecksumMismatch(
            f"The MD5 of what was received is {received.md5}, not {wanted} as announced.",
            place=header,
            remedy="Send it again; if it recurs, compute the MD5 of the very bytes sent.",
        )
