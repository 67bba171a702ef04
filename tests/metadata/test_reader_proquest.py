"""ProQuest's description of a thesis, field by field, and above all when it may be shown."""

from pathlib import Path

import pytest

from server.metadata.readers.proquest import PLUGIN
from server.metadata.reading import Reading
from server.records.model import Affiliation, Agent, AgentId, Dates, Identifier, Licence, Subject, Text, Thesis
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "proquest"


def submission(attributes: str = "", inside: str = "", dates: str = "", kind: str = ' type="doctoral"') -> Reading:
    """Read a thesis as ProQuest's own SWORD client sends it, with its namespace."""
    described = (
        f"<DISS_description{kind}><DISS_title>Trajectories</DISS_title><DISS_dates>{dates}</DISS_dates></DISS_description>"
    )
    document = f'<DISS_submission xmlns="http://www.etdadmin.com/ns/etdsword" {attributes}>{described}{inside}</DISS_submission>'
    return PLUGIN.read(parse(document.encode()))


@pytest.fixture
def thesis() -> Reading:
    return PLUGIN.read(parse((SAMPLES / "thesis.xml").read_bytes()))


def test_author_advisor_and_committee(thesis: Reading):
    orcid = AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097")
    places = (Affiliation(name="Universität Göttingen"),)
    assert thesis.record.creators == (Agent(family="Oppenheimer", given="Julius Robert, Jr.", ids=(orcid,), affiliations=places),)
    assert [(c.label, c.role) for c in thesis.record.contributors] == [("Born, Max", "Supervisor"), ("Franck, James", "Other")]


def test_the_degree(thesis: Reading):
    assert thesis.record.type == "etd.doctoral"
    assert thesis.record.thesis == Thesis(
        degree_name="Ph.D.", degree_level="doctoral", grantor="University of Göttingen", department="Physics"
    )


def test_what_it_is_about(thesis: Reading):
    assert thesis.record.subjects == (
        Subject(value="Quantum physics", scheme="ProQuest", code="0599"),
        Subject(value="spectra"),
        Subject(value="matrices"),
        Subject(value="hydrogen"),
    )
    assert thesis.record.abstracts == (
        Text(value="The continuous spectrum is found. Its intensity is computed."),
        Text(value="Das kontinuierliche Spektrum."),
    )
    assert thesis.record.languages == ("en",)
    assert thesis.record.identifiers == (Identifier(scheme="proquest", value="goettingen:10007"),)


def test_what_the_author_chose_for_the_repository_comes_before_what_proquest_waits(thesis: Reading):
    assert thesis.record.dates == Dates(issued="1927", accepted="1927", embargo_until="2027-01-31")
    assert thesis.record.access == "embargoed"
    assert thesis.record.licences == (
        Licence(name="CC BY 4.0", uri="https://creativecommons.org/licenses/by/4.0/", spdx="CC-BY-4.0"),
    )


def test_personal_data_are_named_but_not_repeated(thesis: Reading):
    values = [sentence.partition(": ")[2] for sentence in thesis.unmapped]
    assert "DISS_contact (personal data, not taken over)" in values
    assert not any("@" in value or value == "US" for value in values)
    assert {"page_count 23", "tables.csv; Tables", "DISS_sales_restriction code 1 remove 06/01/2029"} <= set(values)


def accepted(day: str) -> str:
    return f"<DISS_accept_date>{day}</DISS_accept_date>"


@pytest.mark.parametrize(
    ("attributes", "inside", "dates", "until", "access"),
    [
        ("", "", "", "", "open"),
        ('embargo_code="0"', "", accepted("05/31/1961"), "", "open"),
        ('embargo_code="1"', "", accepted("08/31/1961"), "1962-02-28", "embargoed"),
        ('embargo_code="2"', "", accepted("05/31/1961"), "1962-05-31", "embargoed"),
        ('embargo_code="3"', "", accepted("01/01/1961"), "1963-12-31", "embargoed"),
        ('embargo_code="3"', "", "<DISS_comp_date>1961-05</DISS_comp_date>", "1963-05-31", "embargoed"),
        ('embargo_code="3"', "", "", "", "restricted"),
        (
            'embargo_code="4"',
            '<DISS_restriction><DISS_sales_restriction code="1" remove="06/01/2030"/></DISS_restriction>',
            "",
            "2030-06-01",
            "embargoed",
        ),
        ('embargo_code="4"', "", accepted("05/31/1961"), "", "restricted"),
        ('embargo_code="seven"', "", "", "", "restricted"),
        (
            'embargo_code="3"',
            "<DISS_repository><DISS_agreement_decision_date>1961-06-01 00:00:00</DISS_agreement_decision_date></DISS_repository>",
            accepted("05/31/1961"),
            "",
            "open",
        ),
        (
            "",
            "<DISS_repository><DISS_delayed_release>2031-02-03</DISS_delayed_release></DISS_repository>",
            "",
            "2031-02-03",
            "embargoed",
        ),
        (
            "",
            "<DISS_repository><DISS_delayed_release>6 months</DISS_delayed_release></DISS_repository>",
            accepted("08/31/1961"),
            "1962-02-28",
            "embargoed",
        ),
        (
            "",
            "<DISS_repository><DISS_delayed_release>never deliver</DISS_delayed_release></DISS_repository>",
            "",
            "",
            "restricted",
        ),
        ("", "<DISS_repository><DISS_access_option>Campus use only</DISS_access_option></DISS_repository>", "", "", "restricted"),
    ],
)
def test_when_it_may_be_shown(attributes: str, inside: str, dates: str, until: str, access: str):
    reading = submission(attributes, inside, dates)
    assert (reading.record.dates.embargo_until, reading.record.access) == (until, access)
    if access == "restricted" and "Campus" not in inside:
        assert any("names no day on which the work may be shown" in warning for warning in reading.warnings)


def test_a_code_that_does_not_count_is_told():
    repository = "<DISS_repository><DISS_agreement_decision_date>1961-06-01</DISS_agreement_decision_date></DISS_repository>"
    assert "embargo_code 3 is that of ProQuest" in submission('embargo_code="3"', repository).warnings[0]


@pytest.mark.parametrize(
    ("kind", "code"), [(' type="masters"', "etd.graduate"), (' type="doctoral"', "etd.doctoral"), ("", "etd.doctoral")]
)
def test_the_type_by_the_level(kind: str, code: str):
    reading = submission(kind=kind)
    assert reading.record.type == code
    assert bool(reading.warnings) == (not kind)
