"""What IRUS reads: our own records give it, and each rule can fail."""

import pytest

from server.metadata.rules.irus import PLUGIN
from server.metadata.ruling import rules
from server.records import model
from server.records.vocabulary import TYPES
from tests.metadata import famous, famous_theses
from tests.metadata.harvested import altered, errors, faults, record

NOETHER = famous_theses.NOETHER
PAGE = NOETHER.landing_url


def test_it_stands_on_the_shelf():
    assert rules()["irus"] is PLUGIN


@pytest.mark.parametrize("name", sorted(PLUGIN.formats))
@pytest.mark.parametrize("code", TYPES)
def test_every_type_of_ours_is_mapped_to_one_of_theirs(name, code):
    assert not faults(PLUGIN, record(name, famous.work(9, model.Record(type=code, title=model.Text(value="T")))))


@pytest.mark.parametrize(
    ("element", "value", "rule"),
    [
        *((name, (), name) for name in ("title", "type", "identifier")),
        ("identifier", ("https://doi.org/10.5072/x", PAGE), "item-page"), ("identifier", (f"{PAGE}/files/dissertation.pdf", PAGE), "item-page"),
        ("identifier", ("https://elsewhere.org/items/01J00000000000000000000004",), "item-page"),
        ("identifier", (PAGE, "https://doi.org/10.5072/x", "https://doi.org/10.1515/y"), "doi-one"),
        ("identifier", (PAGE, "http://dx.doi.org/10.5072/x", "doi:10.1515/y"), "doi-one"),
        ("type", ("info:eu-repo/semantics/article", "Text"), "type-granular"), ("type", ("Book", "Report"), "type-one"),
    ],
)  # fmt: skip
def test_each_rule_can_fail(element, value, rule):
    assert rule in errors(PLUGIN, altered(record("oai_dc", NOETHER), element, *value))


def test_usage_is_counted_by_the_identifier_of_the_header():
    found = record("oai_dc", NOETHER)
    header = found.find("{http://www.openarchives.org/OAI/2.0/}header")
    header[0].text = "123"
    assert "artnum" in errors(PLUGIN, found)
    found.remove(header)
    assert "artnum" in errors(PLUGIN, found), "what has no header at all is told so as well"


def test_a_record_without_metadata_is_answered_and_not_raised_at():
    found = record("oai_dc", NOETHER)
    found.remove(found[1])
    assert errors(PLUGIN, found) == {"title", "type", "identifier"}
