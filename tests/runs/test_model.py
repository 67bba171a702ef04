"""Which state a run's counts come to, and that every walk through its states ends."""

import pytest

from server.runs.model import ENDED, KEPT, MOVES, Counts, Outcome, RunState, verdict


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        (Counts(), RunState.NO_EFFECT),
        (Counts(unchanged=9), RunState.NO_EFFECT),
        (Counts(changed=1, unchanged=9), RunState.COMPLETED),
        (Counts(changed=9, warning=1), RunState.WARNINGS),
        (Counts(warning=1), RunState.WARNINGS),
        (Counts(changed=9, warning=1, failed=1), RunState.ERRORS),
        (Counts(unchanged=1, failed=1), RunState.ERRORS),
        (Counts(failed=2), RunState.FAILED),
    ],
)
def test_counts_come_to_a_state(counts, state):
    assert verdict(counts) is state


def test_every_walk_ends():
    assert MOVES.keys() == set(RunState)
    assert all(MOVES[state] == frozenset() for state in ENDED)
    assert all(MOVES[state] for state in set(RunState) - ENDED)
    assert KEPT.keys() == set(Outcome)
    assert {outcome.value for outcome in Outcome} == set(Counts.__slots__)
