"""The rules of OpenAIRE 3: our own records keep them, and each of them can fail."""

import msgspec
import pytest

from server.metadata.rules.openaire3 import PLUGIN
from server.metadata.ruling import rules
from server.records import model
from tests.metadata import famous, famous_theses
from tests.metadata.harvested import advice, altered, errors, record

SEMANTICS = "info:eu-repo/semantics/"
NOETHER = famous_theses.NOETHER
each_format = pytest.mark.parametrize("name", sorted(PLUGIN.formats))


def test_they_stand_on_the_shelf():
    assert rules()["openaire3"] is PLUGIN


@each_format
def test_a_good_record_has_no_fault(name):
    found = record(name, NOETHER, ("openaire",))
    assert (errors(PLUGIN, found), advice(PLUGIN, found)) == (set(), set())
    assert advice(PLUGIN, record(name, NOETHER)) == {"set"}


@pytest.mark.parametrize(
    ("element", "value", "rule"),
    [
        *((name, (), name) for name in ("title", "creator", "date", "type", "identifier", "rights")),
        ("date", ("1907-13",), "date-form"), ("date", ("1907", "1908"), "date-one"), ("date", ("info:eu-repo/date/embargoEnd/2030-01-01",), "date-one"),
        ("type", ("Article", f"{SEMANTICS}article"), "type-first"), ("type", (f"{SEMANTICS}thesis",), "type-first"),
        ("type", (f"{SEMANTICS}article", f"{SEMANTICS}other"), "type-one"),
        ("type", (f"{SEMANTICS}article", f"{SEMANTICS}draft", f"{SEMANTICS}updatedVersion"), "version-one"),
        ("identifier", ("10.5072/x", "https://repo.example.org/items/1"), "identifier-address"),
        ("rights", ("CC BY",), "access"), ("rights", (f"{SEMANTICS}openAccess", f"{SEMANTICS}closedAccess"), "access"),
        ("rights", (f"{SEMANTICS}embargoedAccess",), "embargo"), ("date", ("1907", "info:eu-repo/date/embargoEnd/2030-01-01"), "embargo"),
        ("relation", ("info:eu-repo/grantAgreement/EC//",), "project"), ("relation", ("info:eu-repo/grantAgreement//FP7/1",), "project"),
        ("relation", ("info:eu-repo/grantAgreement/EC",), "project"),
    ],
)  # fmt: skip
def test_each_rule_can_fail(element, value, rule):
    assert rule in errors(PLUGIN, altered(record("oai_dc_openaire", NOETHER), element, *value))


@pytest.mark.parametrize(
    ("element", "value", "rule"),
    [
        *((name, (), name) for name in ("subject", "description", "publisher", "language")),
        ("language", ("German",), "language-code"),
    ],
)
def test_each_piece_of_advice_can_be_given(element, value, rule):
    assert rule in advice(PLUGIN, altered(record("oai_dc_openaire", NOETHER), element, *value))


def test_an_embargo_ends_on_a_day():
    embargoed = msgspec.structs.replace(
        NOETHER.record, access="embargoed", dates=model.Dates(issued="1908", embargo_until="2030"), files=()
    )
    found = record("oai_dc", famous.work(9, embargoed))
    assert errors(PLUGIN, found) == {"embargo"}
    dated = msgspec.structs.replace(embargoed, dates=model.Dates(issued="1908", embargo_until="2030-01-01"))
    assert errors(PLUGIN, record("oai_dc", famous.work(9, dated))) == set()
