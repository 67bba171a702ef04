"""IRUS at length: web and worker are killed again and again while readers read; every use is told once, with its own time.

What was answered within the last second and a half before a kill may be missing; what was being sent then is in doubt, and said.
"""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout, encode_basic_auth
from sqlalchemy import func, select, update

from server.db.migrate import engine_for
from server.jobs.tables import jobs
from server.usage.irus.deliver import MOST
from server.usage.irus.outbox import UNSURE, What
from server.usage.irus.tables import days, events
from tests.conftest import entry
from tests.fakes.irus import FakeIrus
from tests.hard.servers import PASSWORD, Server

TELLS = int(os.environ.get("SHEAF_TEST_TELLS") or 400)
KILLS = max(1, min(20, TELLS // 5_000))
READERS = 4
LATE = 1.5
"""Seconds before a kill within which a use may be lost: one until it is written down, and the time that takes."""


@dataclass
class Installation:
    """A server, and on PostgreSQL a worker beside it."""

    server: Server
    worker: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.server.start()
        if self.server.database.startswith("postgresql"):
            self.worker = self.server.command("work")

    def kill(self) -> None:
        if self.worker is not None:
            self.worker.kill()
            self.worker.communicate()
        self.server.kill()
        engine = engine_for(self.server.database)
        with engine.begin() as tx:  # five minutes later, nobody having taken the lease anew
            tx.execute(update(jobs).where(jobs.c.state == "active").values(due=datetime.now(UTC)))
        engine.dispose()


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    found = Installation(Server(tmp_path / "data", database_url, more={"SHEAF_PRIVATE_TARGETS": "127.0.0.0/8"}))
    yield found
    if found.server.process is not None and found.server.process.poll() is None:
        found.kill()


@dataclass
class Readers:
    """Look at a page until all kills are over and that was answered often enough, each time as somebody else."""

    page: str
    answered: dict[str, tuple[float, datetime]] = field(default_factory=dict)
    """By the user agent, when the answer had come."""
    tried: int = 0
    kills: int = 0

    async def read(self, session: ClientSession) -> None:
        while len(self.answered) < TELLS or self.kills < KILLS:
            self.tried += 1
            agent = f"Firefox/{self.tried}"
            try:
                async with session.get(self.page, headers={"User-Agent": agent}) as answer:
                    await answer.read()
                    if answer.status == 200:
                        self.answered[agent] = time.monotonic(), datetime.now(UTC)
            except (ClientError, OSError, TimeoutError):
                await asyncio.sleep(0.05)


@pytest.mark.timeout(300 + TELLS // 20)
async def test_every_use_is_told_once_whatever_is_killed(installation: Installation) -> None:
    irus, server = FakeIrus(), installation.server
    await irus.start()
    # Before anybody serves: another process would see it some seconds later, and not tell what was seen until then.
    setting = server.command("profile", "set", "irus-uk", "IRUS", f"endpoint={irus.url}", "consent=true")
    said = await asyncio.to_thread(setting.communicate, timeout=60)
    assert setting.returncode == 0, said
    await asyncio.to_thread(installation.start)
    killed = list[float]()
    async with ClientSession(timeout=ClientTimeout(total=20)) as session:
        auth = {"Authorization": encode_basic_auth("depositor", PASSWORD), "Content-Type": "application/atom+xml;type=entry"}
        async with session.post(f"{server.url}/sword/v2/collection/works", data=entry(), headers=auth) as answer:
            number = answer.headers["Location"].rpartition("/")[2]
        readers = Readers(f"{server.url}/items/{number}")
        reading = [asyncio.create_task(readers.read(session)) for _ in range(READERS)]
        for turn in range(1, KILLS + 1):
            while len(readers.answered) < turn * TELLS // (KILLS + 1):
                await asyncio.sleep(0.01)
            await asyncio.sleep(3 + 0.3 * turn % 1)  # so long that something was told between two kills
            await asyncio.to_thread(installation.kill)
            killed.append(time.monotonic())
            await asyncio.to_thread(installation.start)
            readers.kills += 1
        await asyncio.gather(*reading)
    try:
        doubtful = await _settled(server)
    finally:
        await asyncio.to_thread(installation.kill)
        await irus.stop()
    told = [message.keys["req_dat"] for message in irus.messages]
    assert irus.wrong == []
    assert len(told) == len(set(told)), "told twice"
    early = {agent for agent, (at, _) in readers.answered.items() if not any(0 <= end - at < LATE for end in killed)}
    missing = readers.answered.keys() - set(told) - doubtful
    assert missing.isdisjoint(early)
    assert len(doubtful) <= KILLS * MOST
    for message in irus.messages:
        if (found := readers.answered.get(message.keys["req_dat"])) is not None:
            assert timedelta(seconds=-2) < message.at - found[1] < timedelta(seconds=1)
    print(
        f"{len(readers.answered):,} uses, {KILLS} kills: {len(told):,} told, each once; {len(doubtful)} in doubt, "
        f"{len(missing)} of the last {LATE} seconds before a kill missing"
    )


async def _settled(server: Server) -> set[str]:
    """Wait until nothing waits any more; return the agents of the uses that are in doubt."""
    end = time.monotonic() + 120 + TELLS / 50
    with engine_for(server.database).connect() as tx:
        await asyncio.sleep(3)  # what was answered last is being written down
        while tx.execute(select(func.count()).select_from(events).where(events.c.state != "dead")).scalar_one():
            assert time.monotonic() < end, "it was not all told"
            tx.rollback()
            await asyncio.sleep(0.2)
        sums = dict(tx.execute(select(days.c.what, func.sum(days.c.events)).group_by(days.c.what)).all())
        left = tx.execute(select(events.c.agent, events.c.reason)).all()
    assert {row.reason for row in left} <= {UNSURE}
    assert sums[What.COUNTABLE] == sums.get(What.ACKNOWLEDGED, 0) + len(left)
    return {row.agent for row in left}
