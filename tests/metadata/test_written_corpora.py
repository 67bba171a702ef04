"""Real records of others, read by our readers and written in our formats: each is valid, and keeps the rules or lacks something itself."""

import os
from collections.abc import Iterator

import pytest

from server.errors import Invalid
from server.metadata.reading import readers
from server.records.model import Record
from tests.metadata import famous
from tests.metadata.approved import errors, faults, found, schema, written
from tests.metadata.test_corpora import SHARED, roots

#: Every how many-th record is written; the long runs take each.
STRIDE = int(os.environ.get("SHEAF_TEST_STRIDE") or 12)
FOLDERS = [
    "records/datacite/xml",
    "records/mods",
    "records/mets",
    "crosswalk-samples",
    "records/rioxx",
    "records/oai",
    "records/jats",
    "records/sword",
]
#: What our readers could not find in a document, no format can give.
LACKING = {"oai_openaire": ("openaire4", {"title", "creator", "date", "embargo", "funding"}), "rioxx": ("rioxx", set())}


def records() -> Iterator[tuple[str, Record]]:
    shelf = readers()
    seen = 0
    for folder in FOLDERS:
        for source, root in roots(SHARED / folder):
            reader = next((reader for reader in shelf if reader.recognises(root)), None)
            if reader is None or (reader.name == "dcterms" and root.getparent() is not None):
                continue
            seen += 1
            if seen % STRIDE == 0:
                try:
                    yield source, reader.read(root).record
                except Invalid:
                    continue


@pytest.mark.skipif(not (SHARED / "records").is_dir(), reason="needs data/records of SHEAF_SHARED")
def test_real_records_are_valid_and_keep_the_rules_but_for_what_they_lack():
    count = given_in_rioxx = 0
    for source, record in records():
        count += 1
        work = famous.work(7, record)
        for name in ("oai_datacite", "oai_openaire", "oai_qdc", "rioxx"):
            if not found()[name].applies(record):
                continue
            root = written(name, work)
            if name == "rioxx":
                given_in_rioxx += 1
            else:
                schema(name).assertValid(root)
            rules, lacking = LACKING.get(name, ("", set()))
            if rules:
                assert errors(faults(rules, root)) <= lacking, (source, name)
    assert count >= 2000 / STRIDE
    assert given_in_rioxx >= count / 10
