"""Crossref XML field by field, and one document of each kind of work."""

from pathlib import Path

import pytest

from server.errors import Invalid
from server.metadata.readers.crossref import PLUGIN
from server.metadata.reading import Reading
from server.records.model import (
    Affiliation,
    Agent,
    AgentId,
    Conference,
    Container,
    Dates,
    Funding,
    Identifier,
    Licence,
    Publisher,
    Record,
    Related,
    Text,
    Thesis,
    Title,
)
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "crossref"
TITLES = "<titles><title>Emma</title></titles>"
DOI = "<doi_data><doi>10.5555/emma</doi><resource>https://example.org/emma</resource></doi_data>"
AUTHOR = (
    '<person_name sequence="first" contributor_role="{}"><given_name>Jane</given_name><surname>Austen</surname></person_name>'
)


@pytest.fixture
def article() -> Reading:
    return PLUGIN.read(parse((SAMPLES / "article.xml").read_bytes()))


def read(body: str) -> Record:
    root = parse(f'<doi_batch xmlns="http://www.crossref.org/schema/5.3.1"><body>{body}</body></doi_batch>'.encode())
    assert PLUGIN.recognises(root)
    return PLUGIN.read(root).record


def test_titles_people_and_abstract(article: Reading):
    record = article.record
    assert record.title == Text(value="Zur Elektrodynamik bewegter Körper")
    assert record.subtitle == "Kinematischer Teil"
    assert record.alt_titles == (Title(value="On the Electrodynamics of Moving Bodies", lang="en", kind="translated"),)
    assert record.creators == (
        Agent(
            family="Einstein",
            given="Albert",
            ids=(AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097"),),
            affiliations=(Affiliation(name="Examiners, Swiss Patent Office", ror="https://ror.org/024d6js02"),),
        ),
        Agent(kind="org", name="Akademie Olympia"),
    )
    assert [(c.label, c.role) for c in record.contributors] == [("Saha, Meghnad", "Translator"), ("Besso, Michele", "Other")]
    assert record.abstracts == (Text(value="Licht hat eine Geschwindigkeit.", lang="de"),)
    assert any("“daydreamer” is not known" in warning for warning in article.warnings)


def test_the_journal_and_dates(article: Reading):
    record = article.record
    assert record.container == Container(
        title="Annalen der Physik",
        issn_print="0003-3804",
        issn_online="1521-3889",
        volume="322",
        issue="10",
        first_page="891",
        last_page="921",
        article_no="A17",
    )
    assert record.dates == Dates(issued="1905-09-26", accepted="1905-06-30", embargo_until="2037-01-01")
    assert (record.type, record.languages, record.access) == ("publication.journalArticle", ("de",), "embargoed")
    assert "2006-03-10" in " ".join(article.unmapped)


def test_identifiers_and_relations(article: Reading):
    record = article.record
    assert record.identifiers == (
        Identifier(scheme="pii", value="S0003"),
        Identifier(scheme="doi", value="10.5555/elektrodynamik"),
    )
    assert record.related == (
        Related(scheme="doi", value="10.5555/entwurf", relation="IsNewVersionOf"),
        Related(scheme="url", value="https://example.org/dream", relation="References"),
        Related(scheme="doi", value="10.5555/lorentz", relation="References"),
        Related(scheme="doi", value="10.5555/elektrodynamik.1", relation="HasPart"),
        Related(scheme="doi", value="10.5555/annalen", relation="IsPartOf"),
    )
    assert any("“isDreamOf” is not known" in warning for warning in article.warnings)


def test_funding_and_licences(article: Reading):
    fundref = {"funder_id": "https://doi.org/10.13039/501100000000", "funder_id_scheme": "Crossref Funder ID"}
    assert article.record.funding == (
        Funding(funder_name="Eidgenossenschaft", award_no="17", **fundref),
        Funding(funder_name="Eidgenossenschaft", award_no="18", **fundref),
    )
    assert article.record.licences == (
        Licence(uri="https://creativecommons.org/licenses/by/4.0/", spdx="CC-BY-4.0", start_date="2026-02-01"),
        Licence(uri="https://example.org/machines"),
    )


def test_what_finds_no_field_is_named(article: Reading):
    left = " ".join(article.unmapped)
    for value in ("Jr", "Ann. Phys.", "anonymous author", "The first draft", "ed.pdf", "1 citations without a DOI"):
        assert value in left


def test_a_chapter_has_the_book_it_stands_in():
    reading = PLUGIN.read(parse((SAMPLES / "chapter.xml").read_bytes()))
    record = reading.record
    assert (record.type, record.title.value, record.dates.issued) == ("publication.bookChapter", "Eight Comets", "1834")
    assert record.container == Container(
        title="On the Connexion of the Sciences: Collected",
        issn_print="2049-3630",
        isbn="9780000000002",
        volume="4",
        edition="2",
        first_page="77",
        last_page="99",
        series="Lives in Science",
    )
    assert [creator.label for creator in record.creators] == ["Herschel, Caroline"]
    assert [(c.label, c.role) for c in record.contributors] == [("Somerville, Mary", "Editor")]
    assert record.publisher == Publisher(name="John Murray", place="London")
    assert record.related == (Related(scheme="doi", value="10.5555/book", relation="IsPartOf"),)
    assert "Whewell" in " ".join(reading.unmapped)


def test_a_book():
    book = read(
        f'<book book_type="monograph"><book_metadata language="en"><contributors>{AUTHOR.format("author")}</contributors>{TITLES}'
        f"<publication_date><year>1815</year></publication_date><isbn>9780000000002</isbn>"
        f"<publisher><publisher_name>Murray</publisher_name></publisher>{DOI}</book_metadata></book>"
    )
    assert (book.type, book.dates.issued, book.publisher.name) == ("publication.book", "1815", "Murray")
    assert [i.scheme for i in book.identifiers] == ["isbn", "doi"]
    assert book.container == Container()


def test_a_conference_paper_and_its_meeting():
    event = """<event_metadata><conference_name>Solvay Conference</conference_name><conference_location>Brussels</conference_location>
      <conference_date start_year="1927" start_month="10" start_day="24" end_year="1927" end_month="10" end_day="29"/></event_metadata>"""
    volume = """<proceedings_metadata><proceedings_title>Électrons et photons</proceedings_title>
      <publisher><publisher_name>Gauthier-Villars</publisher_name></publisher><publication_date><year>1928</year></publication_date>
      <isbn>9780000000002</isbn></proceedings_metadata>"""
    paper = read(f"<conference>{event}{volume}<conference_paper>{TITLES}{DOI}</conference_paper></conference>")
    assert paper.type == "conference.conferencePaper"
    assert paper.conference == Conference(name="Solvay Conference", place="Brussels", date="1927-10-24/1927-10-29")
    assert paper.container == Container(title="Électrons et photons", isbn="9780000000002")
    assert (paper.dates.issued, paper.publisher.name) == ("1928", "Gauthier-Villars")
    whole = read(f"<conference>{event}{volume}</conference>")
    assert (whole.type, whole.title.value) == ("publication.conferenceProceeding", "Électrons et photons")


def test_a_dissertation():
    thesis = read(
        f"<dissertation>{AUTHOR.format('author')}{TITLES}<approval_date><month>6</month><year>1903</year></approval_date>"
        "<institution><institution_id type='ror'>https://ror.org/024d6js02</institution_id><institution_name>Sorbonne</institution_name>"
        "<institution_place>Paris</institution_place><institution_department>Sciences</institution_department></institution>"
        f"<degree>Doctorat ès sciences</degree>{DOI}</dissertation>"
    )
    assert thesis.type == "etd.doctoral"
    assert thesis.thesis == Thesis(
        degree_name="Doctorat ès sciences",
        grantor="Sorbonne",
        grantor_place="Paris",
        grantor_ror="https://ror.org/024d6js02",
        department="Sciences",
        date_awarded="1903-06",
    )
    assert (thesis.dates.issued, [creator.label for creator in thesis.creators]) == ("1903-06", ["Austen, Jane"])
    master = read(f"<dissertation>{AUTHOR.format('author')}{TITLES}<degree>Master of Arts</degree></dissertation>")
    assert master.type == "etd.graduate"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (f"<posted_content type='preprint'>{TITLES}<posted_date><year>1814</year></posted_date>{DOI}</posted_content>", "postedContent.preprint"),
        (f"<posted_content type='working_paper'>{TITLES}</posted_content>", "postedContent.workingPaper"),
        (f"<report-paper><report-paper_metadata>{TITLES}{DOI}</report-paper_metadata></report-paper>", "publication.report"),
        (f"<database><database_metadata><titles><title>Catalogue</title></titles></database_metadata><dataset dataset_type='record'>{TITLES}</dataset></database>", "dataset.dataset"),
        (f"<database><database_metadata>{TITLES}</database_metadata></database>", "dataset.dataset"),
        (f"<standard><standard_metadata>{TITLES}</standard_metadata></standard>", "publication.technicalDocumentation"),
        (f"<peer_review type='referee-report'><contributors>{AUTHOR.format('reviewer')}</contributors>{TITLES}</peer_review>", "publication.bookReview"),
        (f"<book book_type='reference'><book_metadata/><content_item component_type='reference_entry'>{TITLES}</content_item></book>", "publication.encyclopediaEntry"),
        ("<journal><journal_metadata><full_title>Emma</full_title></journal_metadata><journal_issue><issue>1</issue></journal_issue></journal>", "publication.journalIssue"),
        (f"<sa_component parent_doi='10.5555/whole'><component_list><component>{TITLES}</component></component_list></sa_component>", "other.other"),
    ],
)  # fmt: skip
def test_each_kind_of_work(body: str, code: str):
    record = read(body)
    assert record.type == code
    assert record.title.value == "Emma"


def test_a_component_belongs_to_its_parent():
    body = f"<sa_component parent_doi='10.5555/whole'><component_list><component>{TITLES}</component></component_list></sa_component>"
    assert read(body).related == (Related(scheme="doi", value="10.5555/whole", relation="IsPartOf"),)


def test_several_works_and_none_are_refused():
    article = f"<journal_article>{TITLES}</journal_article>"
    with pytest.raises(Invalid) as caught:
        read(f"<journal><journal_metadata/>{article}{article}</journal>")
    assert caught.value.code == "several-works"
    with pytest.raises(Invalid) as caught:
        read("<head/>")
    assert caught.value.code == "one-record"
    assert caught.value.remedy
