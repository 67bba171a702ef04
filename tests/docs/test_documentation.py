"""The documentation builds without a warning and without the network, and every command in it does what it says."""

import re
import shlex
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from docs import reference
from server import observe
from server.cli import COMMANDS, main
from server.settings import table

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_SPOKEN = re.compile(r"`sheaf ([a-z][^`]*)`")


def blocks(page: Path, *kinds: str) -> list[str]:
    return [body for kind, body in _BLOCK.findall(page.read_text()) if kind in kinds]


def run(page: Path, kind: str) -> list[str]:
    """The `sheaf …` commands of a page's blocks of a kind, whole lines, without what stands before."""
    lines = "\n".join(blocks(page, kind)).replace("\\\n", " ").splitlines()
    found = (re.match(r"(?:\$ )?(?:SHEAF_[A-Z_]+=\S+ )*sheaf (.*)", line) for line in lines)
    return [match[1] for match in found if match]


def resolved(words: list[str]) -> None:
    """Parse a command as click would, down to its last option; raises what click raises."""
    command: click.Command = main
    context = click.Context(main, info_name="sheaf")
    while isinstance(command, click.Group):
        _, found, words = command.resolve_command(context, words)
        assert found is not None
        command, context = found, click.Context(found, info_name=found.name, parent=context)
    command.make_parser(context).parse_args(list(words))
    if not any(word.isupper() for word in words):
        command.make_context(command.name, list(words))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(site)]
    answer = subprocess.run(
        command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=100, env={"PYTHONPATH": str(ROOT), "PATH": ""}
    )
    assert answer.returncode == 0, answer.stderr
    return site


def test_it_builds_without_a_warning_and_loads_nothing_from_elsewhere(built: Path) -> None:
    pages = list(built.rglob("*.html"))
    assert {page.stem for page in PAGES} <= {page.stem for page in pages}
    loads = re.compile(r"""<(?:link|script|img|iframe|source)[^>]+(?:href|src)=["']?(?:https?:)?//([^"'/ >]+)""")
    assert {host for page in pages for host in loads.findall(page.read_text()) if not host.startswith("127.0.0.1")} == set()
    sheets = "".join(path.read_text() for path in built.rglob("*.css"))
    assert re.findall(r"url\([\"']?https?:", sheets) == []


def test_the_marks_are_filled_in(built: Path) -> None:
    settings = (built / "settings.html").read_text()
    assert all(name in settings for name, _, _ in table())
    commands = (built / "commands.html").read_text()
    assert all(f"sheaf {name}" in commands for name in COMMANDS)
    logs = (built / "logs.html").read_text()
    assert "refused a login" in logs
    assert "sheaf_http_requests_total" in logs
    assert not any(
        "<!--" in (built / f"{page}.html").read_text().partition("<article")[2].partition("</article>")[0]
        for page in ("settings", "logs")
    )


def test_every_line_that_can_be_logged_is_found() -> None:
    found = reference.logged()
    assert ("sheaf.web", "info", "answered", "method, path, status") in found
    assert ("sheaf.web", "error", "met an internal error", "method, path") in found
    assert len({metric.name for metric in observe.metrics.collect()}) == len(reference.figures().splitlines()) - 2


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text()
    assert [page.name for page in PAGES if f": {page.name}\n" not in navigation] == []


def test_no_page_names_where_packages_come_from() -> None:
    names = ("py" + "pi.org", "pythonhosted", "npmjs", "docker.io", "quay.io", "ghcr.io")
    assert [(page.name, name) for page in PAGES for name in names if name in page.read_text()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if run(page, "sh") or run(page, "console")], ids=lambda page: page.stem)
def test_every_command_of_a_page_parses(page: Path) -> None:
    for line in run(page, "sh") + run(page, "console"):
        resolved(shlex.split(line))


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_every_command_a_sentence_names_is_there(page: Path) -> None:
    for spoken in _SPOKEN.findall(page.read_text()):
        words = [word for word in shlex.split(spoken) if word != "…"]
        command = main.get_command(click.Context(main), words[0])
        assert command is not None, spoken
        if isinstance(command, click.Group) and len(words) > 1:
            command = command.commands.get(words[1])
            assert command is not None, spoken
        options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
        assert [word for word in words if word.startswith("--") and word not in options] == [], spoken


def spoken(block: str) -> list[tuple[str, list[str]]]:
    """The commands of a block, each with the lines it is said to answer."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(part.splitlines()[0], part.splitlines()[1:]) for part in parts]


CONSOLE = [(page, number, block) for page in PAGES for number, block in enumerate(blocks(page, "console"), 1)]


@pytest.mark.parametrize(("page", "block"), [(p, b) for p, _, b in CONSOLE], ids=[f"{p.stem}-{n}" for p, n, _ in CONSOLE])
def test_every_command_does_what_the_page_says(page: Path, block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o700)
    (tmp_path / "var").mkdir(mode=0o700)
    for line, wanted in spoken(block):
        *settings, words = re.split(r" (?=sheaf )", line, maxsplit=1) if not line.startswith("sheaf ") else [line]
        values = {"SHEAF_DATA": str(tmp_path / "var")} | dict(pair.split("=", 1) for group in settings for pair in group.split())
        answer = CliRunner(env=values).invoke(main, shlex.split(words)[1:])
        pattern = "\n".join(wanted).replace("[", "[[]").replace("…", "*")
        assert fnmatchcase(answer.output.strip(), pattern.strip()), f"{page.name}: {line}\n{answer.output}"
