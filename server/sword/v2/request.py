"""A SWORD 2.0 request: from headers to a frozen value.

Tolerant of what real clients send, strict about what cannot be understood.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from server.sword.errors import BadRequest
from server.sword.headers import HEX_MD5, boolean, content_type, file_name, header, parameters_of
from server.xml import clean

BINARY = "http://purl.org/net/sword/package/Binary"


@dataclass(frozen=True, slots=True)
class DepositHeaders:
    """What the headers of a deposit say (SWORD 2.0 § 6.3), or of one part of a multipart deposit."""

    content_type: str = "application/octet-stream"
    boundary: str = ""
    filename: str = ""
    part: str = ""
    """The `name` of a part: atom, payload or file."""
    md5: str = ""
    """Hexadecimal, lower case; empty where none was sent."""
    packaging: str = BINARY
    packaging_named: bool = False
    in_progress: bool = False
    slug: str = ""
    metadata_relevant: bool = True


def deposit_headers(headers: Mapping[str, str]) -> DepositHeaders:
    """Read the headers of a deposit. Raises BadRequest naming the header."""
    kind, parameters = content_type(headers.get("Content-Type", ""))
    disposition, given = parameters_of(headers.get("Content-Disposition", ""))
    packaging = header(headers, "packaging")
    return DepositHeaders(
        content_type=kind or "application/octet-stream",
        boundary=parameters.get("boundary", ""),
        filename=file_name(given, disposition),
        part=given.get("name", ""),
        md5=_md5(header(headers, "content-md5")),
        packaging=packaging or BINARY,
        packaging_named=bool(packaging),
        in_progress=boolean(headers, "in-progress", default=False),
        slug=clean(unquote(header(headers, "slug"))),
        metadata_relevant=boolean(headers, "metadata-relevant", default=True),
    )


def _md5(value: str) -> str:
    """Read a Content-MD5: hexadecimal as SWORD 2.0 writes it, or base64 as RFC 1864 does."""
    if not value:
        return ""
    if HEX_MD5.fullmatch(value):
        return value.lower()
    try:
        digest = base64.b64decode(value, validate=True)
        if len(digest) == 16:  # noqa: PLR2004 -- the length of an MD5
            return digest.hex()
    except (ValueError, binascii.Error):
        pass
    raise BadRequest(
        f"Content-MD5 is neither 32 hexadecimal digits nor base64: {value!r}.",
        place="Content-MD5",
        remedy="Send the MD5 of the body in hexadecimal.",
    )
