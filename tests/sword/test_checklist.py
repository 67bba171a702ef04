"""The checklist is whole: every test it names is there, every rule has one, and the report says what came of each."""

import pytest

from tests.sword import checklist


@pytest.mark.parametrize("version", checklist.CHECKLISTS)
def test_every_rule_has_tests_and_they_are_there(version: str) -> None:
    rules = checklist.CHECKLISTS[version]
    assert [number for number, (words, tests) in rules.items() if not words or not tests] == []
    assert checklist.missing(rules) == []


def test_the_report_says_what_came_of_each_rule() -> None:
    rules: checklist.Rules = {"1.1": ("M: peas.", ("a.py::test_a", "a.py::test_b")), "1.2": ("M: beans.", ("a.py::test_a",))}
    told = checklist.report(rules, {"a.py::test_a": ["passed", "passed"], "a.py::test_b": ["passed", "skipped (no PostgreSQL)"]})
    assert "a.py::test_a: 2 passed" in told
    assert "a.py::test_b: 1 passed, 1 skipped (no PostgreSQL)" in told
    assert told.endswith("1 of 2 rules: every test passed.")
    assert "a.py::test_b: not run" in checklist.report(rules, {})
