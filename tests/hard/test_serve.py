"""`sheaf serve` as an operator meets it: the first start, a second owner, a port in use, a stop, and what the commands say meanwhile."""

import re
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hard.servers import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path / "data")
    yield found
    if found.process is not None and found.process.poll() is None:
        found.kill()


def said(server: Server) -> str:
    return (server.folder / "server.log").read_text()


def get(server: Server, path: str) -> str:
    with urllib.request.urlopen(f"{server.url}{path}") as answer:
        return answer.read().decode()


def command(server: Server, *arguments: str, status: int = 0) -> str:
    process = server.command(*arguments)
    out, err = process.communicate(timeout=60)
    assert process.returncode == status, (out, err)
    return out + err


def test_first_start_second_owner_stop_and_start_again(server: Server) -> None:
    server.start()
    assert "admin" in said(server)
    assert get(server, "/healthz") == "alive\n"
    assert "sheaf_works" in get(server, "/metrics")
    second = command(server, "serve", status=1)
    assert "works on" in second
    assert "PostgreSQL" in second, "the remedy is named"
    assert "Traceback" not in second
    assert server.stop() == 0
    assert not (server.folder / "control.sock").exists()
    before = said(server)
    server.start()
    assert "Login" not in said(server).removeprefix(before), "credentials are shown once"
    assert server.process is not None
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(30) == 0
    assert "Traceback" not in said(server)


def test_a_port_in_use_is_said_in_words(server: Server, tmp_path: Path) -> None:
    server.start()
    other = Server(tmp_path / "other", port=server.port)
    words = command(other, "serve", status=1)
    assert f"port {server.port}" in words
    assert "Traceback" not in words


def test_commands_reach_the_running_server_and_work_without_one(server: Server) -> None:
    assert "There is no Sheaf in" in command(server, "status", status=1)
    assert not (server.folder / "sheaf.db").exists()
    alone = command(server, "user", "add", "thoth")
    password = re.search(r"password (\S+)", alone)
    assert password is not None
    server.start()
    assert "thoth" in command(server, "user", "list")
    assert "already" in command(server, "user", "add", "thoth", status=1)
    command(server, "user", "password", "thoth", "--password", "a new one, longer")
    command(server, "user", "disable", "thoth")
    assert "only administrator" in command(server, "user", "disable", "admin", status=1)
    assert "cannot be the name" in command(server, "user", "add", "a:b", status=1)
    assert "One of: production, test" in command(
        server, "profile", "set", "datacite", "D", "prefix=10.5072", "environment=prod", status=1
    )
    assert "datset" in command(
        server, "profile", "set", "reserve", "D", "prefix=10.5072", 'labels=[{"types":["datset"],"label":"d"}]', status=1
    )
    assert "prefix" in command(server, "profile", "set", "reserve", "DOIs", "prefix=10.ABC", status=1)
    assert "account_id" in command(server, "profile", "kinds")
    command(server, "profile", "set", "reserve", "DOIs", "prefix=10.5072")
    assert command(server, "mint", "dataset.dataset", "--count", "2").split() == ["10.5072/00000001", "10.5072/00000002"]
    assert "no type" in command(server, "mint", "dataset", status=1)
    assert "reserved" in command(server, "status")


def test_wrong_settings_name_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from server.cli import main

    monkeypatch.setenv("SHEAF_DATA", str(tmp_path))
    for name, value, word in (
        ("SHEAF_PROT", "1", "no such setting"),
        ("SHEAF_PORT", "many", "int"),
        ("SHEAF_LOG_FORMAT", "x", "json"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            answer = CliRunner().invoke(main, ["status"])
            assert answer.exit_code == 1
            assert name in answer.output
            assert word in answer.output
