"""What a package may ask of memory and time: names as deep as they like, lines as long, documents as many."""

import base64
import time
from pathlib import Path

import pytest

from server.errors import Invalid
from server.sword import package
from server.sword.packagings import eprints, filesandjats, metsdspacesip, swordbagit
from tests.sword.desk import MODS, PDF, Desk, bag, mets, tarred, zipped


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("name", ["a/" * 40 + "peas.txt", "/".join(["a" * 200] * 6)], ids=["deep", "long"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_name_as_deep_or_long_as_it_likes_is_refused(desk: Desk, name: str, kind: str) -> None:
    body = zipped((name, b"1")) if kind == "zip" else tarred((name, b"1"))
    with pytest.raises(Invalid, match="too long or too deep") as caught:
        desk.read(body)
    assert caught.value.code == "archive-unsafe"
    assert desk.left() == []


def test_a_line_of_spaces_in_a_manifest_takes_no_time(desk: Desk) -> None:
    body = zipped(*bag(more={"manifest-sha256.txt": b"00  a" + b" " * 20_000 + b"b\n"}).items())
    began = time.perf_counter()
    with pytest.raises(Invalid, match="Line 1 of manifest-sha256"):
        desk.read(body, packaging=swordbagit.IRI)
    assert time.perf_counter() - began < 1


def test_what_a_mets_points_to_is_read_once_and_within_the_limit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    pointer = b'<mdRef MDTYPE="MODS" LOCTYPE="URL" xlink:href="mods.xml"/>'
    body = zipped(("mets.xml", mets(pointer, pointer)), ("mods.xml", MODS), ("peas.pdf", PDF))
    assert desk.read(body, packaging=metsdspacesip.IRI).record is not None
    monkeypatch.setattr(package, "LARGEST_DOCUMENTS", 100)
    with pytest.raises(Invalid, match="metadata documents"):
        desk.read(body, packaging=metsdspacesip.IRI)


def test_articles_are_read_within_the_limit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    article = b"<article><front><article-meta/></front></article>"
    monkeypatch.setattr(package, "LARGEST_DOCUMENTS", 60)
    with pytest.raises(Invalid, match="metadata documents"):
        desk.read(zipped(("a.xml", article), ("b.xml", article)), packaging=filesandjats.IRI)


def test_a_bag_of_xml_data_is_not_read_into_memory(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr("server.sword.bags.LARGEST_DOCUMENTS", 2000)
    before = package.documents_of

    def noted(members: list[package.Member], **said: str) -> list[package.Document]:
        read.extend(member.name for member in members)
        return before(members, **said)

    monkeypatch.setattr("server.sword.bags.documents_of", noted)
    data = {f"metadata/x{number:03}.xml": b"<a>" + b" " * 500 + b"</a>" for number in range(20)}
    more = data | {"metadata/mods.xml": b"gone"}
    assert desk.read(zipped(*bag(more=more).items()), packaging=swordbagit.IRI).record is None
    assert len(read) < 6


def test_files_of_one_name_in_eprints_xml_are_all_kept_beside_the_document(desk: Desk) -> None:
    files = b"".join(
        b"<file><filename>%s</filename><data>%s</data></file>" % (name, base64.b64encode(data))
        for name, data in [(b"a", b"1"), (b"a", b"2"), (b"a", b"3"), (b"eprint.xml", b"4")]
    )
    body = b'<eprints xmlns="http://eprints.org/ep2/data/2.0"><eprint><title>Peas</title><documents><document><files>' + files
    body += b"</files></document></documents></eprint></eprints>"
    content = desk.read(body, packaging=eprints.IRI, name="eprint.xml", mime="application/vnd.eprints.data+xml")
    assert len(content.files) == 4
    assert [member.name for member in content.members if member.role == "metadata"] == ["eprint.xml"]
