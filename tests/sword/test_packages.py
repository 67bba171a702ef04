"""Archives as they come: what is good in them is taken, what is dangerous is held by name, and nothing stays unpacked."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Invalid, SheafError, Unavailable
from server.records.files import Spool
from server.sword import package
from server.sword.archives import entries
from server.sword.archives import zip as zips
from server.sword.errors import ErrorContent
from server.sword.package import packagings
from server.sword.packagings import simplezip
from tests.sword.desk import Desk, zipped

MODS = b"""<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>Peas</title></titleInfo><genre>journal article</genre>
<originInfo><dateIssued>1866</dateIssued></originInfo></mods>"""
BOMB = b'<!DOCTYPE mods [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>&b;</title></titleInfo></mods>'


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("packages"))


def named(name: str, **values: int) -> zipfile.ZipInfo:
    """An entry whose name is written as it is."""
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    for key, value in values.items():
        setattr(info, key, value)
    return info


def changed(body: bytes, *, flags: int = 0, size: int | None = None, method: int | None = None) -> bytes:
    """Change what headers say of the first entry, in its own and in the directory's."""
    data = bytearray(body)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.index(signature)
        (was,) = struct.unpack_from("<H", data, start + at)
        struct.pack_into("<H", data, start + at, was | flags)
        if method is not None:
            struct.pack_into("<H", data, start + at + 2, method)
        if size is not None:
            struct.pack_into("<I", data, start + at + 16, size)
    return bytes(data)


def overlapping(entries: int, size: int) -> bytes:
    """An archive whose entries all share the bytes of one."""
    whole = zipped(("a", b"\0" * size), method=zipfile.ZIP_DEFLATED)
    at = whole.index(b"PK\x01\x02")
    record = whole[at : whole.index(b"PK\x05\x06")]
    directory = b"".join(record[:46] + f"{number:05}".encode() + record[47:] for number in range(entries)).replace(
        record[28:30] + record[30:46], struct.pack("<H", 5) + record[30:46]
    )
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, entries, entries, len(directory), at, 0)
    return whole[:at] + directory + end


SYMLINK = named("link", create_system=3, external_attr=(stat.S_IFLNK | 0o777) << 16)
GOOD = zipped(("peas.txt", b"peas" * 100), method=zipfile.ZIP_DEFLATED)

HAZARDS: dict[str, tuple[bytes, str]] = {
    "traversal": (zipped(("good.txt", b"1"), ("../evil.txt", b"2")), "archive-unsafe"),
    "traversal within": (zipped(("a/../../evil.txt", b"2")), "archive-unsafe"),
    "absolute": (zipped((named("/etc/passwd"), b"2")), "archive-unsafe"),
    "drive letter": (zipped((named("C:evil.txt"), b"2")), "archive-unsafe"),
    "backslashes": (zipped((named("..\\evil.txt"), b"2")), "archive-unsafe"),
    "symlink": (zipped(("good.txt", b"1"), (SYMLINK, b"/etc/passwd")), "archive-unsafe"),
    "encrypted": (changed(GOOD, flags=1), "archive-encrypted"),
    "bomb": (zipped(("zeros", b"\0" * (11 * 2**20)), method=zipfile.ZIP_DEFLATED), "archive-unsafe"),
    "overlapping bomb": (overlapping(3_000, 2**20), "archive-unsafe"),
    "says less than it holds": (changed(GOOD, size=10), "archive-broken"),
    "says more than it holds": (changed(GOOD, size=4000), "archive-broken"),
    "unknown compression": (changed(GOOD, method=93), "archive-broken"),
    "other compression": (changed(GOOD, method=zipfile.ZIP_LZMA), "archive-broken"),
    "same name": (zipped(("a/Peas.txt", b"1"), ("a/peas.TXT", b"2")), "archive-unsafe"),
    "same name by ./": (zipped(("peas.txt", b"1"), ("./peas.txt", b"2")), "archive-unsafe"),
    "same name by slashes": (zipped(("a/peas.txt", b"1"), ("a//peas.txt", b"2")), "archive-unsafe"),
    "same name composed otherwise": (zipped(("é.txt", b"1"), ("e\u0301.txt", b"2")), "archive-unsafe"),
    "name of a dot": (zipped((named("."), b"1"), ("b", b"2")), "archive-unsafe"),
    "truncated": (GOOD[:-30], "archive-broken"),
    "damaged": (GOOD.replace(GOOD[38:44], b"\xff" * 6), "archive-broken"),
    "no zip": (b"%PDF-1.7 not a zip at all", "archive-broken"),
    "zero bytes": (b"", "archive-broken"),
    "empty": (zipped(), "archive-empty"),
    "only folders": (zipped(("a/", b""), ("b/", b"")), "archive-empty"),
    "only litter": (zipped(("__MACOSX/._a", b"1"), ("a/.DS_Store", b"2")), "archive-empty"),
    "control characters": (zipped(("good.txt", b"1"), (named("a\x07b\x1b[2J.txt"), b"2")), "archive-unsafe"),
    "line end in a name": (zipped((named("a\nb.txt"), b"2")), "archive-unsafe"),
    "long name": (zipped(("ü" * 200, b"2")), "archive-unsafe"),
    "name that is no UTF-8": (zipped(("é.txt", b"1")).replace("é".encode(), b"\xff\xfe"), "archive-broken"),
    "two metadata documents": (zipped(("mods.xml", MODS), ("other.xml", MODS)), "metadata-twice"),
    "broken XML": (zipped(("peas.txt", b"1"), ("mods.xml", MODS[:60])), "xml"),
    "XML with entities": (zipped(("peas.txt", b"1"), ("mods.xml", BOMB)), "xml-entities"),
    "metadata without title": (zipped(("mods.xml", b'<mods xmlns="http://www.loc.gov/mods/v3"/>'), ("a", b"1")), ""),
}


