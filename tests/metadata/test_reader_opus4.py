"""The import format of OPUS 4 field by field."""

from pathlib import Path

import pytest

from server.errors import Invalid
from server.metadata.readers.opus4 import PLUGIN
from server.metadata.reading import Reading
from server.records.model import (
    Agent,
    AgentId,
    Container,
    Dates,
    Identifier,
    Publisher,
    Subject,
    Text,
    Thesis,
    Title,
)
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "opus4"


@pytest.fixture
def thesis() -> Reading:
    return PLUGIN.read(parse((SAMPLES / "thesis.xml").read_bytes()))


def read(attributes: str = 'type="article" language="deu"', fields: str = "") -> Reading:
    title = '<titlesMain><titleMain language="deu">Annus mirabilis</titleMain></titlesMain>'
    return PLUGIN.read(parse(f"<import><opusDocument {attributes}>{title}{fields}</opusDocument></import>".encode()))


def test_titles_in_the_language_of_the_document_come_first(thesis: Reading):
    record = thesis.record
    assert record.title == Text(value="Ueber die Hypothesen, welche der Geometrie zu Grunde liegen", lang="de")
    assert record.subtitle == "Habilitationsvortrag"
    assert record.alt_titles == (
        Title(value="On the Hypotheses which Lie at the Bases of Geometry", lang="en", kind="translated"),
        Title(value="Probevorlesung", lang="de", kind="alternative"),
    )
    assert record.abstracts == (Text(value="Raum als Sonderfall einer Mannigfaltigkeit.", lang="de"),)
    assert record.languages == ("de",)


def test_people_and_bodies(thesis: Reading):
    record = thesis.record
    assert record.creators == (
        Agent(kind="org", name="Königliche Gesellschaft der Wissenschaften"),
        Agent(family="Riemann", given="Bernhard", ids=(AgentId(scheme="gnd", value="118600869"),)),
    )
    assert [(c.label, c.role) for c in record.contributors] == [
        ("Mathematisches Seminar", "Other"),
        ("Gauß, Carl Friedrich", "Supervisor"),
        ("Weber, Wilhelm", "Other"),
        ("Dedekind, Richard", "Other"),
    ]
    assert any("“listener” is not known" in warning for warning in thesis.warnings)


def test_dates_type_and_degree(thesis: Reading):
    record = thesis.record
    assert record.type == "etd.doctoral"
    assert record.dates == Dates(issued="1868", accepted="1854-06-10", created="1853-12-01")
    assert record.thesis == Thesis(degree_level="habilitation", date_awarded="1854-06-10")


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("masterthesis", "etd.graduate"),
        ("bookpart", "publication.bookChapter"),
        ("conferenceobject", "conference.conferencePaper"),
        ("preprint", "postedContent.preprint"),
        ("runestone", "other.other"),
    ],
)
def test_types(word: str, code: str):
    assert read(f'type="{word}" language="deu"').record.type == code


def test_publisher_container_and_identifiers(thesis: Reading):
    record = thesis.record
    assert record.publisher == Publisher(name="Dieterich", place="Göttingen")
    assert record.container == Container(
        title="Abhandlungen der Gesellschaft", issn_print="0365-9976", volume="13", first_page="1", last_page="43"
    )
    assert record.identifiers == (
        Identifier(scheme="doi", value="10.5555/hypothesen"),
        Identifier(scheme="urn", value="urn:nbn:de:gbv:7-1854"),
        Identifier(scheme="report-number", value="13/1868"),
    )
    assert record.conference.name == "Fakultätssitzung"
    assert record.subjects == (Subject(value="Geometrie", lang="de", scheme="swd"), Subject(value="manifolds", lang="en"))


def test_an_embargo_and_a_peer_review():
    dates = '<dates><date type="embargo" year="2037" monthDay="--01-02"/></dates>'
    review = '<enrichments><enrichment key="peer_reviewed">true</enrichment></enrichments>'
    record = read(fields=dates + review).record
    assert (record.access, record.dates.embargo_until, record.peer_reviewed) == ("embargoed", "2037-01-02", True)


def test_what_finds_no_field_is_named_and_what_is_only_a_number_too(thesis: Reading):
    left = " ".join(thesis.unmapped)
    for value in ("pageNumber 43", "belongsToBibliography true", "academicTitle Dr.", "email riemann", "grantor", "licence id 3",
                  "collection id 15997", "seriesItem id 1 number 13", "SourceSwb Nachlass", "Herausgegeben nach dem Tode"):  # fmt: skip
        assert value in left
    assert "hypothesen.pdf" not in left


def test_several_documents_are_refused_as_several_works():
    with pytest.raises(Invalid, match="holds 2 descriptions") as caught:
        PLUGIN.read(parse(b"<import><opusDocument/><opusDocument/></import>"))
    assert caught.value.code == "several-works"
