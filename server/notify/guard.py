"""Where nothing may be sent: addresses inside the institution's walls, unless the operator opened them.

An administrator's webhook is an address somebody typed; a request to it comes from our machine. So its host is resolved once,
every answer is judged, and the socket is opened to a judged address: what a name server says a moment later changes nothing. The
judgement stands at the socket, so that no way of writing an address and no redirection goes around it.
"""

import asyncio
import re
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import AddrInfoType, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from server.errors import Invalid

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: What is not the public internet (IANA's special-purpose registries, and the metadata services of clouds), and what it is.
BARRED: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), words)
    for network, words in (
        ("0.0.0.0/8", "an unspecified"),
        ("10.0.0.0/8", "a private"),
        ("100.64.0.0/10", "a carrier's shared"),
        ("127.0.0.0/8", "this machine's own"),
        ("168.63.129.16/32", "a cloud's metadata"),
        ("169.254.0.0/16", "a link-local"),
        ("172.16.0.0/12", "a private"),
        ("192.0.0.0/24", "a reserved"),
        ("192.0.2.0/24", "a documentation"),
        ("192.88.99.0/24", "a relay's"),
        ("192.168.0.0/16", "a private"),
        ("198.18.0.0/15", "a benchmark's"),
        ("198.51.100.0/24", "a documentation"),
        ("203.0.113.0/24", "a documentation"),
        ("224.0.0.0/4", "a multicast"),
        ("240.0.0.0/4", "a reserved"),
        ("::1/128", "this machine's own"),
        ("fc00::/7", "a private"),
        ("fe80::/10", "a link-local"),
        ("ff00::/8", "a multicast"),
        ("2001::/23", "a tunnel's"),
        ("2001:db8::/32", "a documentation"),
        ("3fff::/20", "a documentation"),
    )
)
#: What only this machine itself reaches.
THIS_MACHINE: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
#: All of IPv6 that is given out to the world (RFC 4291 § 2.4, IANA); the rest is reserved.
_GLOBAL = IPv6Network("2000::/3")
#: NAT64 (RFC 6052): an IPv6-only network reaches the old internet through it, the address in its last four bytes.
_NAT64 = IPv6Network("64:ff9b::/96")

_LOWEST_PORT = 1024
_WEB_PORTS = frozenset({80, 443})
#: Ports above 1024 that a web client must not speak to (Fetch standard, § 2.9), and those of databases and caches.
_OTHERS_PORTS = frozenset(
    {1719, 1720, 1723, 2049, 3306, 3659, 4045, 4190, 5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679}
    | {6697, 10080, 11211, 27017}
)
_LONGEST = 2000
_PLAIN = re.compile(r"[\x21-\x7e\u00a1-\ud7ff\uf900-\ufffd]+")  # no blank, no control character, nothing that ends a header
#: A last label that some resolver takes for a number; a canonical IPv4 address is known before this is asked.
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)


class Barred(OSError):
    """An address nothing may be sent to; its text is a sentence."""


def target(text: str) -> URL:
    """Parse an address that a webhook can have; raises Invalid, saying what is wrong with it.

    Only its form is judged; where it leads is judged by the guard when it is used.
    """
    if len(text) > _LONGEST or not _PLAIN.fullmatch(text) or "\\" in text:
        raise _wrong("The address has a blank or a character no address has, or is too long.")
    try:
        url = URL(text)
        host, port = url.host or "", url.port
    except ValueError as error:
        raise _wrong("This is not an address.") from error
    if url.scheme not in {"http", "https"} or not host:
        raise _wrong("The address must begin with https:// and a host.")
    if url.user is not None or url.password is not None or "@" in text.split("/")[2]:
        raise _wrong("The address must not carry a name or a password.")
    if url.fragment or "#" in text:
        raise _wrong("The address must not have a # in it.")
    if port is None or port in _OTHERS_PORTS or (port < _LOWEST_PORT and port not in _WEB_PORTS):
        raise _wrong(f"Port {port} is not one a web server answers on.")
    if _written_oddly(host):
        raise _wrong("The host is a number written in another way than an address of four numbers with dots.")
    return url


