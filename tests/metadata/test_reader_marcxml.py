"""MARC 21 field by field."""

from pathlib import Path

import pytest

from server.errors import Invalid
from server.metadata.readers.marcxml import PLUGIN
from server.metadata.reading import Reading
from server.records.model import Agent, AgentId, Container, Dates, Funding, Identifier, Publisher, Subject, Text, Thesis, Title
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "marcxml"


@pytest.fixture
def book() -> Reading:
    return PLUGIN.read(parse((SAMPLES / "book.xml").read_bytes()))


@pytest.fixture
def thesis() -> Reading:
    return PLUGIN.read(parse((SAMPLES / "thesis.xml").read_bytes()))


def test_titles_lose_the_punctuation_of_catalogues(book: Reading):
    assert book.record.title == Text(value="On the origin of species by means of natural selection")
    assert book.record.subtitle == "or the preservation of favoured races"
    assert book.record.alt_titles == (Title(value="Origin of species"), Title(value="מוצא המינים", kind="other"))


def test_names_by_relator(book: Reading):
    assert book.record.creators == (Agent(family="Darwin", given="Charles", ids=(AgentId(scheme="gnd", value="118523813"),)),)
    assert [(c.label, c.role) for c in book.record.contributors] == [
        ("Murray, John F.", "Editor"),
        ("Linnean Society of London. Council", "Sponsor"),
    ]


def test_imprint_falls_back_to_the_fixed_field(book: Reading):
    assert book.record.publisher == Publisher(name="John Murray", place="London")
    assert book.record.dates == Dates(issued="1859")
    assert book.record.languages == ("en",)


def test_numbers_subjects_and_host(book: Reading):
    record = book.record
    assert record.identifiers == (
        Identifier(scheme="isbn", value="9780000000002"),
        Identifier(scheme="doi", value="10.5555/origin"),
        Identifier(scheme="url", value="https://repo.example.org/items/1859"),
    )
    assert record.subjects == (
        Subject(value="576.82", scheme="ddc", code="576.82"),
        Subject(value="Natural selection--History", scheme="lcsh"),
        Subject(value="evolution"),
    )
    assert record.container == Container(
        title="Works", issn_print="2049-3630", volume="15", issue="2", first_page="1", last_page="502", edition="1st ed"
    )


def test_type_access_licence_and_what_is_left(book: Reading):
    assert (book.record.type, book.record.access) == ("publication.book", "open")
    assert book.record.licences[0].spdx == "CC0-1.0"
    assert "/collection/record/datafield (line 16): 300 ix, 502 p." in book.unmapped
    assert "/collection/record/datafield (line 17): 500 Bound in green cloth." in book.unmapped


def test_a_thesis(thesis: Reading):
    record = thesis.record
    assert record.type == "etd.doctoral"
    assert record.thesis == Thesis(degree_name="Habilitation", grantor="Universität Göttingen", date_awarded="1854")
    assert record.dates.issued == "1854-06-10"
    assert record.languages == ("de", "la")
    assert record.funding == (Funding(funder_name="Kingdom of Hanover", award_no="7"),)
    assert [(c.label, c.role) for c in record.contributors] == [("Gauß, Carl Friedrich", "Supervisor")]


def test_a_collection_of_none_is_refused():
    with pytest.raises(Invalid, match="holds 0 descriptions") as caught:
        PLUGIN.read(parse(b'<collection xmlns="http://www.loc.gov/MARC21/slim"/>'))
    assert caught.value.code == "one-record"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("degree", "code"), [("M.A.", "etd.graduate"), ("Bachelor of Arts", "etd.undergraduate"), ("PhD", "etd.doctoral")]
)
def test_a_degree_tells_the_type(degree: str, code: str):
    xml = f"""<record xmlns="http://www.loc.gov/MARC21/slim"><datafield tag="245"><subfield code="a">Emma</subfield></datafield>
    <datafield tag="502"><subfield code="b">{degree}</subfield></datafield></record>"""
    assert PLUGIN.read(parse(xml.encode())).record.type == code
