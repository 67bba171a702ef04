"""A SWORD 3.0 request: from headers to a frozen value (§ 5, § 7).

Tolerant of what real clients send, strict about what cannot be understood.
"""

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from server.metadata.reading import Remark
from server.sword.errors import BadRequest
from server.sword.headers import boolean, content_type, file_name, header, parameters_of
from server.sword.v3.digests import NONE, Digests, digests
from server.xml import clean

BINARY = "http://purl.org/net/sword/3.0/package/Binary"
METADATA = "http://purl.org/net/sword/3.0/types/Metadata"


class Body(StrEnum):
    """What a request says it carries (§ 7.3)."""

    METADATA = "metadata"
    BY_REFERENCE = "by reference"
    BOTH = "metadata and by reference"
    FILE = "file"  # or a package: the Packaging header says which
    UNSAID = "unsaid"  # there is no Content-Disposition


#: What `metadata=true` and `by-reference=true` mean together.
_BODIES = {(True, False): Body.METADATA, (False, True): Body.BY_REFERENCE, (True, True): Body.BOTH, (False, False): Body.FILE}
_TRUE = frozenset({"true", "1", "yes"})


@dataclass(frozen=True, slots=True)
class DepositHeaders:
    """What the headers of a deposit say."""

    body: Body = Body.UNSAID
    content_type: str = "application/octet-stream"
    filename: str = ""
    packaging: str = BINARY
    packaging_named: bool = False
    metadata_format: str = METADATA
    digests: Digests = NONE
    in_progress: bool = False
    slug: str = ""
    quirks: tuple[Remark, ...] = ()


def deposit_headers(headers: Mapping[str, str]) -> DepositHeaders:
    """Read the headers of a deposit. Raises BadRequest naming the header."""
    kind, _ = content_type(headers.get("Content-Type", ""))
    body, filename, quirks = disposition(headers.get("Content-Disposition", ""))
    packaging = header(headers, "packaging")
    found = digests(headers.get("Digest", ""))
    return DepositHeaders(
        body=body,
        content_type=kind or "application/octet-stream",
        filename=filename,
        packaging=packaging or BINARY,
        packaging_named=bool(packaging),
        metadata_format=headers.get("Metadata-Format", "").strip() or METADATA,
        digests=found,
        in_progress=boolean(headers, "in-progress", default=False),
        slug=clean(unquote(header(headers, "slug"))),
        quirks=(*quirks, *found.quirks),
    )


def disposition(value: str) -> tuple[Body, str, tuple[Remark, ...]]:
    """Read a Content-Disposition: what the body is, its file name, and what is odd about it. Raises BadRequest for segments."""
    if not value.strip():
        return Body.UNSAID, "", ()
    kind, parameters = parameters_of(value)
    if kind in {"segment-init", "segment"}:
        raise BadRequest(
            f"A {kind} is not sent here.",
            place="Content-Disposition",
            remedy="Segments go to the Temporary-URL that the Staging-URL of the service document gives.",
        )
    quirks = []
    if value.startswith("=?"):
        quirks.append(_odd("Content-Disposition is an encoded word (RFC 2047) as a whole.", "encoded word"))
    if kind != "attachment":
        quirks.append(_odd("Content-Disposition does not begin with “attachment;”.", kind or "no type"))
    body = _BODIES[parameters.get("metadata", "").lower() in _TRUE, parameters.get("by-reference", "").lower() in _TRUE]
    return body, file_name(parameters), tuple(quirks)


def _odd(words: str, value: str) -> Remark:
    return Remark(words, code="quirk-disposition", place="Content-Disposition", value=value)


def named(said: DepositHeaders) -> str:
    """Return a file's name: as said, or one its type gives (§ 7.3: it may be left out)."""
    return said.filename or f"file{mimetypes.guess_extension(said.content_type) or '.bin'}"


@dataclass(frozen=True, slots=True)
class SegmentInit:
    """How an upload in segments begins (§ 11.1)."""

    size: int
    digest: str
    count: int
    segment_size: int


def segment_init(value: str) -> SegmentInit:
    """Read how an upload in segments begins. Raises BadRequest naming the parameter; all four are required."""
    kind, parameters = parameters_of(value)
    if kind != "segment-init":
        raise BadRequest(
            "An upload in segments begins with Content-Disposition: segment-init.",
            place="Content-Disposition",
            remedy="Send segment-init; size=…; digest=…; segment_count=…; segment_size=…",
        )
    digest = parameters.get("digest", "").strip()
    if not digest:
        raise _missing("digest")
    digests(digest, "Content-Disposition digest")
    return SegmentInit(
        size=_number(parameters, "size"),
        digest=digest,
        count=_number(parameters, "segment_count"),
        segment_size=_number(parameters, "segment_size"),
    )


def segment_number(value: str) -> int:
    """Read which segment a body is (§ 11.2). Raises BadRequest."""
    kind, parameters = parameters_of(value)
    if kind != "segment":
        raise BadRequest(
            "A segment is sent with Content-Disposition: segment.",
            place="Content-Disposition",
            remedy="Send segment; segment_number=…",
        )
    return _number(parameters, "segment_number")


def _number(parameters: Mapping[str, str], name: str) -> int:
    text = parameters.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text) > 0):  # noqa: PLR2004 -- what a column holds
        raise _missing(name)
    return int(text)


def _missing(name: str) -> BadRequest:
    return BadRequest(
        f"Content-Disposition gives no {name}, or none that can be.", place="Content-Disposition", remedy=f"Send {name}=…"
    )
