"""RIOXX 2, RIOXX 3 and what a delivery service made of RIOXX 2, field by field."""

from pathlib import Path

import pytest

from server.metadata.readers.dcterms import PLUGIN as DCTERMS
from server.metadata.readers.rioxx import PLUGIN
from server.metadata.reading import Reading
from server.records.model import (
    Agent,
    AgentId,
    Container,
    Dates,
    Funding,
    Identifier,
    Licence,
    Publisher,
    Related,
)
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "rioxx"
ORCID = AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097")
ROR = "https://ror.org/024d6js02"


def sample(name: str) -> Reading:
    return PLUGIN.read(parse((SAMPLES / f"{name}.xml").read_bytes()))


@pytest.fixture
def router() -> Reading:
    return sample("router")


@pytest.fixture
def dspace() -> Reading:
    return sample("dspace")


@pytest.fixture
def third() -> Reading:
    return sample("version-3")


def test_people_in_parts(router: Reading):
    assert router.record.creators == (
        Agent(family="Noether", given="Emmy", ids=(ORCID,)),
        Agent(kind="org", name="Mathematische Gesellschaft"),
    )
    assert [(c.label, c.role) for c in router.record.contributors] == [("Klein, Felix", "Editor"), ("Hilbert, David", "Other")]
    assert any("“patience” is not known" in warning for warning in router.warnings)


def test_dates_are_taken_from_where_they_are_told_best(router: Reading):
    assert router.record.dates == Dates(
        issued="1918-07-26", accepted="1918-07-20", submitted="1918-07-07", embargo_until="2037-01-01"
    )
    left = " ".join(router.unmapped)
    for told in ("published 1918-10-01", "dreamt 1917-01-01", "accepted 16-07-1918"):
        assert told in left


def test_the_journal_and_identifiers(router: Reading):
    record = router.record
    assert record.container == Container(
        title="Nachrichten der Gesellschaft",
        issn_print="0369-6650",
        issn_online="2049-3630",
        volume="1918",
        issue="2",
        first_page="235",
        last_page="257",
    )
    assert record.identifiers == (Identifier(scheme="doi", value="10.5555/relativity"),)
    assert record.related == (Related(scheme="doi", value="10.5555/nachrichten", relation="IsPartOf"),)


def test_funders_licence_version_and_review(router: Reading):
    record = router.record
    assert record.funding == (
        Funding(
            funder_name="Königliche Gesellschaft der Wissenschaften", funder_id=ROR, funder_id_scheme="ROR", award_no="KGW/1918"
        ),
        Funding(funder_name="Stadt Göttingen"),
    )
    assert record.licences == (
        Licence(uri="https://creativecommons.org/licenses/by/4.0/", spdx="CC-BY-4.0", start_date="2026-01-01"),
    )
    assert (record.version, record.peer_reviewed, record.access) == ("VoR", False, "embargoed")


def test_what_finds_no_field_is_named(router: Reading):
    left = " ".join(router.unmapped)
    for value in ("Dr.", "intern 17", "noether@example.org", "1.pdf", "2.pdf", "To Felix Klein", "private field", "via Jisc"):
        assert value in left


def test_packed_strings_for_dspace(dspace: Reading):
    record = dspace.record
    assert record.creators == (Agent(family="Curie", given="Marie", ids=(ORCID,)),)
    assert [(c.label, c.role) for c in record.contributors] == [("Lippmann, Gabriel", "Editor")]
    assert record.container == Container(
        title="Annales de chimie",
        issn_print="0003-4169",
        volume="30",
        issue="7",
        first_page="99",
        last_page="144",
        article_no="R7",
    )
    assert record.dates == Dates(issued="1903-06-25", accepted="1903-06-12", submitted="1903-06-01", embargo_until="2037-06-25")
    assert [(f.funder_name, f.award_no) for f in record.funding] == [("Académie des sciences", "1903/5"), ("Prix Gegner", "")]
    assert (record.type, record.version, record.peer_reviewed) == ("etd.doctoral", "AM", True)
    assert record.abstracts == ()
    assert "née Skłodowska" in " ".join(dspace.unmapped)


def test_an_entry_with_rioxx_is_not_plain_dublin_core():
    root = parse((SAMPLES / "dspace.xml").read_bytes())
    assert PLUGIN.recognises(root)
    assert not DCTERMS.recognises(root)


def test_version_3(third: Reading):
    record = third.record
    assert record.type == "publication.journalArticle"
    assert record.creators == (Agent(family="Leavitt", given="Henrietta Swan", ids=(ORCID,)),)
    assert record.publisher == Publisher(name="Harvard College Observatory", ids=(AgentId(scheme="ror", value=ROR),))
    assert record.container == Container(issn_print="2049-3630")
    assert (record.version, record.access, record.dates.embargo_until) == ("AM", "embargoed", "2037-03-03")
    assert [licence.spdx for licence in record.licences] == ["CC-BY-NC-4.0"]
    assert record.funding == (
        Funding(funder_name="Bruce Fund", funder_id="https://ror.org/029chgv08", funder_id_scheme="ROR", award_no="173"),
        Funding(award_uri="https://raid.org/10.5555/stars"),
    )
    assert any("“Edward Charles Pickering” has no comma" in warning for warning in third.warnings)


def test_a_work_elsewhere_of_the_same_type_is_this_one_and_of_another_is_related(third: Reading):
    record = third.record
    assert record.identifiers == (
        Identifier(scheme="handle", value="20.500.12345/stars"),
        Identifier(scheme="doi", value="10.5555/circular173"),
        Identifier(scheme="url", value="https://example.org/stars"),
    )
    assert record.related == (Related(scheme="doi", value="10.5555/plates", relation="References", type_code="dataset.dataset"),)
    left = " ".join(third.unmapped)
    for value in ("a drawer of glass plates", "https://example.org/stars/1.pdf", "2026-01-01", "https://example.org/leavitt"):
        assert value in left


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("Journal Article/Review", "article-preprint"), "postedContent.preprint"),
        (("Conference Paper/Proceeding/Abstract", "proceedings"), "conference.conferencePaper"),
        (("Book edited", ""), "publication.editedBook"),
        (("Other", ""), "other.other"),
        (("Scroll", ""), "other.other"),
    ],
)
def test_types(words: tuple[str, str], code: str):
    body = f"""<entry xmlns:r="http://www.rioxx.net/schema/v2.0/rioxx/" xmlns:d="http://purl.org/dc/terms/">
      <r:type>{words[0]}</r:type><d:type>{words[1]}</d:type><d:title>Emma</d:title></entry>"""
    assert PLUGIN.read(parse(body.encode())).record.type == code
