"""Pre-flight over every real record of the shared corpora: whatever the official schemas refuse was named."""

import os

import pytest
from lxml import etree

from tests.fakes import datacite_schema
from tests.identifiers.plain_datacite import document
from tests.identifiers.test_preflight import DOI, found, judged, needs_crossref, needs_kernel, unnamed
from tests.metadata import famous
from tests.metadata.real import real_records
from tests.metadata.test_datacite import rendered

STRIDE = int(os.environ.get("SHEAF_TEST_STRIDE") or 0)
"""Every which record is looked at; none in everyday runs, as reading them takes longer than all other tests of pre-flight."""

pytestmark = [
    pytest.mark.timeout(0),
    needs_kernel,
    needs_crossref,
    pytest.mark.skipif(not STRIDE, reason="SHEAF_TEST_STRIDE is not set"),
]


def test_of_real_records_whatever_the_schemas_refuse_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert real_records()
    for record in real_records()[::STRIDE]:
        one = famous.work(8, record, doi=DOI)
        root, fields = document(one.record)
        assert unnamed(root, fields, set(found("datacite", one))) == []
        assert datacite_schema.schema().validate(etree.fromstring(rendered(one)))
        judged(one, monkeypatch)
