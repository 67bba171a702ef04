"""The house rules that no linter knows: file length, first line, names nobody wants."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = [path for folder in ("server", "tests", "bench") for path in (ROOT / folder).rglob("*.py")]
UNWANTED = {"utils", "util", "common", "helpers", "helper", "base", "misc", "manager"}


def test_no_file_is_longer_than_400_lines() -> None:
    assert {str(path): n for path in FILES if (n := len(path.read_text().splitlines())) > 400} == {}


def test_every_file_says_first_what_it_is_for() -> None:
    assert [str(path) for path in FILES if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [str(path) for path in FILES if UNWANTED & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}] == []
