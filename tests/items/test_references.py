"""References read back by programs we did not write: BibTeX by pybtex, RIS by rispy, and styles as their manuals have them."""

import re

import msgspec
import pybtex.database
import pytest
import rispy
from hypothesis import HealthCheck, given, settings
from pybtex.database import Person
from pylatexenc.latex2text import LatexNodes2Text

from server.items import cited
from server.items.bibtex import bibtex
from server.items.cited import STYLES
from server.items.csl import csl
from server.items.highwire import tags
from server.items.kinds import KINDS
from server.items.ris import ris
from server.records.model import Agent, Dates, Publisher, Record, Subject, Text, Thesis
from server.records.vocabulary import TYPES
from tests import strategies
from tests.items.kinds import NUMBER, SOME, SPARSE, of_type, work
from tests.items.works import RICH

MANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
FEW = settings(MANY, max_examples=15)

_TEXT = LatexNodes2Text(keep_comments=True, math_mode="verbatim")


def plain(latex: str) -> str:
    """What LaTeX would print of a field."""
    latex = latex.replace(r"\textbraceleft{}", r"\{").replace(r"\textbraceright{}", r"\}")  # the reader knows the short ones only
    return " ".join(_TEXT.latex_to_text(latex).replace("\N{MODIFIER LETTER CIRCUMFLEX ACCENT}", "^").split())


def entry_of(text: str) -> pybtex.database.Entry:
    found = pybtex.database.parse_string(text, "bibtex").entries
    assert list(found) == [f"w{NUMBER.lower()}"]
    return found[f"w{NUMBER.lower()}"]


def test_every_type_has_a_kind_of_reference() -> None:
    assert list(KINDS) == list(TYPES)


def test_the_bare_number_of_a_class_is_no_keyword() -> None:
    subjects = (
        Subject(value="radium"),
        Subject(value="546", scheme="ddc"),
        Subject(value="QA76.9", scheme="lcc"),
        Subject(value="1903"),
    )
    described = work(msgspec.structs.replace(of_type(SOME[0]), subjects=subjects))
    assert entry_of(bibtex(described)).fields["keywords"] == "radium, QA76.9, 1903"
    assert rispy.loads(ris(described))[0]["keywords"] == ["radium", "QA76.9", "1903"]
    assert csl(described)["keyword"] == "radium, QA76.9, 1903"
    assert dict(tags(described))["citation_keywords"] == "radium; QA76.9; 1903"


def test_bibtex_comes_back_as_it_was() -> None:
    entry = entry_of(bibtex(work()))
    assert entry.type == "article"
    assert plain(entry.fields["title"]) == "Note on {braces} & 100 % of $x_1$, 50 # ~ ^ \\: With <b>notes</b>"
    assert entry.fields["pages"] == "666--731"
    assert entry.fields["doi"] == "10.5072/00000001"
    assert (entry.fields["year"], entry.fields["month"]) == ("1843", "September")
    authors = [
        " ".join(person.prelast_names + person.last_names) + "|" + " ".join(person.first_names + person.middle_names)
        for person in entry.persons["author"]
    ]
    assert authors[0] == "Lovelace|Ada"
    assert authors[1] == "{Society of Sciences and Arts, London}|"
    assert authors[2].startswith("{von Humboldt, and Sons}|")
    assert authors[3] == "{Hypatia}|"
    assert entry.persons["editor"] == [Person("Babbage, Charles")]


@pytest.mark.parametrize(
    ("code", "kind", "field"),
    [
        ("etd.doctoral", "phdthesis", "school"),
        ("publication.report", "techreport", "institution"),
        ("publication.bookChapter", "incollection", "booktitle"),
        ("dataset.dataset", "misc", "howpublished"),
    ],
)
def test_bibtex_has_the_entry_of_the_type(code: str, kind: str, field: str) -> None:
    entry = entry_of(bibtex(work(of_type(code))))
    assert entry.type == kind
    assert entry.fields[field]


@MANY
@given(strategies.records(dirty=False))
def test_whatever_a_record_holds_bibtex_and_ris_are_one_entry(record) -> None:
    entry = entry_of(bibtex(work(record)))
    assert entry.type == KINDS[record.type].bibtex
    (found,) = rispy.loads(ris(work(record)))
    assert found["type_of_reference"] == KINDS[record.type].ris
    assert len(found.get("authors", [])) == sum(bool(agent.label.split()) for agent in record.creators)


