"""Records looked at when the sets are defined otherwise: only those that differ are stamped, and a crash loses nothing."""

import pytest

from server import regrouping
from server.house import House
from server.jobs.model import Job, More
from server.records import headers
from server.records.tables import feed, renderings
from tests.conftest import SetClock, configured
from tests.writers import Writer

OPEN = {"spec": "mine", "name": "Mine", "conditions": {"access": ["open"]}}


@pytest.fixture
async def writer(house: House) -> Writer:
    made = Writer(house.database, house.press, house.clock)
    for number in range(6):
        await made.publish(f"Work {number}", access="open" if number % 2 else "restricted")
    return made


async def live(house: House) -> dict[str, int]:
    rows = await house.database.read(lambda tx: tx.execute(feed.select().where(feed.c.superseded.is_(None))).all())
    return {row.record_id: row.seq for row in rows}


def _job() -> Job:
    return Job(1, regrouping.REGROUP, "all", 1, "", None)  # type: ignore[arg-type]


async def test_it_waits_a_moment_and_stamps_only_what_differs(house: House, writer: Writer, clock: SetClock) -> None:
    before = await live(house)
    await configured(house, "oai", saved_sets=[OPEN])
    await house.worker.drain()
    assert await live(house) == before, "not before every process knows"
    clock.pass_time(seconds=15)
    await house.worker.drain()
    after = await live(house)
    moved = [number for number, seq in after.items() if seq != before[number]]
    assert sorted(moved) == sorted(list(writer.alive)[1::2])
    assert await house.database.read(regrouping.progress) is None
    await configured(house, "oai", saved_sets=[OPEN | {"name": "Ours"}])
    assert await house.database.read(regrouping.progress) is None, "a name needs nothing"


async def test_it_is_done_in_parts_and_goes_on_where_it_stopped(
    house: House, writer: Writer, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regrouping, "SIZE", 2)
    monkeypatch.setattr(regrouping, "PART", -1.0)
    await configured(house, "oai", saved_sets=[OPEN])
    clock.pass_time(seconds=15)
    handler = regrouping.Regrouping(house.database, house.press.renderer, clock)
    assert isinstance(await handler(_job()), More)
    found = await house.database.read(regrouping.progress)
    assert found is not None
    assert (found.seen, found.total, found.changed) == (2, 6, 1)
    await writer.revise(list(writer.alive)[4], "revised meanwhile", access="open")
    await house.worker.drain()
    assert await house.database.read(regrouping.progress) is None
    rows = await house.database.read(lambda tx: {row.name for row in tx.execute(renderings.select())})
    assert "sets-now" in rows
    members = await house.database.read(_members)
    assert members == {*list(writer.alive)[1::2], list(writer.alive)[4]}


def _members(tx) -> set[str]:
    rows = tx.execute(feed.select().where(feed.c.superseded.is_(None)))
    return {row.record_id for row in rows if "mine" in headers.specs_in(row.header)}


async def test_what_changed_while_it_was_rendered_is_left_as_that_change_made_it(
    house: House, writer: Writer, clock: SetClock
) -> None:
    await configured(house, "oai", saved_sets=[OPEN])
    renderer = house.press.renderer
    wanted = renderer.grouping.fingerprint
    await house.database.write(regrouping._begin)
    part = await house.database.read_hot(regrouping._part, renderer, wanted)
    made = [(row, regrouping._change(renderer, row)) for row in part.rows]
    first = part.rows[0].record_id
    await writer.revise(first, "revised meanwhile", access="restricted")
    seq = (await live(house))[first]
    await house.database.write(regrouping._show, wanted, part, made, clock())
    assert (await live(house))[first] == seq
    assert first not in await house.database.read(_members)
    await house.database.write(regrouping._show, wanted, part, made, clock())
    found = await house.database.read(regrouping.progress)
    assert (found.seen, found.changed) == (6, 2), "the same part twice counts once"


async def test_another_definition_meanwhile_stops_it(house: House, writer: Writer, clock: SetClock) -> None:
    await configured(house, "oai", saved_sets=[OPEN])
    assert await house.database.read_hot(regrouping._part, house.press.renderer, "another") is None
    assert await house.database.write(regrouping._finish, "another") == 0
    await configured(house, "oai", saved_sets=[])
    clock.pass_time(seconds=15)
    before = await live(house)
    await house.worker.drain()
    assert await live(house) == before, "back where it was, nothing differs"
    assert writer.alive


async def test_after_the_definition_was_deleted_every_record_is_looked_at(house: House, writer: Writer) -> None:
    await house.database.write(regrouping.forget)
    definition = house.keeper.live.of("oai")[0].settings
    assert await house.database.write(regrouping.settle, definition.sets_kept, house.clock())
    assert writer.alive
