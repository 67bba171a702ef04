"""A message as IRUS reads it: nine keys, whatever a browser says of itself."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.usage.irus.message import LONGEST, Use, agent_of, query, referer_of, shortened
from server.usage.model import Kind
from tests.fakes.irus import CHECKS, faults

AT = datetime(2010, 10, 17, 3, 4, 42, 999999, tzinfo=UTC)
_ORDER = ("url_ver", "url_tim", "req_id", "req_dat", "rft.artnum", "svc_dat", "rfr_dat", "rfr_id", "rft_dat")
assert sorted(_ORDER) == sorted(CHECKS)
USE = Use(
    AT, Kind.INVESTIGATION, "138.250.13.161", "Mozilla/4.0 (compatible; MSIE 7.0)", "", "oai:repository.example.org:1826/936",
    "https://repository.example.org/items/1826",
)  # fmt: skip


def test_the_example_of_the_protocol_is_written_as_it_stands_there() -> None:
    assert query(USE, "dspace.lib.cranfield.ac.uk") == (
        "url_ver=Z39.88-2004&url_tim=2010-10-17T03%3A04%3A42Z&req_id=138.250.13.161"
        "&req_dat=Mozilla%2F4.0+%28compatible%3B+MSIE+7.0%29&rft.artnum=oai%3Arepository.example.org%3A1826%2F936"
        "&svc_dat=https%3A%2F%2Frepository.example.org%2Fitems%2F1826&rfr_dat=&rfr_id=dspace.lib.cranfield.ac.uk"
        "&rft_dat=Investigation"
    )


@given(st.text(max_size=3000), st.text(max_size=5000))
def test_whatever_a_browser_says_makes_a_message_a_server_takes(agent: str, referer: str) -> None:
    agent, referer = agent_of(agent) or "-", referer_of(referer)
    raw = query(Use(AT, Kind.INVESTIGATION, "2001:db8::1", agent, referer, USE.artnum, USE.url), "example.org")
    assert faults(raw) == []
    pairs = parse_qsl(raw, keep_blank_values=True, errors="strict")
    assert [name for name, _ in pairs] == list(_ORDER)
    assert (dict(pairs)["req_dat"], dict(pairs)["rfr_dat"]) == (agent, referer)


def test_a_referer_of_four_thousand_characters_keeps_its_page_or_its_server() -> None:
    long = "https://search.example.org/found?q=" + "x" * 4_000
    assert referer_of(long) == "https://search.example.org/found"
    assert referer_of("https://search.example.org/" + "x" * 4_000) == "https://search.example.org/"
    assert referer_of("https://[" + "é" * 4_000) == "https://[" + "é" * ((LONGEST - len(quote_plus("https://["))) // 6)
    assert referer_of("https://search.example.org/?q=peas") == "https://search.example.org/?q=peas"


def test_control_characters_and_what_is_no_text_are_left_out() -> None:
    assert agent_of("Fire\x00fox\x07/1\r\n\t(X11)\x85\u2028") == "Firefox/1 (X11)"
    assert agent_of(b"caf\xe9".decode("utf-8", "surrogateescape")) == "caf\ufffd"


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.77", "203.0.113.0"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"), ("fe80::1%eth0", "fe80::"), ("", ""), ("x", "")],
)
def test_addresses_are_shortened_to_their_network(address: str, network: str) -> None:
    assert shortened(address) == network


@pytest.mark.parametrize("raw", ["", "url_ver=Z39.88-2004", query(USE, "example.org") + "&rft_dat=Request",
                                 query(USE, "example.org").replace("Investigation", "Request"),
                                 query(USE, "example.org").replace("138.250.13.161", "urn%3Aip%3A1"),
                                 query(USE, "example.org").replace("Z&req", "&req")])  # fmt: skip
def test_the_stand_in_finds_what_is_wrong(raw: str) -> None:
    assert (faults(raw) if raw else ["keys"]) != []
