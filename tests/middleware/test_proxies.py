"""Who is believed about where a request comes from, and what hangs on it: the wait of guessers, and https for ever."""

import dataclasses

import pytest
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from server.errors import Invalid
from server.house import House
from server.proxies import Client, client, networks
from server.rooms import web_application
from server.settings import load
from tests.admin.visits import login

OURS = networks("10.0.0.0/8, 2001:db8::/32")


def asked(peer: str, forwarded_for: str | list[str] = "", forwarded: str | list[str] = "", proto: str = "") -> Client:
    given = {"X-Forwarded-For": forwarded_for, "Forwarded": forwarded, "X-Forwarded-Proto": proto}
    lines = {name: [value] if isinstance(value, str) else value for name, value in given.items() if value}
    return client(peer, "http", OURS, lines)


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),  # the left one is what the client itself said
        ("198.51.100.1, 203.0.113.7, 10.1.1.1", "203.0.113.7"),  # two proxies of ours
        (["198.51.100.1", "203.0.113.7"], "203.0.113.7"),  # as two lines
        ("10.9.9.9, 10.1.1.1", "10.9.9.9"),  # one of ours asks
        ("203.0.113.7:51822", "203.0.113.7"),
        ("[2001:db9::7]:443", "2001:db9::7"),
        ("2001:db9::7", "2001:db9::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, unknown", ""),  # what stands left of junk is not believed
        ("203.0.113.7, ", ""),
        ("", "10.0.0.1"),
    ],
)
def test_the_rightmost_address_that_is_no_proxy_is_the_client(headers: str | list[str], address: str) -> None:
    assert asked("10.0.0.1", headers).address == address


@pytest.mark.parametrize("peer", ["192.0.2.1", "2001:db9::1", "::ffff:192.0.2.1", ""])
def test_a_stranger_is_not_believed(peer: str) -> None:
    assert asked(peer, "203.0.113.7", proto="https") == asked(peer) == Client(peer.removeprefix("::ffff:"), "http")


def test_a_proxy_on_both_protocols_is_known_in_ipv6s_clothes() -> None:
    assert asked("::ffff:10.0.0.1", "203.0.113.7").address == "203.0.113.7"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("for=203.0.113.7;proto=https", Client("203.0.113.7", "https")),
        ('for=198.51.100.1, for="[2001:db9::7]:4711" ; proto=https;by=10.0.0.1', Client("2001:db9::7", "https")),
        ("for=203.0.113.7;proto=https, for=10.1.1.1;proto=http", Client("203.0.113.7", "https")),
        ("for=203.0.113.7;proto=gopher", Client("203.0.113.7", "http")),
        ("for=198.51.100.1, for=_hidden", Client("", "http")),
        ("for=198.51.100.1, for=unknown", Client("", "http")),
        ('for=198.51.100.1, for="torn', Client("", "http")),
        ("for=198.51.100.1, junk, for=203.0.113.7", Client("203.0.113.7", "http")),
        ('for="198.51.100.1, 203.0.113.7"', Client("", "http")),
    ],
)
def test_the_standards_own_header_is_read_too(line: str, found: Client) -> None:
    assert asked("10.0.0.1", forwarded=line) == found


def test_what_the_client_slips_past_a_proxy_that_writes_the_other_header_does_not_count() -> None:
    assert asked("10.0.0.1", "203.0.113.7", forwarded="for=198.51.100.1;proto=https") == Client("203.0.113.7", "http")


def test_the_nearest_proxy_says_the_scheme() -> None:
    assert asked("10.0.0.1", "203.0.113.7", proto="http, HTTPS").scheme == "https"
    assert asked("10.0.0.1", "203.0.113.7", proto="javascript").scheme == "http"
    assert asked("10.0.0.1", proto="https") == Client("10.0.0.1", "https")


@given(st.text(), st.text())
def test_no_header_is_too_odd_to_be_read(forwarded_for: str, forwarded: str) -> None:
    found = asked("10.0.0.1", forwarded_for, forwarded)
    assert found.scheme == "http" or "https" in forwarded
    assert found.address == "" or networks(found.address)


def test_a_network_that_is_none_is_refused_at_the_start() -> None:
    with pytest.raises(Invalid, match=r"10\.0\.0\.0/99"):
        load({"SHEAF_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/99"})
    assert load({"SHEAF_TRUSTED_PROXIES": "127.0.0.1,::1"}).proxies == networks("127.0.0.1/32,::1/128")


async def guess(client: TestClient, forwarded_for: str) -> int:
    """Guess a password through a proxy that says where we are."""
    client.session.headers["X-Forwarded-For"] = forwarded_for
    return (await login(client, "admin", "wrong")).status


async def test_a_guesser_cannot_change_places_by_a_header(client: TestClient) -> None:
    assert [await guess(client, f"203.0.113.{turn}") for turn in range(6)] == [401] * 5 + [429]


async def test_behind_a_proxy_each_client_waits_for_itself_alone(house: House) -> None:
    trusting = dataclasses.replace(house, settings=replace(house.settings, trusted_proxies="127.0.0.1/32"))
    async with TestClient(TestServer(web_application(trusting))) as behind:
        assert [await guess(behind, f"198.51.100.{turn}, 203.0.113.7") for turn in range(6)] == [401] * 5 + [429]
        assert await guess(behind, "203.0.113.7, 203.0.113.8") == 401


async def test_browsers_that_came_by_https_are_kept_there(house: House) -> None:
    trusting = dataclasses.replace(house, settings=replace(house.settings, trusted_proxies="127.0.0.1/32"))
    async with TestClient(TestServer(web_application(trusting))) as behind:
        plain = await behind.get("/healthz", headers={"X-Forwarded-Proto": "http"})
        assert "Strict-Transport-Security" not in plain.headers
        for path in ("/healthz", "/admin", "/nowhere", "/static/sheaf.css"):
            secure = await behind.get(path, headers={"X-Forwarded-Proto": "https"}, allow_redirects=False)
            assert secure.headers["Strict-Transport-Security"] == "max-age=63072000", path
            assert secure.headers["X-Content-Type-Options"] == "nosniff", path
            assert secure.headers["Server"] == "Sheaf", path


async def test_a_stranger_cannot_claim_https(client: TestClient) -> None:
    answer = await client.get("/healthz", headers={"X-Forwarded-Proto": "https"})
    assert "Strict-Transport-Security" not in answer.headers
