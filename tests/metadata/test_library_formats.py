"""MODS, METS and MARC 21 of any record at all, and of the real documents our readers read: valid, and whole when cut out."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from server.metadata.reading import Reading
from server.xml import FORBIDDEN
from tests.metadata import famous
from tests.metadata.library import MANY, SHARED, form, needs_schema, schema, stands_alone, with_files, written
from tests.metadata.test_corpora import SHELF, answer_to, roots
from tests.strategies import records

FORMATS = ("mods", "mets", "marcxml")
RECORDS = SHARED / "data" / "records"
#: Reader, folders of documents, which of them are taken (all, or every so many-th), and how many records there are at least.
CORPORA = (
    ("mods", ("mods", "mets"), 1, 250),
    ("datacite", ("datacite/xml",), 1, 110),
    ("oai_dc", ("oai",), 8, 280),
    ("marcxml", ("oai", "mods"), 1, 14),
    ("dcterms", ("rioxx", "sword"), 1, 5),
)


@needs_schema
@MANY
@given(records(dirty=True), st.sampled_from(("", "10.5072/x.1")), st.sampled_from(("", "2026-01-15")), st.booleans())
def test_any_record_is_valid_and_stands_alone_and_holds_nothing_forbidden(record, own, deposited, known):
    work = with_files(record, doi=own, handle=own, deposited=deposited, modified="2026-01-15T10:00:00Z" if known else "")
    for name in FORMATS:
        text = form(name).write(work)
        assert not FORBIDDEN.search(text)
        root = etree.fromstring(text.strip().encode())
        schema().assertValid(root)
        stands_alone(root, form(name))
        fixed = root.findtext("{http://www.loc.gov/MARC21/slim}controlfield[@tag='008']")
        assert fixed is None or re.fullmatch(r".{35}([a-z]{3}|\|{3}) d", fixed)


@needs_schema
@pytest.mark.parametrize(
    ("name", "folders", "step", "least"), CORPORA, ids=lambda value: value if isinstance(value, str) else None
)
def test_real_records_are_valid(name: str, folders: tuple[str, ...], step: int, least: int):
    reader, seen, count = SHELF[name], 0, 0
    for source, root in (found for folder in folders for found in roots(Path(RECORDS, folder))):
        if (name == "dcterms" and root.getparent() is not None) or not reader.recognises(root):
            continue
        seen += 1
        answer = answer_to(reader, root) if seen % step == 0 else None
        if not isinstance(answer, Reading):
            continue
        count += 1
        for prefix in FORMATS:
            document = written(prefix, famous.work(7, answer.record))
            assert schema().validate(document), f"{source} as {prefix}: {schema().error_log.last_error}"
            stands_alone(document, form(prefix))
    assert count >= least, f"only {count} records"
