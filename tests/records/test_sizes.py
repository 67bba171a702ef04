"""Sizes of lists: counted once and then kept up, and always what counting would say."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from server.db.sequences import last
from server.house import House
from server.records import changes, lists, sizes
from server.records.lists import Range
from server.records.sizes import LASTING, Sizes
from tests.conftest import START, SetClock
from tests.writers import Writer


@pytest.fixture
def writer(house: House) -> Writer:
    return Writer(house.database, house.press, house.clock)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Range]:
    """The lists that were counted; each here is worth remembering."""
    monkeypatch.setattr(sizes, "WORTH", 1)
    found, count = list[Range](), lists.count

    def noted(tx: Connection, wanted: Range) -> int:
        found.append(wanted)
        return count(tx, wanted)

    monkeypatch.setattr(sizes.lists, "count", noted)
    return found


async def test_only_what_is_new_is_counted_and_who_left_is_not(
    house: House, writer: Writer, clock: SetClock, counted: list[Range]
):
    known, number = Sizes(), house.press.renderer.ids["oai_dc"]

    def size(tx: Connection, **more: Any) -> int:
        return known.of(tx, Range(number, last(tx, "feed"), **more), clock())

    for place in range(12):
        await writer.publish(f"Title {place}")
    assert await house.database.read_hot(size) == 12
    assert await house.database.read_hot(size) == 12
    assert [each.after for each in counted] == [0], "the second time nothing has changed"
    await writer.revise(min(writer.alive), "Another title")
    await writer.publish("One more")
    assert await house.database.read_hot(size) == 13
    assert [each.after for each in counted] == [0, 12]
    await house.database.write(changes.hold, max(writer.alive), number, "It is broken.", clock())
    assert await house.database.read_hot(size) == 12
    assert [each.after for each in counted] == [0, 12, 0], "a row was taken out where it stands, which no number in the feed says"


async def test_a_number_is_not_kept_up_for_ever(house: House, writer: Writer, counted: list[Range]):
    known, number = Sizes(), house.press.renderer.ids["oai_dc"]
    for place in range(3):
        await writer.publish(f"Title {place}")

    def size(tx: Connection, after: timedelta) -> int:
        return known.of(tx, Range(number, 3), START + after)

    for later, times in ((timedelta(0), 1), (LASTING - timedelta(seconds=1), 1), (2 * LASTING, 2), (2 * LASTING, 2)):
        assert await house.database.read_hot(size, later) == 3
        assert len(counted) == times, "ghosts that tell who has left are removed one day"


async def test_no_more_is_remembered_than_a_bound(
    house: House, writer: Writer, counted: list[Range], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sizes, "REMEMBERED", 2)
    known, number = Sizes(), house.press.renderer.ids["oai_dc"]
    for place in range(5):
        await writer.publish(f"Title {place}")

    def size(tx: Connection, after: int) -> int:
        return known.of(tx, Range(number, 5, after=after), START)

    for after in (0, 1, 2, 3):
        assert await house.database.read_hot(size, after) == 5 - after
    assert len(known._known) == 2
    assert len(counted) == 4
