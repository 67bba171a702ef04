"""Saved queries: what fits each condition, and what does not."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from server.forms.form import Layout
from server.records.model import Agent, AgentId, Dates, File, Funding, Identifier, Record, Subject, Text
from server.records.query import TRAITS, Facts, Query
from tests.writers import record

CURIE = record(
    "Recherches sur les substances radioactives",
    type="etd.doctoral",
    access="open",
    languages=("fr-FR",),
    dates=Dates(issued="1903-06"),
    creators=(Agent(family="Curie", given="Marie", ids=(AgentId(scheme="orcid", value="0000-0002-1825-0097"),)),),
    funding=(Funding(funder_name="Académie des sciences", funder_id="https://ror.org/018mejw64"),),
    files=(File(name="thesis.pdf"),),
    subjects=(Subject(value="Radium"), Subject(value="Chemistry", scheme="DDC", code="546.432")),
    identifiers=(Identifier(scheme="doi", value="10.5555/curie"),),
)
BARE = record("Untitled notes", access="restricted", dates=Dates(), languages=(), creators=(), files=(File(name="n.pdf"),))


@pytest.mark.parametrize(
    "fits",
    [
        {},
        {"types": ("etd",)},
        {"types": ("dataset", "etd.doctoral")},
        {"collections": ("other", "works")},
        {"access": ("open",)},
        {"languages": ("de", "fr")},
        {"languages": ("FR-fr",)},
        {"year_from": 1903, "year_to": 1903},
        {"year_from": -500},
        {"funders": ("academie",)},
        {"funders": ("018mejw64",)},
        {"has": ("fulltext", "doi", "orcid", "funding")},
        {"subject_scheme": "ddc"},
        {"subject_scheme": "DDC", "subject_code": "54"},
        {"words": ("nothing", "substances radio")},
        {"words": ("radium",)},
    ],
)
def test_a_work_fits(fits: dict) -> None:
    assert Query(**fits).matches(Facts(CURIE, "works"))


@pytest.mark.parametrize(
    "fails",
    [
        {"types": ("dataset",)},
        {"types": ("etd.graduate",)},
        {"collections": ("work",)},
        {"access": ("restricted", "embargoed")},
        {"languages": ("f",)},
        {"languages": ("fr-CA",)},
        {"year_from": 1904},
        {"year_to": 1902},
        {"funders": ("academie francaise",)},
        {"funders": ("018mejw6",)},
        {"subject_scheme": "DDC", "subject_code": "55"},
        {"subject_scheme": "LCSH"},
        {"words": ("adium",)},
        {"words": ("radium dance",)},
        {"types": ("etd",), "access": ("restricted",)},
    ],
)
def test_a_work_does_not_fit(fails: dict) -> None:
    assert not Query(**fails).matches(Facts(CURIE, "works"))


@pytest.mark.parametrize(
    "said",
    [
        {"languages": ("fr",)},
        {"year_from": 1},
        {"year_to": 3000},
        {"funders": ("a",)},
        {"has": ("fulltext",)},
        {"has": ("doi",)},
        {"has": ("orcid",)},
        {"has": ("funding",)},
        {"subject_scheme": "DDC"},
    ],
)
def test_a_work_that_says_nothing_of_it_does_not_fit(said: dict) -> None:
    assert not Query(**said).matches(Facts(BARE, "works"))


def test_an_open_file_that_is_no_full_text_does_not_count_and_the_form_says_so() -> None:
    beside = structs.replace(CURIE, files=tuple(structs.replace(file, role="supplement") for file in CURIE.files))
    assert beside.files
    assert not Query(has=("fulltext",)).matches(Facts(beside, "works"))
    assert TRAITS["fulltext"][0] == "A full text everybody can read"


def test_a_doi_of_ours_counts() -> None:
    assert Query(has=("doi",)).matches(Facts(BARE, "works", "10.5555/ours"))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"types": ("nothing",)}, "types"),
        ({"access": ("ajar",)}, "access"),
        ({"year_from": 1900, "year_to": 1899}, "year_to"),
        ({"subject_code": "54"}, "subject_scheme"),
    ],
)
def test_conditions_that_cannot_be_are_refused_by_their_field(values: dict, field: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field}"):
        Query(**values)


@given(
    types=st.lists(st.sampled_from(("etd", "dataset.dataset", "publication")), max_size=2),
    words=st.lists(st.text(max_size=8), max_size=2),
    year=st.none() | st.integers(-9999, 9999),
    title=st.text(min_size=1, max_size=20),
)
def test_whatever_is_asked_is_answered_and_each_condition_only_narrows(types: list, words: list, year: int, title: str) -> None:
    query = Query(types=tuple(types), words=tuple(words), year_from=year)
    facts = Facts(Record(type="etd.doctoral", title=Text(value=title), dates=Dates(issued="1903")), "works")
    if query.matches(facts):
        for name in ("types", "words", "year_from"):
            default = Query.__struct_defaults__[Query.__struct_fields__.index(name)]
            assert msgspec.structs.replace(query, **{name: default}).matches(facts)
    assert msgspec.json.decode(msgspec.json.encode(query), type=Query) == query


def test_a_form_asks_for_every_condition() -> None:
    asked = Layout.of(Query).show()
    assert [entry.path for entry in asked.entries] == list(Query.__struct_fields__)
    made = Layout.of(Query).read([("types", "etd"), ("has", "doi"), ("year_from", "1900"), ("words", "peas\nbeans")])
    assert made == Query(types=("etd",), has=("doi",), year_from=1900, words=("peas", "beans"))
