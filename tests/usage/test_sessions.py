"""Double clicks, sessions and behaviour, by the words of COUNTER R5.1."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.usage.model import Class, Kind
from server.usage.sessions import Click, Limits, Settled, settle

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def at(*seconds: float, visitor: str = "v", record: str = "r", file: str = "") -> list[Click]:
    return [Click(NOON + timedelta(seconds=second), visitor, record, file) for second in seconds]


def figures(found: Settled, record: str = "r") -> tuple[int, int, int, int]:
    uses = [use for (number, _), use in found.use.items() if number == record]
    return (
        sum(use.total_investigations for use in uses), sum(use.unique_investigations for use in uses),
        sum(use.total_requests for use in uses), sum(use.unique_requests for use in uses),
    )  # fmt: skip


def reasons(found: Settled) -> dict[Class, int]:
    sums: dict[Class, int] = {}
    for (_, drop, _), many in found.left_out.items():
        sums[drop.cls] = sums.get(drop.cls, 0) + many
    return sums


@pytest.mark.parametrize(
    ("seconds", "counted"),
    [([0, 29], 1), ([0, 30], 1), ([0, 31], 2), ([0, 35], 2), ([0, 20, 40, 60, 80], 1), ([0, 9, 11], 1), ([0, 0], 1), ([0], 1)],
)
def test_double_clicks(seconds: list[int], counted: int) -> None:
    found = settle(at(*seconds), [], Limits())
    assert figures(found) == (counted, 1, 0, 0)
    assert reasons(found) == ({Class.DOUBLE_CLICK: len(seconds) - counted} if len(seconds) > counted else {})


def test_of_a_chain_the_last_click_counts_in_its_own_hour() -> None:
    hour = 3600
    chain = at(hour - 20, hour + 5)
    assert figures(settle(chain[:1], chain[1:], Limits())) == (0, 0, 0, 0)
    assert figures(settle(chain[1:], [], Limits())) == (1, 1, 0, 0)


def test_other_addresses_and_other_people_are_no_double_clicks() -> None:
    clicks = at(0) + at(1, file="a.pdf") + at(2, file="b.pdf") + at(3, visitor="w") + at(4, record="s")
    found = settle(clicks, [], Limits())
    assert figures(found) == (4, 2, 2, 1)
    assert figures(found, "s") == (1, 1, 0, 0)


def test_a_work_is_counted_once_a_session_and_a_session_ends_with_the_hour() -> None:
    assert figures(settle(at(0, 600, 1200), [], Limits())) == (3, 1, 0, 0)
    assert figures(settle(at(0, 600, 3600, 4200), [], Limits())) == (4, 2, 0, 0)
    downloads = at(0) + at(100, file="a.pdf") + at(200, file="b.pdf")
    assert figures(settle(downloads, [], Limits())) == (3, 1, 2, 1)


def test_whoever_clicks_too_fast_or_too_often_is_no_reader_of_that_hour() -> None:
    quick = at(*range(0, 60, 2), record="r") + at(3700, record="r")
    found = settle(quick, [], Limits(per_minute=20))
    assert figures(found) == (1, 1, 0, 0)
    assert reasons(found) == {Class.BEHAVIOUR: 30}
    slow = at(*range(0, 3600, 100))
    assert reasons(settle(slow, [], Limits(per_minute=1))) == {}
    assert reasons(settle(slow, [], Limits(per_hour=36))) == {}
    assert reasons(settle(slow, [], Limits(per_hour=35))) == {Class.BEHAVIOUR: 36}


def test_whoever_asked_for_robots_txt_is_no_reader() -> None:
    found = settle(at(0) + at(0, visitor="w"), [], Limits(), {"v"})
    assert figures(found) == (1, 1, 0, 0)
    assert [(drop.rule, kind) for _, drop, kind in found.left_out] == [("asked for robots.txt", Kind.INVESTIGATION)]


CLICKS = st.lists(
    st.builds(
        lambda second, visitor, record, file: Click(NOON + timedelta(seconds=second), visitor, record, file),
        st.integers(0, 7200), st.sampled_from("vw"), st.sampled_from("rs"), st.sampled_from(["", "a", "b"]),
    ),
    max_size=60,
)  # fmt: skip


@given(CLICKS)
def test_nothing_is_lost_and_unique_is_never_more_than_total(clicks: list[Click]) -> None:
    found = settle(clicks, [], Limits(per_minute=20, per_hour=40))
    assert sum(use.total_investigations for use in found.use.values()) + sum(found.left_out.values()) == len(clicks)
    for use in found.use.values():
        assert use.unique_requests <= use.unique_investigations <= use.total_investigations
        assert use.unique_requests <= use.total_requests <= use.total_investigations
