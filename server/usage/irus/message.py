"""One use as IRUS wants to be told of it: the nine keys of the Tracker Protocol R5.0 (January 2021). Pure.

The protocol is a part of NISO OpenURL 1.0 (Z39.88-2004), keys and encoded values in the query of a GET.
"""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from itertools import accumulate, takewhile
from urllib.parse import quote_plus, urlencode, urlsplit

from server.clock import to_wire
from server.usage.model import Kind
from server.xml import clean

OPENURL = "Z39.88-2004"
TYPES = {Kind.INVESTIGATION: "Investigation", Kind.REQUEST: "Request"}
"""IRUS is told once of each use: a download is a Request, and no Investigation beside it, although it is one for COUNTER."""

LONGEST = 1_500
"""Bytes of an encoded user agent or referer: servers refuse lines of more than 8,000, and two of these must go on one."""
_KEPT = {4: 24, 6: 48}


@dataclass(frozen=True, slots=True)
class Use:
    """What happened, with all that names the work and the one who asked."""

    at: datetime
    kind: Kind
    address: str
    agent: str
    referer: str
    artnum: str
    """The OAI identifier, to the byte as harvesters get it."""
    url: str
    """Of the page, or of the file that was asked for."""


def query(use: Use, source: str) -> str:
    """Write the message, its keys in the order of the protocol's table."""
    return urlencode({
        "url_ver": OPENURL,
        "url_tim": to_wire(use.at),  # of the use, however late it is sent
        "req_id": use.address,
        "req_dat": use.agent,
        "rft.artnum": use.artnum,
        "svc_dat": use.url,
        "rfr_dat": use.referer,  # empty where nobody said
        "rfr_id": source,
        "rft_dat": TYPES[use.kind],
    })  # fmt: skip


def agent_of(said: str) -> str:
    """Return a user agent as it is kept: readable, and of a length a message can hold."""
    return _fitting(_readable(said))


def referer_of(said: str) -> str:
    """Return a referer as it is kept; of one too long for a message the page, else the server."""
    said = _readable(said)
    if len(quote_plus(said)) <= LONGEST:
        return said
    try:
        parts = urlsplit(said)
    except ValueError:  # it is no address at all
        return _fitting(said)
    page = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return page if len(quote_plus(page)) <= LONGEST else _fitting(f"{parts.scheme}://{parts.netloc}/")


def shortened(address: str) -> str:
    """Return the network an address lies in: 256 addresses of IPv4, a /48 of IPv6; an unknown one stays unknown."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    return str(ip_network((found, _KEPT[found.version]), strict=False).network_address)


def _readable(said: str) -> str:
    """Return a header's text without control characters and what is no text."""
    if said.isascii() and said.isprintable():  # as nearly all are
        return " ".join(said.split())
    text = clean(said.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _fitting(text: str) -> str:
    """Cut a text to what a message can hold."""
    if len(quote_plus(text)) <= LONGEST:
        return text
    long = accumulate(len(quote_plus(character)) for character in text)
    return text[: sum(1 for _ in takewhile(LONGEST.__ge__, long))]
