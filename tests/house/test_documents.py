"""What the README says is so."""

import re
from pathlib import Path

from click.testing import CliRunner

from server.cli import COMMANDS, main
from server.metadata.format import formats
from server.settings import table

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_of_settings_is_the_code() -> None:
    text = (ROOT / "README.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| `SHEAF_")]
    assert rows == [f"| `{name}` | {f'`{default}`' if default else ''} | {sentence} |" for name, default, sentence in table()]


def test_every_setting_has_a_sentence() -> None:
    assert all(sentence.endswith(".") for _, _, sentence in table())


def test_every_command_teaches() -> None:
    for name in COMMANDS:
        answer = CliRunner().invoke(main, [name, "--help"])
        assert answer.exit_code == 0, answer.output
        assert len(answer.output.splitlines()) > 5


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text()
    assert all(f"`{name}`" in text for name in COMMANDS)


def test_the_page_on_harvesting_names_every_format_and_no_other() -> None:
    said = (ROOT / "docs" / "harvesting.md").read_text().partition("Deleted records stay")[0]
    assert {form.prefix for form in formats().values()} == set(re.findall(r"`(\w+)`", said))


def test_every_dependency_is_argued_for() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [line.partition(">")[0].partition("[")[0] for line in project["dependencies"]]
    text = (ROOT / "CONTRIBUTING.md").read_text().partition("## Dependencies")[2]
    assert [name for name in names if name not in text] == []
