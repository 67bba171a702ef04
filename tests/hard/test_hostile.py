"""A hostile crowd on search, item pages and lists, while two harvesters walk to the end: none loses a record, or much time."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hard.servers import ROOT, Server

WORKS = int(os.environ.get("SHEAF_TEST_HOSTILE") or 0)
"""Works to harvest; where it is 0 a few, and only that all arrive is looked at: how fast is nothing a busy machine can tell."""

FEW, PART = 300, 10
CLIENTS, ROUNDS = 50, 5
HARVESTERS = ("sickle", "scythe")
TIMES = 3.0
"""How much longer 19 of 20 parts may take than without the crowd."""


def works(number: int) -> str:
    """Write import lines, each a work of its own with an abstract of some length."""
    record = {
        "type": "publication.journalArticle",
        "creators": [{"family": "Mendel", "given": "Gregor"}],
        "dates": {"issued": "1866"},
        "abstracts": [{"value": "Seven traits of the pea. " * 20}],
    }
    titles = (f"Experiments on plant hybrids, {each}" for each in range(number))
    return "".join(json.dumps({"record": record | {"title": {"value": title}}, "origin": title}) + "\n" for title in titles)


def ninety_fifth(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


def crowd(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.hard.crowd", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def walked(url: str) -> dict[str, dict]:
    """Let the harvesters walk side by side, and return what each got."""
    processes = {name: crowd("harvest", name, url) for name in HARVESTERS}
    return {name: json.loads(process.communicate(timeout=600)[0]) for name, process in processes.items()}


def besieged(url: str) -> tuple[dict[str, dict], dict[str, int]]:
    """The same while the crowd is there, and what the crowd was answered."""
    swarm = crowd("swarm", url, str(CLIENTS))
    assert swarm.stdout is not None
    assert swarm.stdout.readline() == "begun\n"
    try:
        found = walked(url)
    finally:
        said, _ = swarm.communicate("", timeout=60)
    return found, json.loads(said)


def furnished(server: Server, folder: Path) -> int:
    """Start a server and bring works in; return how many."""
    number = WORKS or FEW
    server.start()
    (folder / "works.jsonl").write_text(works(number))
    said, problem = server.command("import", str(folder / "works.jsonl")).communicate(timeout=600)
    assert f"{number:,} new" in said, said + problem
    if not WORKS:
        said, problem = server.command("profile", "set", "oai", "OAI repository", f"page_size={PART}").communicate(timeout=60)
        assert not problem, problem
    return number


@pytest.mark.timeout(120 + WORKS // 20)
def test_harvesters_come_to_the_end_of_their_lists_whoever_else_is_there(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", more={"SHEAF_TRUSTED_PROXIES": "127.0.0.0/8"})
    try:
        number = furnished(server, tmp_path)
        ratios: dict[str, list[float]] = {name: [] for name in HARVESTERS}
        for _ in range(ROUNDS if WORKS else 1):
            quiet = walked(server.url)
            loud, answers = besieged(server.url)
            for name in HARVESTERS:
                ids = loud[name]["identifiers"]
                assert len(ids) == len(set(ids)) == number, name
                ratios[name].append(ninety_fifth(loud[name]["seconds"]) / ninety_fifth(quiet[name]["seconds"]))
            assert {key.partition(" ")[2] for key in answers} <= {"200", "404", "429", "503"}, answers
            print({name: f"{found[-1]:.2f} times" for name, found in ratios.items()}, answers)
    finally:
        server.stop()
    if WORKS:
        assert {name: found for name, found in ratios.items() if statistics.median(found) >= TIMES} == {}
