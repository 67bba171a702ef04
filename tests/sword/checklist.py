"""The rules of SWORD 2.0 and 3.0, each with its tests: `python -m tests.sword.checklist [2] [3]` runs them and prints the report."""

import ast
import re
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

Rules = dict[str, tuple[str, tuple[str, ...]]]
#: The rules of each version, which stand in a file of its own.
CHECKLISTS: dict[str, Rules] = {
    path.stem.removeprefix("rules_v"): import_module(f"tests.sword.{path.stem}").RULES
    for path in sorted(HERE.glob("rules_v*.py"))
}


@cache
def tests_of(path: str) -> frozenset[str]:
    """Return the names of the tests of a file."""
    found = ast.walk(ast.parse((ROOT / path).read_text()))
    return frozenset(node.name for node in found if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef))


def missing(rules: Rules) -> list[str]:
    """Return what the rules name and no file has."""
    named = (test for _, tests in rules.values() for test in tests)
    return [test for test in named if test.rpartition("::")[2] not in tests_of(test.partition("::")[0])]


class Collector:
    """Notes what came of each test."""

    def __init__(self) -> None:
        self.outcomes: dict[str, list[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said = self.outcomes.setdefault(re.sub(r"\[.*", "", report.nodeid, flags=re.DOTALL), [])
        if report.when == "call" or report.outcome != "passed":
            reason = f" ({report.longrepr[2]})" if report.skipped and isinstance(report.longrepr, tuple) else ""
            said.append(report.outcome + reason)


def report(rules: Rules, outcomes: dict[str, list[str]]) -> str:
    """Write the report: each rule, its tests, what came of them."""
    lines = []
    for number, (words, tests) in rules.items():
        lines.append(f"  {number:>5}  {words}")
        for test in tests:
            told = outcomes.get(test, [])
            said = ", ".join(f"{told.count(each)} {each}" for each in sorted(set(told)))
            lines.append(f"           {test}: {said or 'not run'}")
    met = sum(all(set(outcomes.get(test, ["not run"])) == {"passed"} for test in tests) for _, tests in rules.values())
    return "\n".join([*lines, "", f"{met} of {len(rules)} rules: every test passed."])


if __name__ == "__main__":
    asked = [version for version in CHECKLISTS if version in sys.argv[1:]] or list(CHECKLISTS)
    collector = Collector()
    every = {test for version in asked for _, tests in CHECKLISTS[version].values() for test in tests}
    status = pytest.main(["-q", "--no-header", "-p", "no:randomly", f"--rootdir={ROOT}", *sorted(every)], [collector])
    for version in asked:
        print(f"\nSWORD {version}.0\n{report(CHECKLISTS[version], collector.outcomes)}")
    sys.exit(status)
