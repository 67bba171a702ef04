"""kill -9 while eight depositors send, change and complete: each sends again what was not answered, and all is there once, whole."""

import asyncio
import io
import os
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout, encode_basic_auth
from lxml import etree
from sqlalchemy import create_engine, text

from tests.conftest import entry
from tests.hard.servers import PASSWORD, Server
from tests.hard.test_kill import NS, listed
from tests.sword.conftest import MODS, archive, md5, related

ROUNDS = int(os.environ.get("SHEAF_TEST_ROUNDS") or 2)
DEPOSITORS = 8
AUTH = {"Authorization": encode_basic_auth("depositor", PASSWORD)}
ENTRY = {"Content-Type": "application/atom+xml;type=entry"}
ZIP = {
    "Content-Type": "application/zip",
    "Content-Disposition": "attachment; filename=work.zip",
    "Packaging": "http://purl.org/net/sword/package/SimpleZip",
}
COLLECTION = "/sword/v2/collection/works"

#: What nothing may be left of: rows that point nowhere, and what nobody will ever look at again.
ORPHANS = {
    "deposits without a container": "SELECT count(*) FROM deposits d WHERE d.state != 'refused' AND d.state != 'broken-off'"
    " AND NOT EXISTS (SELECT 1 FROM containers c WHERE c.id = d.container_id)",
    "containers without a deposit": "SELECT count(*) FROM containers c WHERE NOT EXISTS"
    " (SELECT 1 FROM deposits d WHERE d.container_id = c.id)",
    "containers without their work": "SELECT count(*) FROM containers c WHERE c.has_record AND NOT EXISTS"
    " (SELECT 1 FROM records r WHERE r.id = c.id)",
    "works without a container": "SELECT count(*) FROM records r WHERE NOT EXISTS (SELECT 1 FROM containers c WHERE c.id = r.id)",
    "works harvesters are not told of": "SELECT count(*) FROM records r WHERE r.state = 'published' AND NOT EXISTS"
    " (SELECT 1 FROM feed f WHERE f.record_id = r.id AND f.superseded IS NULL)",
    "works that are told of twice": "SELECT count(*) FROM (SELECT record_id FROM feed WHERE superseded IS NULL"
    " GROUP BY record_id HAVING count(*) > 1) twice",
    "events of no deposit": "SELECT count(*) FROM events e WHERE NOT EXISTS (SELECT 1 FROM deposits d WHERE d.id = e.deposit_id)",
    "requests that were never read": "SELECT count(*) FROM deposits WHERE state = 'received'",
    "requests noted twice under one key": "SELECT count(*) FROM (SELECT key FROM deposits WHERE key IS NOT NULL"
    " AND state = 'taken' GROUP BY key HAVING count(*) > 1) twice",
}


@dataclass
class Work:
    """What its depositor knows of a work: what it should be."""

    number: str
    title: str
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Depositor:
    """One client, which goes on where it was when the server is there again."""

    session: ClientSession
    server: Server
    up: asyncio.Event
    chance: random.Random
    name: str
    works: list[Work] = field(default_factory=list)
    sent: int = 0
    again: int = 0

    async def run(self, ended: asyncio.Event) -> None:
        for number in count():
            if ended.is_set():
                return
            deed = self.chance.choice(_DEEDS if self.works else _DEEDS[:4])
            await deed(self, f"{self.name}-{number}")

    async def send(self, method: str, path: str, body: bytes, headers: dict[str, str], mark: str) -> Any:
        """Send a request till it is answered; return the answer's headers."""
        self.sent += 1
        named = {"Idempotency-Key": f'"{mark}"', "Content-MD5": md5(body)}
        while True:
            await self.up.wait()
            try:
                async with self.session.request(method, self.server.url + path, data=body, headers=headers | named) as answer:
                    said = await answer.read()
                    if answer.status < 300:
                        return answer.headers
                    assert answer.status == 503, (answer.status, said)
            except (ClientError, OSError, TimeoutError):
                await asyncio.sleep(0.05)
            self.again += 1

    async def begin(self, mark: str, body: bytes, headers: dict[str, str], files: dict[str, bytes], title: str) -> None:
        answer = await self.send("POST", COLLECTION, body, headers, mark)
        self.works.append(Work(answer["Location"].rpartition("/")[2], title, files))

    async def send_zip(self, mark: str) -> None:
        data = self.chance.randbytes(self.chance.randint(0, 100_000))
        packed = archive(mods_xml=MODS.replace(b"Versuche", mark.encode()), peas_bin=data, note_txt=mark.encode())
        await self.begin(mark, packed, ZIP, {"peas.bin": data, "note.txt": mark.encode()}, mark)

    async def send_multipart(self, mark: str) -> None:
        data = self.chance.randbytes(self.chance.randint(1, 50_000))
        body, headers = related(entry(title=mark), archive(peas_bin=data))
        await self.begin(mark, body, headers, {"peas.bin": data}, mark)

    async def send_entry(self, mark: str) -> None:
        await self.begin(mark, entry(title=mark), ENTRY, {}, mark)

    async def send_file(self, mark: str) -> None:
        data = mark.encode() + self.chance.randbytes(self.chance.randint(0, 200_000))
        headers = {"Content-Type": "application/octet-stream", "Content-Disposition": f"attachment; filename={mark}.bin"}
        await self.begin(mark, data, headers, {f"{mark}.bin": data}, f"{mark}.bin")

    async def add_file(self, mark: str) -> None:
        work, data = self.chance.choice(self.works), self.chance.randbytes(1_000)
        headers = {"Content-Type": "application/octet-stream", "Content-Disposition": f"attachment; filename={mark}.dat"}
        await self.send("POST", f"/sword/v2/edit-media/{work.number}", data, headers, mark)
        work.files[f"{mark}.dat"] = data

    async def replace_content(self, mark: str) -> None:
        work, data = self.chance.choice(self.works), self.chance.randbytes(2_000)
        packed = archive(new_bin=data)
        await self.send("PUT", f"/sword/v2/edit-media/{work.number}", packed, ZIP, mark)
        work.files = {"new.bin": data}

    async def replace_metadata(self, mark: str) -> None:
        work = self.chance.choice(self.works)
        await self.send("PUT", f"/sword/v2/edit/{work.number}", entry(title=mark), ENTRY, mark)
        work.title = mark


