"""By-Reference documents (SWORD 3.0 § 9.4): files a client names by their address instead of sending them. Pure."""

from collections.abc import Mapping
from typing import Any

from server.metadata.reading import Remark
from server.sword.errors import BadRequest
from server.sword.headers import content_type, file_name, parameters_of, safe_name
from server.sword.reference import Reference
from server.sword.v3.digests import digests
from server.sword.v3.errors import ByReferenceFileSizeExceeded, ContentMalformed
from server.sword.v3.request import BINARY

MOST = 1_000
"""Files one document may name."""


def references(document: Mapping[str, Any], largest: int) -> tuple[tuple[Reference, ...], tuple[Remark, ...]]:
    """Return the files a document names, and what was odd about it.

    Raises ContentMalformed for what is no such document, BadRequest for a file that is not described well enough to fetch it, and
    ByReferenceFileSizeExceeded for one announced with more than `largest` bytes.
    """
    files = document.get("byReferenceFiles")
    if not isinstance(files, list) or not files or not all(isinstance(each, dict) for each in files):
        raise ContentMalformed(
            "The By-Reference document names no files.",
            place="byReferenceFiles",
            remedy="Send a list byReferenceFiles with one object for each file.",
        )
    if len(files) > MOST:
        raise BadRequest(
            f"The By-Reference document names {len(files)} files; {MOST} are allowed.",
            place="byReferenceFiles",
            remedy="Send them in several requests.",
        )
    remarks: list[Remark] = []
    found = tuple(_reference(each, f"byReferenceFiles[{number}]", largest, remarks) for number, each in enumerate(files))
    return found, tuple(remarks)


def _reference(each: Mapping[str, Any], place: str, largest: int, remarks: list[Remark]) -> Reference:
    url = each.get("@id")
    if not isinstance(url, str) or not url:
        raise BadRequest("A file has no address.", place=f"{place}.@id", remedy="Send its address as @id.")
    length = each.get("contentLength")
    if length is not None and (not isinstance(length, int) or isinstance(length, bool) or length < 0):
        raise BadRequest(
            f"The length of a file is {length!r}.",
            place=f"{place}.contentLength",
            remedy="Send its bytes as a number.",
        )
    if length is not None and length > largest:
        raise ByReferenceFileSizeExceeded(
            f"The file has {length} bytes; {largest} are allowed.",
            place=f"{place}.contentLength",
            remedy="Send a smaller file, or ask for a higher limit.",
        )
    digest = _text(each, "digest")
    if digest:
        remarks += digests(digest, f"{place}.digest").quirks
    else:
        words = "A file sent by reference comes without a digest, so what is fetched cannot be verified."
        remarks.append(Remark(words, code="quirk-digest", place=f"{place}.digest", value="missing"))
    _, parameters = parameters_of(_text(each, "contentDisposition"))
    kind, _ = content_type(_text(each, "contentType"))
    return Reference(
        url=url,
        filename=file_name(parameters) or safe_name(url.partition("?")[0]) or "file.bin",
        content_type=kind or "application/octet-stream",
        bytes=length,
        digest=digest,
        packaging=_text(each, "packaging") or BINARY,
        dereference=each.get("dereference") is not False,  # left out, it is a file to fetch: that is what it was sent for
    )


def _text(each: Mapping[str, Any], name: str) -> str:
    value = each.get(name)
    return value.strip() if isinstance(value, str) else ""
