"""DataCite 4.7: three famous works as a person reads them, and any record at all as the official schema reads it."""

import os
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError
from lxml import etree

from server.metadata import kernel
from server.metadata.formats import datacite
from server.metadata.templates import environment
from server.metadata.work import Work
from server.records import model
from server.records.vocabulary import TYPES
from tests.metadata import famous
from tests.strategies import records

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "datacite"
SHARED = Path(os.environ.get("SHEAF_SHARED") or Path(__file__).resolve().parents[2] / ".." / "shared").resolve()
KERNEL = SHARED / "data" / "schemas" / "datacite" / "kernel-4.7"
needs_kernel = pytest.mark.skipif(not KERNEL.exists(), reason="needs schemas/datacite/kernel-4.7 of SHEAF_SHARED")
NS = {"d": "http://datacite.org/schema/kernel-4"}


def rendered(work: Work) -> bytes:
    return str(environment().get_template("formats/datacite.xml").module.metadata(datacite.view(work))).encode()


def parsed(work: Work) -> etree._Element:
    return etree.fromstring(rendered(work))


def texts(root: etree._Element, path: str) -> list[str]:
    return [found if isinstance(found, str) else found.text or "" for found in root.xpath(path, namespaces=NS)]


def titled(**fields: object) -> Work:
    return famous.work(9, model.Record(**({"type": "publication.book", "title": model.Text(value="T")} | fields)))


@cache
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(file=str(KERNEL / "metadata.xsd"))


# What a person reads.


@pytest.mark.parametrize("name", famous.ALL)
def test_famous_works_are_as_they_were_approved(name):
    document = etree.tostring(parsed(famous.ALL[name]), method="c14n") + b"\n"
    golden = GOLDEN / f"{name}.xml"
    if os.environ.get("SHEAF_TEST_GOLDEN") == "rewrite":
        golden.write_bytes(document)
    assert document == golden.read_bytes()


@needs_kernel
@pytest.mark.parametrize("name", famous.ALL)
def test_famous_works_are_valid(name):
    schema().assertValid(parsed(famous.ALL[name]))


# What the schema reads.

EXAMPLES = int(os.environ.get("SHEAF_TEST_EXAMPLES") or 40)
MANY = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def works(record: model.Record, own: str, deposited: str) -> Work:
    return famous.work(8, record, doi=own, handle=own, deposited=deposited, repository_name="Ω & <sons>\x00")


@needs_kernel
@MANY
@given(records(), st.sampled_from(("", "10.5072/x.1")), st.sampled_from(("", "2026-01-15")))
def test_any_record_is_valid(record, own, deposited):
    schema().assertValid(parsed(works(record, own, deposited)))


@needs_kernel
@MANY
@given(records(dirty=True))
def test_even_a_record_with_what_xml_forbids_is_valid(record):
    schema().assertValid(parsed(works(record, "", "")))


@MANY
@given(records())
def test_the_strategy_makes_records_that_survive_their_encoding(record):
    assert model.decode(model.encode(record)) == record


@needs_kernel
@pytest.mark.parametrize("code", TYPES)
def test_every_type_is_valid(code):
    schema().assertValid(parsed(titled(type=code)))


@needs_kernel
@pytest.mark.parametrize(
    ("ours", "file", "more"),
    [
        (kernel.CONTRIBUTOR_TYPES, "contributorType", set()),
        (kernel.RELATION_TYPES, "relationType", set()),
        (set(kernel.IDENTIFIER_TYPES.values()), "relatedIdentifierType", set()),
        (set(kernel.TITLE_TYPES.values()), "titleType", {"Other"}),
        (set(kernel.FUNDER_TYPES.values()), "funderIdentifierType", {"Other"}),
    ],
)
def test_our_lists_are_the_lists_of_the_kernel(ours, file, more):
    xsd = etree.parse(KERNEL / "include" / f"datacite-{file}-v4.xsd")
    theirs = set(xsd.xpath("//xs:enumeration/@value", namespaces={"xs": "http://www.w3.org/2001/XMLSchema"}))
    assert ours | more == theirs


# The rules, one by one.


def test_the_template_says_what_it_is():
    template = environment().get_template("formats/datacite.xml").module
    assert (template.prefix, template.namespace) == ("datacite", NS["d"])
    root = parsed(famous.EINSTEIN)
    assert root.tag == f"{{{template.namespace}}}resource"
    location = root.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation")
    assert location == f"{template.namespace} {template.schema}"
    assert all(datacite.applies(work.record) for work in famous.ALL.values())


def test_the_identifier_is_our_doi_else_the_one_it_came_with_else_the_page():
    theirs = (model.Identifier(scheme="doi", value="DOI:10.1002/ABC"),)
    for doi, identifiers, expected in [
        ("10.5072/x", theirs, ("DOI", "10.5072/x")),
        ("", theirs, ("DOI", "10.1002/ABC")),
        ("", (model.Identifier(scheme="doi", value="nonsense"),), ("URL", "https://repo.example.org/items/X")),
        ("", (), ("URL", "https://repo.example.org/items/X")),
    ]:
        record = model.Record(type="other.map", title=model.Text(value="T"), identifiers=identifiers)
        identifier = datacite.view(Work("X", record, "https://repo.example.org/items/X", "oai:r:X", doi=doi)).identifier
        assert (identifier.scheme, identifier.value) == expected