_DEEDS = (
    Depositor.send_zip,
    Depositor.send_multipart,
    Depositor.send_entry,
    Depositor.send_file,
    Depositor.add_file,
    Depositor.replace_content,
    Depositor.replace_metadata,
)


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path / "data", database_url)
    yield found
    if found.process is not None and found.process.poll() is None:
        found.kill()


@pytest.mark.timeout(120 + 30 * ROUNDS)
async def test_eight_depositors_lose_nothing_and_double_nothing(server: Server, database_url: str) -> None:
    chance, up, ended = random.Random(20261122), asyncio.Event(), asyncio.Event()
    async with ClientSession(headers=AUTH, timeout=ClientTimeout(total=60)) as session:
        depositors = [
            Depositor(session, server, up, random.Random(chance.random()), f"peas-{number}") for number in range(DEPOSITORS)
        ]
        async with asyncio.TaskGroup() as tasks:
            for each in depositors:
                tasks.create_task(each.run(ended))
            for _ in range(ROUNDS):
                await asyncio.to_thread(server.start)
                up.set()
                await asyncio.sleep(chance.uniform(1.0, 3.0))
                up.clear()
                server.kill()
            await asyncio.to_thread(server.start)
            up.set()
            await asyncio.sleep(1.0)
            ended.set()
        await _all_read(database_url)
        works = {work.number: work for each in depositors for work in each.works}
        assert len(works) == sum(len(each.works) for each in depositors)
        records = await listed(session, server)
        assert {number: work.title for number, work in works.items()} == records, "each is published once, and none else"
        for number, work in works.items():
            await _whole(session, server, number, work)
        assert sum(each.again for each in depositors), "at least one request was cut short, or this shows nothing"
    assert server.stop() == 0
    checked = server.command("check")
    said = await asyncio.to_thread(checked.communicate)
    assert checked.returncode == 0, said
    assert _orphans(database_url) == {}
    print(f"{ROUNDS} kills, {sum(each.sent for each in depositors)} requests answered, {sum(each.again for each in depositors)} "
          f"sent again, {len(works)} works, all whole")  # fmt: skip


async def _all_read(url: str) -> None:
    """Wait for the worker: a request that was cut short while it was read is acknowledged when it comes again, and read then."""
    for _ in range(300):
        if "requests that were never read" not in _orphans(url):
            return
        await asyncio.sleep(0.1)


async def _whole(session: ClientSession, server: Server, number: str, work: Work) -> None:
    async with session.get(f"{server.url}/sword/v2/edit/{number}") as answer:
        assert answer.status == 200, (number, answer.status)
        assert etree.fromstring(await answer.read()).xpath("string(a:title)", namespaces=NS) == work.title
    async with session.get(f"{server.url}/sword/v2/edit-media/{number}") as answer:
        with zipfile.ZipFile(io.BytesIO(await answer.read())) as kept:
            assert {name: kept.read(name) for name in kept.namelist()} == work.files, number


def _orphans(url: str) -> dict[str, int]:
    engine = create_engine(url)
    try:
        with engine.connect() as tx:
            found = {what: int(tx.execute(text(query)).scalar_one()) for what, query in ORPHANS.items()}
    finally:
        engine.dispose()
    return {what: number for what, number in found.items() if number}
