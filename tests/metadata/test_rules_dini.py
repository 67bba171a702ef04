"""The rules of the DINI certificate: our own records keep them, and each of them can fail."""

import pytest
from lxml import etree

from server.metadata.rules.dini import DCMI, PLUGIN, TYPES
from server.metadata.ruling import rules
from server.metadata.types import NAMES
from server.records import vocabulary
from tests.conftest import SHARED
from tests.metadata import famous_theses
from tests.metadata.harvested import advice, altered, errors, record

NOETHER = famous_theses.NOETHER
SETS = ("doc-type:DoctoralThesis", "ddc:512")
XSD = SHARED / "data" / "schemas" / "xmetadissplus"


def test_they_stand_on_the_shelf():
    assert rules()["dini"] is PLUGIN


def test_a_good_record_has_no_fault():
    found = record("oai_dc_dini", NOETHER, SETS)
    assert (errors(PLUGIN, found), advice(PLUGIN, found)) == (set(), set())
    assert advice(PLUGIN, record("oai_dc_dini", NOETHER)) == {"sets"}


@pytest.mark.parametrize(
    ("element", "value", "rule"),
    [
        *((name, (), name) for name in ("title", "creator", "date", "type", "identifier")),
        ("date", ("in 1907",), "date-form"), ("date", ("1907", "1908"), "date-one"),
        ("type", ("Text",), "doc-type"), ("type", ("doc-type:thesis", "Text"), "doc-type"), ("type", ("doc-type:Article", "doc-type:Book"), "doc-type"),
        ("type", ("doc-type:Article", "status-type:final"), "status-type"), ("type", ("doc-type:Article", "status-type:draft", "status-type:updatedVersion"), "status-type"),
        ("identifier", ("urn:nbn:de:101:1",), "identifier-address"), ("subject", ("ddc:5",), "ddc"), ("subject", ("ddc:512.9",), "ddc"),
    ],
)  # fmt: skip
def test_each_rule_can_fail(element, value, rule):
    assert rule in errors(PLUGIN, altered(record("oai_dc_dini", NOETHER, SETS), element, *value))


@pytest.mark.parametrize(
    ("element", "value", "rule"),
    [("subject", ("Algebra",), "ddc"), ("type", ("doc-type:Article",), "dcmi-type"), ("language", (), "language"),
     ("language", ("de",), "language-code"), ("publisher", (), "publisher")],
)  # fmt: skip
def test_each_piece_of_advice_can_be_given(element, value, rule):
    assert rule in advice(PLUGIN, altered(record("oai_dc_dini", NOETHER, SETS), element, *value))


@pytest.mark.skipif(not XSD.exists(), reason="needs schemas/xmetadissplus of SHEAF_SHARED")
def test_the_vocabulary_is_that_of_the_schema_of_the_dnb():
    """It lists the joint vocabulary, and marks the spellings of older versions as outdated."""
    names = {"xs": "http://www.w3.org/2001/XMLSchema"}
    tree = etree.parse(XSD / "xmetadissplustype.xsd")
    current = "//xs:enumeration[not(contains(string(.), 'veraltet'))]/@value"
    assert set(tree.xpath(current, namespaces=names)) >= TYPES - {"CartographicMaterial"}
    assert set(tree.xpath("//xs:enumeration/@value", namespaces=names)) >= TYPES


def test_our_own_words_are_in_the_vocabularies():
    assert {name.dini for name in NAMES.values()} <= TYPES
    assert {kind.dcmi for kind in vocabulary.TYPES.values()} <= DCMI