def _written_oddly(host: str) -> bool:
    """Whether a host is an address in a notation only some understand: decimal, hexadecimal, octal, shortened."""
    if ":" in host:
        return False
    try:
        ip_address(host.rstrip("."))
    except ValueError:
        return _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None
    return False


def _wrong(sentence: str) -> Invalid:
    return Invalid(sentence, place="address", remedy="Write it like https://example.org/sheaf.", code="address")


@dataclass(frozen=True, slots=True)
class Guard:
    """Judges addresses; `allowed` are the networks inside the walls that the operator opened."""

    allowed: tuple[Network, ...] = ()

    def opened(self, address: Address) -> bool:
        """Whether an address lies in a network the operator opened."""
        inner = _inner(address)
        return any(inner in network for network in self.allowed if network.version == inner.version)

    def refuses_plain(self, url: URL) -> bool:
        """Whether plain http cannot go there; of a name that may lie in an opened network that is seen when it is used."""
        if url.scheme != "http":
            return False
        try:
            return not self.opened(ip_address(url.host or ""))
        except ValueError:
            return not self.allowed

    def objection(self, address: Address) -> str:
        """Say why nothing may be sent to an address; empty where it may."""
        inner = _inner(address)
        if self.opened(address):
            return ""
        words = next((words for network, words in BARRED if network.version == inner.version and inner in network), "")
        if not words and isinstance(inner, IPv6Address) and inner not in _GLOBAL:
            words = "a reserved"
        return f"{address} is {words} address, not one of the public internet." if words else ""

    def judge(self, text: str, *, plain: bool) -> None:
        """Raise Barred for an address nothing may be sent to; `plain` http may only go to an opened network."""
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError as error:
            raise Barred(f"{text} is not an address.") from error
        if objection := self.objection(address):
            raise Barred(_REMEDY.format(objection=objection))
        if plain and not self.opened(address):
            raise Barred(f"{address} is outside the institution; only https:// may go there.")


_REMEDY = "{objection} The operator can open networks with SHEAF_PRIVATE_TARGETS."


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for: mapped, 6to4, NAT64; else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


class Resolver(AbstractResolver):
    """Resolves names for one connection and judges every answer: one that is barred bars the name.

    It has threads of its own: name servers that never answer keep nobody else waiting.
    """

    def __init__(self, guard: Guard, *, plain: bool) -> None:
        self._guard = guard
        self._plain = plain
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="resolve")

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        """Return a host's addresses; raises Barred, and OSError where there are none."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, self.look_up, host, port, family)
        results: list[ResolveResult] = []
        for kind, _, protocol, _, address in found:
            self._guard.judge(str(address[0]), plain=self._plain)
            results.append(
                ResolveResult(
                    hostname=host, host=str(address[0]), port=port, family=kind, proto=protocol,
                    flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
                )
            )  # fmt: skip
        return results

    def look_up(self, host: str, port: int, family: int) -> Sequence[AddrInfoType]:
        """Ask the system; the one line a test replaces."""
        return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def connector(guard: Guard, *, plain: bool, resolver: AbstractResolver | None = None) -> TCPConnector:
    """Return a connector that opens sockets to judged addresses only; a name is resolved for each connection, and once.

    Both gates are needed: the resolver judges all that a name stands for before anything is opened, the socket what is really
    connected to, which is all there is where the host is an address already.
    """

    def opened(info: AddrInfoType) -> socket.socket:
        guard.judge(str(info[4][0]), plain=plain)
        return socket.socket(info[0], info[1], info[2])

    return TCPConnector(
        resolver=resolver or Resolver(guard, plain=plain),
        use_dns_cache=False,
        socket_factory=opened,
        keepalive_timeout=5,
        limit=64,
    )
