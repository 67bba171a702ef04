"""What operators ask of a running server, and what its start does once."""

import asyncio
import logging
import threading

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import Connection

from server import operate
from server.accounts import store as accounts
from server.app import open_house
from server.commands import welcome
from server.commands.serve import _wait
from server.commands.welcome import Welcome, first_start
from server.db.recent import Recent
from server.house import House
from server.settings import Settings
from server.site import routes
from tests.conftest import URL, Deposit


async def test_ready_means_that_it_can_write(client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    def holds(_tx: Connection) -> None:
        assert go.wait(20)

    assert (await client.get("/readyz")).status == 200
    monkeypatch.setattr(operate, "PATIENCE", 0.3)
    held = [asyncio.create_task(house.database.write(holds)) for _ in range(8)]
    await asyncio.sleep(0.1)
    answer = await client.get("/readyz")
    assert answer.status == 503
    assert "did not answer" in await answer.text()
    assert (await client.get("/healthz")).status == 200
    go.set()
    await asyncio.gather(*held)
    assert (await client.get("/readyz")).status == 200


async def test_a_costly_answer_is_given_out_for_a_while_and_asked_for_once() -> None:
    asked = 0

    async def ask() -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.01)
        return asked

    cheap = Recent(ask, lambda _: False)
    assert [await cheap.get(), await cheap.get()] == [1, 2]
    costly = Recent(ask, lambda _: True, seconds=0.1)
    assert await asyncio.gather(*(costly.get() for _ in range(9))) == [3] * 9
    await asyncio.sleep(0.12)
    assert await costly.get() == 4


async def test_a_large_repository_is_not_counted_for_every_visitor(
    client: TestClient, deposit: Deposit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "MANY", 1)
    monkeypatch.setattr(operate, "MANY", 1)
    counted, counts = [], routes.records.counts
    monkeypatch.setattr(routes.records, "counts", lambda tx: counted.append(1) or counts(tx))
    await deposit()
    for _ in range(3):
        assert "Peas" in await (await client.get("/")).text()
    assert len(counted) == 1
    for _ in range(3):
        assert 'sheaf_works{state="published"} 1.0' in await (await client.get("/metrics")).text()
    assert len(counted) == 2
    assert (await client.get("/readyz")).status == 200
    assert len(counted) == 2


@pytest.mark.parametrize("worker", [True, False])
async def test_the_examples_are_deposited_with_and_without_a_worker(
    house: House, monkeypatch: pytest.MonkeyPatch, worker: bool
) -> None:
    stop = asyncio.Event()

    async def deposits(*_given: object, **_more: object) -> list[str]:
        stop.set()
        return ["peas"]

    monkeypatch.setattr(welcome, "deposit_examples", deposits)
    async with asyncio.timeout(10):
        await _wait(house, stop, Welcome(URL, {"depositor": "x"}, {}, with_examples=True), worker=worker)


async def test_what_goes_wrong_with_the_examples_is_logged(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(*_given: object, **_more: object) -> list[str]:
        raise ZeroDivisionError

    monkeypatch.setattr(welcome, "deposit_examples", fails)
    with caplog.at_level(logging.ERROR, "sheaf.app"):
        await Welcome(URL, {"depositor": "x"}, {}, with_examples=True).deposit_examples(house)
    assert "could not deposit the examples" in caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.postgresql
async def test_of_servers_that_start_first_at_once_one_greets(postgres, tmp_path) -> None:
    with postgres.database() as url:
        settings = Settings(data=str(tmp_path), database_url=url, base_url=URL, secret_key="only for tests")
        async with open_house(settings) as one, open_house(settings) as two, open_house(settings) as three:
            greetings = await asyncio.gather(*(first_start(house) for house in (one, two, three)))
            assert sorted(len(greeting.passwords) for greeting in greetings) == [0, 0, 2]
            assert {account.name for account in await one.database.read(accounts.every)} == {"admin", "depositor"}
