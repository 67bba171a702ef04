"""Use at length: a million events against the reference, a year of ten million from the aggregates, and kill -9 in the middle."""

import asyncio
import os
import random
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientError, ClientSession, encode_basic_auth
from sqlalchemy import func, insert, select

from server.db.migrate import engine_for
from server.db.opening import open_database
from server.house import House
from server.metadata.fragments import Repository
from server.records.tables import records
from server.usage.counter.asked import METRICS, REPORTS, read
from server.usage.counter.described import Platform
from server.usage.counter.reports import report
from server.usage.counting import count
from server.usage.model import Hit
from server.usage.noting import keep
from server.usage.sessions import Limits
from server.usage.tables import clicks, dropped, months
from tests.conftest import entry
from tests.hard.servers import PASSWORD, Server
from tests.items.works import RICH
from tests.usage.reference import counted, events

CLICKS = int(os.environ.get("SHEAF_TEST_CLICKS") or 20_000)
WORKS = int(os.environ.get("SHEAF_TEST_WORKS") or 2_000)
EVENTS = 1_000 * WORKS
PATIENCE = 2.0
"""Seconds of a processor the report of a year may take."""


@pytest.mark.timeout(60 + CLICKS // 500)
async def test_random_events_are_counted_as_the_reference_counts_them(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "sheaf.db")
    database = await open_database(f"sqlite:///{tmp_path / 'sheaf.db'}")
    try:
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        items = [f"01J000000000000000000{number:05}" for number in range(60)]
        found = events(random.Random(5), CLICKS, begin, timedelta(days=60), 200, items)
        for start in range(0, len(found), 2_000):
            part = [Hit(it.at, it.item, it.file, f"203.0.113.{it.user}", "Firefox", "") for it in found[start : start + 2_000]]
            await database.write(keep, part, (), begin)
        slowest = 0.0
        for day in range(61):
            while True:
                before = time.monotonic()
                if not await database.write(count, begin + timedelta(days=day), Limits()):
                    break
                slowest = max(slowest, time.monotonic() - before)
        figures = [
            months.c.total_investigations,
            months.c.unique_investigations,
            months.c.total_requests,
            months.c.unique_requests,
        ]
        rows = await database.read(lambda tx: tx.execute(select(months.c.record_id, months.c.month, *figures)).all())
        assert {(row[0], row[1]): tuple(row[2:]) for row in rows} == counted(found)
        print(f"{CLICKS:,} events: all as the reference; the longest transaction took {slowest * 1000:.0f} ms")
    finally:
        await database.close()


@pytest.mark.timeout(600)
async def test_the_report_of_a_year_comes_from_the_aggregates(house: House) -> None:
    document, now = msgspec.json.encode(RICH).decode(), house.clock()
    numbers = [f"01J000000000000000000{number:05}" for number in range(WORKS)]
    base = {"state": "published", "type": RICH.type, "version": 1, "collection": "works", "created": now, "modified": now}
    work = [base | {"id": number, "title": RICH.title.value, "document": document} for number in numbers]
    chance = random.Random(5)

    def use(number: str, month: int) -> dict[str, object]:
        seen = chance.randrange(0, 2 * EVENTS // (12 * WORKS))
        got = chance.randrange(seen + 1)
        values = {"total_investigations": seen, "unique_investigations": seen, "total_requests": got, "unique_requests": got}
        return {"record_id": number, "month": f"2025-{month:02}", "access": "Open"} | values

    rows = [use(number, month) for number in numbers for month in range(1, 13)]

    def fill(tx) -> None:
        tx.execute(insert(records), work)
        tx.execute(insert(months), rows)

    await house.database.write(fill)
    platform = Platform("Sheaf", "sheaf", Repository("Sheaf", "https://repository.example.org", "example.org", "a@example.org"))
    shown = {"begin_date": "2025-01", "end_date": "2025-12", "attributes_to_show": "|".join(REPORTS["ir"].shows)}
    for name, query in (("pr", {"begin_date": "2025-01", "end_date": "2025-12"}), ("ir", shown)):
        asked = read(REPORTS[name], query, "Sheaf")
        taken = []
        for _ in range(3):
            before = time.process_time()
            body = await house.database.read_hot(
                lambda tx, asked=asked: msgspec.json.encode(report(tx, asked, platform, "", now))
            )
            taken.append(time.process_time() - before)
        said = msgspec.json.decode(body)["Report_Items"]
        items = said if name == "pr" else said[0]["Items"]
        performances = [performance for it in items for performance in it["Attribute_Performance"]]
        whole = sum(sum(each["Performance"].get(METRICS[0], {}).values()) for each in performances)
        assert whole == sum(row["total_investigations"] for row in rows)
        print(f"{name}: {whole:,} uses of {WORKS:,} works in {min(taken):.2f} s, {len(body) / 1e6:.1f} MB")
        assert min(taken) < PATIENCE


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path / "data", database_url)
    yield found
    if found.process is not None and found.process.poll() is None:
        found.kill()


@pytest.mark.timeout(180)
async def test_kill_9_loses_the_hits_of_the_last_second_at_most(server: Server) -> None:
    server.start()
    answered: list[float] = []
    browser = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    async with ClientSession() as session:
        auth = {"Authorization": encode_basic_auth("depositor", PASSWORD), "Content-Type": "application/atom+xml;type=entry"}
        async with session.post(f"{server.url}/sword/v2/collection/works", data=entry(), headers=auth) as answer:
            number = answer.headers["Location"].rpartition("/")[2]

        async def look(until: float) -> None:
            while time.monotonic() < until:
                try:
                    async with session.get(f"{server.url}/items/{number}", headers=browser) as page:
                        assert page.status == 200
                        await page.read()
                        answered.append(time.monotonic())
                except (ClientError, OSError):
                    return

        looking = [asyncio.create_task(look(time.monotonic() + 20)) for _ in range(4)]
        await asyncio.sleep(6)
        server.kill()
        killed = time.monotonic()
        await asyncio.gather(*looking)
    server.start()  # whatever recovery there is has been done
    server.stop()
    with engine_for(server.database).connect() as tx:
        noted = tx.execute(select(func.count()).select_from(clicks)).scalar_one()
        other = tx.execute(select(func.coalesce(func.sum(dropped.c.hits), 0))).scalar_one()
    early = sum(moment < killed - 1.5 for moment in answered)
    print(f"{len(answered):,} answers before the kill, {noted:,} noted, {early:,} of them older than a second and a half")
    assert other == 0
    assert early <= noted <= len(answered) + 4
