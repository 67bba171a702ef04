"""Reads the real documents of the shared corpus, where it is at hand: each gives a Reading or an Invalid that says where and what to do."""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from lxml import etree

from server.errors import Invalid
from server.metadata.reading import Reader, Reading, readers
from server.xml import parse

ROOT = Path(__file__).parents[2]
SHARED = (ROOT / os.environ.get("SHEAF_SHARED", "../shared")).resolve() / "data"
SHELF = readers()

#: Reader, folders, and how many readings there are at least.
CORPORA = [
    ("mods", ["records/mods", "records/mets", "records/oai", "crosswalk-samples"], 370),
    ("datacite", ["records/datacite/xml", "records/oai"], 245),
    ("datacite", ["agencies/datacite", "sword-samples/datacite", "crosswalk-samples"], 115),
    ("oai_dc", ["records/oai", "records/mets", "crosswalk-samples"], 2300),
    ("dcterms", ["sword-samples/atom", "sword-samples/codemeta", "sword-samples/rioxx", "records/rioxx", "records/sword"], 30),
    ("jats", ["records/jats"], 170),
    ("marcxml", ["records/oai", "records/mods", "crosswalk-samples"], 15),
]


def documents(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.name.endswith(".tar.zst"):
            with zstandard.open(path, "rb") as stream, tarfile.open(fileobj=stream, mode="r|") as bundle:
                for member in bundle:
                    if member.isfile() and (content := bundle.extractfile(member)):
                        yield f"{path}!{member.name}", content.read()
        elif path.is_file():
            yield str(path), path.read_bytes()


def roots(folder: Path) -> Iterator[tuple[str, etree._Element]]:
    """Yield the roots of all documents that can be parsed, and every element in them, as a harvest wraps records in envelopes."""
    for name, content in documents(folder):
        try:
            root = parse(content)
        except Invalid:
            continue
        yield name, root
        for element in root.iter():
            if element is not root:
                yield name, element


def answer_to(reader: Reader, root: etree._Element) -> Reading | Invalid:
    try:
        return reader.read(root)
    except Invalid as refusal:
        return refusal


@pytest.mark.parametrize(("name", "folders", "least"), CORPORA, ids=lambda value: value if isinstance(value, str) else None)
def test_real_documents_are_read_or_refused_with_place_and_remedy(name: str, folders: list[str], least: int):
    missing = [folder for folder in folders if not (SHARED / folder).is_dir()]
    if missing:
        pytest.skip(f"the shared corpus lacks {', '.join(missing)} (looked in {SHARED}; set SHEAF_SHARED)")
    reader, count = SHELF[name], 0
    for source, root in (found for folder in folders for found in roots(SHARED / folder)):
        if (name == "dcterms" and root.getparent() is not None) or not reader.recognises(root):
            continue
        answer = answer_to(reader, root)
        if isinstance(answer, Invalid):
            assert answer.place, source
            assert answer.remedy, source
        else:
            count += 1
    assert count >= least, f"only {count} readings"
