"""A container's files as a zip that is made while it is sent: whole, readable, flat in memory, and nothing of it on disk."""

import io
import tempfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from server.records.files import PIECE
from server.sword.v2.zipped import pieces
from tests.sword.conftest import GOOD, ZIP, Depositor


def made(folder: Path, sizes: list[int]) -> list[tuple[str, Path]]:
    found = []
    for number, size in enumerate(sizes):
        path = folder / str(number)
        path.write_bytes(bytes([number % 256]) * size)
        found.append((f"a/發微 {number}.txt", path))
    return found


@pytest.mark.parametrize("sizes", [[], [0], [1, PIECE, 3 * PIECE + 1], [10] * 3000], ids=["none", "empty", "large", "many"])
def test_what_is_packed_can_be_unpacked(tmp_path: Path, sizes: list[int]) -> None:
    files = made(tmp_path, sizes)
    packed = list(pieces(files))
    assert all(packed)
    with zipfile.ZipFile(io.BytesIO(b"".join(packed))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [name for name, _ in files]
        assert all(archive.read(name) == path.read_bytes() for name, path in files)


def test_packing_is_flat_in_memory(tmp_path: Path) -> None:
    files = made(tmp_path, [8 * 2**20] * 4)
    tracemalloc.start()
    try:
        assert sum(len(piece) for piece in pieces(files)) > 32 * 2**20
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()


async def test_a_zip_needs_no_room_on_disk(depositor: Depositor, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    found = await depositor.get(receipt.media)
    assert found.status == 200
    assert zipfile.ZipFile(io.BytesIO(found.body)).namelist() == ["peas.csv", "peas.pdf"]
    assert depositor.left() == []


async def test_a_file_that_is_not_in_the_store_is_said_before_anything_is_sent(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    for path in (Path(depositor.house.settings.data) / "files").rglob("*"):
        if path.is_file():
            path.unlink()
    found = await depositor.get(receipt.media)
    assert found.status == 404
    assert "not in the store" in found.text("/s:error/a:summary")
