"""The list of rules names tests that are there."""

import ast
from pathlib import Path

from tests.sword.rules_v3 import RULES

ROOT = Path(__file__).resolve().parents[3]


def test_every_rule_names_tests_that_are_there() -> None:
    for number, (words, named) in RULES.items():
        assert words.endswith("."), number
        assert named, number
        for each in named:
            path, _, name = each.partition("::")
            found = {node.name for node in ast.walk(ast.parse((ROOT / path).read_text())) if hasattr(node, "name")}
            assert name.rpartition("::")[2] in found, each
