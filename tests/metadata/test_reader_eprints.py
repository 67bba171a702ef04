"""EPrints XML field by field."""

from pathlib import Path

import pytest

from server.errors import Invalid
from server.metadata.readers.eprints import PLUGIN
from server.metadata.reading import Reading
from server.records.model import (
    Agent,
    AgentId,
    Conference,
    Container,
    Dates,
    Funding,
    Identifier,
    Licence,
    Place,
    Publisher,
    Related,
    Subject,
)
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "eprints"


@pytest.fixture
def report() -> Reading:
    return PLUGIN.read(parse((SAMPLES / "report.xml").read_bytes()))


def read(fields: str) -> Reading:
    body = f'<eprint xmlns="http://eprints.org/ep2/data/2.0"><title>Micrographia</title>{fields}</eprint>'
    return PLUGIN.read(parse(body.encode()))


def test_names_and_roles(report: Reading):
    record = report.record
    assert record.creators == (
        Agent(family="Babbage", given="Charles", ids=(AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097"),)),
        Agent(family="Lovelace", given="Ada"),
        Agent(kind="org", name="Analytical Society"),
    )
    assert [(c.label, c.role) for c in record.contributors] == [
        ("Menabrea, Luigi Federico", "Editor"),
        ("Somerville, Mary", "Translator"),
        ("Herschel, John", "Other"),
        ("Estate of Charles Babbage", "RightsHolder"),
    ]
    assert any("QQQ” is not known; “Herschel, John” has the role Other" in warning for warning in report.warnings)


def test_a_discussion_paper_is_a_working_paper_and_a_monograph_a_report(report: Reading):
    assert report.record.type == "postedContent.workingPaper"
    assert read("<type>monograph</type>").record.type == "publication.report"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ("<type>conference_item</type><pres_type>poster</pres_type>", "conference.conferencePoster"),
        ("<type>thesis</type><thesis_type>masters</thesis_type>", "etd.graduate"),
        ("<type>thesis</type><thesis_name>mphil</thesis_name>", "etd.graduate"),
        ("<type>thesis</type>", "etd.doctoral"),
        ("<type>book_section</type>", "publication.bookChapter"),
        ("<type>audio</type>", "creativeWork.musicalPerformance"),
        ("<type>wax_cylinder</type>", "other.other"),
    ],
)
def test_types(fields: str, code: str):
    assert read(fields).record.type == code


def test_dates_embargo_and_access(report: Reading):
    assert report.record.dates == Dates(issued="1889", created="1837-12-26", embargo_until="2037-12-26")
    assert "1838-01-05 (exhibited)" in " ".join(report.unmapped)
    assert read("<full_text_status>none</full_text_status>").record.access == "metadata_only"
    documents = "<documents><document><security>staffonly</security><date_embargo>2037-01</date_embargo></document></documents>"
    closed = read(f"<full_text_status>restricted</full_text_status>{documents}").record
    assert (closed.access, closed.dates.embargo_until) == ("embargoed", "2037-01")


def test_container_publisher_and_identifiers(report: Reading):
    record = report.record
    assert record.container == Container(
        series="Papers on engines", volume="3", issue="1", first_page="5", last_page="57", issn_print="0035-8711"
    )
    assert record.publisher == Publisher(name="Spon", place="London")
    assert record.identifiers == (
        Identifier(scheme="isbn", value="9780000000002"),
        Identifier(scheme="doi", value="10.5555/engine"),
        Identifier(scheme="url", value="https://example.org/engine"),
    )
    assert record.related == (Related(scheme="doi", value="10.5555/menabrea", relation="References"),)


def test_a_section_stands_in_its_book_and_a_talk_in_its_meeting():
    section = read("<type>book_section</type><book_title>Novum Organum</book_title><isbn>9780000000002</isbn>").record
    assert section.container == Container(title="Novum Organum", isbn="9780000000002")
    talk = read("<event_title>Solvay</event_title><event_location>Brussels</event_location><event_dates>1927</event_dates>")
    assert talk.record.conference == Conference(name="Solvay", place="Brussels", date="1927")


def test_a_thesis_has_its_institution_as_grantor():
    fields = "<institution>Wittenberg</institution><department>Philosophy</department><thesis_type>phd</thesis_type>"
    thesis = read(f"<type>thesis</type>{fields}").record.thesis
    assert (thesis.grantor, thesis.department, thesis.degree_level) == ("Wittenberg", "Philosophy", "phd")


def test_funding_rights_subjects_and_place(report: Reading):
    record = report.record
    assert record.funding == (
        Funding(funder_name="HM Treasury", funder_id="https://ror.org/029chgv08", funder_id_scheme="ROR", award_no="1823/17"),
        Funding(funder_name="Royal Society"),
        Funding(award_title="Difference Engine No. 1"),
    )
    assert record.licences == (
        Licence(uri="https://creativecommons.org/licenses/by/4.0/", spdx="CC-BY-4.0", start_date="1838-02-01"),
        Licence(uri="https://creativecommons.org/licenses/by-nc/4.0/", spdx="CC-BY-NC-4.0"),
    )
    assert record.subjects == (
        Subject(value="difference engine"),
        Subject(value="analytical engine"),
        Subject(value="QA76", scheme="lcc", code="QA76"),
        Subject(value="sub_engines"),
    )
    assert record.geo == (Place(latitude=51.52, longitude=-0.15),)
    assert (record.version, record.peer_reviewed, record.languages) == ("AM", True, ("en",))


def test_what_finds_no_field_is_named(report: Reading):
    left = " ".join(report.unmapped)
    for value in ("Mr", "babbage@example.org", "sch_mat", "53", "Instruments", "unpub", "Acknowledgements: To the Duke"):
        assert value in left
    assert "Royal Astronomical Society" in left  # a second publisher
    assert "base64" not in left
    assert "V2hlZWxz" not in left


def test_several_eprints_are_refused_as_several_works():
    several = parse(
        b'<eprints><eprint xmlns="http://eprints.org/ep2/data/2.0"/><eprint xmlns="http://eprints.org/ep2/data/2.0"/></eprints>'
    )
    assert PLUGIN.recognises(several)
    with pytest.raises(Invalid, match="holds 2 descriptions") as caught:
        PLUGIN.read(several)
    assert (caught.value.code, caught.value.place) == ("several-works", "/eprints/eprint (line 1)")
    with pytest.raises(Invalid) as caught:
        PLUGIN.read(parse(b'<eprints xmlns="http://eprints.org/ep2/data/2.0"/>'))
    assert caught.value.code == "one-record"


def test_an_older_export_has_its_names_in_the_items():
    names = "<creators_name><item><family>Hooke</family><given>Robert</given></item></creators_name>"
    assert [agent.label for agent in read(names).record.creators] == ["Hooke, Robert"]
