"""What is seen and downloaded is noted once its answer was sent whole, and nothing else is."""

import asyncio
import dataclasses

import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace
from sqlalchemy import select, update

from server.accounts import store as accounts
from server.accounts.model import Role
from server.errors import Unavailable
from server.house import House
from server.jobs.tables import jobs
from server.publishing import withdraw
from server.records import store as records
from server.rooms import web_application
from server.usage.tables import salts, suspects
from tests.admin.visits import login
from tests.conftest import HASH, PASSWORD, SetClock, configured
from tests.items.test_files import PDF
from tests.items.test_pages import publish
from tests.items.works import BYTES, RICH, keep, kept
from tests.usage.hits import PERSON, clicked, left_out
from tests.usage.test_figures import use


@pytest.fixture
async def number(house: House, client: TestClient) -> str:
    return await publish(house, kept(house, RICH))


async def test_a_page_is_an_investigation_and_a_file_a_request(house: House, client: TestClient, number: str) -> None:
    page = await client.get(f"/items/{number}", headers=PERSON)
    file = await client.get(f"/items/{number}/{PDF}", headers=PERSON)
    again = {"If-None-Match": file.headers["ETag"]}
    assert (await client.get(f"/items/{number}/{PDF}", headers=PERSON | again)).status == 304
    assert (await client.get(f"/items/{number}", headers=PERSON | {"If-None-Match": page.headers["ETag"]})).status == 304
    await client.close()
    found = await clicked(house)
    assert [(row.record_id, row.file) for row in found] == [
        (number, ""), (number, "versuche ü.pdf"), (number, "versuche ü.pdf"), (number, ""),
    ]  # fmt: skip
    assert len({row.visitor for row in found}) == 1
    assert {row.at for row in found} == {house.clock()}
    assert await left_out(house) == {}


async def test_what_is_no_use_is_not_noted(house: House, client: TestClient, number: str, clock: SetClock) -> None:
    metadata = msgspec.structs.replace(RICH, files=(keep(house, "mets.xml", "text/xml", b"<mets/>", role="metadata"),))
    other = await publish(house, metadata, "01J00000000000000000000002")
    for path in ("/", "/oai?verb=Identify", "/items/nothing", f"/items/{number}/files/none", f"/items/{number}/files/closed.pdf",
                 f"/items/{other}/files/mets.xml", "/login", "/static/sheaf.css"):  # fmt: skip
        await client.get(path, headers=PERSON)
    await client.head(f"/items/{number}", headers=PERSON)
    await client.head(f"/items/{number}/{PDF}", headers=PERSON)
    await client.post(f"/items/{number}", headers=PERSON)
    await client.get(f"/items/{number}/{PDF}", headers=PERSON | {"Range": "bytes=99999-"})
    await house.database.write(lambda tx: withdraw(tx, house.press, records.find(tx, number), "Gone.", clock()))
    assert (await client.get(f"/items/{number}", headers=PERSON)).status == 410
    await client.close()
    assert await clicked(house) == []
    assert await left_out(house) == {}


async def test_parts_and_what_is_fetched_ahead_are_kept_as_classes(house: House, client: TestClient, number: str) -> None:
    file = f"/items/{number}/{PDF}"
    for wanted in ("bytes=0-9", "bytes=10-", "bytes=-5"):
        assert (await client.get(file, headers=PERSON | {"Range": wanted})).status == 206
    for ahead in (
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "Prefetch"},
        {"X-Moz": "prefetch"},
        {"X-Purpose": "preview"},
    ):
        await client.get(f"/items/{number}", headers=PERSON | ahead)
    await client.close()
    assert await clicked(house) == []
    assert await left_out(house) == {("part", "request"): 3, ("prefetch", "investigation"): 4}


async def test_a_part_from_the_first_byte_counts_where_that_is_set(house: House, number: str) -> None:
    await house.database.write(_made, house)
    await house.keeper.live.look()
    async with TestClient(TestServer(web_application(house))) as client:
        for wanted in ("bytes=0-9", "bytes=10-", "bytes=0-"):
            await (await client.get(f"/items/{number}/{PDF}", headers=PERSON | {"Range": wanted})).read()
    assert len(await clicked(house)) == 2
    assert await left_out(house) == {("part", "request"): 1}


def _made(tx, house: House):
    from server.profiles import store
    from server.usage.definition import KIND_NAME, Counting

    return store.add(tx, KIND_NAME, "Use", Counting(parts=True), house.seal, house.clock(), sole=True)


async def test_the_page_of_a_work_shows_its_use_where_that_is_switched_on(house: House, client: TestClient, number: str) -> None:
    await use(house, number, {"2026-02": (30, 12)})
    assert "Use in the last" not in await (await client.get(f"/items/{number}")).text()
    await house.database.write(_made, house)
    await configured(house, "usage", shown=True)
    page = await (await client.get(f"/items/{number}")).text()
    assert "Use in the last 12 months" in page
    assert "<td>18</td><td>12</td>" in page


async def test_counting_can_be_switched_off(house: House, client: TestClient, number: str) -> None:
    await house.database.write(_made, house)
    await house.keeper.live.look()
    await configured(house, "usage", counting=False)
    await client.get(f"/items/{number}", headers=PERSON)
    await client.close()
    assert await clicked(house) == []


