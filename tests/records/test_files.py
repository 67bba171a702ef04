"""Bytes received and kept on disk: their digests, and what happens where the disk refuses."""

import hashlib
from pathlib import Path

import pytest

from server.errors import Unavailable
from server.records.files import DiskStore, Received

PIECES = (b"round ", b"and ", b"wrinkled " * 40_000)
BODY = b"".join(PIECES)


@pytest.fixture
def files(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path)


@pytest.mark.parametrize("asked", [(), ("sha512",), ("sha1", "sha512"), ("md5", "sha256", "sha512_256")])
def test_digests_are_computed_while_bytes_arrive(files: DiskStore, asked: tuple[str, ...]) -> None:
    spool = files.spool(asked)
    for piece in PIECES:
        spool.write(piece)
    received = spool.finish()
    assert received.path.read_bytes() == BODY
    assert received.bytes == len(BODY)
    assert received.sha256 == hashlib.sha256(BODY).hexdigest()
    assert received.md5 == hashlib.md5(BODY, usedforsecurity=False).hexdigest()
    besides = set(asked) - {"md5", "sha256"}
    assert received.digests == {name: hashlib.new(name, BODY, usedforsecurity=False).hexdigest() for name in besides}


def test_a_digest_nobody_knows_leaves_nothing(files: DiskStore, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unsupported"):
        files.spool(("sha0",))
    assert list((tmp_path / "spool").iterdir()) == []


def test_what_is_kept_stays_where_the_disk_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DiskStore(tmp_path)
    spool = store.spool()
    spool.write(b"peas")
    kept = store.keep(spool.finish())
    path = store.path(kept)

    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.utime", broken)
    with pytest.raises(Unavailable):
        store.keep(Received(path, 4, kept, ""))
    assert path.read_bytes() == b"peas"