def test_ris_comes_back_as_it_was() -> None:
    (found,) = rispy.loads(ris(work()))
    assert found["type_of_reference"] == "JOUR"
    assert found["authors"] == [
        "Lovelace, Ada",
        "Society of Sciences and Arts, London",
        "von Humboldt, and Sons, Alexander and Wilhelm",
        "Hypatia",
    ]
    assert (found["year"], found["start_page"], found["end_page"]) == ("1843", "666", "731")
    assert found["doi"] == "10.5072/00000001"
    assert found["file_attachments1"] == f"https://repository.example.org/items/{NUMBER}/files/notes.pdf"
    assert found["keywords"] == ["computing"]
    assert "Two lines." in found["abstract"]


def test_csl_json_leaves_out_what_is_not_known() -> None:
    assert csl(work(SPARSE, "")) == {
        "id": NUMBER,
        "type": "document",
        "title": "Alone",
        "URL": f"https://repository.example.org/items/{NUMBER}",
        "genre": "Other",
    }
    full = csl(work())
    assert full["issued"] == {"date-parts": [[1843, 9]]}
    assert full["author"][1] == {"literal": "Society of Sciences and Arts, London"}
    assert full["editor"] == [{"family": "Babbage", "given": "Charles"}]


def test_references_are_those_of_the_styles_manuals() -> None:
    item = csl(work(RICH, "10.5072/1"))
    assert cited.plain(item, "apa").startswith(
        "Mendel, G. (1866). Versuche über Pflanzen-Hybriden. Verhandlungen, 4(1), 3\N{EN DASH}47. https://doi.org/10.5072/1"
    )
    assert cited.plain(item, "ieee").startswith("G. Mendel, \N{LEFT DOUBLE QUOTATION MARK}Versuche über Pflanzen-Hybriden")
    assert "<i>Verhandlungen</i>" in cited.cited(item, "apa")
    assert '<a href="https://doi.org/10.5072/1">https://doi.org/10.5072/1</a>' in cited.cited(item, "apa")


@pytest.mark.parametrize("style", STYLES)
def test_every_style_writes_every_kind_of_work_and_nothing_in_it_acts(style: str) -> None:
    for code in SOME:
        found = cited.cited(csl(work(of_type(code))), style)
        assert "braces" in found, code
        assert set(re.findall(r"<(/?\w+)", found)) <= {"i", "/i", "a", "/a"}, found


@FEW
@given(strategies.records(dirty=False))
def test_no_record_breaks_a_reference(record) -> None:
    found = cited.cited(csl(work(record)), "apa")
    assert set(re.findall(r"<(/?\w+)", found)) <= {"i", "/i", "a", "/a"}, found


def test_what_the_processor_cannot_write_is_said_otherwise(caplog: pytest.LogCaptureFixture) -> None:
    assert cited.plain({"type": "no such type"}, "apa") == ""
    assert "could not write a reference" in caplog.text


CURIE = Record(
    type="etd.doctoral",
    title=Text(value="Recherches sur les substances radioactives"),
    creators=(Agent(family="Curie", given="Marie"),),
    dates=Dates(issued="1903"),
    publisher=Publisher(name="Gauthier-Villars", place="Paris"),
    thesis=Thesis(degree_name="Docteur ès sciences physiques", grantor="Faculté des sciences de Paris"),
)


def test_a_thesis_is_cited_with_who_awarded_the_degree_not_who_printed_it() -> None:
    item = csl(work(CURIE, "10.5072/1"))
    assert (item["type"], item["genre"], item["publisher"]) == ("thesis", "Doctoral thesis", "Faculté des sciences de Paris")
    assert cited.plain(item, "apa") == (
        "Curie, M. (1903). Recherches sur les substances radioactives [Doctoral thesis, Faculté des sciences de Paris]. "
        "https://doi.org/10.5072/1"
    )
    assert "PB  - Faculté des sciences de Paris" in ris(work(CURIE))
    assert entry_of(bibtex(work(CURIE))).fields["school"] == "Faculté des sciences de Paris"


def test_a_book_is_cited_with_its_publisher_and_a_thesis_without_a_grantor_too() -> None:
    for changed in ({"type": "publication.book"}, {"thesis": Thesis()}):
        item = csl(work(msgspec.structs.replace(CURIE, **changed)))
        assert (item["publisher"], item["publisher-place"]) == ("Gauthier-Villars", "Paris")
