"""The page of the formats knows every format by its prefix, and every set of rules with what it judges."""

import re
from pathlib import Path

from server.metadata.format import formats
from server.metadata.ruling import rules

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "formats.md").read_text()


def test_every_format_has_a_section_called_by_its_prefix():
    *sections, last = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    known = formats()
    first = {form.prefix for form in known.values()}
    variants = {name for name, form in known.items() if name.casefold() != form.prefix.casefold()}
    assert sections == sorted(first | variants, key=str.casefold)
    assert last == "Rules"


def test_every_set_of_rules_has_its_row():
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", TEXT, re.MULTILINE)
    known = {each.name: each.formats for each in rules()}
    assert [name for name, _ in rows] == sorted(known)
    for name, judged in rows:
        said = set(re.findall(r"`(\w+)`", judged))
        assert said == known[name] or judged == "every format", name
