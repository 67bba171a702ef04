"""Real documents, read in through our readers, are valid in every library format."""

from pathlib import Path

import pytest

from server.metadata.reading import Reading
from tests.metadata import famous
from tests.metadata.library import SHARED, form, needs_schema, schema, stands_alone, written
from tests.metadata.test_corpora import SHELF, answer_to, roots

RECORDS = SHARED / "data" / "records"
#: Reader, folders of documents, and how many records there are at least.
CORPORA = (
    ("mods", ("mods", "mets"), 250),
    ("datacite", ("datacite/xml",), 110),
    ("oai_dc", ("oai",), 2300),
    ("marcxml", ("oai", "mods"), 14),
    ("dcterms", ("rioxx", "sword"), 5),
)


@needs_schema
@pytest.mark.parametrize(("name", "folders", "least"), CORPORA, ids=lambda value: value if isinstance(value, str) else None)
def test_real_records_are_valid_in_every_library_format(name: str, folders: tuple[str, ...], least: int):
    reader, count = SHELF[name], 0
    for source, root in (found for folder in folders for found in roots(Path(RECORDS, folder))):
        if (name == "dcterms" and root.getparent() is not None) or not reader.recognises(root):
            continue
        answer = answer_to(reader, root)
        if not isinstance(answer, Reading):
            continue
        count += 1
        for prefix in ("mods", "mets", "marcxml"):
            document = written(prefix, famous.work(7, answer.record))
            assert schema().validate(document), f"{source} as {prefix}: {schema().error_log.last_error}"
            stands_alone(document, form(prefix))
    assert count >= least, f"only {count} records"
