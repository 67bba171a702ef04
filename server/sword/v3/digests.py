"""The Digest header (RFC 3230, SWORD 3.0 § 5): several algorithms, in the forms real clients write. Pure."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from server.metadata.reading import Remark
from server.sword.errors import BadRequest
from server.sword.v3.errors import DigestMismatch

#: The algorithms we verify: as IANA writes them, and as Python's hashlib does.
ALGORITHMS = {"SHA-256": "sha256", "SHA-512": "sha512", "SHA": "sha1", "MD5": "md5"}

_LENGTHS = {"sha256": 32, "sha512": 64, "sha1": 20, "md5": 16}
_NAMES = {name.lower(): known for name, known in ALGORITHMS.items()} | {
    "sha256": "sha256", "sha512": "sha512", "sha1": "sha1", "sha-1": "sha1",
}  # fmt: skip
_PRINTED = re.compile(r"""b(['"])(.*)\1""")
_HEX = re.compile(r"[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True)
class Digests:
    """The digests a client announced: hexadecimal, by hashlib's name of their algorithm."""

    values: tuple[tuple[str, str], ...] = ()
    quirks: tuple[Remark, ...] = ()

    def compare(self, of: Callable[[str], str], place: str = "Digest") -> None:
        """Compare with what arrived; `of` gives its digest by an algorithm. Raises DigestMismatch at the first that differs."""
        for algorithm, wanted in self.values:
            if (found := of(algorithm)) != wanted:
                raise DigestMismatch(
                    f"The {algorithm} of what was received is {found}, not {wanted} as announced.",
                    place=place,
                    remedy="Send it again; if it recurs, compute the digest of the very bytes sent.",
                )


NONE = Digests()


def digests(header: str, place: str = "Digest") -> Digests:
    """Read a Digest header. Raises BadRequest where it names no algorithm we know, or a value is none of its algorithm."""
    values: dict[str, str] = {}
    quirks: list[Remark] = []
    for part in filter(None, (part.strip() for part in header.split(","))):
        name, _, text = part.partition("=")
        algorithm = _NAMES.get(name.strip().lower())
        if algorithm is None:
            words = f"The digest algorithm {name.strip()!r} is not known here and was not verified."
            quirks.append(Remark(words, code="quirk-digest", place=place, value=name.strip()))
            continue
        if name.strip().lower() not in _OFFICIAL:
            words = f"The digest algorithm is written {name.strip()!r}."
            quirks.append(Remark(words, code="quirk-digest", place=place, value=name.strip()))
        values[algorithm], form = _value(text.strip(), algorithm, place)
        if form:
            words = f"The {name.strip()} digest is written as {form}, not as base64 of the raw digest (RFC 3230)."
            quirks.append(Remark(words, code="quirk-digest", place=place, value=form))
    if header.strip() and not values:
        raise BadRequest(
            f"The digest {header!r} names no algorithm that is known here.",
            place=place,
            remedy="Send SHA-256=… with the base64 of the raw digest.",
        )
    return Digests(tuple(values.items()), tuple(quirks))


_OFFICIAL: Mapping[str, str] = {name.lower(): name for name in ALGORITHMS}


def _value(text: str, algorithm: str, place: str) -> tuple[str, str]:
    """Return a digest in hexadecimal, and what is odd about the way it was written."""
    length, odd = _LENGTHS[algorithm], ""
    if printed := _PRINTED.fullmatch(text):
        text, odd = printed[2], "a printed Python value"
    if len(text) == 2 * length and _HEX.fullmatch(text):
        return text.lower(), "hexadecimal"
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if len(raw) == length:
        return raw.hex(), odd
    if len(raw) == 2 * length and _HEX.fullmatch(raw.decode("latin-1")):
        return raw.decode().lower(), "base64 of hexadecimal"
    raise BadRequest(
        f"The digest {text!r} is not {length} bytes in base64 or hexadecimal.",
        place=place,
        remedy="Send SHA-256=… with the base64 of the raw digest.",
    )
