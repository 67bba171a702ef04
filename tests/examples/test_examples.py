"""Holds the example works to their word: layout, files, metadata, variety, and that the made files can be made again."""

import csv
import io
import os
import runpy
import tomllib
import unicodedata
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
SHARED = Path(os.environ.get("SHEAF_SHARED", ROOT.parent / "shared"))
SCHEMAS = SHARED / "data" / "schemas"
if SCHEMAS.is_dir():
    os.environ.setdefault("XML_CATALOG_FILES", str(SCHEMAS / "catalog.xml"))  # read when lxml is first imported

from lxml import etree  # noqa: E402

from server import xml  # noqa: E402
from server.records.vocabulary import TYPES, find_type  # noqa: E402

SLUGS = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir())
KINDS = {"entry", "binary", "simplezip", "multipart"}
NS = {
    "atom": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "d": "http://datacite.org/schema/kernel-4",
    "m": "http://www.loc.gov/mods/v3",
}
#: Where each format says what the work is called, what it is, from when, and in which language.
PLACES = {
    "mods.xml": ("/m:mods/m:titleInfo/m:title", "//m:genre", "//m:originInfo/m:dateIssued", "//m:languageTerm"),
    "datacite.xml": ("/d:resource/d:titles/d:title", "//d:resourceType", "/d:resource/d:publicationYear", "//d:language"),
    "oai_dc.xml": ("//dc:title", "//dc:type", "//dc:date", "//dc:language"),
    "entry.xml": ("//dcterms:title", "//dcterms:type", "//dcterms:issued", "//dcterms:language"),
}
TITLE, TYPE, DATE, LANGUAGE = range(4)
SCHEMA_OF = {
    "mods.xml": SCHEMAS / "mods" / "mods-3-8.xsd",
    "datacite.xml": SCHEMAS / "datacite" / "kernel-4.7" / "metadata.xsd",
    "oai_dc.xml": SCHEMAS / "oai-all.xsd",
    "entry.xml": SCHEMAS / "atom" / "atom-rfc4287-jing.rng",
}

every_example = pytest.mark.parametrize("slug", SLUGS)


def deposit(slug):
    return tomllib.loads((EXAMPLES / slug / "deposit.toml").read_text("utf-8"))


def metadata(slug):
    return xml.parse((EXAMPLES / slug / deposit(slug)["metadata"]).read_bytes())


def said(slug, what):
    """What the metadata say of one thing, every occurrence in order."""
    place = PLACES[deposit(slug)["metadata"]][what]
    return [xml.text_of(element) for element in metadata(slug).xpath(place, namespaces=NS)]


def first_strong(text):
    return next((d for d in map(unicodedata.bidirectional, text) if d in {"L", "R", "AL"}), "")


@every_example
def test_deposit_has_exactly_its_keys_and_a_line_that_says_what_it_shows(slug):
    text = (EXAMPLES / slug / "deposit.toml").read_text("utf-8")
    assert text.startswith("# ")
    wanted = deposit(slug)
    assert set(wanted) == {"kind", "collection", "metadata", "files"}
    assert wanted["kind"] in KINDS
    assert wanted["collection"] == "works"
    assert wanted["files"]
    assert len(set(wanted["files"])) == len(wanted["files"])
    if wanted["kind"] == "binary":
        assert len(wanted["files"]) == 1


@every_example
def test_every_file_is_named_and_every_name_is_a_file(slug):
    wanted = deposit(slug)
    there = {path.relative_to(EXAMPLES / slug).as_posix() for path in (EXAMPLES / slug).rglob("*") if path.is_file()}
    assert there == {"deposit.toml", wanted["metadata"], *wanted["files"]}


@every_example
def test_the_kind_gets_the_metadata_it_can_carry(slug):
    wanted = deposit(slug)
    is_entry = metadata(slug).tag == f"{{{NS['atom']}}}entry"
    assert is_entry == (wanted["kind"] != "simplezip")
    assert is_entry == (wanted["metadata"] == "entry.xml")


@every_example
def test_metadata_name_a_title_a_known_type_a_date_and_a_language(slug):
    assert said(slug, TITLE)[0]
    codes = {find_type(word) for word in said(slug, TYPE)}
    assert len(codes) == 1, f"one type, not {codes}"
    assert codes <= set(TYPES)
    assert len(said(slug, DATE)[0]) >= 4
    assert said(slug, LANGUAGE)[0]


@every_example
def test_an_entry_is_an_atom_entry(slug):
    if deposit(slug)["metadata"] != "entry.xml":
        return
    root = metadata(slug)
    for name in ("title", "id", "updated"):
        assert len(root.findall(f"atom:{name}", NS)) == 1
    assert root.findall("atom:author/atom:name", NS)
    assert root.findtext("atom:title", namespaces=NS) == root.findtext("dcterms:title", namespaces=NS)


