"""A MIME multipart body read from disk, flat in memory.

Tolerant of line ends, preambles, quoting and encodings as real clients send them.
Grammar: RFC 2046 § 5.1, RFC 2387; SWORD 2.0 § 6.3.2 says which parts there are.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from server.records.files import PIECE, Received
from server.sword.archives.unpacking import Store
from server.sword.errors import BadRequest
from server.xml import clean

LONGEST_HEADERS = 16 * 1024
MOST_PARTS = 16


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its headers as sent, and its decoded content on disk."""

    headers: dict[str, str]
    received: Received
    unsaid: bool = False
    """Whether it was in base64 and did not say so."""


def split(path: Path, boundary: str, store: Store) -> list[Part]:
    """Return the parts of a body. Raises BadRequest saying what is missing; leaves nothing on disk then."""
    if not boundary:
        raise BadRequest("The multipart body has no boundary.", place="Content-Type", remedy="Send boundary=… in Content-Type.")
    parts: list[Part] = []
    try:
        with path.open("rb") as body:
            for start, end in _ranges(body, boundary.encode("latin-1", "replace")):
                if len(parts) == MOST_PARTS:
                    raise BadRequest(
                        f"The multipart body has more than {MOST_PARTS} parts.",
                        place="body",
                        remedy="Send an entry and a payload.",
                    )
                parts.append(_part(body, start, end, store))
    except BaseException:
        discard(parts)
        raise
    if not parts:
        raise BadRequest(
            "The multipart body has no parts between its boundaries.", place="body", remedy="Send an Atom entry and a payload."
        )
    return parts


def discard(parts: list[Part]) -> None:
    """Remove parts from the disk."""
    for part in parts:
        part.received.path.unlink(missing_ok=True)


def _ranges(body: BinaryIO, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each part begins and ends, its line end before the delimiter left out."""
    begin: int | None = None
    closed = crlf = False
    for offset, line, last in list(islice(_delimiters(body, boundary), MOST_PARTS + 2)):
        if begin is not None:
            yield begin, _without_line_end(body, begin, offset, crlf=crlf)
        begin, closed, crlf = offset + len(line), last, line.endswith(b"\r\n")
        if last:
            return
    if not closed:
        raise BadRequest("The multipart body ends without its closing boundary.", place="body", remedy="Send the whole body.")


def _delimiters(body: BinaryIO, boundary: bytes) -> Iterator[tuple[int, bytes, bool]]:
    """Yield where each delimiter line stands, itself, and whether it is the last; reads piece by piece."""
    needle = b"--" + boundary
    offset, tail = 0, b"\n"
    body.seek(0)
    margin = len(needle) + 128
    while True:
        piece = body.read(4 * PIECE)
        window = tail + piece
        base = offset - len(tail)
        limit = len(window) if not piece else len(window) - margin
        at = window.find(b"\n" + needle)
        while 0 <= at < limit:
            rest = window[at + 1 + len(needle) : at + 1 + len(needle) + 128]
            line, newline, _ = rest.partition(b"\n")
            # RFC 2046 5.1.1: blanks and tabs are padding, other white space is content
            mark = line.removesuffix(b"\r").strip(b" \t")
            if mark in {b"", b"--"} and (newline or mark == b"--" or not piece):
                yield base + at + 1, needle + line + newline, mark == b"--"
            at = window.find(b"\n" + needle, at + 1)
        if not piece:
            return
        keep = max(margin, 1)
        consumed = max(0, len(window) - keep)
        tail = window[consumed:]
        offset += len(piece)


def _without_line_end(body: BinaryIO, begin: int, end: int, *, crlf: bool) -> int:
    """Leave out the line end that belongs to the delimiter; where lines end in LF alone, a CR before it is content."""
    body.seek(max(begin, end - 2))
    last = body.read(end - max(begin, end - 2))
    return end - (2 if crlf and last == b"\r\n" else 1 if last.endswith(b"\n") else 0)


def _part(body: BinaryIO, start: int, end: int, store: Store) -> Part:
    body.seek(start)
    head = body.read(min(LONGEST_HEADERS, end - start))
    cut, gap = min(((head.find(mark), len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if mark in head), default=(-1, 0))
    if head[:1] == b"\n" or head[:2] == b"\r\n":  # a part without headers
        cut, gap = 0, 1 if head[:1] == b"\n" else 2
    if cut < 0:
        raise BadRequest(
            "A part of the multipart body has no end to its headers.",
            place="body",
            remedy="Put an empty line between headers and content.",
        )
    parsed = HeaderParser().parsestr(_text(head[:cut]))
    headers = {clean(name).title(): clean(" ".join(value.splitlines())) for name, value in parsed.items()}
    encoding, unsaid = _encoding(body, start + cut + gap, end, headers)
    return Part(headers, _decoded(body, start + cut + gap, end, encoding, store), unsaid)


def _text(head: bytes) -> str:
    """Read headers as UTF-8, which clients mean, or as Latin-1, which cannot fail."""
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError:
        return head.decode("latin-1")


def _encoding(body: BinaryIO, start: int, end: int, headers: dict[str, str]) -> tuple[str, bool]:
    """Return how a part is encoded, and whether it is in base64 without saying so: some clients send their entry like that."""
    encoding = headers.get("Content-Transfer-Encoding", "").strip().lower()
    if encoding == "base64" or "atom" not in headers.get("Content-Type", "").lower():
        return encoding, False
    body.seek(start)
    if body.read(min(1, end - start)) in {b"<", b"\xef", b" ", b"\n", b"\r"}:
        return encoding, False
    return "base64", True


def _decoded(body: BinaryIO, start: int, end: int, encoding: str, store: Store) -> Received:
    if encoding not in {"", "7bit", "8bit", "binary", "base64"}:
        raise BadRequest(
            f"Parts in {encoding} are not taken.",
            place="Content-Transfer-Encoding",
            remedy="Send the part as binary or in base64.",
        )
    body.seek(start)
    spool = store.spool()
    try:
        for piece in _pieces(body, end - start) if encoding != "base64" else _unpacked(body, end - start):
            spool.write(piece)
        return spool.finish()
    except (binascii.Error, ValueError) as error:
        spool.discard()
        raise BadRequest(
            f"A part of the multipart body is not base64: {error}.",
            place="Content-Transfer-Encoding",
            remedy="Encode the part again.",
        ) from error
    except BaseException:
        spool.discard()
        raise


def _pieces(body: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0 and (piece := body.read(min(PIECE, length))):
        length -= len(piece)
        yield piece


def _unpacked(body: BinaryIO, length: int) -> Iterator[bytes]:
    held = b""
    for piece in _pieces(body, length):
        text = held + b"".join(piece.split())
        usable = len(text) - len(text) % 4
        held = text[usable:]
        yield base64.b64decode(text[:usable], validate=True)
    if held:
        yield base64.b64decode(held, validate=True)
