"""Any headers and any bodies, by the thousand, sent to SWORD on a real server: answered in words, never 500, and nothing is left over."""

import asyncio
import os
import random
from collections import Counter
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.conftest import AUTH, entry
from tests.hard.servers import ROOT, Server
from tests.sword.fuzz import answered, judged, request

REQUESTS = int(os.environ.get("SHEAF_TEST_FUZZ") or 2000)
CLIENTS = 8


async def ask(port: int, chance: random.Random, works: list[str], tally: Counter[str]) -> None:
    for _ in range(REQUESTS // CLIENTS):
        asked = request(chance, works)
        tally[judged(asked, *await answered(port, asked))] += 1


@pytest.mark.timeout(120 + REQUESTS // 4)
def test_any_request_is_answered_in_words(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", f"sqlite:///{tmp_path / 'sheaf.db'}")
    server.start()
    try:
        headers = {"Content-Type": "application/atom+xml;type=entry", **AUTH}
        works = []
        for number in range(5):
            sent = Request(f"{server.url}/sword/v2/collection/works", entry(title=f"Work {number}"), headers)
            with urlopen(sent, timeout=30) as answer:
                works.append(answer.headers["Location"].rpartition("/")[2])
        tally: Counter[str] = Counter()

        async def crowd() -> None:
            clients = (ask(server.port, random.Random(20261122 + number), works, tally) for number in range(CLIENTS))
            await asyncio.gather(*clients)

        asyncio.run(crowd())
        print(f"{sum(tally.values())} requests: {dict(tally.most_common())}")
        assert len([word for word in tally if "error/" in word]) > 5
        assert f'File "{ROOT}/server/' not in (server.folder / "server.log").read_text(), "nothing met an error of our own"
        assert server.stop() == 0
        assert list((server.folder / "spool").iterdir()) == []
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()