@pytest.mark.parametrize(("body", "code"), HAZARDS.values(), ids=HAZARDS.keys())
def test_what_is_wrong_is_named_and_nothing_stays_unpacked(desk: Desk, body: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        desk.read(body)
    assert not code or caught.value.code == code
    assert caught.value.message.endswith(".")
    assert caught.value.remedy
    assert desk.left() == []


def test_the_entry_at_fault_is_the_place(desk: Desk) -> None:
    with pytest.raises(Invalid) as caught:
        desk.read(HAZARDS["traversal"][0])
    assert caught.value.place == "../evil.txt"
    with pytest.raises(Invalid) as caught:
        desk.read(zipped(("a/mods.xml", b"<mods>\n</oops>")))
    assert caught.value.place.startswith("mods.xml line 2")


def test_too_many_entries_are_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MOST_ENTRIES", 3)
    assert len(desk.read(zipped(*((str(number), b"") for number in range(3)))).files) == 3
    with pytest.raises(Invalid, match="4 entries; 3 are allowed"):
        desk.read(zipped(*((str(number), b"") for number in range(4))))


def test_a_list_of_entries_that_would_fill_the_memory_is_not_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "LARGEST_DIRECTORY", 70_000)
    with pytest.raises(Invalid, match="list of entries"):
        desk.read(zipped(*((f"{number:0200}", b"") for number in range(400))))
    assert desk.left() == []


def test_documents_at_the_top_do_not_fill_the_memory(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "LARGEST_DOCUMENTS", 1000)
    with pytest.raises(Invalid, match="metadata documents of the package"):
        desk.read(zipped(*((f"{number}.xml", b"<a>" + b" " * 300 + b"</a>") for number in range(4))))


NAMES = {
    "flat": (["mods.xml", "peas.pdf"], ["peas.pdf"]),
    "one top folder": (["deposit/", "deposit/mods.xml", "deposit/data/peas.csv"], ["data/peas.csv"]),
    "dot entries": (["./", "./mods.xml", "./data/peas.csv"], ["data/peas.csv"]),
    "dot entries in a folder": (["./deposit/mods.xml", "./deposit/peas.csv"], ["peas.csv"]),
    "litter": (["mods.xml", "__MACOSX/._peas.pdf", ".DS_Store", "a/Thumbs.db", "peas.pdf"], ["peas.pdf"]),
    "no litter": (["mods.xml", "my.DS_Store.txt", "notes on desktop.ini.pdf"], ["my.DS_Store.txt", "notes on desktop.ini.pdf"]),
    "a colon": (["mods.xml", "1: Versuche.pdf", "data/a:b.txt"], ["1: Versuche.pdf", "data/a:b.txt"]),
    "scripts": (["mods.xml", "發微算法.txt", "كتاب/a b.txt"], ["發微算法.txt", "كتاب/a b.txt"]),
    "upper case": (["MODS.XML", "peas.pdf"], ["peas.pdf"]),
}


@pytest.mark.parametrize(("sent", "kept"), NAMES.values(), ids=NAMES.keys())
def test_metadata_are_found_and_not_kept_as_a_file_of_the_work(desk: Desk, sent: list[str], kept: list[str]) -> None:
    content = desk.read(
        zipped(*((name, b"" if name.endswith("/") else MODS if name.lower().endswith("mods.xml") else b"peas") for name in sent))
    )
    assert content.record is not None
    assert content.record.title.value == "Peas"
    assert sorted(file.name for file in content.files) == sorted(kept)
    assert all(desk.store.path(file.sha256).read_bytes() == b"peas" and file.bytes == 4 for file in content.files)
    assert desk.left() == []


