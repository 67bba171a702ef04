"""Dates as people and catalogues write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.metadata.dates import american, date_of, has_time
from server.records.model import Dates


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1859", "1859"), ("1859-11", "1859-11"), ("1859-11-24", "1859-11-24"), ("18591124", "1859-11-24"), ("820", "0820"), ("0820", "0820"),
        ("-0043", "-0043"), ("-0043-03-15", "-0043-03-15"), ("2004-02-29", "2004-02-29"), ("1865-07-04T10:00:00Z", "1865-07-04"),
        ("November 1859", "1859-11"), ("24 November 1859", "1859-11-24"), ("Nov. 24, 1859", "1859-11-24"), ("Nov 1859", "1859-11"),
        ("[1859]", "1859"), ("c1859.", "1859"), ("©1859", "1859"), ("  1859  ", "1859"), ("20261122T100000", "2026-11-22"),
    ],
)  # fmt: skip
def test_a_date_is_read(written: str, meant: str):
    assert date_of(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "0000",
        "0000-00-00",
        "spring 1865",
        "November",
        "31 November 1859",
        "24 November 24, 1859",
        "Mayhem 1859",
        "11/24/1859",
        "1865-00",
        "1865-13",
        "2023-02-29",
        "1859/1861",
        "[1859?]",
        "18",
        "12345",
        "٢٠٢٦",
        ":unav",
    ],
)
def test_what_is_not_a_date_gives_nothing(written: str):
    assert not date_of(written)


def test_a_day_of_an_american_form():
    assert american("6/1/2014") == "2014-06-01"
    assert american("2014-06-01") == "2014-06-01"


def test_a_stamp_is_told_from_a_date():
    assert has_time("2026-01-01T12:00:00Z")
    assert not has_time("2026-01-01")


@given(st.text(max_size=12) | st.from_regex(r"-?[0-9]{1,8}(-[0-9]{1,2}){0,2}", fullmatch=True))
def test_whatever_is_read_is_a_date_of_the_model(text: str):
    Dates(issued=date_of(text))
