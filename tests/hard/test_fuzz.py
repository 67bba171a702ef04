"""Any query and any form, by the thousand, against a real server: an answer of OAI-PMH or a plain refusal of HTTP, never 500."""

import asyncio
import os
import random
from collections import Counter
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from aiohttp import encode_basic_auth
from lxml import etree

from tests.conftest import entry
from tests.hard.servers import PASSWORD, Server
from tests.oai.fuzz import PLAIN, ROOT, message, request
from tests.oai.validity import assert_valid

REQUESTS = int(os.environ.get("SHEAF_TEST_FUZZ") or 2000)
CLIENTS = 8


async def ask(port: int, chance: random.Random, count: int, tally: Counter[str]) -> None:
    """Send requests one after the other over as few connections as the server allows."""
    reader = writer = None
    for _ in range(count):
        if writer is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        assert reader is not None
        asked = request(chance)
        writer.write(message(asked))
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await reader.readexactly(int(headers["content-length"]))
        status = int(head.split()[1])
        if status == 200:
            root = etree.fromstring(body)
            assert root.tag == ROOT
            assert_valid(root)
            tally["200 " + (root.xpath("string((//*[local-name()='error'])[1]/@code)") or "answered")] += 1
        else:
            assert status in PLAIN, (asked, head)
            assert headers["content-type"].startswith("text/plain"), (asked, head)
            tally[str(status)] += 1
        if status != 200 or headers.get("connection") == "close":
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)
            reader = writer = None
    if writer is not None:
        writer.close()


def deposit(server: Server) -> None:
    """Bring a few works, so that there is something to ask for."""
    headers = {"Content-Type": "application/atom+xml;type=entry", "Authorization": encode_basic_auth("depositor", PASSWORD)}
    for number in range(7):
        body = entry(title=f"Work {number}")
        with urlopen(Request(f"{server.url}/sword/v2/collection/works", body, headers), timeout=30) as answer:
            assert answer.status == 201


@pytest.mark.timeout(120 + REQUESTS // 50)
async def test_no_request_breaks_the_server(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    await asyncio.to_thread(server.start)
    await asyncio.to_thread(deposit, server)
    tally: Counter[str] = Counter()
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    try:
        lots = [random.Random(seed + number) for number in range(CLIENTS)]
        await asyncio.gather(*(ask(server.port, chance, -(-REQUESTS // CLIENTS), tally) for chance in lots))
    finally:
        await asyncio.to_thread(server.stop)
    log = (tmp_path / "data" / "server.log").read_text()
    assert "met an internal error" not in log
    assert sum(tally.values()) >= REQUESTS
    print(f"{sum(tally.values())} requests: " + ", ".join(f"{count} x {said}" for said, count in tally.most_common()))
