"""What BASE asks: our own records give it in every format, and each rule can fail."""

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from server.metadata.format import formats
from server.metadata.rules.bielefeld import PLUGIN
from server.metadata.ruling import Facts, Weight, rules
from server.records import model
from server.records.vocabulary import ACCESS, TYPES
from tests.metadata import famous
from tests.metadata.harvested import FACTS, altered, record
from tests.strategies import records

FORMATS = formats()
PAGE = famous.EINSTEIN.landing_url


def told(found: etree._Element, weight: Weight) -> set[str]:
    faults = list(PLUGIN.check(found, FACTS))
    assert all(fault.message.endswith(".") for fault in faults)
    return {fault.rule for fault in faults if fault.weight is weight}


def test_it_stands_on_the_shelf():
    assert rules()["base"] is PLUGIN


@pytest.mark.parametrize("name", sorted(PLUGIN.formats & set(FORMATS)))
@pytest.mark.parametrize("code", TYPES)
def test_every_type_and_format_of_ours_is_taken(name, code):
    thesis = model.Thesis(degree_name="Dr. phil.", grantor="Georgia Augusta", degree_level="doctoral")
    work = famous.work(
        9, model.Record(type=code, title=model.Text(value="T"), dates=model.Dates(issued="1907"), thesis=thesis), doi="10.5072/x"
    )
    if FORMATS[name].applies(work.record):
        assert not told(record(name, work), Weight.ERROR)


@pytest.mark.parametrize("access", ACCESS)
def test_a_full_record_has_no_fault_at_all(access):
    full = model.Record(
        type="publication.journalArticle",
        title=model.Text(value="Über die spezifische Wärme"),
        creators=(model.Agent(family="Einstein", given="Albert"),),
        abstracts=(model.Text(value="Und der Zusammenhang mit der Strahlung."),),
        dates=model.Dates(issued="1907", embargo_until="2030-01-01"),
        languages=("de",),
        access=access,
    )
    assert not list(PLUGIN.check(record("oai_dc", famous.work(9, full)), FACTS))


@pytest.mark.parametrize(
    ("element", "values", "rule", "weight"),
    [
        ("title", (), "title", Weight.ERROR), ("identifier", (), "identifier", Weight.ERROR),
        ("creator", (), "creator", Weight.ADVICE), ("date", (), "date", Weight.ADVICE), ("type", (), "type", Weight.ADVICE),
        ("description", (), "description", Weight.ADVICE),
        ("identifier", ("10.5072/x", "urn:nbn:de:101:1-2"), "identifier-address", Weight.ERROR),
        *(("identifier", (PAGE, address), "identifier-works", Weight.ERROR) for address in (
            "http://localhost/items/1", "http://127.0.0.1:8000/x", "http://192.168.0.7/x", "https://repo/items/1", "https:///items/1",
            "http://[::1", "https://repo.example.org/a file.pdf", "http://repo.internal/x",
        )),
        ("creator", ("Curie, Marie; Curie, Pierre",), "creator-each", Weight.ADVICE),
        ("date", ("2026-01-15T00:00:00Z",), "date-form", Weight.ERROR), ("date", ("1905", "1906"), "date-one", Weight.ERROR),
        ("type", ("Journal article",), "type-eurepo", Weight.ADVICE), ("rights", ("free",), "rights-access", Weight.ADVICE),
        ("rights", (), "rights-access", Weight.ADVICE), ("language", ("German",), "language-code", Weight.ADVICE),
    ],
)  # fmt: skip
def test_each_rule_can_fail(element, values, rule, weight):
    assert rule in told(altered(record("oai_dc", famous.EINSTEIN), element, *values), weight)
    assert rule not in told(record("oai_dc", famous.EINSTEIN), weight)


@pytest.mark.parametrize("address", ["https://repo.example.org/items/1", "http://8.8.8.8/x", "https://doi.org/10.5072/x"])
def test_a_public_address_is_taken(address):
    assert not told(altered(record("oai_dc", famous.EINSTEIN), "identifier", address), Weight.ERROR)


@pytest.mark.parametrize("name", ["mods", "mets", "marcxml", "datacite"])
def test_another_format_must_lead_home_too(name):
    found = record(name, famous.EINSTEIN)
    for node in found.iter(etree.Element):
        node.text = (node.text or "").replace("https://repo.example.org/", "https://elsewhere.example.org/")
    assert told(found, Weight.ERROR) == {"identifier-address"}


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost", "https://repo"])
def test_an_address_only_we_can_open_is_a_fault_of_the_repository_and_of_no_record(url):
    [fault] = PLUGIN.survey(Facts(url))
    assert fault.rule == "repository-address"
    assert url in fault.message
    assert "SHEAF_BASE_URL" in fault.message
    for values in ((f"{url}/items/1",), (f"{url}/items/1", f"{url}/items/1/files/a.pdf")):
        found = altered(record("oai_dc", famous.EINSTEIN), "identifier", *values)
        assert not [each for each in PLUGIN.check(found, Facts(url)) if each.weight is Weight.ERROR]
    assert not list(PLUGIN.survey(FACTS))


def test_a_record_without_metadata_is_answered_and_not_raised_at():
    found = record("oai_dc", famous.EINSTEIN)
    found.remove(found[1])
    assert told(found, Weight.ERROR) == {"title", "identifier"}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(records())
def test_any_record_fails_by_nothing_but_a_title_or_a_date_it_lacks(given_):
    assert told(record("oai_dc", famous.work(9, given_, doi="10.5072/x")), Weight.ERROR) <= {"title", "date-one"}
