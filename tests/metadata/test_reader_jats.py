"""JATS and its NLM forerunners, field by field."""

from pathlib import Path

import pytest

from server.errors import Invalid
from server.metadata.readers.jats import PLUGIN
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
    Related,
    Subject,
    Text,
    Title,
)
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "jats"


def jats(meta: str, root: str = '<article article-type="research-article">', after: str = "") -> Reading:
    title = "<title-group><article-title>On Growth</article-title></title-group>"
    front = f"<front><article-meta>{title}{meta}</article-meta></front>"
    return PLUGIN.read(parse(f"{root}{front}{after}</article>".encode()))


@pytest.fixture
def article() -> Reading:
    return PLUGIN.read(parse((SAMPLES / "article.xml").read_bytes()))


@pytest.fixture
def nlm2() -> Reading:
    return PLUGIN.read(parse((SAMPLES / "nlm2.xml").read_bytes()))


def test_titles_without_their_notes(article: Reading):
    assert article.record.title == Text(value="Disintegration of Uranium by Neutrons", lang="en")
    assert article.record.subtitle == "a New Type of Nuclear Reaction"
    assert article.record.alt_titles == (
        Title(value="Zerfall des Urans durch Neutronen: eine neue Kernreaktion", lang="de", kind="translated"),
        Title(value="Disintegration of Uranium"),
    )