@pytest.mark.parametrize(
    ("issued", "deposited", "year"),
    [("1482-05-25", "2026-01-15", "1482"), ("0820", "2026-01-15", "0820"), ("-0300", "2026-01-15", "2026"), ("", "2026-01-15", "2026"), ("", "", "0000"), ("-0300", "", "0000")],
)  # fmt: skip
def test_the_year_has_four_digits_and_is_of_issue_else_of_deposit(issued, deposited, year):
    record = model.Record(type="other.map", title=model.Text(value="T"), dates=model.Dates(issued=issued))
    assert datacite.view(Work("X", record, "https://r/X", "oai:r:X", deposited=deposited)).year == year


def test_creators_are_never_empty():
    assert [c.name for c in datacite.view(titled()).creators] == [":unav"]
    published = datacite.view(titled(publisher=model.Publisher(name="Ratdolt"))).creators
    assert [(c.name, c.kind) for c in published] == [("Ratdolt", "Organizational")]


def test_the_publisher_is_named_else_awards_the_degree_else_is_the_repository():
    assert datacite.view(titled()).publisher.value == "Museum of Old Papers"
    assert datacite.view(famous.CURIE).publisher.value == "Université de Paris"
    assert datacite.view(Work("X", titled().record, "https://r/X", "oai:r:X")).publisher.value == ":unav"


def test_a_ror_of_the_publisher_goes_into_its_attribute_and_never_into_its_name():
    ids = (model.AgentId(scheme="isni", value="0000 0001 2096 8680"), model.AgentId(scheme="ror", value="05gq02987"))
    publisher = parsed(titled(publisher=model.Publisher(name="Plantin", ids=ids))).find("d:publisher", NS)
    assert (publisher.text, publisher.get("publisherIdentifier"), publisher.get("publisherIdentifierScheme")) == (
        "Plantin",
        "https://ror.org/05gq02987",
        "ROR",
    )


def test_orcid_is_written_as_its_auto_update_needs_it():
    author = model.Agent(family="Carberry", ids=(model.AgentId(scheme="orcid", value="0000-0002-1825-0097"),))
    found = parsed(titled(creators=(author,))).find(".//d:nameIdentifier", NS)
    assert (found.text, found.get("nameIdentifierScheme"), found.get("schemeURI")) == (
        "https://orcid.org/0000-0002-1825-0097",
        "ORCID",
        "https://orcid.org",
    )


def test_what_a_scheme_cannot_say_is_dropped_and_an_unknown_relation_keeps_its_word():
    related = (
        model.Related(scheme="shelfmark", value="MS 1"),
        model.Related(scheme="handle", value="https://hdl.handle.net/1/2", relation="inspires"),
        model.Related(scheme="arxiv", value="arXiv:hep-th/9901001"),
    )
    found = [(r.scheme, r.value, r.relation, r.information) for r in datacite.view(titled(related=related)).related]
    assert found == [("Handle", "1/2", "Other", "inspires"), ("arXiv", "arXiv:hep-th/9901001", "References", "")]


def test_the_embargo_is_an_available_date_and_shows_in_the_rights():
    root = parsed(famous.CURIE)
    assert texts(root, "//d:date[@dateType='Available'][@dateInformation]") == ["2027-01-01"]
    assert texts(root, "//d:rights/@rightsURI")[0] == "http://purl.org/coar/access_right/c_f1cf"


def test_the_journal_is_a_related_item_and_the_isbn_of_a_book_its_own_name():
    root = parsed(famous.EINSTEIN)
    item = root.find(".//d:relatedItem", NS)
    assert (item.get("relatedItemType"), item.get("relationType")) == ("Journal", "IsPublishedIn")
    assert item.findtext("d:relatedItemIdentifier", namespaces=NS) == "0003-3804"
    assert texts(root, "//d:relatedIdentifier[@relatedIdentifierType='EISSN']") == ["1521-3889"]
    book = datacite.view(titled(container=model.Container(isbn="978-3-16-148410-0", series="Classics", volume="2")))
    assert ("ISBN", "978-3-16-148410-0") in [(i.scheme, i.value) for i in book.alternates]
    assert [(i.general, i.relation, i.title, i.volume) for i in book.items] == [("Collection", "IsPartOf", "Classics", "2")]


def test_languages_are_bcp_47_and_nonsense_is_left_out():
    assert datacite.view(titled(languages=("not a language", "deu", "fra"))).language == "de"
    assert [t.lang for t in datacite.view(titled(title=model.Text(value="T", lang="§"))).titles] == [""]


def test_points_outside_the_world_are_left_out():
    geo = (
        model.Place(name="Atlantis", latitude=91.0, longitude=0.0),
        model.Place(latitude=-0.5, longitude=1e-7),
        model.Place(latitude=1.0),
    )
    found = datacite.view(titled(geo=geo)).geo
    assert [(g.name, g.latitude, g.longitude) for g in found] == [("Atlantis", "", ""), ("", "-0.5", "0.0000001")]


def test_markup_in_a_value_stays_a_value_and_a_carriage_return_survives():
    root = parsed(titled(title=model.Text(value="<b>&amp;</b>]]>\r{{ x }}"), rights_statement='"quoted"'))
    assert texts(root, "//d:title") == ["<b>&amp;</b>]]>\r{{ x }}"]


def test_a_name_the_template_does_not_know_stops_it():
    with pytest.raises(UndefinedError):
        environment().get_template("formats/datacite.xml").module.metadata(object())
