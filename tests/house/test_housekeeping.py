"""What is tidied up by itself, and how files are kept."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from server import housekeeping
from server.audit.log import OPERATOR
from server.errors import Conflict
from server.house import House
from server.housekeeping import collect, tidy
from server.identifiers import sightings
from server.identifiers.model import Listed, Told
from server.records import files
from server.records.files import DiskStore
from server.records.model import File
from server.runs import store as runs
from server.runs.model import Run, RunState
from server.runs.task import Nothing
from tests.conftest import SetClock
from tests.writers import Writer


async def test_uploads_that_were_torn_a_day_ago_are_removed(house: House) -> None:
    old, new = house.files.spool(), house.files.spool()
    for spool in (old, new):
        spool.write(b"peas")
        spool.finish()
    os.utime(old._path, (time.time() - 90_000,) * 2)
    await tidy(house.database, house.files, house.clock, timedelta(days=7))
    assert not old._path.exists()
    assert new._path.exists()


def test_every_folder_that_leads_to_a_kept_file_is_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[Path] = []
    monkeypatch.setattr(files, "_flush", flushed.append)
    store = DiskStore(tmp_path)
    assert tmp_path in flushed
    for _ in range(2):  # the second finds the file there, and cannot know whether the first came as far as the flush
        flushed.clear()
        spool = store.spool()
        spool.write(b"peas")
        path = store.path(store.keep(spool.finish()))
        assert path.parent in flushed
        if _ == 0:
            assert path.parent.parent in flushed
    assert list((tmp_path / "spool").iterdir()) == []


async def test_tidying_on_request_says_what_went(house: House, clock: SetClock) -> None:
    task = house.tasks.get("tidy-up")

    async def run() -> Run:
        asked = await house.database.write(runs.start, task, Nothing(), OPERATOR, clock())
        await house.worker.drain()
        return await house.database.read(runs.get, asked.id)

    first = await run()
    assert first.state is RunState.NO_EFFECT
    clock.pass_time(days=181)
    second = await run()
    (item,) = await house.database.read(runs.items, second.id, limit=9)
    assert second.state is RunState.COMPLETED
    assert item.message.endswith("; reports of old runs: 1.")
    assert await house.database.read(runs.find, first.id) is None


def kept(house: House, body: bytes, age: timedelta) -> str:
    spool = house.files.spool()
    spool.write(body)
    sha256 = house.files.keep(spool.finish())
    os.utime(house.files.path(sha256), (time.time() - age.total_seconds(),) * 2)
    return sha256


async def test_kept_files_that_nothing_speaks_of_are_collected(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "_ROWS", 1)
    old = timedelta(days=3)
    orphan, fresh, spoken, before, touched = (
        kept(house, body, age) for body, age in ((b"1", old), (b"2", timedelta(days=1)), (b"3", old), (b"4", old), (b"5", old))
    )
    writer = Writer(house.database, house.press, house.clock)
    for title in ("Beans", "Hawkweed"):
        await writer.publish(title)
    work = await writer.publish("Peas", files=(File(name="peas.txt", sha256=before),))
    await writer.revise(work, "Peas", files=(File(name="peas.txt", sha256=spoken),))
    assert house.files.touch(touched)
    assert await collect(house.database, house.files) == 1
    assert [house.files.has(name) for name in (orphan, fresh, spoken, before, touched)] == [False, True, True, True, True]
    assert not house.files.touch(orphan)


async def test_a_folder_beside_the_wrong_database_is_not_emptied(house: House) -> None:
    for number in range(60):
        spool = house.files.spool()
        spool.write(b"%d" % number)
        os.utime(house.files.path(house.files.keep(spool.finish())), (time.time() - 900_000,) * 2)
    with pytest.raises(Conflict, match="speaks of 0 files, and 60 are kept"):
        await collect(house.database, house.files)
    assert len(list(house.files.every())) == 60


async def test_a_file_that_is_sent_again_while_it_is_collected_stays(house: House) -> None:
    old = timedelta(days=3)
    name = kept(house, b"peas", old)

    def is_needed(sha256: str) -> bool:
        spool = house.files.spool()
        spool.write(b"peas")
        assert house.files.keep(spool.finish()) == sha256
        return False

    assert house.files.collect(is_needed, 86_400) == 0
    assert house.files.path(name).read_bytes() == b"peas"
    os.utime(house.files.path(name), (0, 0))

    rename = Path.rename

    def meanwhile(path: Path, target: Path) -> Path:
        house.files.touch(name)  # between the look at its age and the moving aside
        return rename(path, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "rename", meanwhile)
        assert house.files.collect(lambda _: False, 86_400) == 0
    assert house.files.path(name).read_bytes() == b"peas"


async def test_lists_of_agencies_are_forgotten_a_month_after_they_were_read(house: House, clock: SetClock) -> None:
    for walk, cursor in (("read", ""), ("begun", "2")):
        await house.database.write(sightings.begin, walk, clock())
        page = Listed((Told("10.5072/1", None),), cursor)
        await house.database.write(sightings.keep, walk, page, ["10.5072/1"], clock())
    clock.pass_time(days=29)
    await tidy(house.database, house.files, house.clock, timedelta(days=7))
    assert await house.database.read(sightings.of, "read", "10.5072/1") is not None
    clock.pass_time(days=2)
    await tidy(house.database, house.files, house.clock, timedelta(days=7))
    assert await house.database.read(sightings.of, "read", "10.5072/1") is None
    assert await house.database.read(sightings.find, "read") is None
    assert await house.database.read(sightings.of, "begun", "10.5072/1") is not None
