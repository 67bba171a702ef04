"""oai_dc field by field, in the enriched form the repository itself writes."""

from pathlib import Path

import pytest

from server.metadata.readers.oai_dc import PLUGIN
from server.metadata.reading import Reading
from server.records.model import (
    Agent,
    AgentId,
    Container,
    Dates,
    Funding,
    Identifier,
    Licence,
    Place,
    Related,
    Subject,
    Text,
    Title,
)
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "oai_dc"


@pytest.fixture
def reading() -> Reading:
    return PLUGIN.read(parse((SAMPLES / "enriched.xml").read_bytes()))


def test_titles_and_names(reading: Reading):
    record = reading.record
    assert record.title == Text(value="Zur Elektrodynamik bewegter Körper", lang="de")
    assert record.alt_titles == (Title(value="On the Electrodynamics of Moving Bodies", lang="en", kind="translated"),)
    orcid = AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097")
    assert record.creators == (
        Agent(family="Einstein", given="Albert", ids=(orcid,)),
        Agent(kind="org", name="Swiss Patent Office. Second Class Experts Group"),
    )
    assert [(c.label, c.role) for c in record.contributors] == [("Besso, Michele", "Other")]


def test_type_version_review_and_access(reading: Reading):
    record = reading.record
    assert (record.type, record.version, record.peer_reviewed, record.access) == (
        "publication.journalArticle",
        "VoR",
        False,
        "embargoed",
    )


def test_the_publication_date_is_the_one_without_a_time(reading: Reading):
    assert reading.record.dates == Dates(issued="1905-06-30", embargo_until="2027-03-14")
    assert "/dc/date (line 15): spring 1905" in reading.unmapped
    assert "/dc/date (line 12): 2026-01-01" in reading.unmapped


def test_subjects_language_and_place(reading: Reading):
    assert reading.record.subjects == (Subject(value="530", scheme="ddc", code="530"), Subject(value="Relativität", lang="de"))
    assert reading.record.languages == ("de",)
    assert reading.record.geo == (Place(name="Bern"),)


def test_source_and_electronic_issn_make_the_container(reading: Reading):
    assert reading.record.container == Container(
        title="Annalen der Physik",
        volume="322",
        issue="10",
        first_page="891",
        last_page="921",
        issn_print="0003-3804",
        issn_online="1521-3889",
    )


def test_identifiers_come_bare_and_once(reading: Reading):
    assert reading.record.identifiers == (
        Identifier(scheme="url", value="https://repo.example.org/items/42"),
        Identifier(scheme="doi", value="10.5555/Repo.42"),
        Identifier(scheme="handle", value="20.500.12345/42"),
        Identifier(scheme="doi", value="10.1002/andp.19053221004"),
    )


def test_relations_and_grant(reading: Reading):
    assert reading.record.related == (
        Related(scheme="doi", value="10.5555/data.1", relation="IsSupplementedBy", type_code="dataset.dataset"),
        Related(scheme="doi", value="10.5555/lorentz.1904", relation="References"),
    )
    assert reading.record.funding == (
        Funding(
            funder_name="EC", stream="H2020", award_no="101000000", jurisdiction="CH", award_title="Ether/Wind", acronym="ETHER"
        ),
    )
    assert "/dc/relation (line 35): an unpublished letter to Habicht" in reading.unmapped


def test_licence_and_statement(reading: Reading):
    assert reading.record.licences == (Licence(uri="https://creativecommons.org/licenses/by/4.0/", spdx="CC-BY-4.0"),)
    assert reading.record.rights_statement == "The manuscript is lost."


def test_an_unknown_type_is_other_with_a_warning_that_names_it():
    reading = PLUGIN.read(parse((SAMPLES / "plain.xml").read_bytes()))
    assert reading.record.type == "other.other"
    assert reading.record.title.value == "紅樓夢"
    assert reading.unmapped == ("/dc/date (line 5): 0000",)
    assert reading.warnings == ("/dc/type (line 6): no type is known by the name “palimpsest”; the record has the type “Other”.",)
