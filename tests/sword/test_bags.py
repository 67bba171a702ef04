"""Bags as clients pack them: verified by all their manifests, and held by name where they are not what they say."""

import hashlib
import time
from pathlib import Path

import pytest

from server.errors import Invalid
from server.sword import bags
from server.sword.bags import digest_of
from server.sword.packagings import bagit, swordbagit
from server.sword.unfit import Unfit
from tests.sword.desk import PDF, Desk, bag, outcome, peak, roles, tarred, zipped


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
@pytest.mark.parametrize("top", ["", "my bag/"])
def test_a_bag_is_verified_and_its_payload_are_the_files(desk: Desk, algorithm: str, top: str) -> None:
    content, codes = outcome(desk, zipped(*bag(algorithm=algorithm, top=top).items()), bagit.IRI)
    assert content.record is not None
    assert content.record.title.value == "Versuche"
    assert sorted(file.name for file in content.files) == ["a%b/more.csv", "peas.pdf"]
    assert roles(content)["data/peas.pdf"] == "file"
    assert roles(content)["metadata/mods.xml"] == "metadata"
    assert roles(content)["bagit.txt"] == "manifest"
    assert codes == []


def test_both_spellings_of_sha256_and_a_tar_are_taken(desk: Desk) -> None:
    body = tarred(*bag(name="sha-256").items(), kind="gz")
    content, codes = outcome(desk, body, swordbagit.IRI, name="bag.tar.gz", mime="application/gzip")
    assert len(content.files) == 2
    assert codes == []
    with pytest.raises(Invalid, match="does not list"):
        desk.read(zipped(*bag(name="sha-256", more={"data/new.txt": b"1"}).items()), packaging=swordbagit.IRI)


BAGS: dict[str, tuple[dict[str, bytes], str]] = {
    "no bagit.txt": ({"bagit.txt": b"gone"}, "manifest-missing"),
    "no manifest": ({"manifest-sha256.txt": b"gone"}, "manifest-missing"),
    "only an unknown manifest": ({"manifest-sha256.txt": b"gone", "manifest-peas.txt": b"00  data/peas.pdf"}, "manifest-missing"),
    "a file is missing": ({"data/peas.pdf": b"gone"}, "bag-incomplete"),
    "a file is not listed": ({"data/new.txt": b"1"}, "bag-incomplete"),
    "a file differs": ({"data/peas.pdf": b"%PDF-1.4 bees"}, "digest-mismatch"),
    "a tag file differs": ({"bagit.txt": b"BagIt-Version: 0.97\n"}, "digest-mismatch"),
    "a line of no sense": ({"manifest-sha256.txt": b"peas\n"}, "bag-incomplete"),
    "files to fetch": ({"fetch.txt": b"http://example.org/ 3 data/b.txt"}, "fetch-txt"),
    "no payload": ({"data/peas.pdf": b"gone", "data/a%b/more.csv": b"gone"}, "bag-incomplete"),
    "broken metadata": ({"metadata/mods.xml": b"<mods>"}, "xml"),
    "JSON that is none": ({"metadata/sword.json": b'{"dc:title":\n oops}'}, "json"),
}


@pytest.mark.parametrize(("changed", "code"), BAGS.values(), ids=BAGS.keys())
def test_a_bag_that_is_not_what_it_says_is_held(desk: Desk, changed: dict[str, bytes], code: str) -> None:
    with pytest.raises(Unfit) as caught:
        desk.read(zipped(*bag(more=changed).items()), packaging=swordbagit.IRI)
    assert caught.value.code == code
    assert caught.value.place
    assert caught.value.content.members
    assert desk.left() == []


def test_the_place_in_a_broken_document_has_line_and_column(desk: Desk) -> None:
    with pytest.raises(Invalid) as caught:
        desk.read(zipped(*bag(more=BAGS["JSON that is none"][0]).items()), packaging=swordbagit.IRI)
    assert caught.value.place == "metadata/sword.json line 2, column 2"
    with pytest.raises(Invalid) as caught:
        desk.read(zipped(("peas.pdf", PDF), ("mods.xml", b"<mods>\n<a></b></mods>")))
    assert caught.value.place == "mods.xml line 2, column 8"


def test_what_a_bag_gets_wrong_without_harm_is_remarked(desk: Desk) -> None:
    changed = {"bag-info.txt": b"Payload-Oxum: 1.1", "fetch.txt": b"\n", "manifest-peas.txt": b"00  data/peas.pdf"}
    content, codes = outcome(desk, zipped(*bag(more=changed).items()), bagit.IRI)
    assert codes == ["quirk-bag", "quirk-bag"]
    assert len(content.files) == 2


def test_a_line_of_a_manifest_takes_as_long_as_it_is(desk: Desk) -> None:
    began = time.process_time()
    for line in (b"aa  x" + b" " * 1_000_000 + b"y\n", b"aa  x" + b" " * 8_000 + b"y\n"):
        with pytest.raises(Unfit) as caught:
            desk.read(zipped(*bag(more={"manifest-md5.txt": line}).items()), packaging=bagit.IRI)
        assert caught.value.code == "bag-incomplete"
    assert time.process_time() - began < 0.3  # a second and more, where it grows with the square


def test_a_file_that_is_listed_again_and_again_is_read_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(bags, "digest_of", lambda member, algorithm: read.append(member.name) or digest_of(member, algorithm))
    lines = bag(algorithm="sha512")["manifest-sha512.txt"] * 50
    desk.read(zipped(*bag(algorithm="sha512", more={"manifest-sha512.txt": lines}).items()), packaging=bagit.IRI)
    assert sorted(read) == ["bagit.txt", "data/a%b/more.csv", "data/peas.pdf"]


def test_the_documents_of_a_bag_are_in_memory_one_at_a_time(desk: Desk) -> None:
    files = bag(more={"metadata/mods.xml": b"gone", "tagmanifest-sha256.txt": b"gone"})
    documents = {f"data/{number}.xml": b"<x>%d%s</x>" % (number, b" " * 2**20) for number in range(12)}
    listed = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in documents.items())
    files["manifest-sha256.txt"] += listed.encode()
    body = zipped(*(files | documents).items())
    assert peak(lambda: desk.read(body, packaging=bagit.IRI)) < 8 * 2**20
