"""The resumptionToken: the request and how far it came, signed. The server remembers nothing."""

import base64
import binascii
import hmac
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import TypeVar

import msgspec
from msgspec import Struct

from server.oai.errors import BadResumptionToken

P = TypeVar("P", bound=Struct)

_SIGNATURE = 16  # bytes; a guess is refused, and nothing secret is inside


class Position(Struct, frozen=True, kw_only=True, array_like=True):
    """A list under way. Times are epoch seconds; `seq`s are places in the feed."""

    prefix: str
    spec: str | None
    horizon: int
    until: int | None
    after: int
    cursor: int
    size: int
    begun: int
    expires: int
    context: str = ""
    """The base URL it is valid at. Last and with a default: a list begun before there were contexts goes on."""


class SetsPosition(Struct, frozen=True, kw_only=True, array_like=True):
    """The list of sets under way: a place in the order of setSpecs, which stays one when sets are renamed, added or removed."""

    after: str
    cursor: int
    begun: int
    expires: int
    context: str


SETS_AGAIN = "Begin again: ListSets without a resumptionToken."

#: How to go on without the token, where nothing is known of the list it was for.
_GO_ON = {"ListSets": SETS_AGAIN}
_FROM = "To go on, begin again with the arguments of that list and from= the datestamp of the last record received."


def write(verb: str, position: Struct, key: bytes) -> str:
    """Return the token: URL-safe characters only, as some clients forget to encode it."""
    payload = msgspec.msgpack.encode(position)
    return _spelled(_sign(verb, payload, key) + payload)


def read(verb: str, token: str, key: bytes, kind: type[P]) -> P:
    """Return the position in a token of ours for this verb, expired or not; raises BadResumptionToken and says how to go on."""
    try:
        return _opened(verb, token, key, kind)  # type: ignore[return-value]  # of the kind that was asked for
    except (ValueError, UnicodeError, binascii.Error, msgspec.DecodeError):
        words = f"This is not a resumptionToken of this repository for {verb}, or not the whole of one. {_GO_ON.get(verb, _FROM)}"
        raise BadResumptionToken(words) from None


def verb_of(token: str, key: bytes, verbs: Iterable[str]) -> str | None:
    """Return for which of some verbs a token of ours was issued, None where it is none of theirs."""
    for verb in verbs:
        with suppress(BadResumptionToken):
            read(verb, token, key, Position)
            return verb
    return None


def _spelled(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@lru_cache(256)
def _opened(verb: str, token: str, key: bytes, kind: type[Struct]) -> Struct:
    """Return what was signed; raises ValueError where it was not. Remembered, as who may go in first asks for it, too."""
    raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    if _spelled(raw) != token:
        raise ValueError("bits no byte needs are set")  # the last letter has some, and a changed token is none
    signature, payload = raw[:_SIGNATURE], raw[_SIGNATURE:]
    if not hmac.compare_digest(signature, _sign(verb, payload, key)):
        raise ValueError("signature")
    return msgspec.msgpack.decode(payload, type=kind)


def _sign(verb: str, payload: bytes, key: bytes) -> bytes:
    signer = _signer(verb, key).copy()
    signer.update(payload)
    return signer.digest()[:_SIGNATURE]


@lru_cache(32)
def _signer(verb: str, key: bytes) -> hmac.HMAC:
    """Return what signs for a verb, to be copied: hashing a key each time would let go of the interpreter each time."""
    return hmac.new(key, b"resumptionToken\0" + verb.encode() + b"\0", "sha256")
