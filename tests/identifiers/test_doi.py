"""The DOI scheme: every way a DOI is written, and how ours are composed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Invalid
from server.identifiers.model import serves
from server.identifiers.schemes import doi
from server.identifiers.schemes.doi import DoiRules, Label
from server.records.vocabulary import TYPES

RULES = DoiRules(
    prefix="10.5072",
    labels=(
        Label(types=("dataset",), label="data"),
        Label(types=("etd", "publication.report"), label="Texts"),
        Label(types=("etd.doctoral",), label="phd"),
        Label(types=("publication.report",), label="never"),
    ),
)


@pytest.mark.parametrize(
    "written",
    [
        "10.5072/Data.00000001",
        "  10.5072/data.00000001\n",
        "doi:10.5072/DATA.00000001",
        "DOI: 10.5072/data.00000001",
        "info:doi/10.5072/data.00000001",
        "https://doi.org/10.5072/data.00000001",
        "http://dx.doi.org/10.5072/data.00000001",
        "HTTPS://DOI.ORG/10.5072/data.00000001",
        "https://doi.org/10.5072%2Fdata.00000001",
        "doi.org/10.5072/data.00000001",
    ],
)
def test_every_way_a_doi_is_written_has_one_normal_form(written):
    assert doi.normal(written) == "10.5072/data.00000001"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.5072",
        "10.5072/",
        "11.5072/x",
        "10.ABC/x",
        "10.1/x",
        "10.5072/a b",
        "10.5072/a\tb",
        "hdl:10.5072/x",
        "10.5072/\ud800",
    ],
)
def test_what_is_no_doi_is_refused_with_a_remedy(text):
    with pytest.raises(Invalid) as caught:
        doi.normal(text)
    assert caught.value.code == "doi"
    assert "10.prefix/suffix" in caught.value.remedy


def test_an_old_doi_is_a_doi_and_an_endless_one_is_none():
    sici = "10.1002/(SICI)1096-8644(199601)99:1<1::AID-AJPA1>3.0.CO;2-1"
    assert doi.normal(sici) == sici.lower()
    with pytest.raises(Invalid):
        doi.normal("10.5072/" + "x" * 2041)


def test_a_prefix_may_have_subdivisions_and_only_ascii_letters_fold():
    assert doi.normal("10.1000.10/İX") == "10.1000.10/İx"


@given(st.text(min_size=1, max_size=30))
def test_normal_is_idempotent_whatever_comes(text):
    try:
        once = doi.normal("10.5072/" + text)
    except Invalid:
        return
    assert doi.normal(once) == once


def test_the_seed_s_example_with_a_prefix_that_exists():
    # prefix, start 1, padding 8, label data → prefix/data.00000001
    assert doi.compose(RULES, "dataset.dataset", 1) == "10.5072/data.00000001"


def test_a_type_beats_its_category_and_the_first_label_wins():
    assert doi.suffix_label(RULES, "etd.doctoral") == "phd"
    assert doi.suffix_label(RULES, "etd.graduate") == "Texts"
    assert doi.suffix_label(RULES, "publication.report") == "Texts"
    assert doi.suffix_label(RULES, "publication.book") == ""


def test_without_a_label_the_suffix_is_the_number():
    assert doi.compose(RULES, "publication.book", 42) == "10.5072/00000042"


def test_a_number_larger_than_the_padding_grows():
    rules = DoiRules(prefix="10.5072", padding=3)
    assert [doi.compose(rules, "other.map", n) for n in (7, 999, 1000, 123456)] == [
        "10.5072/007",
        "10.5072/999",
        "10.5072/1000",
        "10.5072/123456",
    ]


def test_labels_that_differ_in_case_only_share_their_counter():
    upper = DoiRules(prefix="10.5072", labels=(Label(types=("dataset",), label="DATA"),))
    assert doi.sequence_name(upper, "dataset.dataset") == doi.sequence_name(RULES, "dataset.dataset") == "doi:10.5072/data"
    assert doi.sequence_name(RULES, "publication.book") == "doi:10.5072/"
    assert doi.sequence_name(RULES, "etd.doctoral") != doi.sequence_name(RULES, "etd.graduate")


def test_an_agency_serves_the_types_and_categories_it_names_or_all():
    some = DoiRules(prefix="10.5072", types=("dataset", "publication.book"))
    assert serves(some, "dataset.dataset")
    assert serves(some, "publication.book")
    assert not serves(some, "publication.bookChapter")
    assert all(serves(RULES, code) for code in TYPES)


@given(st.sampled_from(sorted(TYPES)), st.integers(1, 10**12), st.integers(1, 9))
def test_every_composed_doi_can_be_registered_and_is_already_normal(code, number, padding):
    rules = DoiRules(prefix="10.5072", padding=padding, labels=RULES.labels)
    composed = doi.compose(rules, code, number)
    assert doi.normal(composed) == composed
    assert re.fullmatch(r"10\.[0-9]{4,9}/[-._;()/:a-z0-9*~$=]+", composed), "both agencies register it"
    assert composed.endswith(str(number))
