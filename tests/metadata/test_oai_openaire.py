"""oai_openaire: the profile rule by rule, any record as the schema reads it, and as the rules of OpenAIRE do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from server.metadata.formats import oai_openaire
from server.metadata.kernel import RELATION_TYPES
from server.records import model
from server.records.vocabulary import TYPES, VERSIONS
from tests.metadata import famous
from tests.metadata.approved import (
    MANY,
    SCHEMAS,
    errors,
    faults,
    is_as_approved,
    needs_schemas,
    schema,
    stands_alone,
    texts,
    titled,
    written,
)
from tests.strategies import records

COAR = "http://purl.org/coar/"


def said(path: str, **fields: object) -> list[str]:
    return texts(written("oai_openaire", titled(**fields)), path)


@pytest.mark.parametrize("name", famous.ALL)
def test_famous_works_are_as_they_were_approved(name):
    is_as_approved("oai_openaire", name)


def test_the_fragment_stands_alone():
    stands_alone("oai_openaire")


@needs_schemas
@pytest.mark.parametrize("name", famous.ALL)
def test_famous_works_are_valid(name):
    schema("oai_openaire").assertValid(written("oai_openaire", famous.ALL[name]))


@needs_schemas
@pytest.mark.parametrize("code", TYPES)
def test_every_type_is_valid(code):
    schema("oai_openaire").assertValid(written("oai_openaire", titled(type=code)))


@needs_schemas
@MANY
@given(records(dirty=True))
def test_any_record_is_valid(record):
    schema("oai_openaire").assertValid(written("oai_openaire", famous.work(8, record)))


@needs_schemas
@pytest.mark.parametrize(
    ("ours", "file"),
    [
        (oai_openaire.CONTRIBUTOR_TYPES, "datacite-contributorType-v4"),
        (set(oai_openaire.IDENTIFIER_TYPES.values()) | {"PISSN", "WOS"}, "datacite-relatedIdentifierType-v4"),
        ({oai_openaire.RELATIONS.get(name, name) for name in RELATION_TYPES} - {""}, "datacite-relationType-v4"),
        (oai_openaire.GENERAL, "datacite-resourceType-v4.1"),
    ],
)
def test_our_lists_are_those_of_the_schema(ours, file):
    xsd = etree.parse(SCHEMAS / "openaire" / "4.0" / f"{file}.xsd")
    assert ours == set(xsd.xpath("//xs:enumeration/@value", namespaces={"xs": "http://www.w3.org/2001/XMLSchema"}))


# What the rules say of any record: what it lacks itself, and nothing else.


def usable(date: str) -> bool:
    return model.is_date(date) and not date.startswith(("-", "0000"))


def lacking(record: model.Record, deposited: str) -> set[str]:
    """Return the rules a record breaks by what is not in it."""
    dates = record.dates
    any_date = [dates.issued, dates.available, dates.accepted, dates.created, dates.submitted, dates.updated, deposited]
    awarded = record.thesis.date_awarded
    issued = any(usable(date) and date != dates.embargo_until for date in any_date) or awarded.strip()[:1].isdigit()
    lack = set()
    if not record.title.value.strip():
        lack.add("title")
    if not any(creator.label.strip() for creator in record.creators):
        lack.add("creator")
    if not issued:
        lack.add("date")
    if record.access == "embargoed" and not (usable(dates.embargo_until) and issued):
        lack.add("embargo")
    return lack


@MANY
@given(records(), st.sampled_from(("", "2026-01-15")))
def test_the_rules_find_only_what_the_record_lacks(record, deposited):
    work = famous.work(8, record, deposited=deposited, repository_name="Ω & <sons>")
    broken = errors(faults("openaire4", written("oai_openaire", work)))
    if record.thesis.date_awarded.strip():  # any text at all, of which a date may be made
        broken, expected = broken - {"date", "embargo"}, lacking(record, deposited) - {"date", "embargo"}
    else:
        expected = lacking(record, deposited)
    assert broken - {"funding"} == expected
    assert "funding" not in broken or any(not funding.funder_name.strip() for funding in record.funding)


@pytest.mark.parametrize(("name", "broken"), [("einstein", set()), ("curie", set()), ("gilgamesh", {"creator"})])
def test_the_rules_pass_on_famous_works_but_for_one_that_nobody_signed(name, broken):
    assert errors(faults("openaire4", written("oai_openaire", famous.ALL[name]))) == broken


# The profile, one by one.


def test_the_identifier_is_our_doi_else_the_handle_else_the_page_always_an_address():
    identifier = "datacite:identifier[@identifierType='{}']"
    assert said(identifier.format("DOI"), doi="10.5072/x", handle="1/2") == ["https://doi.org/10.5072/x"]
    assert said(identifier.format("HANDLE"), handle="1/2") == ["https://hdl.handle.net/1/2"]
    assert said(identifier.format("URL")) == ["https://repo.example.org/items/01J00000000000000000000009"]


def test_further_names_are_alternates_and_the_first_is_not_repeated():
    path = "datacite:alternateIdentifiers/datacite:alternateIdentifier/@alternateIdentifierType"
    assert said(path, doi="10.5072/x", handle="1/2") == ["URL", "oai", "Handle"]
    assert said(path, handle="1/2") == ["URL", "oai"]
    assert said(path, identifiers=(model.Identifier(scheme="pmid", value="1"),)) == ["oai", "PMID"]


def test_nobody_is_made_a_creator_but_whoever_is():
    assert said("datacite:creators") == []
    assert said("//datacite:creatorName", publisher=model.Publisher(name="Plantin")) == []
    assert said("//datacite:creatorName", creators=(model.Agent(family="Curie", given="Marie"),)) == ["Curie, Marie"]


def test_a_translator_is_another_contributor_and_the_repository_hosts_unless_somebody_else_does():
    roles = "datacite:contributors/datacite:contributor/@contributorType"
    assert said(roles, contributors=(model.Contributor(family="Clayton", role="Translator"),)) == ["Other", "HostingInstitution"]
    assert said(roles, contributors=(model.Contributor(kind="org", name="Museum", role="HostingInstitution"),)) == [
        "HostingInstitution"
    ]
    assert said(roles, repository_name="") == []


def test_funding_has_its_stream_and_an_unnamed_funder_says_so():
    path = "oaire:fundingReferences/oaire:fundingReference/oaire:"
    grants = (
        model.Funding(funder_name="Carlsbergfondet", stream="Physics", award_no="7", funder_id="https://ror.org/00k4n6c32"),
        model.Funding(award_no="8"),
    )
    assert said(path + "funderName", funding=grants) == ["Carlsbergfondet", ":unav"]
    assert said(path + "fundingStream", funding=grants) == ["Physics"]
    assert said(path + "funderIdentifier/@funderIdentifierType", funding=grants) == ["ROR"]
    assert said("oaire:fundingReferences", funding=(model.Funding(stream="Physics"),)) == []


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("IsPublishedIn", "IsPartOf"),
        ("HasTranslation", "HasVersion"),
        ("IsObsoletedBy", "IsPreviousVersionOf"),
        ("References", "References"),
    ],
)
def test_relations_are_brought_to_the_nearest_word(ours, theirs):
    related = (model.Related(scheme="handle", value="1/2", relation=ours, type_code="dataset.dataset"),)
    root = written("oai_openaire", titled(related=related))
    (found,) = root.iterfind("{*}relatedIdentifiers/{*}relatedIdentifier")
    assert dict(found.attrib) == {"relatedIdentifierType": "Handle", "relationType": theirs, "resourceTypeGeneral": "Dataset"}


def test_what_the_older_lists_cannot_say_is_left_out():
    related = (
        model.Related(scheme="raid", value="https://raid.org/10.1/2"),
        model.Related(scheme="doi", value="10.1/2", relation="inspires"),
        model.Related(scheme="doi", value="10.1/3", type_code="publication.journalArticle"),
    )
    assert said("//datacite:relatedIdentifier", related=related) == ["10.1/3"]
    assert said("//datacite:relatedIdentifier/@resourceTypeGeneral", related=related) == []


def test_the_journal_is_told_by_its_numbers_and_the_citation():
    root = written("oai_openaire", famous.EINSTEIN)
    assert texts(root, "//datacite:relatedIdentifier[@relationType='IsPartOf']/@relatedIdentifierType") == ["PISSN", "EISSN"]
    assert [child.tag.rpartition("}")[2] for child in root][-5:] == [
        "citationTitle", "citationVolume", "citationIssue", "citationStartPage", "citationEndPage",
    ]  # fmt: skip
    assert said("oaire:citationTitle", conference=model.Conference(name="Solvay", place="Brussels")) == ["Solvay"]
    assert said("oaire:citationConferencePlace", conference=model.Conference(name="Solvay", place="Brussels")) == ["Brussels"]


def test_the_isbn_is_of_the_host_unless_the_work_is_the_book():
    book = model.Container(isbn="978-3-16-148410-0")
    path = "//datacite:relatedIdentifier[@relatedIdentifierType='ISBN']"
    assert said(path, container=book, type="publication.bookChapter") == ["978-3-16-148410-0"]
    assert said(path, container=book) == []
    assert said("//datacite:alternateIdentifier[@alternateIdentifierType='ISBN']", container=book) == ["978-3-16-148410-0"]


@pytest.mark.parametrize(
    ("dates", "deposited", "issued"),
    [
        (model.Dates(issued="1905-09-26", accepted="1905-06"), "2026-01-15", ["1905-09-26"]),
        (model.Dates(accepted="1905-06"), "2026-01-15", ["1905-06"]),
        (model.Dates(issued="-1100"), "2026-01-15", ["2026-01-15"]),
        (model.Dates(issued="0000"), "", []),
        (model.Dates(available="2027-01-01", embargo_until="2027-01-01"), "", []),
    ],
)
def test_there_is_one_date_of_publication_and_any_other_is_better_than_none(dates, deposited, issued):
    assert said("datacite:dates/datacite:date[@dateType='Issued']", dates=dates, deposited=deposited) == issued


def test_an_embargo_has_both_its_dates():
    dates = model.Dates(issued="1903", embargo_until="2027-01-01")
    path = "datacite:dates/datacite:date/@dateType"
    assert said(path, dates=dates, access="embargoed") == ["Issued", "Accepted", "Available"]
    assert said("datacite:dates/datacite:date", dates=dates, access="embargoed") == ["1903", "2026-01-15", "2027-01-01"]
    assert said("datacite:dates/datacite:date", dates=dates, access="embargoed", deposited="") == ["1903", "1903", "2027-01-01"]
    assert said(path, dates=dates, access="open") == ["Issued"]


def test_a_type_the_schema_does_not_know_is_brought_to_one_it_does():
    root = written("oai_openaire", titled(type="publication.newspaperArticle"))
    kind = root.find("{*}resourceType")
    assert kind is not None
    assert (kind.text, kind.get("uri"), kind.get("resourceTypeGeneral")) == (
        "Newspaper article",
        COAR + "resource_type/c_3e5a",
        "literature",
    )


@pytest.mark.parametrize("code", VERSIONS)
def test_the_version_is_a_coar_concept_unless_there_is_none(code):
    expected = [] if code == "NA" else [COAR + "version/" + VERSIONS[code].coar]
    assert said("oaire:version/@uri", version=code) == expected


def test_files_say_who_may_have_them_and_what_we_only_describe_is_no_file():
    files = (
        model.File(name="a b.pdf", mime="application/pdf"),
        model.File(name="data.csv", mime="", role="dataset", access="embargoed"),
        model.File(name="cover.png", role="cover", access="restricted"),
        model.File(name="letters.tar", access="metadata_only"),
    )
    root = written("oai_openaire", titled(files=files, file_urls=("https://repo.example.org/x", "", "", "")))
    found = [
        (f.text.rpartition("/")[2], f.get("accessRightsURI").rpartition("/")[2], f.get("mimeType"), f.get("objectType"))
        for f in root.iterfind("{*}file")
    ]
    assert found == [
        ("a%20b.pdf", "c_abf2", "application/pdf", "fulltext"),
        ("data.csv", "c_f1cf", None, "dataset"),
        ("cover.png", "c_16ec", "application/octet-stream", "other"),
    ]


def test_a_notation_is_a_subject_of_its_scheme_beside_the_word():
    root = written("oai_openaire", titled(subjects=(model.Subject(value="Physics", scheme="DDC", code="Q 1:2"),)))
    found = [(s.text, s.get("subjectScheme")) for s in root.iterfind("{*}subjects/{*}subject")]
    assert found == [("Q 1:2", "DDC"), ("Physics", None)]


def test_a_licence_has_its_day_where_it_is_a_day():
    licences = (
        model.Licence(uri="https://creativecommons.org/licenses/by/4.0/", start_date="2027-01-01"),
        model.Licence(name="Mine", start_date="soon"),
    )
    assert said("oaire:licenseCondition/@startDate", licences=licences) == ["2027-01-01"]
    assert said("oaire:licenseCondition", licences=licences) == ["https://creativecommons.org/licenses/by/4.0/", "Mine"]


def test_languages_are_of_three_letters_and_all_are_told():
    assert said("dc:language", languages=("de", "fra", "nonsense", "deu")) == ["deu", "fra"]
