"""An OAI-PMH response: head, what the verb answers, tail."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from server.clock import to_wire
from server.oai.errors import OaiError
from server.records.deflated import Text, joined
from server.xml import escape

CONTENT_TYPE = "text/xml"

Body = bytes | Sequence[Text]
"""A gzip stream, or texts."""

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<?xml-stylesheet type="text/css" href="/static/oai.css"?>\n'
    '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">'
    "<responseDate>{date}</responseDate><request{attributes}>{url}</request>"
)
_TAIL = b"</OAI-PMH>\n"

# RFC 3986 § 4.1, with the characters XML Schema's anyURI takes besides: what `<request identifier="…">` may hold.
_CHAR = r"(?:[^\x00-\x20#%?\[\]/:@\ud800-\udfff\ufffe\uffff]|%[0-9A-Fa-f]{2})"
_PATH = rf"(?:{_CHAR}|[/:@])*"
_AUTHORITY = rf"//(?:{_CHAR}*@)?{_CHAR}*(?::[0-9]*)?(?:/{_PATH})?"
_URI = re.compile(
    rf"(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?{_AUTHORITY}|[A-Za-z][A-Za-z0-9+.-]*:(?!//){_PATH}|(?!//)/{_PATH}|{_CHAR}(?:{_CHAR}|@)*(?:/{_PATH})?)"
    rf"(?:\?(?:{_PATH}|\?)*)?(?:#(?:{_PATH}|\?)*)?"
)
#: A parser turns these into blanks where they stand in an attribute as they are.
_KEPT = {ord("\n"): "&#10;", ord("\t"): "&#9;"}


def document(url: str, pairs: Iterable[tuple[str, str]], at: datetime, body: Iterable[Text]) -> list[Text]:
    """Put a response together; `pairs` are the arguments `<request>` echoes, exactly as sent (OAI-PMH 3.2).

    What is not deflated already is one text from one deflated piece to the next.
    """
    attributes = "".join(f' {key}="{escape(value).translate(_KEPT)}"' for key, value in pairs)
    head = _HEAD.format(date=to_wire(at), attributes=attributes, url=escape(url))
    return joined([head.encode(), *body, _TAIL])


def errors(url: str, pairs: Sequence[tuple[str, str]], at: datetime, found: Sequence[OaiError]) -> list[Text]:
    """Report every error; the arguments are echoed only where none of them is at fault.

    An identifier that is no URI is unknown, not illegal, but cannot be echoed either: the schema types the attribute.
    """
    echoed = all(error.keeps_arguments for error in found) and all(
        _URI.fullmatch(value) for key, value in pairs if key == "identifier"
    )
    echo = pairs if echoed else ()
    body = [f'<error code="{error.code}">{escape(error.message)}</error>'.encode() for error in found]
    return document(url, echo, at, body)


@dataclass(frozen=True, slots=True)
class Validators:
    """By what a client asks whether a record is still as it knows it (RFC 9110 § 8.8)."""

    tag: str
    """Of everything but responseDate, which differs each time: so it is a weak one."""
    modified: datetime | None
    """The record's datestamp; None within that very second, in which it may change once more."""


def validators(url: str, pairs: Iterable[tuple[str, str]], parts: Iterable[Text], at: datetime) -> Validators:
    """Return the validators of an answer that holds one record."""
    body = b"".join(part for part in parts if isinstance(part, bytes))
    stamp = datetime.fromisoformat(body.partition(b"<datestamp>")[2][:20].decode())
    said = repr((url, list(pairs))).encode()
    return Validators(hashlib.sha256(said + body).hexdigest()[:32], stamp if stamp < at.replace(microsecond=0) else None)


def element(name: str, parts: Iterable[Text]) -> list[Text]:
    """Wrap what a verb answers in its element."""
    return [f"<{name}>".encode(), *parts, f"</{name}>".encode()]


def resumption(token: str, *, size: int, cursor: int, expires: int = 0) -> bytes:
    """Write a resumptionToken that lives until `expires` (epoch seconds); the last part of a list carries an empty one (3.5)."""
    expiration = f' expirationDate="{to_wire(datetime.fromtimestamp(expires, tz=UTC))}"' if token else ""
    return f'<resumptionToken{expiration} completeListSize="{size}" cursor="{cursor}">{token}</resumptionToken>'.encode()


@lru_cache(256)
def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header wants gzip (RFC 9110 § 12.5.3; `;q=0` means no)."""
    wanted: dict[str, float] = {}
    for item in header.lower().split(","):
        coding, _, rest = item.strip().partition(";")
        name, _, value = rest.strip().partition("=")
        try:
            wanted[coding.strip()] = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            wanted[coding.strip()] = 0.0
    return wanted.get("gzip", wanted.get("x-gzip", wanted.get("*", 0.0))) > 0
