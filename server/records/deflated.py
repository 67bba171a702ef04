"""Text deflated in pieces that fit together: a gzip stream is put together from them without looking at a byte of it again.

A piece is raw deflate that begins with an empty window and ends on a whole byte (RFC 1951, Z_FULL_FLUSH), so it may stand
anywhere. What the stream's end must say of the whole, its CRC-32 and its length, is worked out from those of the pieces.
"""

import struct
import zlib
from collections.abc import Callable, Iterable
from types import ModuleType

from msgspec import Struct, structs

_fast: ModuleType = zlib
_crc: Callable[[bytes], int] = zlib.crc32
_combine: Callable[[int, int, int], int] | None = None
try:  # several times faster than zlib; where it has no wheel, zlib does
    from isal import isal_zlib
except ImportError:  # pragma: no cover
    pass
else:
    _fast, _crc, _combine = isal_zlib, isal_zlib.crc32, isal_zlib.crc32_combine

SMALL = 1024
"""Bytes of text that are not worth deflating on their own."""

_RAW = -15  # deflate alone, without the wrapping of zlib or gzip
_LONGEST_STORED = 0xFFFF
_MODULUS = 0xEDB88320  # CRC-32's, its bits reversed as everywhere
_ONE = 1 << 31  # x⁰
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # RFC 1952 § 2.3: deflate, no name, no time, unknown system
_END = b"\x03\x00"  # an empty last block


class Piece(Struct, frozen=True):
    """Deflated text; `raw` and `crc` are the length and the CRC-32 of what it was."""

    raw: int
    crc: int
    body: bytes
    operator: int = 0
    """`operator_of(raw)`, worked out for what is kept; 0 where it never was."""

    def text(self) -> bytes:
        """Return what it was."""
        return bytes(_fast.decompress(self.body + _END, _RAW, self.raw)) if self.raw else b""


Text = bytes | Piece
"""Text as it is, or deflated already."""


def seal(text: bytes) -> Piece:
    """Deflate once what will be sent often: small rather than fast."""
    piece = _deflated(text, zlib, 6)
    return structs.replace(piece, operator=operator_of(len(text)))


def press(text: bytes) -> Piece:
    """Deflate what is sent once: fast rather than small."""
    return _deflated(text, _fast, 1)


def _deflated(text: bytes, library: ModuleType, level: int) -> Piece:
    packer = library.compressobj(level, library.DEFLATED, _RAW)
    return Piece(len(text), _crc(text), packer.compress(text) + packer.flush(library.Z_FULL_FLUSH))


def stored(text: bytes) -> Piece:
    """Take text into a stream as it is (RFC 1951 § 3.2.4)."""
    blocks: list[bytes] = []
    for start in range(0, len(text), _LONGEST_STORED):
        part = text[start : start + _LONGEST_STORED]
        blocks += (struct.pack("<BHH", 0, len(part), len(part) ^ _LONGEST_STORED), part)
    return Piece(len(text), _crc(text), b"".join(blocks))


def gzipped(texts: Iterable[Text]) -> bytes:
    """Return one gzip stream of one member (RFC 1952), which is all that every client understands."""
    crc = length = 0
    bodies = [_HEADER]
    for text in texts:
        piece = text if isinstance(text, Piece) else (press if len(text) > SMALL else stored)(text)
        crc = join(crc, piece)
        length += piece.raw
        bodies.append(piece.body)
    bodies += (_END, struct.pack("<II", crc, length & 0xFFFFFFFF))
    return b"".join(bodies)


def joined(texts: Iterable[Text]) -> list[Text]:
    """Return the same with no two texts beside each other that are not deflated."""
    found: list[Text] = []
    plain: list[bytes] = []
    for text in texts:
        if isinstance(text, bytes):
            plain.append(text)
            continue
        if plain:
            found.append(b"".join(plain))
            plain = []
        found.append(text)
    return [*found, b"".join(plain)] if plain else found


def whole(texts: Iterable[Text]) -> bytes:
    """Return it all as it was."""
    return b"".join(text.text() if isinstance(text, Piece) else text for text in texts)


def length(texts: Iterable[Text]) -> int:
    """Return how many bytes it all is when nothing is deflated."""
    return sum(text.raw if isinstance(text, Piece) else len(text) for text in texts)


def join(crc: int, following: Piece) -> int:
    """Return the CRC-32 of some text and a piece after it, from that of the text."""
    if _combine is not None:
        return int(_combine(crc, following.crc, following.raw))
    return _times(crc, following.operator or operator_of(following.raw)) ^ following.crc


def operator_of(length: int) -> int:
    """Return x^(8·length) modulo CRC-32's polynomial: what a CRC is multiplied by when so many bytes follow."""
    found, square = _ONE, _ONE >> 8  # x⁸
    while length:
        if length & 1:
            found = _times(square, found)
        square = _times(square, square)
        length >>= 1
    return found


def _times(left: int, right: int) -> int:
    """Multiply two polynomials modulo CRC-32's; the highest bit is x⁰."""
    product = 0
    while left:
        if left & _ONE:
            product ^= right
        left = left << 1 & 0xFFFFFFFF
        right = right >> 1 ^ _MODULUS if right & 1 else right >> 1
    return product
