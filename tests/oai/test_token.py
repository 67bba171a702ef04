"""The resumptionToken comes back as it went out, or not at all."""

import base64
import contextlib
import re
import string
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.oai.errors import BadResumptionToken
from server.oai.token import Position, SetsPosition, read, write

KEY = b"k" * 32
LETTERS = string.ascii_letters + string.digits + "-_"
NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
NUMBERS = st.integers(0, 2**60)
POSITIONS = st.builds(
    Position, prefix=st.text(max_size=20), spec=st.none() | st.text(max_size=20), horizon=NUMBERS, until=st.none() | NUMBERS, after=NUMBERS,
    cursor=NUMBERS, size=NUMBERS, begun=st.integers(0, 2**32), expires=st.integers(int(NOW.timestamp()), 2**33),
)  # fmt: skip
ONE = Position(
    prefix="oai_dc", spec="a:b", horizon=9, until=None, after=5, cursor=5, size=9, begun=1, expires=int(NOW.timestamp())
)


@given(POSITIONS, st.sampled_from(("ListRecords", "ListIdentifiers")))
def test_a_position_survives_in_characters_that_need_no_encoding(position, verb):
    token = write(verb, position, KEY)
    assert read(verb, token, KEY, Position) == position
    assert re.fullmatch(r"[A-Za-z0-9_.~-]+", token)


def test_a_token_is_for_its_verb_and_its_repository():
    token = write("ListRecords", ONE, KEY)
    for verb, key in (("ListIdentifiers", KEY), ("ListRecords", b"another key")):
        with pytest.raises(BadResumptionToken, match=verb):
            read(verb, token, key, Position)


@given(POSITIONS, st.data())
def test_a_token_with_any_bit_changed_is_refused(position, data):
    raw = bytearray(base64.urlsafe_b64decode(write("ListRecords", position, KEY) + "=="))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BadResumptionToken):
        read("ListRecords", base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), KEY, Position)


@given(POSITIONS, st.data())
def test_a_token_with_any_letter_changed_is_refused(position, data):
    token = write("ListRecords", position, KEY)
    place = data.draw(st.sampled_from((len(token) - 1, data.draw(st.integers(0, len(token) - 1)))))
    other = data.draw(st.sampled_from([letter for letter in LETTERS if letter != token[place]]))
    with pytest.raises(BadResumptionToken):
        read("ListRecords", token[:place] + other + token[place + 1 :], KEY, Position)


def test_a_truncated_or_extended_token_is_refused():
    token = write("ListRecords", ONE, KEY)
    for wrong in [token[:end] for end in range(len(token))] + [
        token + "AAAA",
        f"{token}=",
        f"{token}==",
        f" {token}",
        f"{token}\n",
        f"{token}==A",
    ]:
        with pytest.raises(BadResumptionToken):
            read("ListRecords", wrong, KEY, Position)


@given(
    st.builds(
        SetsPosition, after=st.text(max_size=20), cursor=NUMBERS, begun=NUMBERS, expires=NUMBERS, context=st.text(max_size=9)
    )
)
def test_a_place_in_the_list_of_sets_survives_and_is_for_that_list_alone(place):
    token = write("ListSets", place, KEY)
    assert read("ListSets", token, KEY, SetsPosition) == place
    assert re.fullmatch(r"[A-Za-z0-9_.~-]+", token)
    for verb, kind in (("ListRecords", Position), ("ListIdentifiers", Position), ("ListRecords", SetsPosition)):
        with pytest.raises(BadResumptionToken, match=r"for List(Records|Identifiers)"):
            read(verb, token, KEY, kind)


def test_a_refused_token_says_how_to_go_on():
    with pytest.raises(BadResumptionToken, match=r"from= the datestamp of the last record received"):
        read("ListIdentifiers", "junk", KEY, Position)
    with pytest.raises(BadResumptionToken, match=r"ListSets without a resumptionToken"):
        read("ListSets", "junk", KEY, SetsPosition)


@given(
    st.one_of(
        st.text(), st.binary().map(lambda b: b.decode("latin-1")), st.binary().map(lambda b: base64.urlsafe_b64encode(b).decode())
    )
)
def test_whatever_else_is_sent_is_refused_in_words(text):
    with pytest.raises(BadResumptionToken, match="not a resumptionToken of this repository"):
        read("ListRecords", text, KEY, Position)


@given(st.binary())
def test_a_payload_we_signed_by_mistake_is_refused_too(payload):
    from server.oai.token import _sign

    token = base64.urlsafe_b64encode(_sign("ListRecords", payload, KEY) + payload).decode()
    with contextlib.suppress(BadResumptionToken):
        assert isinstance(read("ListRecords", token, KEY, Position), Position)
