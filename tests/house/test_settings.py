"""The secret key: generated once, whole or not at all, and never one that could be guessed."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.db.migrate import migrate
from server.errors import Invalid
from server.settings import Settings, load, secret_key


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_generated_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path / "new" / "data"))
    key = secret_key(settings)
    assert len(key) >= 64
    assert secret_key(settings) == key
    assert mode(settings.folder) == 0o700
    assert mode(settings.folder / "secret.key") == 0o600
    assert [path.name for path in settings.folder.iterdir()] == ["secret.key"]


def test_of_processes_that_start_at_once_all_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        keys = set(threads.map(lambda _: secret_key(Settings(data=str(tmp_path))), range(64)))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("torn", [b"", b"\n", b"abc"])
def test_an_empty_or_torn_key_is_refused(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / "secret.key").write_bytes(torn)
    with pytest.raises(Invalid, match=r"secret\.key"):
        secret_key(Settings(data=str(tmp_path)))
    assert (tmp_path / "secret.key").read_bytes() == torn


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="SHEAF_SECRET_KEY has 6 characters"):
        secret_key(Settings(data=str(tmp_path), secret_key="secret"))
    assert secret_key(Settings(data=str(tmp_path), secret_key="only for tests")) == b"only for tests"


def test_a_new_database_is_its_owners_alone(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path / "data"))
    migrate(settings.database)
    assert mode(settings.folder) == 0o700
    assert mode(settings.folder / "sheaf.db") == 0o600


def test_what_the_operator_made_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    (tmp_path / "sheaf.db").touch(0o640)
    settings = Settings(data=str(tmp_path))
    migrate(settings.database)
    assert (mode(tmp_path), mode(tmp_path / "sheaf.db")) == (0o750, 0o640)


def test_a_rule_names_its_variable() -> None:
    with pytest.raises(Invalid) as caught:
        load({"SHEAF_BASE_URL": "repository.example.org"})
    assert caught.value.place == "SHEAF_BASE_URL"
    assert caught.value.message.startswith("SHEAF_BASE_URL: it must be an address like https://")
