"""The resumptionToken: the request and how far it came, signed. The server remembers nothing."""

import base64
import binascii
import hmac
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from server.oai.errors import BadResumptionToken

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


def write(verb: str, position: Position, key: bytes) -> str:
    """Return the token: URL-safe characters only, as some clients forget to encode it."""
    payload = msgspec.msgpack.encode(position)
    return base64.urlsafe_b64encode(_sign(verb, payload, key) + payload).rstrip(b"=").decode()


def read(verb: str, token: str, key: bytes, now: datetime) -> Position:
    """Return the position in a token of ours for this verb; raises BadResumptionToken and says how to go on."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        signature, payload = raw[:_SIGNATURE], raw[_SIGNATURE:]
        if not hmac.compare_digest(signature, _sign(verb, payload, key)):
            raise ValueError("signature")
        position = msgspec.msgpack.decode(payload, type=Position)
    except (ValueError, UnicodeError, binascii.Error, msgspec.DecodeError):
        raise BadResumptionToken(
            f"This is not a resumptionToken of this repository for {verb}. "
            "Begin again; use from= the datestamp of the last record received to go on."
        ) from None
    if position.expires < now.timestamp():
        begun = datetime.fromtimestamp(position.begun, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        raise BadResumptionToken(
            f"The resumptionToken has expired; {position.cursor} of {position.size} records were delivered. "
            f"Begin again with from= the datestamp of the last record received (the list was begun at {begun})."
        )
    return position


def _sign(verb: str, payload: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"resumptionToken\0" + verb.encode() + b"\0" + payload, "sha256")[:_SIGNATURE]
