"""DataCite XML field by field."""

from pathlib import Path

import pytest

from server.metadata.readers.datacite import PLUGIN
from server.metadata.reading import Reading
from server.records.model import (
    Affiliation,
    Agent,
    AgentId,
    Container,
    Dates,
    Funding,
    Identifier,
    Licence,
    Place,
    Publisher,
    Related,
    Subject,
    Text,
    Title,
)
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "datacite"
ROR = "https://ror.org/024d6js02"


@pytest.fixture
def dataset() -> Reading:
    return PLUGIN.read(parse((SAMPLES / "dataset.xml").read_bytes()))


def test_titles_and_names(dataset: Reading):
    record = dataset.record
    assert record.title == Text(value="Tabulae Rudolphinae", lang="la")
    assert record.subtitle == "quibus astronomicae scientiae restauratio continetur"
    assert record.alt_titles == (Title(value="Rudolphine Tables", lang="en", kind="translated"),)
    assert record.creators == (
        Agent(
            family="Kepler",
            given="Johannes",
            ids=(AgentId(scheme="gnd", value="118561448"),),
            affiliations=(Affiliation(name="Imperial Observatory", ror=ROR),),
        ),
        Agent(kind="org", name="Observatory of Uraniborg"),
    )
    assert [(c.label, c.role) for c in record.contributors] == [("Brahe, Tycho", "DataCollector")]


def test_dates_and_the_end_of_the_embargo(dataset: Reading):
    assert dataset.record.dates == Dates(issued="1627-09", available="2027-01-01", embargo_until="2027-01-01")
    assert dataset.record.access == "embargoed"
    assert "/resource/dates/date (line 18): 1576/1601 (Collected)" in dataset.unmapped


def test_publisher_container_and_identifiers(dataset: Reading):
    record = dataset.record
    assert record.publisher == Publisher(name="Jonas Saur", ids=(AgentId(scheme="ror", value=ROR),))
    assert record.container == Container(title="Opera omnia", isbn="9780000000002", volume="10", first_page="1", last_page="120")
    assert record.identifiers == (
        Identifier(scheme="doi", value="10.5555/Tabulae"),
        Identifier(scheme="shelf-mark", value="2 Astr. 7"),
    )
    assert record.related == (
        Related(scheme="doi", value="10.5555/progymnasmata", relation="IsDerivedFrom", type_code="dataset.dataset"),
    )


def test_subject_place_rights_and_funding(dataset: Reading):
    record = dataset.record
    assert record.subjects == (Subject(value="Astronomy", scheme="DDC", scheme_uri="https://www.oclc.org/dewey", code="520"),)
    assert record.geo == (Place(name="Hven", latitude=55.907, longitude=12.696),)
    assert record.licences == (
        Licence(
            name="Creative Commons Attribution 4.0 International",
            uri="https://creativecommons.org/licenses/by/4.0/",
            spdx="CC-BY-4.0",
        ),
    )
    assert record.funding[0] == Funding(funder_name="Rudolf II")
    assert (record.funding[1].funder_id, record.funding[1].award_no, record.funding[1].award_uri) == (
        ROR,
        "1601",
        "https://example.org/award/1601",
    )


def test_the_general_type_decides_where_the_words_are_unknown(dataset: Reading):
    assert dataset.record.type == "dataset.dataset"
    assert "/resource/resourceType (line 15): Star catalogue" in dataset.unmapped


def test_kernel_3():
    reading = PLUGIN.read(parse((SAMPLES / "kernel-3.xml").read_bytes()))
    assert reading.record.creators == (Agent(family="Newton", given="Isaac"),)
    assert reading.record.dates == Dates()
    assert reading.record.geo == (Place(latitude=52.2, longitude=0.12),)
    assert reading.record.container == Container(
        title="Opera", volume="1", issue="2", first_page="3", last_page="4", issn_print="2049-3630"
    )
    assert "/resource/publicationYear (line 7): :unav" in reading.unmapped


@pytest.mark.parametrize("kernel", ["2.1", "2.2", "3", "3.0", "4", "4.0", "4.7"])
def test_every_kernel_is_recognised_alone_and_enveloped(kernel: str):
    alone = f'<resource xmlns="http://datacite.org/schema/kernel-{kernel}"><titles><title>Emma</title></titles></resource>'
    enveloped = f'<oai_datacite xmlns="http://schema.datacite.org/oai/oai-1.1/"><payload>{alone}</payload></oai_datacite>'
    for document in (alone, enveloped):
        root = parse(document.encode())
        assert PLUGIN.recognises(root)
        assert PLUGIN.read(root).record.title.value == "Emma"


def test_a_year_that_differs_from_the_issue_date_is_mentioned():
    xml = """<resource xmlns="http://datacite.org/schema/kernel-4"><titles><title>Emma</title></titles>
    <publicationYear>1816</publicationYear><dates><date dateType="Issued">1815-12-23</date></dates></resource>"""
    reading = PLUGIN.read(parse(xml.encode()))
    assert reading.record.dates.issued == "1815-12-23"
    assert any("publicationYear 1816 differs" in warning for warning in reading.warnings)


def test_a_whole_name_that_is_only_a_comma_is_made_up_for_by_the_given_name() -> None:
    creator = b"<creator><creatorName>,</creatorName><givenName>Hypatia</givenName></creator>"
    title = b"<titles><title>Conics</title></titles>"
    body = b'<resource xmlns="http://datacite.org/schema/kernel-4"><creators>' + creator + b"</creators>" + title + b"</resource>"
    assert [agent.label for agent in PLUGIN.read(parse(body)).record.creators] == ["Hypatia"]
