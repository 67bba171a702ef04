"""Bytes received and kept on disk: their digests, and what happens where the disk refuses."""

import errno
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from server.errors import Unavailable
from server.records.files import DiskStore

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


def test_what_is_kept_already_stays_when_the_disk_fails(files: DiskStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that is kept is kept once more as the file it is; a fault of the disk must not take it away."""
    spool = files.spool()
    received = spool.finish(BODY)
    kept = files.keep(received)
    again = replace(received, path=files.path(kept))
    new = files.spool().finish(BODY)
    with monkeypatch.context() as patched:
        patched.setattr(os, "utime", _fails)
        for each in (again, new):
            with pytest.raises(Unavailable):
                files.keep(each)
    assert files.path(kept).read_bytes() == BODY
    assert not new.path.exists()


def _fails(*_: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))
