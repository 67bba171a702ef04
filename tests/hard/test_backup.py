"""A backup while eight depositors write: whatever was acknowledged before it began is there again elsewhere, on either database."""

import asyncio
import os
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout
from sickle import Sickle

from tests.hard.servers import Server
from tests.hard.test_kill import AUTH, Sent, made, whole

SECONDS = float(os.environ.get("SHEAF_TEST_BACKUP_SECONDS") or 1)
"""How long the depositors write before the backup begins."""

DEPOSITORS = 8
DOI = re.compile(r"10\.5072/[a-z0-9.]+")


@dataclass(frozen=True)
class Acknowledged:
    """A deposit that was answered 201: what was sent, and the moment of the answer."""

    number: str
    sent: Sent
    identifiers: list[str]
    moment: float


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path / "data", database_url)
    found.start()
    yield found
    found.stop()


async def write(session: ClientSession, server: Server, name: int, done: list[Acknowledged], stop: asyncio.Event) -> None:
    """Deposit one work after another until told to stop."""
    chance, turn = random.Random(name), 0
    while not stop.is_set():
        turn += 1
        sent = made(name, turn, chance)
        body, headers = sent.request()
        async with session.post(f"{server.url}/sword/v2/collection/works", data=body, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            number, found = answer.headers["Location"].rpartition("/")[2], DOI.findall(await answer.text())
            done.append(Acknowledged(number, sent, found, time.monotonic()))


async def command(server: Server, *arguments: str) -> str:
    process = server.command(*arguments)
    out, err = await asyncio.to_thread(process.communicate)
    assert process.returncode == 0, err
    return out


async def looked_at(session: ClientSession, server: Server, wanted: list[Acknowledged]) -> None:
    """See each work from outside: its receipt, its identifier, its files to the last byte, its place in the feed, once."""
    harvested = await asyncio.to_thread(lambda: list(Sickle(f"{server.url}/oai").ListRecords(metadataPrefix="oai_dc")))
    titles = {record.header.identifier.rpartition(":")[2]: record.metadata["title"] for record in harvested}
    assert len(titles) == len(harvested)
    for each in wanted:
        assert titles[each.number] == [each.sent.title]
        await whole(session, server, each.number, each.sent)
        async with session.get(f"{server.url}/sword/v2/edit/{each.number}") as answer:
            assert DOI.findall(await answer.text()) == each.identifiers != []


@pytest.mark.timeout(180 + SECONDS * 30)
async def test_what_was_acknowledged_before_is_there_elsewhere(server: Server, tmp_path: Path, request, postgres) -> None:
    await command(server, "profile", "set", "reserve", "Ours", "prefix=10.5072")
    done, stop, path = list[Acknowledged](), asyncio.Event(), tmp_path / "backup.tar"
    async with ClientSession(headers=AUTH, timeout=ClientTimeout(total=60)) as session:
        writers = [asyncio.create_task(write(session, server, name, done, stop)) for name in range(DEPOSITORS)]
        await asyncio.wait(writers, timeout=SECONDS)
        while len(done) < DEPOSITORS:
            await asyncio.wait(writers, timeout=0.1)
        begun = time.monotonic()
        said = await command(server, "backup", str(path))
        ended = time.monotonic()
        stop.set()
        await asyncio.gather(*writers)
        before = [each for each in done if each.moment < begun]
        during = [each for each in done if begun <= each.moment <= ended]
        assert len(before) >= DEPOSITORS
        assert during, "nobody wrote while the backup ran, so this shows nothing"
        with postgres.database() as other:
            onto = other if not server.database.startswith("postgresql") else ""  # each time onto the other database
            restored = Server(tmp_path / "elsewhere", onto)
            await command(restored, "restore", str(path))
            await asyncio.to_thread(restored.start)
            try:
                await looked_at(session, restored, before)
                checked = await command(restored, "check")
            finally:
                await asyncio.to_thread(restored.stop)
    assert "wrong" not in checked, checked
    print(
        f"{len(before)} works acknowledged before and {len(during)} while the backup ran for {ended - begun:.1f} s: {said.strip()}"
    )
