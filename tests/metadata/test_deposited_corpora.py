"""Reads what clients really deposit, where the shared corpus is at hand: much of each is mapped, and formats can be written of it."""

import gzip
import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from lxml import etree

from server.errors import Invalid
from server.metadata.reading import Reading, readers
from server.records.model import Record, encode
from server.xml import parse
from tests.metadata import famous
from tests.metadata.approved import schema, written
from tests.metadata.test_corpora import SHARED, answer_to
from tests.metadata.test_oai_dc import schema as oai_dc

SHELF = readers()
LARGEST = 4 * 2**20
#: Of a large corpus so many are taken, and then every how many-th; the long runs take each.
MANY = 600
STRIDE = int(os.environ.get("SHEAF_TEST_STRIDE") or 50)

#: Reader, folders, roots of works in larger documents, readings at least, fields mapped of one on average at least.
CORPORA = [
    ("eprints", ["sword-samples/eprints", "records/rioxx"], {"eprint"}, 100, 12),
    ("opus4", ["sword-samples/opus4", "records/sword/opus4"], {"opusDocument"}, 12, 8),
    ("rioxx", ["sword-samples/rioxx", "records/rioxx"], set(), 20, 12),
    (
        "crossref",
        ["sword-samples/crossref", "records/crossref/jose-deposits", "records/crossref/unixsd-cayenne"],
        {"crossref", "doi_record"},
        100,
        12,
    ),
    ("codemeta", ["sword-samples/codemeta", "records/sword"], set(), 8, 5),
    ("ddm", ["sword-samples/bagit"], set(), 14, 12),
    ("jats", ["sword-samples/jats", "sword-samples/mets", "records/sword", "records/jats/scielo"], set(), 40, 25),
    ("epdcx", ["sword-samples/mets", "records/sword"], {"descriptionSet"}, 6, 8),
    ("dim", ["records/oai/mit-transmogrifier", "records/mets"], {"dim"}, 8, 8),
    ("etdms", ["records/oai/ualberta-fcrepo"], {"thesis"}, 500, 15),
    ("hyrax", ["sword-samples/atom", "sword-samples/bagit"], set(), 3, 10),
]


def documents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every XML document, those in archives too, as packages bring them."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as bundle:
                for info in bundle.infolist():
                    if info.filename.endswith(".xml") and info.file_size < LARGEST:
                        yield f"{path}!{info.filename}", bundle.read(info)
        elif path.suffix == ".tar":
            with tarfile.open(path) as bundle:
                for member in bundle:
                    if member.name.endswith(".xml") and (content := bundle.extractfile(member)):
                        yield f"{path}!{member.name}", content.read()
        elif path.suffix == ".gz":
            yield str(path), gzip.decompress(path.read_bytes()) if ".xml" in path.name else b""
        else:
            yield str(path), path.read_bytes()


def works(name: str, folders: list[str], inside: set[str]) -> Iterator[tuple[str, etree._Element]]:
    """Yield what the reader recognises: the document, or, where it describes several works, each of them."""
    for source, content in (found for folder in folders for found in documents(SHARED / folder)):
        try:
            root = parse(content)
        except Invalid:
            continue
        each = [node for node in root.iter() if isinstance(node.tag, str) and etree.QName(node).localname in inside]
        whole = len(each) < 2 and SHELF[name].recognises(root)
        yield from ((source, node) for node in ([root] if whole else each) if SHELF[name].recognises(node))


def mapped(record: Record) -> int:
    """Count what a record holds: its values, lists counted by their members."""
    fields = msgspec.json.decode(encode(record))
    return sum(len(value) if isinstance(value, list | dict) else 1 for value in fields.values())


@pytest.mark.parametrize(
    ("name", "folders", "inside", "least", "fields"), CORPORA, ids=lambda v: v if isinstance(v, str) else None
)
def test_real_deposits_are_read_and_written(name: str, folders: list[str], inside: set[str], least: int, fields: int):
    missing = [folder for folder in folders if not (SHARED / folder).is_dir()]
    if missing:
        pytest.skip(f"the shared corpus lacks {', '.join(missing)} (looked in {SHARED}; set SHEAF_SHARED)")
    count = total = 0
    for at, (source, root) in enumerate(works(name, folders, inside)):
        if at > MANY and at % STRIDE:
            continue
        answer = answer_to(SHELF[name], root)
        if isinstance(answer, Invalid):
            assert answer.place, source
            assert answer.remedy, source
            continue
        count += 1
        total += mapped(answer.record)
        is_written(answer, source)
    assert count >= least, f"only {count} readings"
    assert total >= fields * count, f"only {total / count:.1f} fields of a work"


def is_written(reading: Reading, source: str) -> None:
    work = famous.work(8, reading.record, doi="10.5072/x.1")
    for name, judge in (("oai_dc", oai_dc()), ("oai_datacite", schema("oai_datacite"))):
        judge.validate(written(name, work))
        assert not judge.error_log, f"{source}: {name}: {judge.error_log.last_error}"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (reader.name, path)
        for reader in SHELF
        for path in sorted((Path(__file__).parents[1] / "samples/metadata" / reader.name).glob("*.xml"))
    ],
    ids=lambda value: getattr(value, "name", None),
)
@pytest.mark.skipif(not (SHARED / "schemas").is_dir(), reason="needs data/schemas of SHEAF_SHARED")
def test_a_sample_can_be_written(name: str, path: Path):
    is_written(SHELF[name].read(parse(path.read_bytes())), path.name)
