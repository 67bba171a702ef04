"""DANS Dataset Metadata field by field."""

from pathlib import Path

import pytest

from server.metadata.readers.ddm import PLUGIN
from server.metadata.reading import Reading
from server.records.model import (
    Affiliation,
    Agent,
    AgentId,
    Dates,
    Funding,
    Identifier,
    Place,
    Related,
    Subject,
    Text,
    Title,
)
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "ddm"
ROR = "https://ror.org/024d6js02"


@pytest.fixture
def dataset() -> Reading:
    return PLUGIN.read(parse((SAMPLES / "dataset.xml").read_bytes()))


def test_people_and_bodies(dataset: Reading):
    record = dataset.record
    assert record.creators == (
        Agent(
            family="van Leeuwenhoek",
            given="A.",
            ids=(AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097"),),
            affiliations=(Affiliation(name="City of Delft", ror=ROR),),
        ),
        Agent(kind="org", name="Royal Society", ids=(AgentId(scheme="viaf", value="75121530"),)),
    )
    assert [(c.label, c.role) for c in record.contributors] == [
        ("Huygens, C.", "ProjectMember"),
        ("Hooke, R.", "Other"),
        ("Museum Boerhaave", "RightsHolder"),
    ]
    assert any("“Doubter” is not known" in warning for warning in dataset.warnings)


def test_titles_dates_and_access(dataset: Reading):
    record = dataset.record
    assert record.title == Text(value="Waarnemingen van kleine diertjes", lang="nl")
    assert record.alt_titles == (Title(value="Animalcula", kind="alternative"),)
    assert record.dates == Dates(created="1677-10-09", available="2026-01-01")
    assert (record.type, record.access, record.languages) == ("dataset.dataset", "restricted", ("nl",))
    assert record.publisher.name == "Philosophical Transactions"  # not the archive, which all of them name


def test_identifiers_relations_and_funding(dataset: Reading):
    record = dataset.record
    assert record.identifiers == (
        Identifier(scheme="doi", value="10.5555/animalcula"),
        Identifier(scheme="report-number", value="Letter 18"),
    )
    assert record.related == (Related(scheme="doi", value="10.5555/letters", relation="IsVersionOf"),)
    assert record.funding == (
        Funding(funder_name="Nederlandse Organisatie voor Wetenschappelijk Onderzoek", award_no="1677"),
        Funding(funder_name="Staten van Holland"),
    )


def test_subjects_and_places(dataset: Reading):
    record = dataset.record
    assert record.subjects[0] == Subject(value="D22500", scheme="NARCIS classification", code="D22500")
    assert (record.subjects[1].value, record.subjects[1].value_uri) == ("microscopes", "http://vocab.getty.edu/aat/300024594")
    assert record.geo == (Place(latitude=52.011, longitude=4.357),)
    assert record.temporal == ("Golden Age",)
    assert [licence.spdx for licence in record.licences] == ["CC0-1.0"]


def test_what_finds_no_field_is_named(dataset: Reading):
    left = " ".join(dataset.unmapped)
    for value in ("Dr", "personalData", "1673/1723 (dates of collection)", "The letters as printed", "A letter now lost", "grinding",
                  "84500 447500 http://www.opengis.net/def/crs/EPSG/0/28992"):  # fmt: skip
        assert value in left
