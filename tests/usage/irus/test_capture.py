"""What is told to IRUS of a request, and what is not: spoofed addresses, long referers, odd agents, robots, staff, parts."""

import asyncio
from typing import Any

import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace
from sqlalchemy import select

from server.house import House
from server.rooms import web_application
from server.usage.irus.tables import days
from tests.admin.visits import login
from tests.fakes.irus import FakeIrus
from tests.items.test_files import PDF
from tests.items.test_pages import publish
from tests.items.works import RICH, keep
from tests.usage.hits import PERSON, clicked
from tests.usage.irus.conftest import agree, balance, rows


async def left_out(house: House) -> dict[tuple[str, str], int]:
    """How many hits were not countable, by reason and kind."""

    def read(tx: Any) -> dict[tuple[str, str], int]:
        found = tx.execute(select(days).where(days.c.what == "left-out"))
        return {(row.reason, row.kind): row.events for row in found}

    return await house.database.read(read)


@pytest.mark.usefixtures("profile")
async def test_what_is_no_use_is_counted_by_its_reason_and_not_told(
    house: House, client: TestClient, irus: FakeIrus, number: str
) -> None:
    page, file = f"/items/{number}", f"/items/{number}/{PDF}"
    await client.get(page, headers={"User-Agent": "Googlebot/2.1"})
    await client.get(file, headers={"User-Agent": "GPTBot/1.0"})
    await client.get(page, headers={"User-Agent": ""})
    await client.get(page, headers=PERSON | {"Sec-Purpose": "prefetch"})
    await client.get(file, headers=PERSON | {"Range": "bytes=5-"})
    await client.get(page, headers=PERSON | {"DNT": "1"})
    await client.get(file, headers=PERSON | {"Sec-GPC": "1"})
    await client.head(page, headers=PERSON)
    await client.head(file, headers=PERSON)
    await client.post(page, headers=PERSON)
    await client.get(f"{page}.bib", headers=PERSON)
    await client.get("/oai?verb=Identify", headers=PERSON)
    await login(client)
    await client.get(page, headers=PERSON)
    await client.close()
    await house.worker.drain()
    assert irus.asked == 0
    assert await left_out(house) == {
        ("counter", "investigation"): 1, ("ai", "request"): 1, ("no-agent", "investigation"): 1, ("prefetch", "investigation"): 1,
        ("part", "request"): 1, ("private", "investigation"): 1, ("private", "request"): 1, ("staff", "investigation"): 1,
    }  # fmt: skip
    assert len(await clicked(house)) == 2, "who wants privacy is counted here"


@pytest.mark.usefixtures("profile")
async def test_signals_of_privacy_can_be_left_to_irus(house: House, client: TestClient, irus: FakeIrus, number: str) -> None:
    await agree(house, respects=False)
    await client.get(f"/items/{number}", headers=PERSON | {"DNT": "1"})
    await client.close()
    await house.worker.drain()
    assert len(irus.messages) == 1


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"X-Forwarded-For": "198.51.100.7"}, "198.51.100.7"),
        ({"X-Forwarded-For": "8.8.8.8, 198.51.100.7"}, "198.51.100.7"),  # the first one the client wrote itself
        ({"Forwarded": "for=8.8.8.8, for=198.51.100.7"}, "198.51.100.7"),
    ],
)
@pytest.mark.usefixtures("profile")
async def test_a_spoofed_address_is_not_believed(
    house: House, irus: FakeIrus, number: str, sent: dict[str, str], told: str
) -> None:
    for trusted, address in (("", "127.0.0.1"), ("127.0.0.1", told)):
        behind = replace(house.settings, trusted_proxies=trusted)
        object.__setattr__(house, "settings", behind)
        async with TestClient(TestServer(web_application(house))) as client:
            await client.get(f"/items/{number}", headers=PERSON | sent)
        await house.worker.drain()
        assert irus.messages[-1].keys["req_id"] == address


@pytest.mark.usefixtures("profile")
async def test_what_is_long_or_no_text_reaches_irus_readable(
    house: House, client: TestClient, irus: FakeIrus, number: str
) -> None:
    await client.get(f"/items/{number}", headers=PERSON | {"Referer": "https://example.org/a?q=" + "%C3%A9" * 700})
    await client.close()
    async with TestServer(web_application(house)) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(f"GET /items/{number} HTTP/1.1\r\nHost: a\r\nUser-Agent: Fire\tfox \xe9\r\n".encode("latin-1"))
        writer.write(b"Referer: caf\xe9\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 200")
        writer.close()
    await house.worker.drain()
    assert irus.wrong == []
    assert [it.keys["rfr_dat"] for it in irus.messages] == ["https://example.org/a", "caf\ufffd"]
    assert irus.messages[1].keys["req_dat"] == "Fire fox \ufffd"


@pytest.mark.usefixtures("profile")
async def test_a_download_that_breaks_off_is_not_told(house: House, client: TestClient, irus: FakeIrus) -> None:
    big = keep(house, "big.bin", "application/octet-stream", bytes(30_000_000))
    work = await publish(house, msgspec.structs.replace(RICH, files=(big,)), "01J00000000000000000000003")
    reader, writer = await asyncio.open_connection(client.server.host, client.server.port)
    writer.write(f"GET /items/{work}/files/big.bin HTTP/1.1\r\nHost: x\r\nUser-Agent: Firefox\r\n\r\n".encode())
    await reader.readexactly(100_000)
    writer.close()
    await client.get(f"/items/{work}", headers=PERSON)
    await client.close()
    await house.worker.drain()
    assert [it.keys["rft_dat"] for it in irus.messages] == ["Investigation"]
    assert (await balance(house))["countable"] == 1


@pytest.mark.usefixtures("profile")
async def test_addresses_are_shortened_before_they_are_kept(
    house: House, client: TestClient, irus: FakeIrus, number: str
) -> None:
    await agree(house, truncate=True)
    await client.get(f"/items/{number}", headers=PERSON)
    await client.close()
    assert [row.address for row in await rows(house)] == ["127.0.0.0"]
    await house.worker.drain()
    assert irus.messages[0].keys["req_id"] == "127.0.0.0"


async def test_nothing_is_kept_for_irus_without_consent(house: House, client: TestClient, number: str) -> None:
    await client.get(f"/items/{number}", headers=PERSON)
    await agree(house, consent=False, endpoint="https://irus.jisc.ac.uk/counter/test/")
    await client.get(f"/items/{number}", headers=PERSON)
    await client.close()
    assert await rows(house) == []
    assert await balance(house) == {}
    assert len(await clicked(house)) == 2
