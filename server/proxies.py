"""Who asked, where reverse proxies stand between: the client's address and scheme by what trusted peers say of them. Pure.

A proxy adds the address it was asked from at the right end of `X-Forwarded-For` (or of `Forwarded`, RFC 7239), so from the right
only the proxies of ours and the first address that is none can be believed: the rightmost untrusted address is the client.
`Forwarded` counts only where there is no `X-Forwarded-For`, as a proxy that writes the one hands the other on as it came.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Lines = Mapping[str, Sequence[str]]
"""The lines of each header by its name; a name that was not sent has none."""

_PAIR = re.compile(r'\s*(?P<name>[A-Za-z]+)\s*=\s*(?:"(?P<quoted>[^"\\]*)"|(?P<bare>[^\s",;]*))\s*(?P<end>[;,]|$)')
_PLACE = re.compile(r"\[(?P<six>[^\]]+)\](?::\w+)?|(?P<four>[0-9.]+)(?::\w+)?")
_SCHEMES = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True)
class Client:
    """Who asked: the address, empty where it is not known, and whether by http or https."""

    address: str
    scheme: str


@dataclass(frozen=True, slots=True)
class _Hop:
    address: str
    scheme: str = ""


def networks(text: str) -> tuple[Network, ...]:
    """Read networks and addresses with commas between them; raises ValueError naming the one that is none."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def client(peer: str, scheme: str, trusted: Sequence[Network], headers: Lines) -> Client:
    """Return who asked, by the address that is connected to us and by the headers where that one is trusted.

    An address a trusted proxy hides or writes in no known way is not known, and nothing left of it is believed.
    """
    near = _address(peer)
    if near is None or not _within(near, trusted):
        return Client(str(near) if near is not None else peer, scheme)
    spoken = _last_scheme(headers) or scheme
    found = Client(str(near), spoken)
    for hop in reversed(_hops(headers)):
        address = _address(hop.address)
        found = Client(str(address) if address is not None else "", hop.scheme or spoken)
        if address is None or not _within(address, trusted):
            break
    return found


def _hops(headers: Lines) -> list[_Hop]:
    """Return the addresses proxies wrote down, the client's side first."""
    if lines := headers.get("X-Forwarded-For", ()):
        return [_Hop(part.strip()) for part in ",".join(lines).split(",")]
    text = ",".join(headers.get("Forwarded", ()))
    hops, pairs, place = [], dict[str, str](), 0
    while text and place < len(text):
        pair = _PAIR.match(text, place)
        if pair is None:  # what stands to the left of a torn element may be anything
            hops, pairs, place = [_Hop("")], {}, _after_comma(text, place)
            continue
        pairs[pair["name"].lower()] = pair["quoted"] if pair["quoted"] is not None else pair["bare"]
        place = pair.end()
        if pair["end"] != ";":
            hops.append(_Hop(pairs.get("for", ""), pairs.get("proto", "") if pairs.get("proto") in _SCHEMES else ""))
            pairs = {}
    return hops


def _after_comma(text: str, place: int) -> int:
    comma = text.find(",", place)
    return len(text) if comma < 0 else comma + 1


def _last_scheme(headers: Lines) -> str:
    """Return what the nearest proxy says it was asked by."""
    last = ",".join(headers.get("X-Forwarded-Proto", ())).rpartition(",")[2].strip().lower()
    return last if last in _SCHEMES else ""


@lru_cache(maxsize=4096)
def _address(text: str) -> Address | None:
    """Read an address, with or without a port; an IPv4 address in IPv6's clothes is an IPv4 address."""
    text = text.strip()
    place = _PLACE.fullmatch(text)
    try:
        found = ip_address((place["six"] or place["four"]) if place else text)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _within(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)
