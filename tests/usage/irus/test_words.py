"""The words of a failed delivery say nothing of who looked at what, whatever comes back, and wherever they are kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import MetaData, Table, inspect, select

from server.house import House
from server.usage.irus.tables import events
from tests.conftest import SetClock
from tests.usage.irus.conftest import Use, agree, deliver

ADDRESS, AGENT, REFERER = "203.0.113.77", "Lynx-of-Curie", "letters-of-becquerel"
ANSWERS = {
    "no status line": b"%s\r\n\r\n",
    "a wrong length": b"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n",
    "a wrong chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n",
    "a wrong header": b"HTTP/1.1 200 OK\r\nX\x00: %s\r\n\r\n",
    "a long header": b"HTTP/1.1 200 OK\r\nX: %s" + b"a" * 20_000 + b"\r\n\r\n",
    "too short a body": b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n%s",
    "an error that repeats it": b"HTTP/1.1 500 Error\r\nConnection: close\r\n\r\n%s",
    "a refusal that repeats it": b"HTTP/1.1 403 %s\r\nConnection: close\r\n\r\nYou asked for %s",
    "a page elsewhere": b"HTTP/1.1 302 Found\r\nLocation: /login?next=%s\r\nConnection: close\r\n\r\n",
}


@asynccontextmanager
async def answering(pattern: bytes) -> AsyncIterator[str]:
    """Open a server whose answer repeats what it was asked for; yield its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        writer.write(pattern.replace(b"%s", asked))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/counter/"


def everything(tx: Any) -> dict[str, str]:
    """Return all that the database holds, table by table."""
    found = {}
    for name in inspect(tx).get_table_names():
        table = Table(name, MetaData(), autoload_with=tx)
        found[name] = repr(tx.execute(select(table)).all())
    return found


@pytest.mark.filterwarnings("ignore:Did not recognize type")
async def test_who_looked_stands_only_in_what_waits(house: House, use: Use, clock: SetClock) -> None:
    for name, answer in ANSWERS.items():
        async with answering(answer) as url:
            await agree(house, endpoint=url)
            for n in range(4):
                await use(1, address=ADDRESS, agent=AGENT, referer=f"https://{REFERER}.example.org/{n}")
            await deliver(house, clock, hours=1)
        held = await house.database.read(everything)
        assert ADDRESS in held[events.name]
        told = {table for table, text in held.items() if any(each in text for each in (ADDRESS, AGENT, REFERER, "url_tim"))}
        assert told == {events.name}, name
        words = await house.database.read(lambda tx: tx.execute(select(events.c.words).distinct()).scalars().all())
        assert any(words), name
        assert not any(ADDRESS in each for each in words), name
    assert "agency.down" in held["outbox"], "it was told, too"
