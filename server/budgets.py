"""What each client may ask for before it counts as greedy: a bucket of tokens per client, for a bounded number of clients. Pure.

A bucket fills by RATE tokens a second up to BURST; every request takes out what it costs, as far as the same depth below empty.
Nobody is refused here: a bucket below empty only says that others go first. Addresses are taken together as swarms own them, an
IPv4 /24 or an IPv6 /48, and apart by the name the client gives itself, as one institution has several. As a name costs nothing,
all of a network together have a bucket too, SHARE times as large.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network

from msgspec import Struct

RATE = 50.0
"""Tokens a second: five parts of a list, day and night."""

BURST = 600.0
"""Tokens of a client who has not come for a while: sixty parts of a list."""

CLIENTS = 10_000
"""Clients remembered; a flood of invented ones pushes out those who came longest ago."""

SHARE = 4
"""So many times what one client may ask for is what all of its network may."""

_LONGEST = 200


class Caller(Struct, frozen=True):
    """Who counts as one client: a network, and the name the client gives itself there."""

    network: str
    name: str

    @classmethod
    def of(cls, address: str, agent: str) -> "Caller":
        return cls(network_of(address), agent[:_LONGEST])


@lru_cache(4096)
def network_of(address: str) -> str:
    """Return the network a client is taken for: /24 of IPv4, in IPv6's clothes too, /48 of IPv6; empty for what is no address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""  # all whose address is not known are one
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is None:
            return str(IPv6Network((found, 48), strict=False))
        found = found.ipv4_mapped
    return str(ip_network((found, 24), strict=False))


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class Budgets:
    """The buckets of all clients; time is given in seconds of a clock that never goes back."""

    def __init__(self, rate: float = RATE, burst: float = BURST, clients: int = CLIENTS) -> None:
        self._rate = rate
        self._burst = burst
        self._clients = clients
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def spend(self, key: Hashable, cost: float, now: float) -> float:
        """Take the cost of a request out of a client's bucket; return the seconds until it would be full enough, 0 if it is."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._burst, now)
            if len(self._buckets) > self._clients:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        level = min(self._burst, bucket.level + (now - bucket.at) * self._rate) - cost
        bucket.level, bucket.at = max(level, -self._burst), now
        return max(0.0, -bucket.level / self._rate)
