"""Budgets: whatever comes in whatever order, nobody has more than the bucket gives, and memory stays bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.budgets import BURST, CLIENTS, RATE, Budgets, Caller

#: Requests as pauses before them and what they cost.
VISITS = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 50)), min_size=1, max_size=60)


@given(VISITS)
def test_nobody_stays_within_the_budget_with_more_than_it_gives(visits: list[tuple[float, float]]) -> None:
    budgets, now, within = Budgets(), 0.0, 0.0
    for pause, cost in visits:
        now += pause
        over = budgets.spend("mendel", cost, now)
        assert 0 <= over <= BURST / RATE, "a debt has an end: who waits that long has nothing to fear"
        within += cost if not over else 0
        assert within <= BURST + RATE * now + 1e-6


@given(VISITS, st.floats(0.01, 50))
def test_who_asks_no_more_than_the_rate_is_never_over(visits: list[tuple[float, float]], cost: float) -> None:
    budgets, now = Budgets(), 0.0
    for pause, _ in visits:
        assert budgets.spend("mendel", cost, now) == 0
        now += max(pause, cost / RATE)


@given(VISITS)
def test_who_waits_as_long_as_was_said_has_what_is_needed(visits: list[tuple[float, float]]) -> None:
    budgets, now = Budgets(), 0.0
    for pause, cost in visits:
        now += pause
        over = budgets.spend("mendel", cost, now)
        now += over
        assert budgets.spend("mendel", 0, now + 1e-6) == 0


def test_budgets_are_apart_and_a_flood_of_clients_is_forgotten() -> None:
    budgets = Budgets()
    assert budgets.spend("greedy", BURST + RATE, 0) == pytest.approx(1)
    assert budgets.spend("modest", 10, 0) == 0
    for number in range(2 * CLIENTS):
        budgets.spend(str(number), 1, 0)
        if number % 100 == 0:
            assert budgets.spend("greedy", 0, 0) > 0, "who comes all the time is not pushed out"
    assert len(budgets) == CLIENTS


@pytest.mark.parametrize(
    ("one", "another", "same"),
    [
        ("192.0.2.1", "192.0.2.254", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("192.0.2.1", "::ffff:192.0.2.9", True),
        ("2001:db8:1:2::3", "2001:db8:1:ffff::1", True),
        ("2001:db8:1::", "2001:db8:2::", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "nonsense", True),
    ],
)
def test_a_swarm_is_one_client_by_its_network(one: str, another: str, same: bool) -> None:
    assert (Caller.of(one, "Sickle") == Caller.of(another, "Sickle")) is same
    assert Caller.of(one, "Sickle") != Caller.of(one, "Scythe")


def test_an_endless_name_is_cut() -> None:
    assert len(Caller.of("192.0.2.1", "x" * 10_000).name) == 200
