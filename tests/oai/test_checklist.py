"""The checklist is whole: each rule has a test, each test a rule, and the documentation says so."""

from tests.oai import checklist


def test_every_rule_has_a_test() -> None:
    assert [rule.number for rule in checklist.RULES if not checklist.of(rule)] == []
    assert [int(rule.number) for rule in checklist.RULES if rule.number.isdigit()] == list(range(1, 66))


def test_every_test_has_a_rule() -> None:
    known = tuple(rule.begins for rule in checklist.RULES)
    assert [name for name in checklist.tests() if not name.startswith(known)] == []


def test_the_documentation_names_them() -> None:
    """Write it anew with `python -m tests.oai.checklist --write`."""
    assert checklist.DOCUMENT.read_text() == checklist.document()


def test_the_report_says_what_came_of_each_rule() -> None:
    rule = checklist.RULES[0]
    (name,) = checklist.of(rule)
    report = checklist.report({name: ["passed", "passed", "skipped (no PostgreSQL)"]})
    assert f"{name}: 2 passed, 1 skipped (no PostgreSQL)" in report
    assert f"0 of {len(checklist.RULES)} rules" in report
    assert f"1 of {len(checklist.RULES)} rules" in checklist.report({name: ["passed"]})
