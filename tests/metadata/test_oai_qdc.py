"""oai_qdc: the refinements and encoding schemes one by one, and any record as DCMI's schemas of 2008 read it."""

import pytest
from hypothesis import given

from server.metadata.addresses import uri_of
from server.metadata.formats.oai_qdc import RELATIONS
from server.metadata.kernel import RELATION_TYPES
from server.records import model
from server.records.vocabulary import TYPES
from tests.metadata import famous
from tests.metadata.approved import MANY, is_as_approved, needs_schemas, schema, stands_alone, titled, written
from tests.strategies import records

TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def said(**fields: object) -> list[tuple[str, str, str]]:
    """Return name, text and encoding scheme of each element of a work with these fields."""
    root = written("oai_qdc", titled(**fields))
    return [(f"{child.prefix}:{child.tag.rpartition('}')[2]}", child.text or "", child.get(TYPE, "")) for child in root]


@pytest.mark.parametrize("name", famous.ALL)
def test_famous_works_are_as_they_were_approved(name):
    is_as_approved("oai_qdc", name)


def test_the_fragment_stands_alone():
    stands_alone("oai_qdc")


@needs_schemas
@MANY
@given(records(dirty=True))
def test_any_record_is_valid(record):
    schema("oai_qdc").assertValid(written("oai_qdc", famous.work(8, record, doi="10.5072/x.1")))


@needs_schemas
@pytest.mark.parametrize("code", TYPES)
def test_every_type_is_valid(code):
    schema("oai_qdc").assertValid(written("oai_qdc", titled(type=code)))


def test_the_landing_page_is_the_first_identifier_and_only_open_files_have_an_address():
    files = (
        model.File(name="open.pdf", mime="application/pdf"),
        model.File(name="closed.pdf", mime="image/png", access="restricted"),
    )
    found = said(files=files, file_urls=("https://repo.example.org/open.pdf", ""), doi="10.5072/x", handle="1/2")
    identifiers = [text for name, text, _ in found if name == "dc:identifier"]
    assert identifiers == [
        "https://repo.example.org/items/01J00000000000000000000009",
        "https://doi.org/10.5072/x",
        "https://hdl.handle.net/1/2",
    ]
    assert ("dcterms:hasFormat", "https://repo.example.org/open.pdf", "dcterms:URI") in found
    assert [text for name, text, _ in found if name == "dcterms:medium"] == ["application/pdf"]


def test_a_classification_is_a_notation_in_its_scheme_and_a_word():
    found = said(
        subjects=(
            model.Subject(value="Physics", lang="en", scheme="Dewey Decimal Classification", code="530"),
            model.Subject(value="Relativity (Physics)", lang="en", scheme="LCSH"),
            model.Subject(value="Light", lang="en", scheme="DDC"),
            model.Subject(value="Licht", lang="de"),
        )
    )
    assert [(text, scheme) for name, text, scheme in found if name == "dc:subject"] == [
        ("530", "dcterms:DDC"), ("Physics", ""), ("Relativity (Physics)", "dcterms:LCSH"), ("Light", ""), ("Licht", ""),
    ]  # fmt: skip


def test_what_is_in_an_encoding_scheme_is_in_no_language():
    root = written("oai_qdc", titled(subjects=(model.Subject(value="Relativity (Physics)", lang="en", scheme="LCSH"),)))
    (subject,) = root.findall("{http://purl.org/dc/elements/1.1/}subject")
    assert (subject.get(TYPE), subject.get(LANG)) == ("dcterms:LCSH", None)


def test_the_end_of_an_embargo_is_when_the_work_is_available():
    dates = model.Dates(issued="1903", available="2026-01-15", embargo_until="2027-01-01")
    assert ("dcterms:available", "2027-01-01", "dcterms:W3CDTF") in said(access="embargoed", dates=dates)
    assert ("dcterms:available", "2026-01-15", "dcterms:W3CDTF") in said(access="open", dates=dates)


@pytest.mark.parametrize(("date", "scheme"), [("1903-06", "dcterms:W3CDTF"), ("0000", ""), ("-0300-02", "")])
def test_a_date_outside_w3cdtf_is_written_without_saying_it_is_one(date, scheme):
    assert ("dcterms:issued", date, scheme) in said(dates=model.Dates(issued=date))


def test_the_year_of_a_thesis_is_that_of_its_award():
    assert ("dcterms:issued", "1903-06-25", "dcterms:W3CDTF") in said(
        type="etd.doctoral", thesis=model.Thesis(date_awarded="1903-06-25")
    )


def test_relations_are_refined_and_the_publishers_doi_is_another_version():
    found = said(
        doi="10.5072/x",
        identifiers=(model.Identifier(scheme="doi", value="10.5072/X"), model.Identifier(scheme="DOI", value="10.1002/y")),
        related=(
            model.Related(scheme="doi", value="10.1/a", relation="IsNewVersionOf"),
            model.Related(scheme="isbn", value="978-3-16-148410-0", relation="Cites"),
            model.Related(scheme="shelfmark", value="MS 1", relation="inspires"),
        ),
        container=model.Container(title="Annalen", issn_print="0003-3804", isbn="978-3-16-148410-0"),
        type="publication.journalArticle",
    )
    relations = [(name, text) for name, text, _ in found if name.startswith(("dcterms:is", "dcterms:re", "dc:relation"))]
    assert relations == [
        ("dcterms:isPartOf", "Annalen"),
        ("dcterms:isPartOf", "urn:ISSN:0003-3804"),
        ("dcterms:isPartOf", "urn:ISBN:978-3-16-148410-0"),
        ("dcterms:isVersionOf", "https://doi.org/10.1002/y"),
        ("dcterms:replaces", "https://doi.org/10.1/a"),
        ("dcterms:references", "urn:ISBN:978-3-16-148410-0"),
        ("dc:relation", "MS 1"),
    ]


def test_we_refine_only_relations_that_datacite_knows():
    assert set(RELATIONS) <= RELATION_TYPES


def test_a_licence_without_an_address_is_words():
    found = said(
        licences=(model.Licence(name="All rights reserved"), model.Licence(uri="https://creativecommons.org/licenses/by/4.0/"))
    )
    assert ("dc:rights", "All rights reserved", "") in found
    assert ("dcterms:license", "https://creativecommons.org/licenses/by/4.0/", "dcterms:URI") in found


@pytest.mark.parametrize(
    ("scheme", "value", "expected"),
    [
        ("doi", "doi:10.1002/(sici)<1::aid>3.0.co;2-1#x", "https://doi.org/10.1002/(sici)%3C1::aid%3E3.0.co;2-1%23x"),
        ("hdl", "hdl:1/2", "https://hdl.handle.net/1/2"),
        ("arXiv", "arXiv:hep-th/9901001", "https://arxiv.org/abs/hep-th/9901001"),
        ("urn", "urn:nbn:de:101:1-2", "urn:nbn:de:101:1-2"),
        ("url", "https://example.org/ä ö", "https://example.org/%C3%A4%20%C3%B6"),
        ("url", "nonsense", ""),
        ("shelfmark", "MS 1", ""),
        ("doi", "", ""),
        ("doi", "10.1/\ud800", ""),
    ],
)
def test_an_identifier_is_an_address_where_it_resolves(scheme, value, expected):
    assert uri_of(scheme, value) == expected


def test_a_subtitle_follows_its_title():
    assert ("dc:title", "Opticks: or, a treatise", "") in said(title=model.Text(value="Opticks"), subtitle="or, a treatise")
