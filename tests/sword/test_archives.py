"""Tars as they come, plain and compressed: the same names, rules and refusals as for a zip, in flat memory and from front to end."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import tracemalloc
import zipfile
from os import urandom
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Invalid, SheafError
from server.sword import package
from server.sword.archives import entries, unpacking
from server.sword.archives.unpacking import kind_of
from tests.sword.desk import Desk, tarred, zipped

MODS = b"""<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>Peas</title></titleInfo></mods>"""
KINDS = ["", "gz", "bz2", "xz"]
TAR = {"name": "peas.tar", "mime": "application/x-tar"}
GOOD = tarred(("peas.txt", b"peas" * 300), ("more.txt", b"more"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("archives"))


def info(name: str, kind: bytes = tarfile.REGTYPE, **values: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type = kind
    for key, value in values.items():
        setattr(made, key, value)
    return made


def sparse() -> bytes:
    """A file of one byte that says it is a terabyte, as GNU tar writes holes."""
    head = info("holes", pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(2**40)})
    return tarred((head, b"1"))


def endless() -> bytes:
    """Headers that only announce further headers."""
    return b"".join(tarred((info("x" * 99, tarfile.GNUTYPE_LONGNAME), b""))[:512] for _ in range(400)) + bytes(1024)


def header(**values: object) -> bytes:
    """A header block, and nothing of what it announces."""
    return info("peas.txt", **values).tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pax", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_tars_of_every_kind_are_read_as_zips_are(desk: Desk, kind: str, pax: int) -> None:
    long = (
        "/".join(["a folder with a long name"] * 6) + "/peas.csv" if pax == tarfile.USTAR_FORMAT else "ü" * 90 + "/" + "b" * 120
    )
    body = tarred(
        (info("deposit", tarfile.DIRTYPE), b""), ("./deposit/mods.xml", MODS), (f"deposit/{long}", b"peas" * 500),
        ("deposit/empty", b""), ("deposit/.DS_Store", b"1"), kind=kind, pax=pax,
    )  # fmt: skip
    content = desk.read(body, **TAR)
    assert content.record is not None
    assert content.record.title.value == "Peas"
    assert [(file.name, file.bytes) for file in content.files] == [(long, 2000), ("empty", 0)]
    assert desk.store.path(content.files[0].sha256).read_bytes() == b"peas" * 500
    assert desk.left() == []
    assert not content.remarks or all(remark.code != "quirk-archive" for remark in content.remarks)


def test_names_in_latin_1_are_read(desk: Desk) -> None:
    body = bytearray(tarred(("b-ber.txt", b"peas"), pax=tarfile.USTAR_FORMAT))
    body[:1] = b"\xfc"
    body[148:156] = b"%06o\0 " % (256 + sum(body[:148]) + sum(body[156:512]))
    assert [file.name for file in desk.read(bytes(body), **TAR).files] == ["ü-ber.txt"]


def test_names_in_utf_8_that_do_not_say_so_are_read(desk: Desk) -> None:
    body = zipped(("u-e.txt", b"peas")).replace(b"u-e", "üe".encode())
    assert [file.name for file in desk.read(body).files] == ["üe.txt"]


def test_a_tar_that_is_announced_as_a_zip_is_taken_with_a_remark(desk: Desk) -> None:
    content = desk.read(tarred(("peas.txt", b"1"), kind="gz"))
    assert [remark.code for remark in content.remarks] == ["quirk-archive"]
    assert [file.name for file in content.files] == ["peas.txt"]


def test_a_tar_whose_last_file_is_a_zip_is_a_tar(desk: Desk) -> None:
    content = desk.read(tarred(("inner.zip", zipped(("secret.txt", b"1"))), ("a.txt", b"2")), **TAR)
    assert [file.name for file in content.files] == ["inner.zip", "a.txt"]


HAZARDS: dict[str, tuple[bytes, str]] = {
    "traversal": (tarred(("good.txt", b"1"), ("../evil.txt", b"2")), "archive-unsafe"),
    "absolute": (tarred(("/etc/passwd", b"2")), "archive-unsafe"),
    "backslashes": (tarred(("..\\evil.txt", b"2")), "archive-unsafe"),
    "symlink": (tarred(("good", b"1"), (info("link", tarfile.SYMTYPE, linkname="/etc/passwd"), b"")), "archive-unsafe"),
    "hard link": (tarred(("good", b"1"), (info("link", tarfile.LNKTYPE, linkname="good"), b"")), "archive-unsafe"),
    "character device": (tarred((info("null", tarfile.CHRTYPE, devmajor=1, devminor=3), b"")), "archive-unsafe"),
    "block device": (tarred((info("disk", tarfile.BLKTYPE), b"")), "archive-unsafe"),
    "pipe": (tarred((info("pipe", tarfile.FIFOTYPE), b"")), "archive-unsafe"),
    "sparse": (sparse(), "archive-unsafe"),
    "same name": (tarred(("Peas.txt", b"1"), ("peas.TXT", b"2")), "archive-unsafe"),
    "same name by ./": (tarred(("peas.txt", b"1"), ("./peas.txt", b"2")), "archive-unsafe"),
    "a file and a folder": (tarred(("peas", b"1"), ("peas/a.txt", b"2")), "archive-unsafe"),
    "a folder and a file": (tarred(("peas/a.txt", b"2"), ("Peas", b"1")), "archive-unsafe"),
    "control characters": (tarred(("a\x07.txt", b"2")), "archive-unsafe"),
    "gzip bomb": (tarred(("zeros", bytes(11 * 2**20)), kind="gz"), "archive-unsafe"),
    "bzip2 bomb": (tarred(("zeros", bytes(11 * 2**20)), kind="bz2"), "archive-unsafe"),
    "xz bomb": (tarred(("zeros", bytes(11 * 2**20)), kind="xz"), "archive-unsafe"),
    "bomb behind a small file": (gzip.compress(GOOD[:-10240] + header(size=2**33) + bytes(2**24)), "archive-unsafe"),
    "xz that wants all memory": (
        lzma.compress(GOOD, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 2**28}]), "archive-broken"
    ),
    "says more than it holds": (header(size=4000) + b"peas", "archive-broken"),
    "a negative size": (header(size=-5) + bytes(2048), "archive-broken"),
    "headers without end": (endless(), "archive-unsafe"),
    "pax header that cannot be read": (
        tarred((info("x", tarfile.XHDTYPE), b""))[:124] + b"%011o\0" % 20 + bytes(20), "archive-broken"
    ),
    "no end mark": (GOOD[: GOOD.index(b"more.txt") + 1024], "archive-broken"),
    "truncated": (GOOD[:1200], "archive-broken"),
    "truncated gzip": (gzip.compress(GOOD)[:-20], "archive-broken"),
    "truncated bzip2": (bz2.compress(GOOD)[:-20], "archive-broken"),
    "truncated xz": (lzma.compress(GOOD)[:-20], "archive-broken"),
    "damaged gzip": (gzip.compress(GOOD)[:40] + b"\xff" * 8 + gzip.compress(GOOD)[48:], "archive-broken"),
    "compressed, but no tar": (gzip.compress(b"peas" * 400), "archive-broken"),
    "empty": (tarred(), "archive-broken"),  # zeros alone tell no tar
    "only folders": (tarred((info("a", tarfile.DIRTYPE), b"")), "archive-empty"),
    "only litter": (tarred(("__MACOSX/._a", b"1")), "archive-empty"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "code"), HAZARDS.values(), ids=HAZARDS.keys())
def test_what_is_wrong_is_named_and_nothing_stays_unpacked(desk: Desk, body: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        desk.read(body, **TAR)
    assert caught.value.code == code, caught.value.message
    assert caught.value.message.endswith(".")
    assert caught.value.remedy
    assert desk.left() == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_tar_that_ends_early_is_never_half_taken(desk: Desk, kind: str, share: float) -> None:
    body = tarred(*((f"{number}.bin", struct.pack("<I", number) * 700) for number in range(6)), kind=kind)
    whole = len(body) if kind else len(body.rstrip(b"\0"))
    with pytest.raises(Invalid):
        desk.read(body[: int(whole * share)], **TAR)
    assert desk.left() == []


@given(st.tuples(st.sampled_from(KINDS), st.integers(0, 3000), st.binary(min_size=1, max_size=12)))
def test_any_bytes_are_content_or_an_error_of_ours(shared_desk: Desk, sent: tuple[str, int, bytes]) -> None:
    kind, at, bytes_ = sent
    body = tarred(("mods.xml", MODS), ("peas.txt", b"peas" * 100), kind=kind)
    at %= len(body)
    try:
        assert shared_desk.read(body[:at] + bytes_ + body[at + len(bytes_) :], **TAR).members
    except SheafError as error:
        assert error.remedy  # noqa: PT017 -- either outcome is good, both are looked at
    assert shared_desk.left() == []


names = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12), min_size=1, max_size=5, unique=True)


@given(names, st.sampled_from(["zip", *KINDS]))
def test_whatever_names_are_taken_are_below_the_archive_and_apart(shared_desk: Desk, sent: list[str], kind: str) -> None:
    pairs = [(name, b"1") for name in sent]
    try:
        body = zipped(*pairs) if kind == "zip" else tarred(*pairs, kind=kind)
    except (UnicodeError, ValueError):
        return
    try:
        content = shared_desk.read(body)
    except SheafError:
        return
    found = [member.name for member in content.members]
    assert len({entries.folded(name) for name in found}) == len(found)
    assert not any(name.startswith("/") or ".." in name.split("/") or "\\" in name for name in found)


@pytest.mark.parametrize("kind", ["zip", "", "gz"])
def test_too_many_entries_are_refused_whatever_the_kind(desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(entries, "MOST_ENTRIES", 3)
    pairs = [(str(number), b"") for number in range(4)]
    with pytest.raises(Invalid, match="3 are allowed"):
        desk.read(zipped(*pairs) if kind == "zip" else tarred(*pairs, kind=kind), **TAR)


def test_a_hundred_thousand_entries_are_allowed() -> None:
    assert entries.MOST_ENTRIES == 100_000


@pytest.mark.parametrize("kind", ["zip", "", "gz"])
def test_entries_are_counted_without_unpacking(tmp_path: Path, kind: str) -> None:
    pairs = [(str(number), b"1" * 5000) for number in range(30)]
    path = tmp_path / "archive"
    path.write_bytes(zipped(*pairs) if kind == "zip" else tarred(*pairs, kind=kind))
    assert kind_of(path) == ("zip" if kind == "zip" else "tar")
    assert package.counted(path) == 30
    if kind != "zip":  # a tar must be gone through, but no further than this
        assert unpacking.counted(path, 10, 2**20) == 11
        assert unpacking.counted(path, 100, 20_000) == 101


@pytest.mark.parametrize(("kind", "megabytes"), [("", 3), ("gz", 3), ("xz", 12)])  # xz has a dictionary of 8 MB
def test_a_tar_is_gone_through_in_flat_memory(tmp_path: Path, kind: str, megabytes: int) -> None:
    path = tmp_path / "archive"
    path.write_bytes(tarred(*((f"{number}.bin", urandom(2**15) * 2**5) for number in range(24)), kind=kind))
    desk = Desk(tmp_path)
    tracemalloc.start()
    try:
        unpacking.discard(unpacking.unpack(path, "archive", desk.store))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < megabytes * 2**20


def test_what_is_no_archive_is_none(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    for body in (b"", b"%PDF-1.7", b"\x1f\x8b", b"BZh", bytes(2000), gzip.compress(b""), zipped(("a", b""))[4:20]):
        path.write_bytes(body)
        assert kind_of(path) == ""
        assert package.counted(path) == 0
    assert zipfile.is_zipfile(io.BytesIO(zipped()))


@pytest.mark.parametrize("kind", ["zip", "", "gz"])
@pytest.mark.parametrize("name", ["a/" * 30_000 + "f", "a/" * 33 + "f", "/".join(["\u00e4" * 100] * 6)])
def test_a_name_is_neither_deep_nor_long(tmp_path: Path, kind: str, name: str) -> None:
    path = tmp_path / "archive"
    path.write_bytes(zipped((name, b"1")) if kind == "zip" else tarred((name, b"1"), kind=kind))
    tracemalloc.start()
    try:
        with pytest.raises(Invalid, match="too long or too deep"):
            unpacking.names_in(path, "archive")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 16 * 2**20


def test_the_longest_name_there_may_be_is_taken(desk: Desk) -> None:
    name = "/".join([*["a" * 200] * 4, "b" * 220])
    content = desk.read(zipped((name, b"1"), ("mods.xml", MODS)))
    assert name in [file.name for file in content.files]


def test_names_and_their_folders_are_so_many_bytes_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "LARGEST_NAMES", 2_000)
    path = tmp_path / "archive"
    path.write_bytes(zipped(*((f"{number}/" + "a/" * 30 + "f", b"") for number in range(2))))
    with pytest.raises(Invalid, match="list of entries"):
        unpacking.names_in(path, "archive")
