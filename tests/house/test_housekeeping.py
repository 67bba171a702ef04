"""What is tidied up by itself, and how files are kept."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from server.audit.log import OPERATOR
from server.house import House
from server.housekeeping import tidy
from server.records import files
from server.records.files import DiskStore
from server.runs import store as runs
from server.runs.model import Run, RunState
from server.runs.task import Nothing
from tests.conftest import SetClock


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
    monkeypatch.setattr(files, "_flush_folder", flushed.append)
    store = DiskStore(tmp_path)
    assert tmp_path in flushed
    for _ in range(2):  # the second finds the file there, and cannot know whether the first came as far as the flush
        flushed.clear()
        spool = store.spool()
        spool.write(b"peas")
        path = store.path(store.keep(spool.finish()))
        assert path.parent in flushed
        if _ == 0:
            assert {path.parent.parent, path.parent.parent.parent} <= set(flushed)
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
