"""Arguments become one of six requests, or every badVerb and badArgument there is to say (OAI-PMH 3.6)."""

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.oai.errors import OaiError, Refusal
from server.oai.request import VERBS, GetRecord, Identify, Listing, ListMetadataFormats, ListSets, Request, Resumption, parse

LISTS = ("ListRecords", "ListIdentifiers")


def pairs(text: str) -> list[tuple[str, str]]:
    """Read `verb=Identify&from=…` as pairs, undecoded."""
    return [(key, value) for key, _, value in (part.partition("=") for part in text.split("&"))] if text else []


def codes(text: str) -> list[str]:
    with pytest.raises(Refusal) as refusal:
        parse(pairs(text))
    return [error.code for error in refusal.value.errors]


def messages(text: str) -> str:
    with pytest.raises(Refusal) as refusal:
        parse(pairs(text))
    return "\n".join(error.message for error in refusal.value.errors)


@pytest.mark.parametrize(
    "text",
    ["", "verb=", "verb=identify", "verb=IDENTIFY", "verb=Nonsense", "Verb=Identify", "verb=Identify&verb=Identify",
     "verb=Identify&verb=ListSets", "metadataPrefix=oai_dc", "verb= Identify"],
)  # fmt: skip
def test_bad_verbs(text):
    assert codes(text) == ["badVerb"]


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("verb=Identify", Identify()),
        ("verb=ListMetadataFormats", ListMetadataFormats(None)),
        ("identifier=oai:x:1&verb=ListMetadataFormats", ListMetadataFormats("oai:x:1")),
        ("verb=ListSets", ListSets(None)),
        ("verb=ListSets&resumptionToken=x", ListSets("x")),
        ("metadataPrefix=p&verb=GetRecord&identifier=i", GetRecord("i", "p")),
        ("verb=ListRecords&metadataPrefix=p", Listing("ListRecords", "p", None, None, None)),
        ("verb=ListIdentifiers&metadataPrefix=p&set=a:b", Listing("ListIdentifiers", "p", None, None, "a:b")),
        ("verb=ListRecords&resumptionToken=x", Resumption("ListRecords", "x")),
    ],
)
def test_each_verb_with_its_arguments_in_any_order(text, request_):
    assert parse(pairs(text)) == request_


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("key", ["identifier", "metadataPrefix", "from", "until", "set", "resumptionToken", "foo", "From", ""])
def test_an_argument_that_a_verb_does_not_take_is_named(verb, key):
    known = VERBS[verb]
    if key in known.required | known.optional | {known.exclusive} - {""}:
        assert f"{verb} takes no argument “{key}”" not in (messages(f"verb={verb}&{key}=&junk=1"))
    else:
        assert f"{verb} takes no argument “{key}”" in messages(f"verb={verb}&{key}=2002-02-02")


@pytest.mark.parametrize(
    "text",
    [
        "verb=GetRecord&identifier=i&identifier=i&metadataPrefix=p",
        "verb=GetRecord&identifier=i&metadataPrefix=p&metadataPrefix=q",
        "verb=ListMetadataFormats&identifier=a&identifier=b",
        *(
            f"verb={verb}&metadataPrefix=p&{key}={value}&{key}={value}"
            for verb in LISTS
            for key, value in (("from", "2002-02-02"), ("set", "s"))
        ),
        *(f"verb={verb}&resumptionToken=x&resumptionToken=x" for verb in (*LISTS, "ListSets")),
    ],
)
def test_a_repeated_argument_is_one_bad_argument_even_if_equal(text):
    assert codes(text) == ["badArgument"]
    assert "more than once" in messages(text)


def test_missing_arguments_are_all_named():
    assert codes("verb=GetRecord") == ["badArgument", "badArgument"]
    assert "identifier" in messages("verb=GetRecord&metadataPrefix=p")
    assert "metadataPrefix" in messages("verb=GetRecord&identifier=i")
    for verb in LISTS:
        assert codes(f"verb={verb}") == ["badArgument"]
        assert "metadataPrefix" in messages(f"verb={verb}&from=2002-02-02")


@pytest.mark.parametrize("verb", LISTS)
@pytest.mark.parametrize("more", ["metadataPrefix=p", "from=2002-02-02", "until=2002-02-02", "set=s"])
def test_a_token_is_exclusive_whatever_it_says(verb, more):
    assert codes(f"verb={verb}&resumptionToken=junk&{more}") == ["badArgument"]


@pytest.mark.parametrize(
    "text",
    ["verb=ListRecords&metadataPrefix=p&from=", "verb=ListRecords&metadataPrefix=p&until=", "verb=ListRecords&metadataPrefix=p&set=",
     "verb=ListRecords&metadataPrefix=", "verb=ListRecords&resumptionToken=", "verb=ListSets&resumptionToken=",
     "verb=ListMetadataFormats&identifier=", "verb=GetRecord&identifier=&metadataPrefix=p"],
)  # fmt: skip
def test_an_empty_value_is_not_an_absent_argument(text):
    assert codes(text) == ["badArgument"]


