"""What is tidied up by itself, and how files are kept."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from server.house import House
from server.housekeeping import tidy
from server.records import files
from server.records.files import DiskStore


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
