"""The allow-list: harvesters that are let in first, known by their networks or their machines' names, never by what they say.

A name counts only where it is confirmed both ways: the address leads to the name, and the name back to the address. Whoever asks
does not wait for name servers: until they have answered, an address is a stranger's.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network
from time import monotonic
from typing import Annotated, Any

from msgspec import Meta, Struct

from server.forms.field import title
from server.oai.naming import Names
from server.proxies import Network
from server.ruled import refuse

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")

KNOWN = 4_096
"""Addresses whose names are remembered."""

ASKED = 32
"""Addresses whose names are looked up at the same time; further ones are when they come again."""

AGAIN = 60.0
"""Seconds after which a lookup nobody answered is begun again."""

LONG, SHORT = 3600.0, 600.0
"""Seconds an answer counts: a name, and that there is none."""


class Allowed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One harvester that is let in first."""

    name: Annotated[str, Meta(min_length=1, max_length=100), title("Name", "As lists and logs call it, such as CORE.")]
    networks: Annotated[
        tuple[str, ...],
        Meta(max_length=100),
        title("Networks", "Addresses it comes from, one a line: 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32."),
    ] = ()
    hosts: Annotated[
        tuple[str, ...],
        Meta(max_length=20),
        title(
            "Names of its machines",
            "One a line, such as harvest.example.org; every name that ends in it counts too. The name server must say so of the "
            "address, and the same address of the name.",
        ),
    ] = ()

    def __post_init__(self) -> None:
        refuse(self, self.faults)

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for network in values.get("networks", ()):
            if wrong := _misread(network):
                yield "networks", wrong
        for host in values.get("hosts", ()):
            if not _HOST.fullmatch(host):
                yield "hosts", f"“{host}” is not the name of a machine or a domain, in small letters"
        if not values.get("networks") and not values.get("hosts"):
            yield "networks", "neither a network nor a name of a machine says how it is known"


def _misread(text: str) -> str:
    """Say what is wrong with what should be a network or an address; nothing where it is one."""
    try:
        ip_network(text)
    except ValueError:
        return _mended(text)
    return ""


def _mended(text: str) -> str:
    try:
        whole = ip_network(text, strict=False)
    except ValueError:
        return f"“{text}” is no address and no network, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32"
    return f"“{text}” begins within a network: write {whole} for all of it"


@lru_cache(256)
def _network(text: str) -> Network:
    return ip_network(text)


class Guests:
    """Tells allow-listed harvesters by their addresses."""

    def __init__(self, names: Names | None = None, clock: Callable[[], float] = monotonic) -> None:
        self._lookup = names or Names()
        self._clock = clock
        self._names: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._asked: dict[str, float] = {}

    def name(self, allowed: Sequence[Allowed], address: str) -> str:
        """Return the name of the harvester at an address, empty where it is not on the list or not confirmed yet."""
        if not allowed:
            return ""
        try:
            found = ip_address(address)
        except ValueError:
            return ""
        for each in allowed:
            if any(found in _network(network) for network in each.networks):
                return each.name
        if not any(each.hosts for each in allowed):
            return ""
        host = self._host(address).lower().rstrip(".")
        return next((each.name for each in allowed for ending in each.hosts if host == ending or host.endswith(f".{ending}")), "")

    def _host(self, address: str) -> str:
        """Return the confirmed name of an address as far as it is known; have it looked up where it is not."""
        now = self._clock()
        self._learn(now)
        until, host = self._names.get(address, (0.0, ""))
        if until < now and self._asked.get(address, 0.0) < now and (address in self._asked or len(self._asked) < ASKED):
            self._asked[address] = now + AGAIN
            self._lookup.ask(address)
        return host  # an old answer, while it is looked up again

    def _learn(self, now: float) -> None:
        for address, host in self._lookup.take().items():
            self._asked.pop(address, None)
            self._names[address] = (now + (LONG if host else SHORT), host)
            self._names.move_to_end(address)
        while len(self._names) > KNOWN:
            self._names.popitem(last=False)