async def test_robots_are_left_out_with_the_rule_that_knew_them(house: House, client: TestClient, number: str) -> None:
    for agent in ("SomeBOT/1", "GPTBot/1.2", "CURL/8", "x" * 3000):
        await client.get(f"/items/{number}", headers={"User-Agent": agent})
    await client.get(f"/items/{number}", headers={"User-Agent": ""})
    await client.get(f"/items/{number}", headers=PERSON | {"Referer": "https://example.org/" + "r" * 4000})
    await client.close()
    assert len(await clicked(house)) == 2
    assert await left_out(house) == {
        ("counter", "investigation"): 2,
        ("ai", "investigation"): 1,
        ("no-agent", "investigation"): 1,
    }


async def test_staff_and_a_works_owner_are_left_out_and_other_people_with_an_account_are_not(house: House, number: str) -> None:
    owner = await house.database.write(accounts.add, "curie", Role.RESEARCHER, HASH, house.clock())
    await house.database.write(accounts.add, "planck", Role.RESEARCHER, HASH, house.clock())
    await house.database.write(lambda tx: tx.execute(update(records.records).values(owner=owner.id)) and None)
    for name in ("admin", "curie", "planck"):
        async with TestClient(TestServer(web_application(house))) as client:
            await login(client, name, PASSWORD)
            assert (await client.get(f"/items/{number}", headers=PERSON)).status == 200
            file = await client.get(f"/items/{number}/{PDF}", headers=PERSON | {"Cookie": "__Host-sheaf=nonsense"})
            assert await file.read() == BYTES
    assert [bool(row.file) for row in await clicked(house)] == [True, True, False, True]
    assert await left_out(house) == {("staff", "investigation"): 2}


async def test_nobody_changes_who_they_are_by_a_header(house: House, client: TestClient, number: str) -> None:
    for turn in range(3):
        await client.get(f"/items/{number}", headers=PERSON | {"X-Forwarded-For": f"203.0.113.{turn}"})
    await client.close()
    assert len({row.visitor for row in await clicked(house)}) == 1


async def test_behind_a_proxy_everybody_is_themselves(house: House, number: str) -> None:
    trusting = dataclasses.replace(house, settings=replace(house.settings, trusted_proxies="127.0.0.1/32"))
    async with TestClient(TestServer(web_application(trusting))) as behind:
        for chain in ("198.51.100.9, 203.0.113.1", "198.51.100.8, 203.0.113.1", "203.0.113.2"):
            await behind.get(f"/items/{number}", headers=PERSON | {"X-Forwarded-For": chain})
    one, same, other = [row.visitor for row in await clicked(house)]
    assert one == same != other


async def test_a_client_that_goes_away_half_way_has_downloaded_nothing(house: House, client: TestClient, number: str) -> None:
    big = keep(house, "big.bin", "application/octet-stream", bytes(30_000_000))
    work = await publish(house, msgspec.structs.replace(RICH, files=(big,)), "01J00000000000000000000003")
    server = client.server
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(f"GET /items/{work}/files/big.bin HTTP/1.1\r\nHost: x\r\nUser-Agent: Firefox\r\n\r\n".encode())
    await reader.readexactly(100_000)
    writer.close()
    assert len(await (await client.get(f"/items/{work}/files/big.bin", headers=PERSON)).read()) == 30_000_000
    await client.close()
    assert [row.file for row in await clicked(house)] == ["big.bin"]


async def test_nothing_is_kept_that_leads_back_to_a_person(
    house: House, client: TestClient, number: str, clock: SetClock
) -> None:
    await client.get(f"/items/{number}", headers=PERSON)
    await client.get("/robots.txt", headers=PERSON)
    await client.close()
    (row,) = await clicked(house)
    said = f"{row}"
    assert "127.0.0.1" not in said
    assert "Firefox" not in said
    days = await house.database.read(lambda tx: tx.execute(select(salts.c.day)).scalars().all())
    assert days == [clock().date().isoformat()]
    assert await house.database.read(lambda tx: tx.execute(select(suspects.c.visitor)).scalars().all()) == [row.visitor]


async def test_an_hour_is_counted_by_a_job_that_comes_after_it(house: House, client: TestClient, number: str) -> None:
    await client.get(f"/items/{number}", headers=PERSON)
    await client.get(f"/items/{number}", headers=PERSON)
    await client.close()
    rows = await house.database.read(lambda tx: tx.execute(select(jobs).where(jobs.c.kind == "usage.count")).all())
    asked = {(row.subject, f"{row.due:%d %H:%M}") for row in rows}
    assert asked == {("2026-03-14T09", "14 10:02"), ("2026-03-14T23", "15 00:02")}


async def test_what_cannot_be_written_now_is_written_later(house: House, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write, away = house.database.write, [True]

    async def failing(use_case, *args, **kwargs):
        if away and use_case.__module__ == "server.usage.noting":
            away.clear()
            raise Unavailable("away")
        return await write(use_case, *args, **kwargs)

    monkeypatch.setattr(house.database, "write", failing)
    monkeypatch.setattr("server.usage.capture.PAUSE", 0.01)
    async with TestClient(TestServer(web_application(house))) as client:
        await client.get(f"/items/{number}", headers=PERSON)
        while away:
            await asyncio.sleep(0.005)
    assert len(await clicked(house)) == 1
