"""Whatever is sent to SWORD is answered in the words of SWORD, or refused in those of HTTP: never 500, never HTML, never nothing."""

import random
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from server.commands.serve import runner_of
from server.house import House
from tests.conftest import entry
from tests.sword.conftest import ENTRY, Depositor
from tests.sword.fuzz import answered, judged, request

COUNT = 400
"""Requests of one run; the long runs send more."""


@pytest.fixture
async def port(house: House) -> AsyncIterator[int]:
    """A server as `sheaf serve` runs it."""
    runner = runner_of(house)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def test_any_request_is_answered_in_words(port: int, depositor: Depositor) -> None:
    made = await depositor.create(entry(title="Peas"), ENTRY)
    chance = random.Random(20261122)
    seen: dict[str, int] = {}
    for _ in range(COUNT):
        asked = request(chance, [made.number])
        found = judged(asked, *await answered(port, asked))
        seen[found] = seen.get(found, 0) + 1
    assert len([word for word in seen if "error/" in word]) > 5, seen
    assert depositor.left() == []
    assert (await depositor.create(entry(title="Round peas"), ENTRY)).status == 201
