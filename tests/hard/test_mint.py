"""Many processes ask for identifiers at once: each gets its own, none is left out, taken numbers are stepped over."""

import os
from pathlib import Path

import pytest

from server import clock
from server.db.migrate import engine_for
from server.identifiers.tables import identifiers
from tests.hard.servers import Server

PROCESSES = 4
EACH = int(os.environ.get("SHEAF_TEST_MINTS") or 150)
TAKEN = (3, 40, 41, 42, 300)
PREFIX = "10.5072"


def numbers(answers: list[str]) -> list[int]:
    return sorted(int(line.rpartition(".")[2]) for answer in answers for line in answer.split())


@pytest.mark.timeout(120 + EACH // 10)
def test_four_processes_mint_without_doubles_or_gaps(database_url: str, tmp_path: Path) -> None:
    """On SQLite they ask one server through its socket; on PostgreSQL each is a process of its own on the database."""
    server = Server(tmp_path / "data", database_url)
    server.start()
    try:
        setting = server.command(
            "profile", "set", "reserve", "DOIs", f"prefix={PREFIX}", 'labels=[{"types": ["dataset"], "label": "data"}]'
        )
        said = setting.communicate(timeout=60)
        assert setting.returncode == 0, said
        take(server, database_url)
        asking = [server.command("mint", "dataset.dataset", "--count", str(EACH), "--each") for _ in range(PROCESSES)]
        answers = [process.communicate(timeout=100 + EACH // 10) for process in asking]
        assert [process.returncode for process in asking] == [0] * PROCESSES, answers
    finally:
        server.stop()
    got = numbers([out for out, _ in answers])
    total = PROCESSES * EACH
    expected = [number for number in range(1, total + len(TAKEN) + 1) if number not in TAKEN][:total]
    assert got == expected, "unique, no gap, taken numbers skipped"
    print(f"{total} identifiers by {PROCESSES} processes: {len(set(got))} unique, no gap, {len(TAKEN)} taken numbers skipped")


def take(server: Server, database_url: str) -> None:
    """Let some numbers be taken already, one in another case, as migrated works bring them."""
    if database_url.startswith("sqlite"):
        server.stop()  # one owner at a time
    engine = engine_for(database_url)
    with engine.begin() as tx:
        for number in TAKEN:
            value = f"{PREFIX}/{'DATA' if number % 2 else 'data'}.{number:08}"
            row = {"scheme": "doi", "value": value, "normal": value.lower(), "own": False, "environment": "", "state": "external"}
            tx.execute(identifiers.insert().values(row | {"created": clock.now(), "changed": clock.now()}))
    engine.dispose()
    if database_url.startswith("sqlite"):
        server.start()
