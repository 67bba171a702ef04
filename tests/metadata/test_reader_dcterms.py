"""Atom entries and bare Dublin Core terms, field by field."""

from pathlib import Path

import pytest

from server.metadata.readers.dcterms import PLUGIN
from server.metadata.reading import Reading
from server.records.model import Agent, AgentId, Container, Dates, Funding, Licence, Related, Text, Title
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "dcterms"


def read(name: str) -> Reading:
    return PLUGIN.read(parse((SAMPLES / name).read_bytes()))


@pytest.fixture
def entry() -> Reading:
    return read("elements.xml")


def test_terms_come_before_atoms_own_elements(entry: Reading):
    assert entry.record.title == Text(value="Στοιχεῖα", lang="grc")
    assert entry.record.alt_titles == (Title(value="Elements", lang="en", kind="alternative"),)
    assert entry.record.creators == (Agent(family="Euclid", ids=(AgentId(scheme="viaf", value="266181999"),)),)
    assert "/entry/title (line 3): Upload of 3 May" in entry.unmapped


def test_a_role_before_the_name_and_a_wrong_namespace(entry: Reading):
    assert [(c.label, c.role) for c in entry.record.contributors] == [("Heiberg, Johan Ludvig", "Editor")]
    assert "/entry/contributor (line 10): email: jlh@example.org" in entry.unmapped


def test_facts_packed_into_descriptions_and_rights(entry: Reading):
    record = entry.record
    assert [text.value for text in record.abstracts] == ["Thirteen books on geometry and number."]
    assert record.version == "VoR"
    assert record.funding == (
        Funding(funder_name="Teubner Foundation"),
        Funding(
            funder_name="Carlsberg Foundation", funder_id="https://ror.org/04q12yn84", funder_id_scheme="ROR", award_no="CF-1883"
        ),
    )
    assert record.licences == (
        Licence(uri="https://creativecommons.org/publicdomain/zero/1.0/", spdx="CC0-1.0", start_date="1883-02-01"),
    )


def test_dates_and_what_is_none(entry: Reading):
    assert entry.record.dates == Dates(issued="1883", submitted="1882-01-01", embargo_until="2027-01-01")
    assert entry.record.access == "embargoed"
    assert "/entry/dateAccepted (line 20): 0000" in entry.unmapped


def test_the_rest_of_the_terms(entry: Reading):
    record = entry.record
    assert record.type == "publication.book"
    assert record.languages == ("grc", "la")
    assert record.identifier("doi") == "10.5555/elements.1"
    assert record.container.issn_online == "0002-9327"
    assert record.related == (Related(scheme="doi", value="10.5555/grundlagen", relation="IsReferencedBy"),)
    assert [place.name for place in record.geo] == ["Alexandria"]
    assert record.temporal == ("-0300",)
    assert record.citation_text == "Euclidis Elementa, ed. I. L. Heiberg, Lipsiae 1883"
    assert "/entry/audience (line 32): geometers" in entry.unmapped


def test_a_bare_wrapper_in_a_script_from_right_to_left():
    record = read("bare.xml").record
    assert record.title == Text(value="الكتاب المختصر في حساب الجبر والمقابلة", lang="ar")
    assert record.creators == (Agent(family="الخوارزمي", given="محمد بن موسى"),)
    assert record.dates.issued == "0820"
    assert record.container.issn_print == "2049-3630"


def test_an_entry_without_terms_falls_back_to_atom():
    reading = read("fallback.xml")
    assert reading.record.title.value == "Sidereus Nuncius"
    assert reading.record.creators == (Agent(family="Galilei", given="Galileo"),)
    assert reading.record.abstracts[0].value.startswith("Observations of the Moon")
    assert reading.warnings == ("/entry (line 2): the metadata states no type; the record has the type “Other”.",)


def test_several_languages_in_one_text_and_one_that_is_none():
    terms = "<t:title>Opticks</t:title><t:language>en; Latin</t:language><t:language>en, Klingonese</t:language>"
    reading = PLUGIN.read(parse(f'<x xmlns:t="http://purl.org/dc/terms/">{terms}</x>'.encode()))
    assert reading.record.languages == ("en", "la")
    assert reading.languages == ("en", "Latin", "en, Klingonese")
    assert [(remark.code, remark.value) for remark in reading.unmapped] == [("language-unknown", "en, Klingonese")]


def test_a_citation_with_its_parts_named_tells_the_journal():
    citation = "Annalen der Physik, volume 17, issue 10, page 891-921, article-number 8"
    terms = f"<t:title>On Moving Bodies</t:title><t:bibliographicCitation>{citation}</t:bibliographicCitation>"
    record = PLUGIN.read(parse(f'<x xmlns:t="http://purl.org/dc/terms/">{terms}</x>'.encode())).record
    assert record.citation_text == citation
    assert record.container == Container(
        title="Annalen der Physik", volume="17", issue="10", first_page="891", last_page="921", article_no="8"
    )


def test_other_documents_are_not_recognised():
    assert not PLUGIN.recognises(parse(b"<metadata/>"))
    assert not PLUGIN.recognises(parse(b"<metadata><title>Emma</title></metadata>"))