def test_authors_with_what_they_belong_to(article: Reading):
    assert article.record.creators == (
        Agent(
            family="Meitner",
            given="Lise",
            ids=(AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097"),),
            affiliations=(
                Affiliation(name="Physical Institute, Academy of Sciences, Stockholm, Sweden", ror="https://ror.org/05f0yaq80"),
                Affiliation(name="Kaiser Wilhelm Institute"),
            ),
            corresponding=True,
        ),
        Agent(
            family="Frisch",
            given="Otto Robert, Jr",
            affiliations=(Affiliation(name="Institute of Theoretical Physics, University, Denmark"),),
        ),
        Agent(kind="org", name="The Copenhagen Group"),
    )


def test_contributors_by_role(article: Reading):
    assert [(c.label, c.role) for c in article.record.contributors] == [
        ("Bohr, Niels", "ProjectMember"),
        ("Gale, Arthur", "Editor"),
        ("Geiger, Hans", "Other"),
    ]
    assert article.record.contributors[1].affiliations == (Affiliation(name="Macmillan"),)
    assert [str(warning).partition(": ")[2] for warning in article.warnings] == [
        "the contrib-type “counter of sparks” is not known; “Geiger, Hans” has the role Other."
    ]


def test_the_electronic_publication_dates_the_work(article: Reading):
    assert article.record.dates == Dates(issued="1939-02-11", accepted="1939", submitted="1939-01-16", embargo_until="1940-01-01")
    assert article.record.access == "embargoed"
    assert any("pub-date" in sentence and "0000-02" in sentence for sentence in article.unmapped)


def test_the_journal(article: Reading):
    assert article.record.container == Container(
        title="Nature: a weekly journal of science",
        issn_print="0028-0836",
        issn_online="1476-4687",
        volume="143",
        issue="3615",
        first_page="239",
        last_page="240",
        article_no="e239",
    )
    assert article.record.publisher == Publisher(name="Macmillan", place="London")
    assert article.record.conference.name == "Washington Conference on Theoretical Physics"


def test_identifiers_and_relations(article: Reading):
    assert [(i.scheme, i.value) for i in article.record.identifiers] == [
        ("doi", "10.1038/143239a0"),
        ("pmcid", "PMC4365737"),
        ("publisher-id", "143239a0"),
        ("url", "https://www.nature.example.org/articles/143239a0"),
    ]
    assert article.record.related == (Related(scheme="doi", value="10.5555/meitner-preprint", relation="IsNewVersionOf"),)
    assert article.record.version == "VoR"


def test_abstracts_in_sections_and_languages(article: Reading):
    assert article.record.abstracts == (
        Text(value="Background: Barium was found. Results: The nucleus U divides.", lang="en"),
        Text(value="Der Kern teilt sich.", lang="de"),
    )


def test_subjects_without_the_headings_of_the_journal(article: Reading):
    assert article.record.subjects == (
        Subject(value="Physics"),
        Subject(value="Nuclear physics", scheme="Discipline"),
        Subject(value="Fission", scheme="Discipline"),
        Subject(value="fission", lang="en"),
        Subject(value="U: Uranium", lang="en"),
        Subject(value="Barium", scheme="chemical-element"),
    )


def test_funding_and_licence(article: Reading):
    fund = {
        "funder_name": "Nobel Foundation",
        "funder_id": "https://doi.org/10.13039/501100000001",
        "funder_id_scheme": "Crossref Funder ID",
    }
    assert article.record.funding == (Funding(**fund, award_no="N-1"), Funding(**fund, award_no="N-2"))
    assert article.record.licences == (
        Licence(uri="https://creativecommons.org/licenses/by/4.0/", spdx="CC-BY-4.0", start_date="1940-01-01"),
    )
    assert article.record.rights_statement == "© 1939 The Authors\nUse it well."


def test_whatever_has_no_field_is_named(article: Reading):
    values = {sentence.partition(": ")[2] for sentence in article.unmapped}
    assert values >= {
        "Nature", "GRID grid.10548.38", "office@example.org", "Kaiser-Wilhelm-Institut", "scopus 57000000", "Conceptualization",
        "frisch@example.org", "rev-recd 1939-02", "not a doi", "Letters", "L. Meitner, Stockholm", "Read on 16 January.",
        "143239a0.pdf", "Physical Evidence for the Division of Heavy Nuclei", "Lise Meitner", "The funder had no part in it.", "Winter",
        "2", "crossmark: no", "abstract-type graphical", "sub-article Zerfall",
    }  # fmt: skip


def test_what_nlm_2_wrote_otherwise(nlm2: Reading):
    record = nlm2.record
    assert record.type == "publication.journalArticle"
    assert record.creators == (Agent(family="Einstein", given="Albert", affiliations=(Affiliation(name="Patent Office, Bern"),)),)
    assert record.alt_titles == (Title(value="On the Electrodynamics of Moving Bodies", lang="en", kind="translated"),)
    assert record.container == Container(
        title="Annalen der Physik", issn_print="0003-3804", volume="322", first_page="891", last_page="921"
    )
    assert record.funding == (
        Funding(
            funder_name="Swiss Confederation",
            funder_id="10.13039/501100000002",
            funder_id_scheme="Crossref Funder ID",
            award_no="A-7",
        ),
        Funding(award_no="B-8"),
    )
    assert record.related == (Related(scheme="isbn", value="978-3-16-148410-0", relation="Reviews"),)
    assert record.licences[0].spdx == "CC-BY-SA-4.0"
    assert record.rights_statement == "Barth\n© 1905 Johann Ambrosius Barth\nFree under the licence."


def test_a_day_that_does_not_exist_leaves_the_month(nlm2: Reading):
    assert nlm2.record.dates.issued == "1905-06"
    assert any("the day “31” is not one of the calendar; 1905-06 was taken" in warning for warning in nlm2.warnings)


@pytest.mark.parametrize(
    ("date", "issued"),
    [
        ("<month>Jan-Feb</month><year>1917</year>", "1917-01"),
        ("<day>3</day><month>9</month><year>1917</year>", "1917-09-03"),
        ("<season>Spring</season><year>1917</year>", "1917"),
        ("<year>0000</year>", ""),
        ("<string-date>1917-05</string-date>", "1917-05"),
        ("<string-date>May or June</string-date>", ""),
        ("<year/>", ""),
    ],
)
def test_dates_as_publishers_write_them(date: str, issued: str):
    reading = jats(f'<pub-date pub-type="epub">{date}</pub-date>')
    assert reading.record.dates.issued == issued
    assert bool(reading.unmapped) == any(word in date for word in ("0000", "or", "Spring"))


def test_a_year_0000_gives_way_to_the_next_date():
    dates = '<pub-date pub-type="epub"><year>0000</year></pub-date><pub-date pub-type="ppub"><year>1917</year></pub-date>'
    assert jats(dates).record.dates.issued == "1917"


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("research-article", "publication.journalArticle"),
        ("case-report", "publication.journalArticle"),
        ("editorial", "publication.editorial"),
        ("book-review", "publication.bookReview"),
        ("letter", "publication.letter"),
        ("preprint", "postedContent.preprint"),
        ("dissertation", "etd.doctoral"),
    ],
)
def test_types_by_article_type(word: str, code: str):
    assert jats("", f'<article article-type="{word}">').record.type == code


