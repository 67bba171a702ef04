"""Whatever the audit log can note, and every letter, has words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from server.notify.letters import names
from server.portal import words
from server.portal.deeds import DEEDS

SERVER = Path(words.__file__).parents[1]
_DEED = re.compile(r"[a-z]+\.[a-z-]+")
_NOTES = {"note", "noted", "_note", "_noted", "_told"}


def noted() -> Iterator[str]:
    """Every deed the code can note: what stands in a call that notes, and what is called a deed before it is noted."""
    for path in SERVER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            parts: list[ast.expr] = []
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _NOTES:
                parts = node.args
            elif isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["deed"]:
                parts = [node.value]
            for each in (inner for part in parts for inner in ast.walk(part) if isinstance(inner, ast.Constant)):
                if isinstance(each.value, str) and _DEED.fullmatch(each.value):
                    yield each.value


def test_every_deed_has_words() -> None:
    found = set(noted())
    assert {"account.entered", "record.restored", "schedule.paused"} <= found
    assert found - DEEDS.keys() == set()
    assert words.done("fax.sent") == "fax.sent"


def test_every_letter_has_words() -> None:
    assert {f"mail.{name}" for name in names()} - words.LETTERS.keys() == set()