def test_xml_deeper_down_or_of_another_kind_is_a_file(desk: Desk) -> None:
    content = desk.read(zipped(("mods.xml", MODS), ("data/mods.xml", MODS), ("plot.svg", b"<svg/>"), ("table.xml", b"<table/>")))
    assert [file.name for file in content.files] == ["data/mods.xml", "plot.svg", "table.xml"]


def test_metadata_that_are_not_relevant_are_a_file(desk: Desk) -> None:
    content = desk.read(zipped(("mods.xml", MODS)), relevant=False)
    assert content.record is None
    assert [file.name for file in content.files] == ["mods.xml"]


def test_names_in_cp437_are_read(desk: Desk) -> None:
    body = zipped(("b-ber.txt", b"peas")).replace(b"b-ber", b"\x81-ber")
    assert [file.name for file in desk.read(body).files] == ["ü-ber.txt"]


def test_zip64_is_read(desk: Desk) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, archive.open("peas.txt", "w", force_zip64=True) as file:
        file.write(b"peas")
    assert [file.bytes for file in desk.read(out.getvalue()).files] == [4]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_usual_compression_is_read(desk: Desk, method: int) -> None:
    content = desk.read(zipped(("peas.txt", b"peas" * 1000), method=method))
    assert desk.store.path(content.files[0].sha256).read_bytes() == b"peas" * 1000


def test_binary_stays_as_it_is(desk: Desk) -> None:
    content = desk.read(GOOD, packaging="http://purl.org/net/sword/package/Binary", name="program.zip")
    assert [(file.name, file.bytes) for file in content.files] == [("program.zip", len(GOOD))]
    assert desk.store.path(content.files[0].sha256).read_bytes() == GOOD


def test_packagings_have_other_spellings_and_unknown_ones_are_named(desk: Desk) -> None:
    for packaging in packagings():
        for iri in (packaging.iri, *packaging.names, *packaging.aliases):
            assert desk.understanding.packaging(iri) is packaging
    with pytest.raises(ErrorContent, match="no such thing") as caught:
        desk.understanding.packaging("no such thing")
    assert simplezip.IRI in caught.value.remedy


@pytest.mark.parametrize("step", ["write", "finish"])
def test_a_disk_that_fills_up_while_unpacking_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    original: Callable[..., object] = getattr(Spool, step)
    calls = 0

    def fails(self: Spool, *arguments: bytes, **named: bool) -> object:
        nonlocal calls
        calls += 1
        if calls > 3:  # the archive itself, and an entry or two, still fit
            raise Unavailable("The file cannot be stored: No space left on device.", code="storage")
        return original(self, *arguments, **named)

    monkeypatch.setattr(Spool, step, fails)
    with pytest.raises(Unavailable):
        desk.read(zipped(*((f"{number}.txt", b"peas") for number in range(6))))
    assert desk.left() == []


@given(st.one_of(st.binary(max_size=300), st.tuples(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=8))))
def test_any_bytes_are_content_or_an_error_of_ours(shared_desk: Desk, sent: bytes | tuple[int, bytes]) -> None:
    body = sent if isinstance(sent, bytes) else GOOD[: sent[0]] + sent[1] + GOOD[sent[0] + len(sent[1]) :]
    try:
        assert shared_desk.read(body).files
    except SheafError as error:
        assert error.remedy  # noqa: PT017 -- either outcome is good, both are looked at
    assert shared_desk.left() == []


@pytest.mark.parametrize("count", [0, 1, 40, 70_000])
def test_entries_are_counted_without_opening_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Also with a comment behind and something before; 70,000 need Zip64."""
    out = io.BytesIO(b"#!/bin/sh")
    out.seek(0, io.SEEK_END)
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"peas"
        for number in range(count):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")
    (tmp_path / "a.zip").write_bytes(out.getvalue())
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert zips.counted(tmp_path / "a.zip") == count


def test_an_end_that_says_less_than_is_listed_is_not_believed(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = bytearray(zipped(*((str(number), b"") for number in range(20))))
    end = body.rindex(b"PK\x05\x06")
    struct.pack_into("<2H", body, end + 8, 1, 1)
    (tmp_path / "a.zip").write_bytes(body)
    assert zips.counted(tmp_path / "a.zip") == 20
    monkeypatch.setattr(entries, "MOST_ENTRIES", 10)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(Invalid, match="11 entries; 10 are allowed"):
        desk.read(bytes(body))


@given(st.binary(max_size=200))
def test_any_bytes_can_be_counted(tmp_path_factory: pytest.TempPathFactory, sent: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.zip"
    path.write_bytes(sent + b"PK\x05\x06" + sent)
    assert zips.counted(path) >= 0


def test_only_one_file_is_not_unpacked() -> None:
    assert [packaging.iri for packaging in packagings() if not packaging.unpacks] == ["http://purl.org/net/sword/package/Binary"]
