"""oai_datacite: DataCite's envelope, the record in it, and the access level where OpenAIRE's guidelines for data look for it."""

import pytest
from hypothesis import given

from server.metadata import kernel
from tests.metadata import famous
from tests.metadata.approved import MANY, is_as_approved, needs_schemas, schema, stands_alone, texts, titled, written
from tests.strategies import records


@pytest.mark.parametrize("name", famous.ALL)
def test_famous_works_are_as_they_were_approved(name):
    is_as_approved("oai_datacite", name)


def test_the_envelope_stands_alone_and_so_does_the_record_in_it():
    stands_alone("oai_datacite")
    payload = written("oai_datacite", famous.CURIE).find("{*}payload")
    assert payload is not None
    inside = payload[0]
    assert inside.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation") == (
        "http://datacite.org/schema/kernel-4 http://schema.datacite.org/meta/kernel-4.7/metadata.xsd"
    )


@needs_schemas
@MANY
@given(records(dirty=True))
def test_any_record_is_valid(record):
    schema("oai_datacite").assertValid(written("oai_datacite", famous.work(8, record, doi="10.5072/x.1")))


def test_the_envelope_says_which_schema_and_whose_record_it_is():
    root = written("oai_datacite", famous.EINSTEIN)
    assert texts(root, "envelope:schemaVersion") == [kernel.VERSION]
    assert texts(root, "envelope:datacentreSymbol") == ["Museum of Old Papers"]
    nameless = written("oai_datacite", titled(repository_name=""))
    assert texts(nameless, "envelope:datacentreSymbol") == ["repo.example.org"]


@pytest.mark.parametrize(
    ("access", "term"),
    [
        ("open", "openAccess"),
        ("embargoed", "embargoedAccess"),
        ("restricted", "restrictedAccess"),
        ("metadata_only", "closedAccess"),
    ],
)
def test_the_access_level_comes_first_in_the_words_of_openaire_data(access, term):
    rights = texts(written("oai_datacite", titled(access=access)), "//datacite:rights/@rightsURI")
    assert rights[0] == f"info:eu-repo/semantics/{term}"
    assert rights[1].startswith("http://purl.org/coar/access_right/")
