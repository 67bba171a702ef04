"""Bytes received and kept on disk: their digests, and what happens where the disk refuses."""

import hashlib
import os
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


def test_what_an_earlier_release_kept_stays_where_it_is(files: DiskStore, tmp_path: Path) -> None:
    digests = [hashlib.sha256(body).hexdigest() for body in (b"peas", b"beans")]
    older = tmp_path / "files" / digests[0][:2] / digests[0][2:4] / digests[0]
    older.parent.mkdir(parents=True)
    older.write_bytes(b"peas")
    for body in (b"beans", b"peas"):
        spool = files.spool()
        spool.write(body)
        files.keep(spool.finish())
    assert files.path(digests[0]) == older
    assert files.path(digests[1]) == tmp_path / "files" / digests[1][:2] / digests[1]
    assert list(files.every()) == sorted(digests)
    assert list((tmp_path / "spool").iterdir()) == []
    os.utime(older, (0, 0))
    assert files.collect(lambda _: False, 60) == 1
    assert list(files.every()) == [digests[1]]


def test_several_are_kept_with_one_flush_of_their_folder(
    files: DiskStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = {hashlib.sha256(body).hexdigest(): body for body in (str(number).encode() for number in range(600))}
    alike = [name for name in bodies if name[:2] == next(iter(bodies))[:2]]
    assert len(alike) > 1
    several = []
    for name in (*alike, alike[0]):  # one comes twice
        spool = files.spool(md5=False)
        spool.write(bodies[name])
        several.append(spool.finish(flush=False))
    flushed = list[Path]()
    monkeypatch.setattr("server.records.files._flush", flushed.append)
    assert files.keep_all(several) == [*alike, alike[0]]
    folder = tmp_path / "files" / alike[0][:2]
    assert flushed.count(folder) == 1
    assert flushed[-1] == folder, "when all are there"
    assert {each.path for each in several[:-1]} <= set(flushed), "before they are called by their names"
    assert [files.path(name).read_bytes() for name in alike] == [bodies[name] for name in alike]
    assert {each.md5 for each in several} == {""}
