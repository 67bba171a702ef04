"""ETD-MS in both its versions, field by field."""

from pathlib import Path

import pytest

from server.metadata.readers.etdms import PLUGIN
from server.metadata.reading import Reading
from server.records.model import Affiliation, Agent, AgentId, Dates, Subject, Text, Thesis, Title
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "etdms"


def read(name: str) -> Reading:
    return PLUGIN.read(parse((SAMPLES / name).read_bytes()))


def thesis(inside: str) -> Reading:
    title = "<title>Stellar Atmospheres</title>"
    return PLUGIN.read(
        parse(f'<thesis xmlns="http://www.ndltd.org/standards/metadata/etdms/1.0/">{title}{inside}</thesis>'.encode())
    )


@pytest.fixture
def noether() -> Reading:
    return read("version-1-0.xml")


def test_titles_people_and_their_parts(noether: Reading):
    record = noether.record
    assert record.title == Text(value="Über Modulfunktionen und partielle Differentialgleichungen", lang="de")
    assert record.alt_titles == (Title(value="On Module Functions", lang="en"),)
    orcid = AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097")
    assert record.creators == (Agent(family="Noether", given="Emmy", ids=(orcid,)),)
    assert [(c.label, c.role) for c in record.contributors] == [
        ("Gordan, Paul", "Supervisor"),
        ("Noether, Max", "Other"),
        ("Hilbert, David", "Other"),
    ]
    assert record.contributors[0].affiliations == (Affiliation(name="Mathematics; Physics"),)
    assert [str(warning).partition(": ")[2] for warning in noether.warnings] == [
        "the role “copyist” is not known; “Hilbert, David” has the role Other."
    ]


def test_the_degree(noether: Reading):
    assert noether.record.type == "etd.doctoral"
    assert noether.record.thesis == Thesis(
        degree_name="Doctor philosophiae",
        degree_level="doctoral",
        discipline="Mathematics",
        grantor="Universität Erlangen",
        grantor_ror="https://ror.org/00f7hpc57",
    )


def test_the_rest_of_the_terms(noether: Reading):
    record = noether.record
    assert record.subjects == (
        Subject(value="Invariants", scheme="LCSH", value_uri="http://id.loc.gov/authorities/subjects/sh85066979"),
        Subject(value="Ternary forms"),
    )
    assert record.abstracts == (Text(value="Das vollständige System der Formen.", lang="de"),)
    assert record.dates == Dates(issued="1907-12-13")
    assert [(i.scheme, i.value) for i in record.identifiers] == [
        ("handle", "20.500.12345/noether"),
        ("doi", "10.5555/noether"),
    ]
    assert (record.languages, record.publisher.name, record.geo[0].name) == (("de",), "Reimer", "Erlangen")
    assert [licence.uri for licence in record.licences] == ["https://creativecommons.org/publicdomain/mark/1.0/"]


def test_whatever_has_no_field_is_named(noether: Reading):
    assert [sentence.partition(": ")[2] for sentence in noether.unmapped] == [
        "Accepted with distinction.",
        "http://example.org/noether",
        "application/pdf",
        "No. 12",
    ]


def test_version_1_1_with_its_terms_of_dublin_core():
    reading = read("version-1-1.xml")
    assert reading.record.type == "etd.graduate"
    assert reading.record.creators == (Agent(family="Payne", given="Cecilia"),)
    assert reading.record.abstracts == (Text(value="Stars are made of hydrogen."),)
    assert reading.record.dates.accepted == "1925"
    assert "“Doktorvater”" in reading.warnings[0]


@pytest.mark.parametrize(
    ("degree", "code"),
    [
        ("<degree><level>Master's</level></degree>", "etd.graduate"),
        ("<degree><level>0</level></degree>", "etd.undergraduate"),
        ("<degree><level>undergraduate</level></degree>", "etd.undergraduate"),
        ("<degree><level>2</level></degree>", "etd.doctoral"),
        ("<degree><name>M.Sc.</name></degree>", "etd.graduate"),
        ("<degree><name>Ph.D.</name></degree>", "etd.doctoral"),
        ("<degree><name>DPhil</name></degree>", "etd.doctoral"),
        ("<degree><name>Bachelor of Arts</name></degree>", "etd.undergraduate"),
        ("<type>Master's thesis</type>", "etd.graduate"),
        ("<type>Technical Report</type><degree><level>doctoral</level></degree>", "publication.report"),
        ("", "etd.doctoral"),
    ],
)
def test_level_and_degree_tell_the_type(degree: str, code: str):
    reading = thesis(degree)
    assert reading.record.type == code
    assert bool(reading.warnings) == (not degree)
