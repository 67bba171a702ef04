"""EPDCX description sets, entity by entity."""

from pathlib import Path

import pytest

from server.errors import Invalid
from server.metadata.readers.epdcx import PLUGIN
from server.metadata.reading import Reading
from server.records.model import Agent, AgentId, Dates, Funding, Related, Text, Title
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "epdcx"
DC, TERMS, EPRINT = "http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/", "http://purl.org/eprint/terms/"


def says(name: str, text: str = "", **attributes: str) -> str:
    named = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<statement propertyURI="{name}"{named}>{f"<valueString>{text}</valueString>" if text else ""}</statement>'


def epdcx(*descriptions: str) -> Reading:
    inside = "".join(f"<description>{description}</description>" for description in descriptions)
    return PLUGIN.read(
        parse(f'<descriptionSet xmlns="http://purl.org/eprint/epdcx/2006-11-16/">{inside}</descriptionSet>'.encode())
    )


def entity(name: str) -> str:
    return says(f"{DC}type", valueURI=f"http://purl.org/eprint/entityType/{name}")


TITLE = says(f"{DC}title", "Opticks")


@pytest.fixture
def swap() -> Reading:
    return PLUGIN.read(parse((SAMPLES / "swap.xml").read_bytes()))


def test_values_folded_over_lines_are_one_line(swap: Reading):
    assert swap.record.title == Text(value="A Dynamical Theory of the Electromagnetic Field", lang="en")
    assert swap.record.alt_titles == (Title(value="Dynamical Theory"),)
    assert swap.record.abstracts == (Text(value="Light is an electromagnetic disturbance."),)


def test_agents_are_named_or_pointed_to(swap: Reading):
    orcid = AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097")
    assert swap.record.creators == (
        Agent(family="Maxwell", given="James Clerk", ids=(orcid,)),
        Agent(family="Thomson", given="William"),
    )
    assert [(c.label, c.role) for c in swap.record.contributors] == [
        ("Stokes, George Gabriel", "Editor"),
        ("James Clerk Maxwell, William Thomson, George Stokes", "RightsHolder"),
    ]
    assert "/descriptionSet/description/statement (line 19): nobody" in swap.unmapped


def test_facts_of_the_expression(swap: Reading):
    record = swap.record
    assert record.type == "publication.journalArticle"
    assert (record.version, record.peer_reviewed, record.languages) == ("VoR", True, ("en",))
    assert record.citation_text == "Phil. Trans. 155 (1865), 459-512"
    assert record.related == (Related(scheme="doi", value="10.5555/faraday", relation="References"),)
    assert record.identifier("doi") == "10.1098/rstl.1865.0008"
    assert record.funding == (Funding(funder_name="Royal Society", award_no="RS-1864"),)


def test_a_closed_copy_that_opens_is_an_embargo(swap: Reading):
    assert swap.record.dates == Dates(issued="1865-01", available="2027-01-01", embargo_until="2027-01-01")
    assert swap.record.access == "embargoed"
    assert [licence.uri for licence in swap.record.licences] == ["https://creativecommons.org/publicdomain/mark/1.0/"]
    assert swap.record.publisher.name == "Royal Society of London"


def test_whatever_has_no_field_is_named(swap: Reading):
    assert {sentence.partition(": ")[2] for sentence in swap.unmapped} >= {
        "King's College London",
        "Klingonese",
        "de",
        "http://purl.org/NET/mediatypes/application/pdf",
        "mailto:maxwell@example.org",
    }


def test_two_works_are_refused():
    with pytest.raises(Invalid, match="holds 2 works") as caught:
        epdcx(entity("ScholarlyWork") + TITLE, entity("ScholarlyWork") + TITLE)
    assert caught.value.code == "several-works"
    assert "(line 1)" in caught.value.place


def test_a_set_without_entities_is_one_work():
    assert epdcx(TITLE + says(f"{DC}creator", "Newton, Isaac")).record.creators == (Agent(family="Newton", given="Isaac"),)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("http://purl.org/eprint/type/BookItem", "publication.bookChapter"),
        ("http://purl.org/eprint/type/Thesis", "etd.doctoral"),
        ("http://purl.org/eprint/type/SubmittedJournalArticle", "postedContent.preprint"),
        ("Research Paper", "other.other"),
    ],
)
def test_types(word: str, code: str):
    reading = epdcx(TITLE + says(f"{DC}type", valueURI=word))
    assert reading.record.type == code
    assert bool(reading.warnings) == (code == "other.other")


def test_each_spelling_of_status_and_none():
    for name in ("status", "Status"):
        assert (
            epdcx(TITLE + says(EPRINT + name, valueURI="http://purl.org/eprint/status/NonPeerReviewed")).record.peer_reviewed
            is False
        )
    reading = epdcx(TITLE + says(f"{EPRINT}status", "Read aloud"))
    assert reading.record.peer_reviewed is None
    assert [sentence.partition(": ")[2] for sentence in reading.unmapped] == ["Read aloud"]


def test_a_date_that_is_none_is_named():
    reading = epdcx(TITLE + says(f"{TERMS}available", "0000-00-00"))
    assert reading.record.dates == Dates()
    assert [sentence.partition(": ")[2] for sentence in reading.unmapped] == ["0000-00-00"]