@every_example
def test_metadata_are_valid_by_their_official_schema(slug):
    name = deposit(slug)["metadata"]
    if not SCHEMA_OF[name].is_file():
        pytest.skip(f"no schema at {SCHEMA_OF[name]}: set SHEAF_SHARED")
    kind = etree.RelaxNG if SCHEMA_OF[name].suffix == ".rng" else etree.XMLSchema
    schema = kind(file=str(SCHEMA_OF[name]))
    document = etree.parse(str(EXAMPLES / slug / name))
    assert schema.validate(document), schema.error_log


@every_example
def test_files_are_what_their_names_say(slug):
    for name in deposit(slug)["files"]:
        body = (EXAMPLES / slug / name).read_bytes()
        assert body, name
        match Path(name).suffix:
            case ".pdf":
                assert body.startswith(b"%PDF-")
                assert body.rstrip().endswith(b"%%EOF")
            case ".csv":
                rows = list(csv.reader(io.StringIO(body.decode("utf-8")), strict=True))
                assert len(rows) > 1
                assert {len(row) for row in rows} == {len(rows[0])}, name
            case ".svg":
                assert etree.fromstring(body).tag == "{http://www.w3.org/2000/svg}svg"
                assert b"<script" not in body
            case ".txt":
                assert body.decode("utf-8").strip()
            case ".zip":
                assert zipfile.ZipFile(io.BytesIO(body)).testzip() is None
            case other:
                pytest.fail(f"no check for {other}")


def test_pdf_cross_references_point_at_their_objects():
    for path in EXAMPLES.rglob("*.pdf"):
        body = path.read_bytes()
        start = int(body.rsplit(b"startxref\n", 1)[1].split()[0])
        lines = body[start:].splitlines()
        assert lines[0] == b"xref"
        for number in range(1, int(lines[1].split()[1])):
            offset = int(lines[2 + number].split()[0])
            assert body[offset:].startswith(b"%d 0 obj" % number), f"{path.name}: object {number}"


def test_the_examples_differ_enough():
    assert len(SLUGS) >= 12
    assert {deposit(slug)["kind"] for slug in SLUGS} == KINDS
    assert len({find_type(said(slug, TYPE)[0]) for slug in SLUGS}) >= 8
    assert sum(first_strong(said(slug, TITLE)[0]) in {"R", "AL"} for slug in SLUGS) >= 2
    assert sum(int(said(slug, DATE)[0][:4]) < 1500 for slug in SLUGS) >= 2
    assert len({said(slug, LANGUAGE)[0] for slug in SLUGS}) >= 6
    used = [deposit(slug)["metadata"] for slug in SLUGS]
    assert all(used.count(name) >= 3 for name in PLACES)


def test_the_folder_stays_small():
    sizes = {path: path.stat().st_size for path in EXAMPLES.rglob("*") if path.is_file()}
    assert max(sizes.values()) < 60_000
    assert sum(sizes.values()) < 600_000


def test_the_readme_tells_of_every_example():
    readme = (EXAMPLES / "README.md").read_text("utf-8")
    assert [slug for slug in SLUGS if f"`{slug}`" not in readme] == []


def test_made_files_come_out_the_same_again(tmp_path):
    runpy.run_path(str(EXAMPLES / "make_files.py"))["make"](tmp_path)
    made = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert made
    assert [name for name in made if (tmp_path / name).read_bytes() != (EXAMPLES / name).read_bytes()] == []


def test_the_program_of_note_g_computes_bernoulli_numbers(tmp_path):
    zipfile.ZipFile(EXAMPLES / "lovelace-note-g" / "note-g.zip").extractall(tmp_path)
    program = runpy.run_path(str(tmp_path / "note-g" / "bernoulli.py"))
    assert [str(number) for number in program["bernoulli"](6)] == ["1/6", "-1/30", "1/42", "-1/30", "5/66", "-691/2730"]


def test_known_sums():
    """Figures everybody can check: Mendel's totals, Aryabhata's radius, the sixty-three elements of 1869."""

    def column(path, number):
        with (EXAMPLES / path).open(encoding="utf-8", newline="") as file:
            return [row[number] for row in csv.reader(file)][1:]

    for path in ("mendel-versuche/counts.csv", "mendel-pea-counts/counts.csv"):
        dominant, recessive = (sum(map(int, column(path, number))) for number in (3, 4))
        assert (dominant, recessive) == (14949, 5010)
    assert column("aryabhata-aryabhatiya/sine-differences.csv", 2)[-1] == "3438"
    assert sum(bool(symbol) for symbol in column("mendeleev-opyt/elements.csv", 2)) == 63