@pytest.mark.parametrize("spec", ["a b", "a:", ":a", "a::b", "a/b", "ä", "a%", "a\n", '"'])
def test_illegal_characters_in_a_set_spec(spec):
    assert codes(f"verb=ListRecords&metadataPrefix=p&set={spec}") == ["badArgument"]


@pytest.mark.parametrize("prefix", ["a b", "a:b", "<", "ä", "a\n"])
def test_illegal_characters_in_a_prefix(prefix):
    assert codes(f"verb=ListRecords&metadataPrefix={prefix}") == ["badArgument"]


@pytest.mark.parametrize("spec", ["a", "a:b:c", "A-Z_0.9!~*'()", "a:b!:c~"])
def test_legal_set_specs(spec):
    assert parse(pairs(f"verb=ListRecords&metadataPrefix=p&set={spec}")) == Listing("ListRecords", "p", None, None, spec)


@pytest.mark.parametrize(
    "date",
    ["junk", "2002-2-5", "2002-02-30", "2002-13-01", "2002-00-01", "2002-01-00", "2002", "2002-02", "2002-02-05T06:07Z", "2002-02-05T06:07:08",
     "2002-02-05T06:07:08.9Z", "2002-02-05T06:07:08+01:00", "2002-02-05 06:07:08Z", "2002-02-05T25:00:00Z", "2002-02-05T24:00:00Z",
     "2002-02-05T06:60:00Z", "2002-02-05T06:07:60Z", " 2002-02-05", "2002-02-05 ", "2002-02-05\n", "20020205", "0000-01-01", "-2002-02-05",
     "2002-02-05t06:07:08z", "\u0662\u0660\u0660\u0662-02-05", "2001-02-29", "12002-02-05", "2002-02-05T06:07:08Z\n"],
)  # fmt: skip
@pytest.mark.parametrize("key", ["from", "until"])
def test_what_is_not_a_date(key, date):
    assert codes(f"verb=ListRecords&metadataPrefix=p&{key}={date}") == ["badArgument"]


def test_bounds_are_inclusive_and_a_day_is_whole():
    day = parse(pairs("verb=ListRecords&metadataPrefix=p&from=2002-02-05&until=2002-02-05"))
    assert day == Listing(
        "ListRecords", "p", datetime(2002, 2, 5, tzinfo=UTC), datetime(2002, 2, 5, 23, 59, 59, tzinfo=UTC), None
    )
    second = parse(pairs("verb=ListRecords&metadataPrefix=p&from=2002-02-05T06:07:08Z&until=2002-02-05T06:07:08Z"))
    assert isinstance(second, Listing)
    assert second.since == second.until == datetime(2002, 2, 5, 6, 7, 8, tzinfo=UTC)


def test_the_ends_of_time_are_dates():
    found = parse(pairs("verb=ListRecords&metadataPrefix=p&from=0001-01-01&until=9999-12-31"))
    assert isinstance(found, Listing)
    assert found.until == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert parse(pairs("verb=ListRecords&metadataPrefix=p&from=2004-02-29"))


def test_mixed_granularity():
    assert "granularity" in messages("verb=ListRecords&metadataPrefix=p&from=2002-02-05&until=2003-02-05T00:00:00Z")
    assert codes("verb=ListRecords&metadataPrefix=p&from=2002-02-05T00:00:00Z&until=2003-02-05") == ["badArgument"]


def test_from_later_than_until():
    assert "later" in messages("verb=ListRecords&metadataPrefix=p&from=2002-02-06&until=2002-02-05")
    assert codes("verb=ListRecords&metadataPrefix=p&from=2002-02-05T00:00:01Z&until=2002-02-05T00:00:00Z") == ["badArgument"]


def test_everything_wrong_is_reported_together():
    found = messages("verb=ListRecords&foo=1&set=a b&from=junk&until=2002-13-01&from_=2")
    for part in (
        "“foo”",
        "“from_”",
        "set has characters",
        "from is not a date",
        "until is not a date",
        "needs the argument metadataPrefix",
    ):
        assert part in found
    assert codes("verb=ListRecords&foo=1&set=a b&from=junk&until=2002-13-01&from_=2") == ["badArgument"] * 6


KEYS = st.one_of(
    st.sampled_from(("verb", "identifier", "metadataPrefix", "from", "until", "set", "resumptionToken")), st.text(max_size=5)
)
VALUES = st.one_of(
    st.sampled_from((*VERBS, "", "oai_dc", "2002-02-05", "2002-02-05T00:00:00Z", "9999-12-31", "a:b")),
    st.text(st.characters(), max_size=12),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?", fullmatch=True),
)


@given(st.sampled_from((*VERBS, "x")), st.lists(st.tuples(KEYS, VALUES), max_size=5))
def test_any_pairs_give_a_request_or_a_refusal_with_reasons(verb, rest):
    found: object = None
    errors: tuple[OaiError, ...] = ()
    try:
        found = parse([("verb", verb), *rest])
    except Refusal as refusal:
        errors = refusal.errors
    assert isinstance(found, get_args(Request)) is not bool(errors)
    assert {error.code for error in errors} <= {"badVerb", "badArgument"}
    assert all(error.message and not error.keeps_arguments for error in errors)
