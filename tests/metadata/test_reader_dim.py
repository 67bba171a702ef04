"""DIM, field by field."""

from pathlib import Path

import pytest

from server.metadata.readers.dim import PLUGIN
from server.metadata.reading import Reading
from server.records.model import Agent, AgentId, Dates, Funding, Related, Subject, Text, Thesis, Title
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "dim"
ORCID = AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097")


def dim(*fields: str) -> Reading:
    """Read fields written as `dc.date.issued=1903`."""
    inside = ""
    for field in ("dc.title=Zoonomia", *fields):
        name, _, text = field.partition("=")
        schema, element, qualifier = [*name.split("."), ""][:3]
        inside += f'<field mdschema="{schema}" element="{element}" qualifier="{qualifier}">{text}</field>'
    return PLUGIN.read(parse(f'<dim xmlns="http://www.dspace.org/xmlns/dspace/dim">{inside}</dim>'.encode()))


def left(reading: Reading) -> list[str]:
    return [sentence.partition(": ")[2] for sentence in reading.unmapped]


@pytest.fixture
def thesis() -> Reading:
    return PLUGIN.read(parse((SAMPLES / "thesis.xml").read_bytes()))


def test_titles_and_people(thesis: Reading):
    record = thesis.record
    assert record.title == Text(value="Recherches sur les substances radioactives", lang="fr")
    assert record.alt_titles == (Title(value="Research on Radioactive Substances", lang="en-US"),)
    assert record.creators == (Agent(family="Curie", given="Marie", ids=(ORCID,)),)
    assert [(c.label, c.role) for c in record.contributors] == [
        ("Lippmann, Gabriel", "Supervisor"),
        ("Moissan, Henri", "Other"),
        ("Becquerel, Henri", "Other"),
        ("Curie, Ève", "RightsHolder"),
    ]
    assert len(thesis.warnings) == 1
    assert "“copyist”" in thesis.warnings[0]


def test_the_degree_and_the_embargo(thesis: Reading):
    assert thesis.record.type == "etd.doctoral"
    assert thesis.record.thesis == Thesis(
        degree_name="Docteur ès sciences physiques",
        degree_level="Doctoral",
        discipline="Physique",
        grantor="Université de Paris",
        department="Faculté des sciences",
    )
    assert thesis.record.dates == Dates(issued="1903-06", submitted="1903-05", embargo_until="2027-05-01")
    assert thesis.record.access == "embargoed"


def test_identifiers_and_relations(thesis: Reading):
    record = thesis.record
    assert [(i.scheme, i.value) for i in record.identifiers] == [("handle", "20.500.12345/curie"), ("doi", "10.5555/curie")]
    assert record.related == (
        Related(scheme="doi", value="10.5555/becquerel"),
        Related(scheme="isbn", value="9783161484100", relation="IsVersionOf"),
    )
    assert record.container.series == "Thèses de Paris ; 445"
    assert record.citation_text == "Curie, Recherches, Paris 1903"


def test_the_rest_of_the_fields(thesis: Reading):
    record = thesis.record
    assert record.subjects == (Subject(value="radioactivity"), Subject(value="Radium", scheme="lcsh"))
    assert (record.languages, record.publisher.name, record.toc) == (("fr-FR",), "Gauthier-Villars", "I. Uranium. II. Thorium.")
    assert record.abstracts == (Text(value="Le radium.", lang="fr"),)
    assert record.funding == (Funding(funder_name="Rothschild"),)
    assert record.licences[0].spdx == "CC-BY-4.0"
    assert [place.name for place in record.geo] == ["Paris"]


def test_whatever_has_no_field_is_named_as_dspace_names_it(thesis: Reading):
    assert left(thesis) == [
        "dc.date.accessioned 2009-01-08T16:24:37Z",
        "dc.description.provenance Submitted by a machine.",
        "dc.format.mimetype application/pdf",
        "dcterms.audience chemists",
        "local.shelf 12",
        "1999",
        "local.embargo.terms one year",
    ]


def test_the_dublin_core_file_of_an_archive():
    record = PLUGIN.read(parse((SAMPLES / "dublin_core.xml").read_bytes())).record
    assert record.creators == (Agent(family="Newton", given="Isaac", ids=(ORCID,)),)
    assert (record.type, record.dates.issued, record.abstracts[0].value) == ("publication.book", "1687-07-05", "Three books.")


def test_an_orcid_whose_owner_nobody_knows_is_named():
    reading = dim("dc.creator=Darwin, Erasmus", "dc.creator=Seward, Anna", "dc.creator.orcid=0000-0002-1825-0097")
    assert all(not creator.ids for creator in reading.record.creators)
    assert left(reading) == ["dc.creator.orcid 0000-0002-1825-0097"]


@pytest.mark.parametrize(
    ("text", "date"),
    [("1794", "1794"), ("May 1794", "1794-05"), ("06/01/1794", "1794-06-01"), ("June 1, 1794", "1794-06-01"), ("0000", "")],
)
def test_dates(text: str, date: str):
    reading = dim(f"dc.date.issued={text}")
    assert reading.record.dates.issued == date
    assert bool(reading.unmapped) == (not date)


def test_versions_journals_and_a_description_in_words():
    reading = dim(
        "dc.type.version=publishedVersion", "dc.type=Article", "dc.identifier.issn=2049-3630", "dc.description=In verse."
    )
    record = reading.record
    assert (record.version, record.type, record.container.issn_print) == ("VoR", "publication.journalArticle", "2049-3630")
    assert record.abstracts == (Text(value="In verse."),)
    assert not reading.unmapped


def test_the_description_of_a_file_is_not_that_of_a_work():
    field = '<field mdschema="dc" element="title">license.txt</field>'
    for kind, known in {"ITEM": True, "BITSTREAM": False, "COLLECTION": False}.items():
        root = parse(f'<dim xmlns="http://www.dspace.org/xmlns/dspace/dim" dspaceType="{kind}">{field}</dim>'.encode())
        assert PLUGIN.recognises(root) == known
