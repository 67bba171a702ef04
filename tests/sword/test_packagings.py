"""Packages of every kind clients send: found out, looked through, verified, and held by name where they are not what they say."""

import base64
import gzip
import hashlib
from pathlib import Path

import pytest

from server.errors import Invalid, Unavailable
from server.records.files import Spool
from server.sword import package
from server.sword.package import packagings
from server.sword.packagings import (
    bagit,
    binary,
    datacite,
    eprints,
    filesandjats,
    metsdspacesip,
    mods,
    opus4,
    proquest,
    simplezip,
)
from server.sword.unfit import Unfit
from tests.sword.desk import MODS, PDF, Desk, bag, mets, outcome, peak, roles, tarred, wrapped, zipped

JATS = b"""<article article-type="research-article"><front><journal-meta/><article-meta>
<article-id pub-id-type="doi">10.5555/%s</article-id><title-group><article-title>Peas</article-title></title-group>
</article-meta></front></article>"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# --- METS


@pytest.mark.parametrize("said", [b"text/html&#10;X-Evil: 1", b"text/html;&#10;X-Evil: 1", b"text/html&#10;", b"peas", b""])
def test_a_media_type_that_is_none_is_not_believed(desk: Desk, said: bytes) -> None:
    files = b'<file MIMETYPE="%s"><FLocat xlink:href="peas.pdf"/></file>' % said
    content, _ = outcome(desk, zipped(("mets.xml", mets(wrapped(MODS), files=files)), ("peas.pdf", PDF)), metsdspacesip.IRI)
    assert [file.mime for file in content.files] == ["application/pdf"]


@pytest.mark.parametrize("named", [b"peas.pdf", b"./peas.pdf", b"peas%2Epdf", b"file:peas.pdf"])
def test_a_mets_says_what_the_work_is_and_which_files_it_has(desk: Desk, named: bytes) -> None:
    files = b'<file MIMETYPE="application/x-peas"><FLocat xlink:href="%s"/></file>' % named
    content, codes = outcome(desk, zipped(("mets.xml", mets(wrapped(MODS), files=files)), ("peas.pdf", PDF)), metsdspacesip.IRI)
    assert content.record is not None
    assert content.record.title.value == "Versuche"
    assert [(file.name, file.mime) for file in content.files] == [("peas.pdf", "application/x-peas")]
    assert roles(content) == {"mets.xml": "manifest", "peas.pdf": "file"}
    assert (content.source.name, content.source.reader) == ("mets.xml", "mods")
    assert codes == []


def test_a_mets_that_names_a_missing_file_is_held_by_its_name_and_place(desk: Desk) -> None:
    with pytest.raises(Unfit) as caught:
        desk.read(zipped(("mets.xml", mets(wrapped(MODS))), ("other.pdf", PDF)), packaging=metsdspacesip.IRI)
    assert (caught.value.code, caught.value.value) == ("manifest-names-missing-file", "peas.pdf")
    assert caught.value.place.startswith("mets.xml /mets/fileSec/fileGrp/file/FLocat (line 2")
    assert roles(caught.value.content) == {
        "mets.xml": "file",
        "other.pdf": "file",
    }  # what was there can be looked at all the same
    assert desk.left() == []


def test_what_a_mets_does_not_name_is_kept_with_a_remark_and_nothing_is_fetched(desk: Desk) -> None:
    files = b'<file><FLocat xlink:href="https://example.org/peas.pdf"/></file>'
    content, codes = outcome(desk, zipped(("mets.xml", mets(wrapped(MODS), files=files)), ("more.csv", b"1")), metsdspacesip.IRI)
    assert codes == ["file-elsewhere", "file-unnamed"]
    assert [file.name for file in content.files] == ["more.csv"]


def test_several_descriptions_in_a_mets_complete_one_another(desk: Desk) -> None:
    dublin_core = b'<t:abstract xmlns:t="http://purl.org/dc/terms/">Round.</t:abstract><d:title xmlns:d="http://purl.org/dc/elements/1.1/">V</d:title><d:creator xmlns:d="http://purl.org/dc/elements/1.1/">G. Mendel</d:creator>'
    body = zipped(("mets.xml", mets(wrapped(MODS), wrapped(dublin_core, b'MDTYPE="DC"'))), ("peas.pdf", PDF))
    content, _ = outcome(desk, body, metsdspacesip.IRI)
    assert content.record is not None
    assert (content.record.title.value, [a.value for a in content.record.abstracts]) == ("Versuche", ["Round."])
    assert len(content.record.creators) == 1  # the same person, written twice


def test_a_description_beside_the_mets_is_read(desk: Desk) -> None:
    pointed = b'<mdRef MDTYPE="MODS" LOCTYPE="URL" xlink:href="mods.xml"/>'
    content, codes = outcome(desk, zipped(("mets.xml", mets(pointed)), ("mods.xml", MODS), ("peas.pdf", PDF)), metsdspacesip.IRI)
    assert content.record is not None
    assert roles(content) == {"mets.xml": "manifest", "mods.xml": "metadata", "peas.pdf": "file"}
    assert codes == []


def test_a_description_that_is_pointed_to_often_is_read_once_and_no_large_one_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    pointed = [b'<mdRef MDTYPE="MODS" LOCTYPE="URL" xlink:href="mods.xml"/>'] * 100
    large = MODS.replace(b"</mods>", b" " * 2**20 + b"</mods>")
    body = zipped(("mets.xml", mets(*pointed)), ("mods.xml", large), ("peas.pdf", PDF))
    assert peak(lambda: desk.read(body, packaging=metsdspacesip.IRI)) < 80 * 2**20  # 64 to parse into
    monkeypatch.setattr(package, "LARGEST_DOCUMENT", 2**20)
    with pytest.raises(Invalid, match="larger than") as caught:
        desk.read(body, packaging=metsdspacesip.IRI)
    assert caught.value.place == "mods.xml"


def test_of_documents_beside_the_metadata_only_the_beginning_is_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    for module in (metsdspacesip, filesandjats):
        monkeypatch.setattr(module, "parsed", lambda member: read.append(member.name) or package.parsed(member))
    others = [(f"{number}.xml", b"<x>%d%s</x>" % (number, b"<a/>" * 9_999)) for number in range(9)]
    desk.read(zipped(("mets.xml", mets(wrapped(MODS))), ("peas.pdf", PDF), *others), packaging=metsdspacesip.IRI)
    desk.read(zipped(("a.xml", JATS % b"1"), ("peas.pdf", PDF), *others), packaging=filesandjats.IRI)
    assert read == ["mets.xml", "a.xml"]


def test_descriptions_of_parts_are_not_the_works(desk: Desk) -> None:
    part = MODS.replace(b"Versuche", b"Figure 1")
    structure = b'<structMap><div DMDID="d0"><div DMDID="d1"/></div></structMap></mets>'
    body = mets(wrapped(MODS), wrapped(part)).replace(b"</mets>", structure)
    content, _ = outcome(desk, zipped(("mets.xml", body), ("peas.pdf", PDF)), metsdspacesip.IRI)
    assert content.record is not None
    assert content.record.title.value == "Versuche"


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"peas.pdf": PDF}, "manifest-missing"),
        ({"a.xml": mets(wrapped(MODS)), "b.xml": mets(wrapped(MODS)), "peas.pdf": PDF}, "manifest-twice"),
        ({"mets.xml": mets(wrapped(MODS))[:90], "peas.pdf": PDF}, "xml"),
        ({"mets.xml": mets(wrapped(b"<peas><a/></peas>", b'MDTYPE="OTHER"')), "peas.pdf": PDF}, "unknown-format"),
        ({"mets.xml": mets(wrapped(MODS), wrapped(MODS.replace(b"Versuche", b"Bees"))), "peas.pdf": PDF}, "several-works"),
        (
            {
                "mets.xml": mets(
                    wrapped(MODS), files=b'<file CHECKSUM="00" CHECKSUMTYPE="SHA-1"><FLocat xlink:href="peas.pdf"/></file>'
                ),
                "peas.pdf": PDF,
            },
            "digest-mismatch",
        ),
    ],
)
def test_a_mets_package_that_is_none_is_held(desk: Desk, files: dict[str, bytes], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        desk.read(zipped(*files.items()), packaging=metsdspacesip.IRI)
    assert caught.value.code == code
    assert caught.value.remedy
    assert desk.left() == []


def test_a_mets_by_another_name_is_found(desk: Desk) -> None:
    content, codes = outcome(desk, zipped(("manifest.xml", mets(wrapped(MODS))), ("peas.pdf", PDF)), metsdspacesip.IRI)
    assert content.record is not None
    assert codes == ["quirk-manifest-name"]


# --- JATS


def test_the_article_is_chosen_by_what_it_is_and_by_its_pdf(desk: Desk) -> None:
    files = {
        "PMC1_record.xml": b"<resultList><result/></resultList>",
        "a.xml": JATS % b"1" + b" " * 900,
        "PMC1.xml": JATS % b"1",
        "PMC1.pdf": PDF,
    }
    content, codes = outcome(desk, zipped(*((f"./deposit/{name}", data) for name, data in files.items())), filesandjats.IRI)
    assert content.source.name == "PMC1.xml"
    assert codes == ["metadata-twice"]
    assert sorted(file.name for file in content.files) == ["PMC1.pdf", "PMC1_record.xml", "a.xml"]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"peas.pdf": PDF}, "manifest-missing"),
        ({"peas.pdf": PDF, "a.xml": b"<article>"}, "xml"),
        ({"peas.pdf": PDF, "a.xml": b"<article><body/></article>"}, "manifest-missing"),
        ({"a.xml": JATS % b"1", "b.xml": JATS % b"2"}, "several-works"),
    ],
)
def test_files_without_one_article_are_held(desk: Desk, files: dict[str, bytes], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        desk.read(zipped(*files.items()), packaging=filesandjats.IRI)
    assert caught.value.code == code


# --- EPrints, OPUS 4, ProQuest


def eprint(*files: tuple[str, bytes], many: int = 1) -> bytes:
    inner = b"".join(b"<file><filename>%s</filename><data>%s</data></file>" % (name.encode(), data) for name, data in files)
    one = b"<eprint><title>Peas</title><documents><document><files>%s</files></document></documents></eprint>" % inner
    return b'<eprints xmlns="http://eprints.org/ep2/data/2.0">%s</eprints>' % (one * many)


@pytest.mark.parametrize("squeezed", [False, True])
def test_files_within_eprints_xml_become_files_of_the_work(desk: Desk, squeezed: bool) -> None:
    body = eprint(("peas.pdf", base64.encodebytes(PDF * 99)), ("empty.txt", b""), ("peas.pdf", base64.b64encode(b"2")))
    said = {"name": "peas.xml", "mime": "application/vnd.eprints.data+xml; charset=utf-8"}
    content, _ = outcome(desk, gzip.compress(body) if squeezed else body, "", **said)
    assert content.record is not None
    assert [(file.name, file.bytes) for file in content.files] == [("peas.pdf", 1287), ("empty.txt", 0), ("1/peas.pdf", 1)]
    assert roles(content)["peas.xml"] == "metadata"
    assert desk.left() == []


def test_files_of_one_name_within_eprints_xml_are_all_kept_and_none_is_the_document(desk: Desk) -> None:
    same = [("a", base64.b64encode(b"%d" % number)) for number in range(4)]
    own = ("Peas.xml", base64.b64encode(b"its own"))
    content, _ = outcome(desk, eprint(*same, own), "", name="peas.xml", mime="application/vnd.eprints.data+xml")
    names = [file.name for file in content.files]
    assert names == ["a", "1/a", "1/1/a", "1/2/a", "1/Peas.xml"]
    assert len({file.sha256 for file in content.files}) == 5
    assert roles(content)["peas.xml"] == "metadata"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (eprint(("../peas.pdf", b"")), "archive-unsafe"),
        (eprint(("good.pdf", b"aGVsbG8="), ("peas.pdf", b"!")), "file-broken"),
        (eprint(("a.pdf", b"aGVsbG8="), many=2), "several-works"),
        (gzip.compress(eprint())[:-9], "archive-broken"),
        (eprint()[:-9], "xml"),
    ],
)
def test_eprints_xml_that_is_wrong_is_held(desk: Desk, body: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        desk.read(body, packaging=eprints.IRI, name="eprints.xml")
    assert caught.value.code == code
    assert desk.left() == []


def opus(files: bytes) -> bytes:
    inner = b'<titlesMain><titleMain language="eng">Peas</titleMain></titlesMain><files basedir="files">%s</files>' % files
    return b'<import><opusDocument language="eng" type="book">%s</opusDocument></import>' % inner


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_opus_packages_are_known_without_a_packaging_header(desk: Desk, kind: str) -> None:
    checksum = hashlib.md5(PDF, usedforsecurity=False).hexdigest().encode()
    manifest = opus(b'<file path="peas.pdf"><checksum type="md5">%s</checksum></file><file name="more.txt"/>' % checksum)
    files = [("opus.xml", manifest), ("peas.pdf", PDF), ("files/more.txt", b"1")]
    body = zipped(*files) if kind == "zip" else tarred(*files)
    content, codes = outcome(desk, body, "", name=f"deposit.{kind}", mime=f"application/{kind}")
    assert codes == ["packaging-sniffed"]
    assert content.record is not None
    assert [file.name for file in content.files] == ["peas.pdf", "files/more.txt"]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (b'<file name="gone.pdf"/>', "manifest-names-missing-file"),
        (b'<file name="peas.pdf"><checksum type="sha512">00</checksum></file>', "digest-mismatch"),
    ],
)
def test_opus_packages_whose_files_are_others_are_held(desk: Desk, files: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        desk.read(zipped(("opus.xml", opus(files)), ("peas.pdf", PDF)), packaging=opus4.IRI)
    assert caught.value.code == code


THESIS = b"""<DISS_submission><DISS_description><DISS_title>Peas</DISS_title></DISS_description><DISS_content>
<DISS_binary type="PDF">Mendel.pdf</DISS_binary><DISS_attachment><DISS_file_name>plot.csv</DISS_file_name></DISS_attachment>
</DISS_content></DISS_submission>"""


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"Mendel_DATA.xml": THESIS, "Mendel.pdf": PDF}, "manifest-names-missing-file"),
        ({"Mendel.pdf": PDF}, "manifest-missing"),
        ({"a_DATA.xml": THESIS, "b_DATA.xml": THESIS}, "manifest-twice"),
    ],
)
def test_theses_whose_files_are_not_there_are_held(desk: Desk, files: dict[str, bytes], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        desk.read(zipped(*files.items()), packaging=proquest.IRI)
    assert caught.value.code == code


# --- documents by themselves, and which packaging is meant


@pytest.mark.parametrize("body", [MODS, zipped(("mods.xml", MODS), ("peas.pdf", PDF)), tarred(("mods.xml", MODS))])
def test_a_metadata_document_is_a_deposit_alone_or_in_an_archive(desk: Desk, body: bytes) -> None:
    content, _ = outcome(desk, body, mods.PLUGIN.iri, name="mods.xml", mime="application/xml")
    assert content.record is not None
    assert "metadata" in roles(content).values()
    assert all(file.name == "peas.pdf" for file in content.files)


def test_a_document_of_another_format_is_read_and_one_of_none_is_held(desk: Desk) -> None:
    content, _ = outcome(desk, MODS, datacite.PLUGIN.iri, name="mods.xml")
    assert content.source.reader == "mods"
    for body, code in ((b"<peas/>", "unknown-format"), (b"{}", "unknown-format"), (b"[1]", "json"), (b"peas", "xml")):
        with pytest.raises(Invalid) as caught:
            desk.read(body, packaging=datacite.PLUGIN.iri, name="a.xml")
        assert caught.value.code == code
        assert caught.value.place.startswith("a.xml")


def test_a_simple_zip_with_a_manifest_is_what_the_manifest_says(desk: Desk) -> None:
    content, codes = outcome(desk, zipped(("mets.xml", mets(wrapped(MODS))), ("peas.pdf", PDF)), simplezip.IRI)
    assert codes == ["packaging-sniffed"]
    assert roles(content)["mets.xml"] == "manifest"
    content, codes = outcome(desk, zipped(("Mendel_DATA.xml", MODS), ("data.csv", b"1")), simplezip.IRI)
    assert codes == []


def test_one_file_is_one_file_whatever_is_in_it(desk: Desk) -> None:
    body = zipped(("mets.xml", mets(wrapped(MODS))), ("peas.pdf", PDF))
    for packaging, mime in ((binary.IRI, "application/zip"), ("", "application/epub+zip"), ("", "application/pdf")):
        content, codes = outcome(desk, body, packaging, mime=mime)
        assert [file.name for file in content.files] == ["peas.zip"]
        assert codes == []
    content, _ = outcome(desk, zipped(("data.csv", b"1")), "")
    assert [file.name for file in content.files] == ["peas.zip"]


def test_a_name_that_is_not_its_own_is_remarked(desk: Desk) -> None:
    body = zipped(("peas.pdf", PDF))
    content, codes = outcome(desk, body, "http://purl.org/net/sword-types/SimpleZip")
    assert codes == ["quirk-packaging"]
    assert content.remarks[0].value == "http://purl.org/net/sword-types/SimpleZip"
    assert outcome(desk, body, "http://purl.org/net/sword/3.0/package/SimpleZip")[1] == []


def test_no_name_means_two_packagings() -> None:
    found = [name for packaging in packagings() for name in (packaging.iri, *packaging.names, *packaging.aliases)]
    types = [name for packaging in packagings() for name in packaging.media_types]
    assert len(set(found)) == len(found)
    assert len(set(types)) == len(types)


def test_two_documents_of_one_work_are_one(desk: Desk) -> None:
    doi = b'<identifier type="doi">10.5555/peas</identifier></mods>'
    first, second = MODS.replace(b"</mods>", doi), MODS.replace(b"</mods>", b"<abstract>Round.</abstract>" + doi)
    content, codes = outcome(desk, zipped(("a.xml", first), ("b.xml", second)), simplezip.IRI)
    assert content.record is not None
    assert [text.value for text in content.record.abstracts] == ["Round."]
    assert codes == ["metadata-twice"]
    with pytest.raises(Invalid) as caught:
        desk.read(zipped(("a.xml", MODS), ("b.xml", MODS.replace(b"Versuche", b"Bees"))))
    assert caught.value.code == "several-works"


@pytest.mark.parametrize("packaging", [metsdspacesip.IRI, bagit.IRI, filesandjats.IRI, opus4.IRI, eprints.IRI])
def test_a_disk_that_fills_up_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch, packaging: str) -> None:
    bodies = {
        metsdspacesip.IRI: zipped(("mets.xml", mets(wrapped(MODS))), ("peas.pdf", PDF)),
        filesandjats.IRI: zipped(("a.xml", JATS % b"1"), ("peas.pdf", PDF)),
        opus4.IRI: zipped(("opus.xml", opus(b"")), ("peas.pdf", PDF)),
        eprints.IRI: eprint(("a.pdf", b"aGVsbG8="), ("b.pdf", b"aGVsbG8=")),
    }
    original, calls = Spool.finish, 0

    def fails(self: Spool, last: bytes = b"", *, flush: bool = True) -> object:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise Unavailable("The file cannot be stored: No space left on device.", code="storage")
        return original(self, last, flush=flush)

    monkeypatch.setattr(Spool, "finish", fails)
    with pytest.raises(Unavailable):
        desk.read(bodies.get(packaging, zipped(*bag().items())), packaging=packaging)
    assert desk.left() == []
