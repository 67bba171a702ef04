"""`sheaf profile` and `sheaf rotate-key`: set, told what is wrong, carried over, sealed anew."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from server.cli import main

VALUES = ("prefix=10.82433", "account_id=INST.REPO", "password=correct horse", "environment=test")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHEAF_DATA", str(tmp_path / "var"))
    monkeypatch.setenv("SHEAF_SECRET_KEY", "only for tests")
    monkeypatch.setenv("COLUMNS", "300")
    return tmp_path


def sheaf(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_profiles_are_set_carried_over_and_sealed_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "password" in sheaf("profile", "kinds").output
    wrong = sheaf("profile", "set", "datacite", "Our DOIs", "prefix=x", "padding=99")
    assert wrong.exit_code == 1
    assert all(f"\n  {name}: " in wrong.output for name in ("prefix", "padding", "account_id", "password", "environment"))
    assert "must be parts of letters, digits" in sheaf("profile", "set", "datacite", "Our DOIs", "account_id=x y").output
    assert "port: must be 65535 or less." in sheaf("profile", "set", "mail", "Letters", "port=70000").output
    assert sheaf("profile", "set", "datacite", "Our DOIs", *VALUES).exit_code == 0
    second = sheaf("profile", "set", "oai", "Second", "repository_name=x", 'admin_emails=["a@example.org"]')
    assert "harvesters know its records" in second.output
    assert "horse" not in sheaf("profile", "list").output

    bare = sheaf("profile", "set", "oai", "Second").output
    assert "harvesters know its records" in bare
    assert "it is needed" not in bare, "first of all it cannot be"
    file = folder / "profiles.json"
    assert sheaf("profile", "export", str(file)).exit_code == 0
    assert [found["kind"] for found in json.loads(file.read_text())["profiles"]] == ["oai", "sword", "datacite"]
    assert "horse" not in file.read_text()
    sheaf("profile", "delete", "Our DOIs", "--yes")
    dry = sheaf("profile", "import", "--dry-run", str(file)).output
    assert "made     Our DOIs (datacite)" in dry
    assert "Nothing was changed." in dry
    assert "Our DOIs" not in sheaf("profile", "list").output
    assert sheaf("profile", "import", str(file)).exit_code == 0
    assert "It is missing; enter it first." in sheaf("profile", "enable", "Our DOIs").output
    assert sheaf("profile", "set", "datacite", "Our DOIs", "password=correct horse").exit_code == 0

    monkeypatch.setenv("SHEAF_SECRET_KEY", "another one for tests")
    assert "sealed under a key that is neither" in sheaf("rotate-key").output
    monkeypatch.setenv("SHEAF_SECRET_KEY_OLD", "only for tests")
    assert "secrets of profiles: 3 sealed anew" in sheaf("rotate-key").output
    assert "secrets of profiles: 0 sealed anew, 3 under the present key already, 0 lost" in sheaf("rotate-key").output
    monkeypatch.delenv("SHEAF_SECRET_KEY_OLD")
    assert sheaf("profile", "enable", "Our DOIs").exit_code == 0


def test_lists_are_whole_on_a_narrow_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.commands.manage.console", Console(width=80))
    monkeypatch.setattr("server.commands.accounts.console", Console(width=80))
    assert sheaf("profile", "set", "datacite", "Our DOIs", *VALUES).exit_code == 0
    shown = sheaf("profile", "list").output
    assert "prefix=10.82433" in shown
    assert "account_id=INST.REPO" in shown
    assert sheaf("user", "add", "thoth").exit_code == 0
    assert sheaf("token", "add", "thoth", "The harvesting robot of the library").exit_code == 0
    listed = sheaf("token", "list").output
    assert all(words in " ".join(listed.split()) for words in ("of thoth", "from anywhere", "last used", "until"))
    assert "…" not in listed.replace("sheaf_", "")
    assert max(map(len, (shown + listed).splitlines())) <= 80


def test_a_token_is_good_for_collections_that_are_there(folder: Path) -> None:
    assert sheaf("user", "add", "thoth").exit_code == 0
    said = sheaf("token", "add", "thoth", "Robot", "--collection", "peas")
    assert said.exit_code == 1
    assert "peas is no collection that thoth may deposit into." in said.output
    assert "These are: works." in said.output
    assert sheaf("token", "add", "thoth", "Robot", "--collection", "works").exit_code == 0


def test_what_a_list_leaves_out_is_said_to_be_taken_away(folder: Path) -> None:
    one = 'contexts=[{"path": "aggregator", "title": "For aggregators"}, {"path": "dini", "title": "DINI"}]'
    said = sheaf("profile", "set", "oai", "OAI repository", one)
    assert said.exit_code == 0, said.output
    assert "Taken away from contexts, as a list is set as a whole: openaire, plain." in said.output
    assert "Taken away" not in sheaf("profile", "set", "oai", "OAI repository", "page_size=250").output
