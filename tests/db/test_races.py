"""What several do at the same moment: one is first, the others are told so in words, and nobody hears of a broken constraint."""

import asyncio
import threading

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import Connection, insert, select, text

from server.accounts import store as accounts
from server.accounts.model import Role
from server.db import postgresql
from server.db.migrate import engine_for, migrate
from server.db.opening import open_database
from server.db.sequences import sequences
from server.errors import Conflict, Invalid, SheafError, Unavailable
from server.house import House
from server.records import store as records
from server.sword import store as sword
from tests.conftest import AUTH, HASH, entry

ENTRY = {"Content-Type": "application/atom+xml;type=entry", "In-Progress": "false"}


async def test_of_deposits_with_the_same_doi_one_owns_it_and_the_others_are_held(client: TestClient, house: House) -> None:
    async def send(number: int) -> int:
        more = "<dcterms:identifier>https://doi.org/10.1234/peas</dcterms:identifier>"
        body = entry(title=f"Peas {number}", more=more)
        answer = await client.post("/sword/v2/collection/works", data=body, headers=ENTRY | AUTH)
        return answer.status

    assert await asyncio.gather(*(send(number) for number in range(6))) == [201] * 6
    assert (await house.database.read(records.counts))["published"] == 1
    assert await house.database.read(sword.counts) == {"taken": 1, "held": 5}


async def test_of_equal_accounts_one_is_made(house: House) -> None:
    calls = (house.database.write(accounts.add, "twin", Role.DEPOSITOR, HASH, house.clock()) for _ in range(6))
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Account"] + ["Conflict"] * 5
    assert all("There is an account" in result.message for result in results if isinstance(result, Conflict))


async def test_what_is_there_at_every_look_is_a_conflict(house: House) -> None:
    def put(tx: Connection) -> None:
        tx.execute(insert(sequences).values(name="taken", value=1))

    await house.database.write(put)
    with pytest.raises(Conflict):
        await house.database.write(put)


@pytest.mark.postgresql
async def test_a_use_case_that_was_overtaken_looks_again(postgres) -> None:
    looked, go, looks = threading.Event(), threading.Event(), []

    def unless_there(tx: Connection) -> bool:
        there = bool(tx.execute(select(sequences.c.name)).scalars().all())
        looks.append(there)
        looked.set()
        assert go.wait(10)
        if not there:
            tx.execute(insert(sequences).values(name="one", value=1))
        return there

    def at_once(tx: Connection) -> None:
        tx.execute(insert(sequences).values(name="one", value=2))

    with postgres.database() as url:
        database = await open_database(url)
        slow = asyncio.create_task(database.write(unless_there))
        await asyncio.to_thread(looked.wait, 10)
        await database.write(at_once)
        go.set()
        assert await slow is True
        assert looks == [False, True]
        await database.close()


@pytest.mark.postgresql
async def test_when_every_connection_is_busy_the_database_is_unavailable(postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "WAIT", 0.2)
    with postgres.database() as url:
        database = await open_database(url)

        def slow(tx: Connection) -> None:
            tx.execute(text("SELECT pg_sleep(1)"))

        calls = (database.read(slow) for _ in range(postgresql.CONNECTIONS + 2))
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(result) for result in results if result is not None] == [Unavailable] * 2
        await database.close()


@pytest.mark.postgresql
async def test_a_row_somebody_keeps_locked_is_not_waited_for_without_end(postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "_LOCK_TIMEOUT", 100)

    def change(tx: Connection) -> None:
        tx.execute(text("UPDATE sequences SET value = value + 1"))

    with postgres.database() as url:
        database, engine = await open_database(url), engine_for(url)
        with engine.begin() as holder:
            holder.execute(insert(sequences).values(name="one", value=1))
        with engine.begin() as holder:
            change(holder)
            with pytest.raises(Unavailable):
                await database.write(change)
        await database.write(change)
        await database.close()


@pytest.mark.postgresql
@pytest.mark.parametrize("name", ["a\0b", "x" * 300])
async def test_a_value_no_column_takes_is_invalid(postgres, name: str) -> None:
    def put(tx: Connection) -> None:
        tx.execute(insert(sequences).values(name=name, value=1))

    def look(tx: Connection) -> object:
        return tx.execute(select(sequences).where(sequences.c.name == name)).all()

    with postgres.database() as url:
        database = await open_database(url)
        with pytest.raises(Invalid):
            await database.write(put)
        if "\0" in name:
            for way in (database.read, database.read_hot):
                with pytest.raises(SheafError):
                    await way(look)
        await database.close()


@pytest.mark.postgresql
async def test_processes_that_start_at_once_on_a_fresh_database_all_come_up(postgres) -> None:
    with postgres.database() as url:
        await asyncio.to_thread(migrate, url, "base")
        await asyncio.gather(*(asyncio.to_thread(migrate, url) for _ in range(4)))
        engine = engine_for(url)
        with engine.connect() as connection:
            assert connection.execute(select(sequences.c.name)).all() == []
        engine.dispose()
