"""Files of works: every format, plain and compressed; what is bad is named with its place and stops nothing."""

import gzip
from pathlib import Path

import msgspec
import pytest
import zstandard

from server.errors import Invalid
from server.harvest.batch import Bare
from server.harvest.sources import Bad, Line, works
from server.metadata.reading import readers
from server.records.model import Identifier, Record, Text, decode

SHELF = readers()
SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "metadata"


def line(title: str = "Peas", **more: object) -> bytes:
    return msgspec.json.encode(Line(record=Record(type="publication.book", title=Text(value=title)), **more))


def found(path: Path) -> list[Bare | Bad]:
    return [step.found for step in works(path, SHELF)]


def titles(path: Path) -> list[str]:
    return [decode(each.document).title.value for each in found(path) if isinstance(each, Bare)]


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_lines_plain_and_compressed(tmp_path: Path, ending: str) -> None:
    data = b"\n".join([line("a", origin="x:1"), b"", line("b", origin="x:2")])
    packed = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}[ending](data)
    path = tmp_path / f"works.jsonl{ending}"
    path.write_bytes(packed)
    assert titles(path) == ["a", "b"]
    assert [each.origin for each in found(path)] == ["x:1", "x:2"]
    assert list(works(path, SHELF))[-1].position == len(packed)


def test_a_bad_line_is_named_and_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "works.jsonl"
    bad = [
        b'{"record": {"type": "book", "title": {"value": "x"}}}',
        b"{nonsense",
        b'{"record": {}, "what": 1}',
        b'{"record":{"type":"publication.book"}}',
    ]
    path.write_bytes(b"\n".join([line("a"), *bad, line("b")]))
    rows = found(path)
    assert titles(path) == ["a", "b"]
    faults = [each for each in rows if isinstance(each, Bad)]
    assert [fault.place for fault in faults] == [f"works.jsonl line {n}" for n in (2, 3, 4, 5)]
    assert "type 'book'" in faults[0].reason
    assert "title" in faults[3].reason


def test_a_doi_that_is_none_is_kept_as_it_is_and_named(tmp_path: Path) -> None:
    record = Record(type="publication.book", title=Text(value="a"), identifiers=(Identifier(scheme="doi", value="not a doi"),))
    path = tmp_path / "works.jsonl"
    path.write_bytes(msgspec.json.encode(Line(record=record)))
    fault, work = found(path)
    assert isinstance(fault, Bad)
    assert "not a doi" in fault.reason
    assert decode(work.document).identifiers == (Identifier(scheme="other", value="not a doi"),)


def test_a_work_without_a_name_is_named_by_its_identifier_or_its_content(tmp_path: Path) -> None:
    path = tmp_path / "works.jsonl"
    named = Record(
        type="publication.book", title=Text(value="a"), identifiers=(Identifier(scheme="doi", value="10.1007/BF02980577"),)
    )
    path.write_bytes(b"\n".join([msgspec.json.encode(Line(record=named)), line("b"), line("b"), line("c")]))
    origins = [each.origin for each in found(path)]
    assert origins[0] == "doi:10.1007/BF02980577"
    assert origins[1] == origins[2] != origins[3]


@pytest.mark.parametrize("kind", ["oai_dc", "mods", "marcxml", "datacite", "dcterms"])
def test_every_metadata_format_comes_in_alone_and_in_a_collection(tmp_path: Path, kind: str) -> None:
    samples = sorted((SAMPLES / kind).glob("*.xml"))
    texts = [sample.read_bytes().partition(b"?>")[2] or sample.read_bytes() for sample in samples]
    together = tmp_path / "all.xml"
    together.write_bytes(b"<records>" + b"\n".join(texts) + b"</records>")
    alone = [each for sample in samples for each in found(sample) if isinstance(each, Bare)]
    assert len(alone) >= 1
    assert titles(together) == [decode(each.document).title.value for each in alone]


def test_a_harvested_list_comes_in_from_its_file(tmp_path: Path) -> None:
    sample = next((SAMPLES / "oai_dc").glob("*.xml")).read_bytes().partition(b"?>")[2]
    path = tmp_path / "list.xml"
    path.write_bytes(
        b'<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>'
        + (b"<record><metadata>" + sample + b"</metadata></record>") * 3
        + b"</ListRecords></OAI-PMH>"
    )
    assert len(titles(path)) == 3


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("broken.xml", b"<records><a></records>", "cannot be read"),
        ("nothing.xml", b"<records><a/></records>", "no metadata"),
        ("entities.xml", b'<!DOCTYPE r [<!ENTITY e "x">]><records>&e;</records>', ""),
        ("cut.jsonl.gz", gzip.compress(b'{"record": 1}\n' * 5000)[:-20], "breaks off"),
        ("cut.jsonl.zst", zstandard.compress(bytes(range(256)) * 4000 + b"{")[:-30], ""),
        ("empty.jsonl", b"", "empty"),
        ("no.jsonl.gz", b"plain text", "damaged"),
        ("binary.bin", bytes(range(256)) * 10, ""),
    ],
)
def test_files_that_are_none(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    rows = found(path)
    assert rows
    assert all(isinstance(row, Bad) for row in rows)
    assert reason in rows[-1].reason


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be opened"):
        found(tmp_path / "missing.jsonl")
