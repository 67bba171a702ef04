"""A kept SWORD 2.0 request opened: its entry parsed, its parts taken apart, its checksums compared."""

from dataclasses import replace

from lxml import etree
from multidict import CIMultiDict

from server.errors import SheafError
from server.records.files import FileStore, Received
from server.sword.errors import BadRequest, ChecksumMismatch, ErrorContent
from server.sword.headers import refuse_mediation
from server.sword.model import Deposit, Operation
from server.sword.package import Arrived
from server.sword.understand import Opened
from server.sword.v2 import multipart
from server.sword.v2.documents import MEDIA
from server.sword.v2.request import BINARY, DepositHeaders, deposit_headers
from server.xml import parse

LARGEST_ENTRY = 16 * 2**20


def open_deposit(deposit: Deposit, files: FileStore) -> Opened:
    """Open a deposit's body by its headers.

    Raises BadRequest, ErrorContent, MediationNotAllowed or ChecksumMismatch; nothing is left on disk then.
    """
    refuse_mediation(CIMultiDict(deposit.headers), deposit.account or "")
    headers = deposit_headers(CIMultiDict(deposit.headers))
    received = Received(files.path(deposit.sha256 or ""), deposit.bytes, deposit.sha256 or "", deposit.md5 or "")
    _compare(headers.md5, received, "Content-MD5")
    if deposit.operation is Operation.COMPLETE:
        return Opened()
    if headers.content_type in {"multipart/related", "multipart/form-data"}:
        return _told(deposit, _multipart(received, headers, files, whole=deposit.operation is Operation.REPLACE_ALL))
    if deposit.operation is Operation.REPLACE_ALL:  # § 6.5.3
        raise ErrorContent(
            f"The Edit-IRI takes an Atom entry or a multipart, not {headers.content_type}.",
            place="Content-Type",
            remedy="PUT files to the EM-IRI.",
        )
    if is_entry(headers.content_type) and not deposit.url.startswith(MEDIA):
        return Opened(entry=_entry(received))
    return _told(deposit, _payload(received, headers, headers))


def _told(deposit: Deposit, opened: Opened) -> Opened:
    """Return a request as it is meant: what is added without a Packaging header is one file (§ 6.7.1), whatever is in it."""
    return replace(opened, packaging=opened.packaging or BINARY) if deposit.operation is Operation.ADD else opened


def is_entry(content_type: str) -> bool:
    return content_type == "application/atom+xml"


def _multipart(received: Received, headers: DepositHeaders, files: FileStore, *, whole: bool) -> Opened:
    parts = multipart.split(received.path, headers.boundary, files)
    opened = Opened()
    try:
        for part in parts:
            said = deposit_headers(CIMultiDict(part.headers))
            _compare(said.md5, part.received, "Content-MD5 of a part")
            if said.part == "atom" or (is_entry(said.content_type) and not said.part):
                if opened.entry is not None:
                    raise BadRequest("The multipart body has more than one entry.", place="body", remedy="Send one Atom entry.")
                opened = replace(opened, entry=_entry(part.received))
                part.received.path.unlink()
            elif opened.payload is None:
                opened = replace(_payload(part.received, said, headers), entry=opened.entry)
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
    name = own.filename or ("deposit.zip" if "zip" in own.content_type and own is not whole else "")
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
    )


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
