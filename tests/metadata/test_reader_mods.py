"""MODS field by field."""

from pathlib import Path

import pytest

from server.errors import Invalid
from server.metadata.readers.mods import PLUGIN
from server.metadata.reading import Reading
from server.records.model import (
    Affiliation,
    Agent,
    AgentId,
    Container,
    Dates,
    Funding,
    Publisher,
    Related,
    Subject,
    Text,
    Thesis,
    Title,
)
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "mods"


def mods(inside: str) -> Reading:
    return PLUGIN.read(parse(f'<mods xmlns="http://www.loc.gov/mods/v3">{inside}</mods>'.encode()))


@pytest.fixture
def article() -> Reading:
    return PLUGIN.read(parse((SAMPLES / "article.xml").read_bytes()))


def test_titles(article: Reading):
    assert article.record.title == Text(value="The Scattering of α and β Particles by Matter", lang="en")
    assert article.record.subtitle == "and the Structure of the Atom"
    assert article.record.alt_titles == (Title(value="Die Streuung von α- und β-Teilchen", lang="de", kind="translated"),)


def test_names_by_role(article: Reading):
    assert article.record.creators == (
        Agent(
            family="Rutherford",
            given="Ernest",
            ids=(AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097"),),
            affiliations=(Affiliation(name="University of Manchester"),),
        ),
    )
    assert [(c.label, c.role) for c in article.record.contributors] == [
        ("Victoria University. Physical Laboratory", "HostingInstitution"),
        ("Geiger, Hans", "Other"),
    ]
    assert article.warnings == (
        "/mods/name (line 7): the role “counter of sparks” is not known; “Geiger, Hans” has the role Other.",
    )


def test_imprint_prefers_the_encoded_date(article: Reading):
    assert article.record.publisher == Publisher(name="Taylor & Francis", place="London")
    assert article.record.dates == Dates(issued="1911-05", accepted="1911-04-01")


def test_host_and_series_make_the_container(article: Reading):
    assert article.record.container == Container(
        title="Philosophical Magazine",
        issn_print="1478-6435",
        volume="21",
        issue="125",
        first_page="669",
        last_page="688",
        edition="6th series",
        series="Papers of the Manchester school",
    )
    assert article.record.related == (Related(scheme="doi", value="10.5555/geiger-marsden", relation="References"),)


def test_what_a_work_is_a_part_of_is_its_host_even_without_a_type():
    part = '<part><detail type="volume"><number>20</number></detail><extent unit="pages"><total>96</total></extent></part>'
    journal = f"<relatedItem>{part}<titleInfo><title>Journal of Botany</title></titleInfo></relatedItem>"
    reading = mods(f"<titleInfo><title>On Ferns</title></titleInfo>{journal}")
    assert reading.record.container == Container(title="Journal of Botany", volume="20")
    assert reading.unmapped == ("/mods/relatedItem/part/extent (line 1): 96",)


def test_subjects_places_and_times(article: Reading):
    assert article.record.subjects == (
        Subject(value="Atomic structure", scheme="lcsh"),
        Subject(value="539", scheme="ddc", code="539"),
    )
    assert [place.name for place in article.record.geo] == ["Manchester"]
    assert article.record.temporal == ("1909-1911",)


def test_identifiers_rights_and_funding(article: Reading):
    record = article.record
    assert [(i.scheme, i.value) for i in record.identifiers] == [
        ("doi", "10.1080/14786440508637080"),
        ("handle", "20.500.12345/rutherford"),
        ("url", "https://repo.example.org/items/1911"),
    ]
    assert (record.type, record.access, record.languages) == ("publication.journalArticle", "open", ("en",))
    assert [licence.uri for licence in record.licences] == ["https://creativecommons.org/publicdomain/mark/1.0/"]
    assert record.funding == (Funding(funder_name="Royal Society"),)


def test_what_has_no_field_is_named(article: Reading):
    assert {
        "/mods/physicalDescription (line 12): application/pdf; reformatted digital",
        "/mods/relatedItem (line 19): Laboratory notebook 7",
        "/mods/identifier (line 22): 0000000000",
        "/mods/location/url (line 23): https://repo.example.org/items/1911/files/atom.pdf",
        "/mods/note (line 27): Read before the Manchester society in March.",
    } <= set(article.unmapped)


def test_a_thesis_in_a_collection_of_one():
    record = PLUGIN.read(parse((SAMPLES / "thesis.xml").read_bytes())).record
    assert record.type == "etd.doctoral"
    assert record.creators == (Agent(family="Curie", given="Marie"),)
    assert [(c.label, c.role) for c in record.contributors] == [("Lippmann, Gabriel", "Supervisor")]
    assert record.thesis == Thesis(
        degree_name="Docteur ès sciences physiques", degree_level="doctoral", discipline="Physique", grantor="Université de Paris"
    )


def test_a_collection_of_two_is_refused():
    with pytest.raises(Invalid, match="holds 2 descriptions") as caught:
        PLUGIN.read(parse(b'<modsCollection xmlns="http://www.loc.gov/mods/v3"><mods/><mods/></modsCollection>'))
    assert (caught.value.code, caught.value.place) == ("several-works", "/modsCollection/mods (line 1)")


def test_a_uniform_title_stands_in_for_a_missing_one():
    reading = mods('<titleInfo type="uniform"><title>Ilias</title></titleInfo>')
    assert reading.record.title.value == "Ilias"
    assert any("the other title was taken as the title" in warning for warning in reading.warnings)


def test_a_title_of_the_host_is_not_that_of_the_work():
    with pytest.raises(Invalid) as caught:
        mods('<relatedItem type="host"><titleInfo><title>Annalen</title></titleInfo></relatedItem>')
    assert caught.value.code == "title-missing"
