"""The allow-list: by network, or by a name that is confirmed both ways; never by what a client says of itself."""

import socket

import msgspec
import pytest

from server.house import House
from server.oai import allowed, naming
from server.oai.allowed import AGAIN, KNOWN, LONG, SHORT, Allowed, Guests
from server.profiles.model import Wrong
from tests.conftest import configured

CORE = Allowed(name="CORE", networks=("192.0.2.0/24", "2001:db8:1::/48"))
BASE = Allowed(name="BASE", hosts=("harvest.example.org",))


class Books:
    """Names of addresses as name servers tell them, when a test says so."""

    def __init__(self, **_: str) -> None:
        self.asked: list[str] = []
        self.told: dict[str, str] = {}

    def ask(self, address: str) -> None:
        self.asked.append(address)

    def take(self) -> dict[str, str]:
        told, self.told = self.told, {}
        return told


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def guests(books: Books, time: Time) -> Guests:
    return Guests(books, time)  # type: ignore[arg-type]  # it answers as Names do


@pytest.mark.parametrize(
    ("address", "name"),
    [("192.0.2.77", "CORE"), ("192.0.3.1", ""), ("2001:db8:1:2::3", "CORE"), ("2001:db8:2::3", ""), ("", ""), ("nonsense", "")],
)
def test_by_network(guests: Guests, books: Books, address: str, name: str) -> None:
    assert guests.name([CORE], address) == name
    assert books.asked == [], "no name is needed"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("harvest.example.org", "BASE"),
        ("Node7.Harvest.Example.org.", "BASE"),
        ("evilharvest.example.org", ""),
        ("harvest.example.org.evil.example", ""),
        ("", ""),
    ],
)
def test_by_a_confirmed_name_and_nobody_waits_for_it(guests: Guests, books: Books, time: Time, host: str, name: str) -> None:
    assert guests.name([CORE, BASE], "198.51.100.7") == ""
    assert guests.name([CORE, BASE], "198.51.100.7") == ""
    assert books.asked == ["198.51.100.7"], "once"
    books.told = {"198.51.100.7": host}
    assert guests.name([CORE, BASE], "198.51.100.7") == name
    time.now += SHORT + 1
    assert guests.name([CORE, BASE], "198.51.100.7") == name, "an old answer counts while it is looked up again"
    assert books.asked == ["198.51.100.7"] * (1 if host else 2)
    time.now += LONG
    guests.name([CORE, BASE], "198.51.100.7")
    assert len(books.asked) == (2 if host else 3)


def test_a_lookup_nobody_answers_is_begun_again(guests: Guests, books: Books, time: Time) -> None:
    guests.name([BASE], "198.51.100.7")
    time.now += AGAIN + 1
    guests.name([BASE], "198.51.100.7")
    assert len(books.asked) == 2


def test_a_swarm_fills_neither_the_memory_nor_the_queue(guests: Guests, books: Books) -> None:
    for number in range(1000):
        guests.name([BASE], f"10.0.{number // 250}.{number % 250}")
    assert len(books.asked) == allowed.ASKED
    books.told = {f"10.1.{number // 250}.{number % 250}": "x" for number in range(KNOWN + 1000)}
    guests.name([BASE], "198.51.100.7")
    assert len(guests._names) == KNOWN


@pytest.mark.parametrize(
    ("back", "name"),
    [(["198.51.100.7"], "a.example.org"), (["203.0.113.1", "198.51.100.7"], "a.example.org"), (["203.0.113.1"], "")],
)
def test_a_name_counts_only_where_it_leads_back(monkeypatch: pytest.MonkeyPatch, back: list[str], name: str) -> None:
    monkeypatch.setattr(socket, "gethostbyaddr", lambda _address: ("a.example.org", [], []))
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, _port: [(0, 0, 0, "", (address, 0)) for address in back])
    assert naming.confirmed("198.51.100.7") == name


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"name": "CORE"}, "neither a network nor a name"),
        ({"name": "CORE", "networks": ["192.0.2.7/24"]}, "write 192.0.2.0/24 for all of it"),
        ({"name": "CORE", "networks": ["192.0.2"]}, "“192.0.2” is no address and no network"),
        ({"name": "CORE", "networks": ["everywhere"]}, "“everywhere” is no address and no network"),
        ({"name": "CORE", "hosts": ["org"]}, "not the name of a machine"),
        ({"name": "CORE", "hosts": ["*.example.org"]}, "not the name of a machine"),
        ({"networks": ["192.0.2.0/24"]}, "name"),
    ],
)
async def test_what_nobody_can_be_known_by_is_refused(house: House, row: dict, words: str) -> None:
    with pytest.raises(Wrong) as caught:
        await configured(house, "oai", allowed=[row])
    assert words in caught.value.fields["allowed"]


def test_a_row_survives_being_stored() -> None:
    assert msgspec.json.decode(msgspec.json.encode(CORE), type=Allowed) == CORE
