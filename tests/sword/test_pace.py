"""Bodies that come too slowly: cut off in time, with a row that says so and nothing left on disk."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.sword import pace
from server.sword.model import DepositState
from tests.conftest import AUTH, URL
from tests.sword.conftest import PDF, Depositor, answer


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "PATIENCE", 0.2)
    monkeypatch.setattr(pace, "SLOWEST", 1_000)


async def slowly(count: int, pause: float, size: int = 1) -> AsyncIterator[bytes]:
    for _ in range(count):
        await asyncio.sleep(pause)
        yield b"p" * size


@pytest.mark.parametrize(("pause", "size"), [(0.05, 1), (5.0, 100_000)], ids=["byte by byte", "silent"])
async def test_a_client_that_sends_next_to_nothing_is_cut_off(depositor: Depositor, pause: float, size: int) -> None:
    path = depositor.collection.removeprefix(URL)
    response = await depositor.client.post(path, data=slowly(1_000, pause, size), headers=AUTH | PDF)
    refused = await answer(response)
    assert refused.status == 408
    assert refused.headers["Connection"] == "close"
    assert refused.text("/s:error/@href") == "info:sheaf/sword/error/TooSlow"
    row = await depositor.row(refused.reference)
    assert row.state is DepositState.BROKEN_OFF
    assert row.problem is not None
    assert row.problem.code == "too-slow"
    assert depositor.left() == []


async def test_a_steady_client_has_all_the_time_it_needs() -> None:
    assert [piece async for piece in pace.paced(slowly(10, 0.03, 100))] == [b"p" * 100] * 10


async def test_time_the_disk_takes_is_not_the_clients() -> None:
    seen = 0
    async for piece in pace.paced(slowly(4, 0.0)):
        await asyncio.sleep(0.1)
        seen += len(piece)
    assert seen == 4
