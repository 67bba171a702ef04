"""Events: told with the transaction or not at all, handed on once, in the order they were told."""

import asyncio
import threading
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from server.errors import Conflict
from server.events import telling
from server.house import House
from server.jobs import queue
from tests.conftest import START


async def test_what_is_told_waits_in_order_until_it_is_handed_on(house: House) -> None:
    for number in range(3):
        await house.database.write(telling.tell, "record.published", f"work {number}", {"title": "Peas"}, START)
    found = await house.database.write(telling.waiting, 10)
    assert [event.subject for event in found] == ["work 0", "work 1", "work 2"]
    assert found[0].data == {"title": "Peas"}
    jobs = await house.database.write(queue.claim, [telling.NOTIFY], START, 10)
    assert 1 <= len(jobs) <= 3, "each is asked to be handed on; one job may do it for several"
    await house.database.write(telling.handed_on, [event.seq for event in found[:2]])
    assert [event.subject for event in await house.database.write(telling.waiting, 10)] == ["work 2"]


async def test_what_is_rolled_back_was_never_told(house: House) -> None:
    def fails(tx: Connection) -> None:
        telling.tell(tx, "job.ended", "1", {}, START)
        raise Conflict("no")

    with pytest.raises(Conflict):
        await house.database.write(fails)
    assert await house.database.write(telling.waiting, 10) == []


async def test_an_event_nobody_knows_is_a_mistake(house: House) -> None:
    with pytest.raises(ValueError, match=r"record\.eaten"):
        await house.database.write(telling.tell, "record.eaten", "1", {}, START)


async def test_what_somebody_hands_on_at_the_moment_is_counted_as_having_happened(house: House) -> None:
    await house.database.write(telling.tell, "record.published", "peas", {}, START)
    held = threading.Event()
    seen = threading.Event()

    def hands_on(tx: Connection) -> None:
        assert len(telling.waiting(tx, 10)) == 1
        held.set()
        seen.wait(10)

    notifier = asyncio.create_task(house.database.write(hands_on))
    await asyncio.to_thread(held.wait, 10)
    moments = (START - timedelta(hours=1), START)
    try:
        found = await house.database.read(telling.between, ["record.published"], *moments, 10)
    finally:
        seen.set()
        await notifier
    assert [event.subject for event in found] == ["peas"]