def test_an_unknown_article_type_is_told():
    reading = jats("", '<article article-type="almanac">')
    assert reading.record.type == "other.other"
    assert "“almanac”" in reading.warnings[0]


def test_without_an_article_type_the_heading_tells_it():
    heading = (
        '<article-categories><subj-group subj-group-type="heading"><subject>Editorial</subject></subj-group></article-categories>'
    )
    assert jats(heading, "<article><?x?>").record.type == "publication.editorial"


def test_several_affiliations_nobody_points_to_are_nobodys():
    people = "<contrib-group><contrib><collab>Accademia dei Lincei</collab></contrib></contrib-group>"
    reading = jats(f"{people}<aff>Rome</aff><aff id='a'>Florence</aff>")
    assert reading.record.creators[0].affiliations == ()
    assert [sentence.partition(": ")[2] for sentence in reading.unmapped] == ["Rome", "Florence"]


def test_one_xref_may_point_to_several_and_to_nothing():
    people = '<contrib-group><contrib><name><surname>Hypatia</surname></name><xref ref-type="aff" rid="a b c"/></contrib></contrib-group>'
    reading = jats(f'{people}<aff id="a">Mouseion</aff><aff id="b"><label>2</label>Alexandria</aff>')
    assert reading.record.creators == (
        Agent(family="Hypatia", affiliations=(Affiliation(name="Mouseion"), Affiliation(name="Alexandria"))),
    )


def test_an_orcid_that_is_only_linked():
    link = '<ext-link ext-link-type="orcid">0000-0002-1825-0097</ext-link>'
    reading = jats(f"<contrib-group><contrib><name><surname>Noether</surname></name>{link}</contrib></contrib-group>")
    assert reading.record.creators[0].id_of("orcid") == "https://orcid.org/0000-0002-1825-0097"
    assert not reading.unmapped


def test_a_second_doi_of_a_version_is_a_relation():
    ids = '<article-id pub-id-type="doi">10.5555/a</article-id><article-id pub-id-type="doi" specific-use="version">10.5555/a.2</article-id>'
    record = jats(ids).record
    assert record.identifiers == (Identifier(scheme="doi", value="10.5555/a"),)
    assert record.related == (Related(scheme="doi", value="10.5555/a.2", relation="HasVersion"),)


def test_a_sponsor_without_a_name_and_an_award_without_a_sponsor():
    award = "<award-group><funding-source/><award-id>7</award-id></award-group><award-group/>"
    assert jats(f"<funding-group>{award}</funding-group>").record.funding == (Funding(award_no="7"),)


def test_several_articles_are_several_works():
    with pytest.raises(Invalid, match="holds 2 descriptions") as caught:
        PLUGIN.read(parse(b"<pmc-articleset><article><front/></article><article><front/></article></pmc-articleset>"))
    assert caught.value.code == "several-works"


def test_what_is_called_article_and_is_none():
    assert not PLUGIN.recognises(parse(b"<article><info/></article>"))
    assert not PLUGIN.recognises(parse(b'<article xmlns="http://docbook.org/ns/docbook" article-type="faq"/>'))


def test_marks_upon_marks_in_a_title_are_only_a_title():
    deep = "<italic>" * 200 + "Monadology" + "</italic>" * 200
    title = f"<title-group><article-title>{deep}</article-title></title-group>"
    root = parse(f"<article><front><article-meta>{title}</article-meta></front></article>".encode())
    assert PLUGIN.read(root).record.title.value == "Monadology"


def test_an_article_that_declares_entities_is_never_read():
    with pytest.raises(Invalid) as caught:
        parse(b'<!DOCTYPE article [<!ENTITY a "b">]><article><front><article-meta>&a;</article-meta></front></article>')
    assert caught.value.code == "xml-entities"


def test_many_authors_and_affiliations_cost_no_more_than_their_number():
    affs = "".join(f'<aff id="a{n}"><institution>Observatory {n}</institution></aff>' for n in range(2000))
    people = "".join(
        f'<contrib><name><surname>Astronomer {n}</surname></name><xref ref-type="aff" rid="a{n}"/></contrib>' for n in range(2000)
    )
    record = jats(f"<contrib-group>{people}{affs}</contrib-group>").record
    assert [creator.affiliations[0].name for creator in record.creators] == [f"Observatory {n}" for n in range(2000)]
    assert record.conference == Conference()
