"""Networks from which somebody may come in: written one a line, kept as CIDR. Pure."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import msgspec

from server.errors import Invalid

MOST = 100

Networks = tuple[str, ...]
"""Networks in CIDR notation; none means that the whole world may come."""


def parse(text: str) -> Networks:
    """Read networks or single addresses, separated by lines, spaces or commas. Raises Invalid naming each that is none."""
    found, wrong = [], []
    for word in text.replace(",", " ").split():
        try:
            found.append(str(ip_network(word, strict=False)))
        except ValueError:
            wrong.append(word[:50])
    if wrong:
        raise Invalid(
            f"These are not networks: {', '.join(wrong[:10])}.",
            place="networks",
            remedy="Write addresses or networks like 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32, one a line.",
        )
    if len(found) > MOST:
        raise Invalid(f"These are {len(found)} networks; {MOST} are the most.", place="networks", remedy="Join neighbours.")
    return tuple(dict.fromkeys(found))


def contain(networks: Sequence[str], address: str) -> bool:
    """Whether somebody at this address may come in; where the address is not known, only if the whole world may."""
    if not networks:
        return True
    found = _address(address)
    return found is not None and any(found in ip_network(network) for network in networks)


def stored(networks: Sequence[str]) -> str:
    """Return networks as they are kept: JSON."""
    return msgspec.json.encode(networks).decode()


def opened(document: str) -> Networks:
    return msgspec.json.decode(document, type=Networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address as the web server gives it; an IPv4 one that came in by IPv6 is IPv4 (RFC 4291 § 2.5.5.2)."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def widest(networks: Sequence[str]) -> str:
    """Say networks in a sentence."""
    return ", ".join(networks) if networks else "anywhere"
