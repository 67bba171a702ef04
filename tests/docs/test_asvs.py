"""The self-check of security names tests and pages that are there, and leaves no requirement out."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(
    r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (.+?) \| (met|not met|not applicable) \| (.+) \|$",
    (ROOT / "docs" / "asvs.md").read_text(),
    re.MULTILINE,
)
FIRST, BOTH = 70, 253
"""Requirements of level 1, and of levels 1 and 2."""


def functions(path: Path) -> set[str]:
    return {
        node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_every_requirement_has_one_line() -> None:
    numbers = [tuple(map(int, row[0].split("."))) for row in ROWS]
    assert numbers == sorted(set(numbers))
    assert (sum(row[1] == "1" for row in ROWS), len(numbers)) == (FIRST, BOTH)
    assert {number[0] for number in numbers} == set(range(1, 18))
    lines = [line for line in (ROOT / "docs" / "asvs.md").read_text().splitlines() if re.match(r"\| \d+\.", line)]
    assert len(lines) == len(ROWS), "a line that is not of the table's form"


@pytest.mark.parametrize("row", [row for row in ROWS if row[3] == "met"], ids=lambda row: row[0])
def test_what_is_met_is_shown(row: tuple[str, ...]) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row[4])
    for file, name in named:
        assert name in functions(ROOT / file), f"{file}::{name}"
    pages = re.findall(r"\]\(([\w-]+\.md)(?:#([\w-]+))?\)", row[4])
    for page, anchor in pages:
        titles = re.findall(r"^#+ (.+)$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
        assert not anchor or anchor in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}, (
            f"{page}#{anchor}"
        )
    assert named or pages


def test_what_is_not_met_says_why() -> None:
    assert [row[0] for row in ROWS if row[3] == "not met" and len(row[4]) < 15] == []
    assert [row[0] for row in ROWS if row[3] != "met" and row[4].startswith("with the ")] == [], "no reason, but a hope"


def test_the_sum_is_right() -> None:
    verdicts = [row[3] for row in ROWS]
    figures = " | ".join(str(n) for n in (len(ROWS), *(verdicts.count(v) for v in ("met", "not met", "not applicable"))))
    assert f"| {figures} |" in (ROOT / "docs" / "asvs.md").read_text()
