"""The rules of OpenAIRE 4.0: each can fail, and the samples the guidelines come with are judged by them."""

import pytest
from lxml import etree

from server.metadata.ruling import Facts, Weight, rules
from tests.conftest import SHARED
from tests.metadata.approved import errors, faults

SAMPLES = SHARED / "data" / "records" / "openaire"
WHOLE = """<oaire:resource xmlns:oaire="http://namespace.openaire.eu/schema/oaire/" xmlns:datacite="http://datacite.org/schema/kernel-4"
    xmlns:dc="http://purl.org/dc/elements/1.1/">
  <datacite:titles><datacite:title>Radioactivity</datacite:title></datacite:titles>
  <datacite:creators><datacite:creator><datacite:creatorName>Curie, Marie</datacite:creatorName>
    <datacite:nameIdentifier nameIdentifierScheme="VIAF">76353174</datacite:nameIdentifier></datacite:creator></datacite:creators>
  <datacite:contributors><datacite:contributor contributorType="Supervisor">
    <datacite:contributorName>Lippmann, Gabriel</datacite:contributorName></datacite:contributor></datacite:contributors>
  <oaire:fundingReferences><oaire:fundingReference><oaire:funderName>Academy</oaire:funderName>
    <oaire:awardNumber>1898</oaire:awardNumber></oaire:fundingReference></oaire:fundingReferences>
  <datacite:alternateIdentifiers><datacite:alternateIdentifier alternateIdentifierType="oai">oai:x:1</datacite:alternateIdentifier></datacite:alternateIdentifiers>
  <datacite:relatedIdentifiers><datacite:relatedIdentifier relatedIdentifierType="DOI" relationType="References">10.1/2</datacite:relatedIdentifier></datacite:relatedIdentifiers>
  <datacite:dates><datacite:date dateType="Issued">1903-06-25</datacite:date>
    <datacite:date dateType="Accepted">2026-01-15</datacite:date><datacite:date dateType="Available">2027-01-01</datacite:date></datacite:dates>
  <dc:language>fra</dc:language>
  <dc:publisher>Gauthier-Villars</dc:publisher>
  <oaire:resourceType resourceTypeGeneral="literature" uri="http://purl.org/coar/resource_type/c_db06">doctoral thesis</oaire:resourceType>
  <dc:description>Of uranium.</dc:description>
  <datacite:identifier identifierType="URL">https://repo.example.org/items/1</datacite:identifier>
  <datacite:rights rightsURI="http://purl.org/coar/access_right/c_f1cf">embargoed access</datacite:rights>
  <datacite:subjects><datacite:subject>Radium</datacite:subject></datacite:subjects>
  <oaire:licenseCondition uri="https://creativecommons.org/publicdomain/zero/1.0/">CC0</oaire:licenseCondition>
  <oaire:file>https://repo.example.org/items/1/files/these.pdf</oaire:file>
</oaire:resource>"""


def test_a_record_with_all_that_is_mandatory_passes():
    assert faults("openaire4", etree.fromstring(WHOLE)) == []


@pytest.mark.parametrize(
    ("old", "new", "rule", "weight"),
    [
        ("<datacite:title>Radioactivity</datacite:title>", "", "title", "error"),
        (">Radioactivity<", "> <", "title", "error"),
        (">Radioactivity<", ">:unav<", "title", "error"),
        (">Curie, Marie<", "><", "creator", "error"),
        ("datacite:creators>", "datacite:others>", "creator", "error"),
        ("<datacite:creatorName>Curie, Marie</datacite:creatorName>", "", "creator", "error"),
        (' contributorType="Supervisor"', "", "contributor", "error"),
        (">Lippmann, Gabriel<", "><", "contributor", "error"),
        (' nameIdentifierScheme="VIAF"', "", "name-identifier", "error"),
        (">Academy<", ">:unav<", "funding", "error"),
        ("<oaire:funderName>Academy</oaire:funderName>", "", "funding", "error"),
        ("<oaire:awardNumber>1898</oaire:awardNumber>", "", "award", "advice"),
        (' alternateIdentifierType="oai"', "", "identifiers", "error"),
        (' relationType="References"', "", "identifiers", "error"),
        (">10.1/2<", "><", "identifiers", "error"),
        ('"Available">2027-01-01', '"Available">soon', "embargo", "error"),
        ('<datacite:date dateType="Accepted">2026-01-15</datacite:date>', "", "embargo", "error"),
        (">fra<", ">Klingonese<", "language-code", "error"),
        ("<dc:language>fra</dc:language>", "", "language", "advice"),
        (">Gauthier-Villars<", "><", "publisher", "advice"),
        (">1903-06-25<", ">25.6.1903<", "date", "error"),
        (">1903-06-25<", ">1903-06-25T00:00:00Z<", "date", "error"),
        ('"Accepted">2026-01-15', '"Issued">2026-01-15', "date", "error"),
        ('"literature"', '"publication"', "type", "error"),
        ("http://purl.org/coar/resource_type/c_db06", "info:eu-repo/semantics/doctoralThesis", "type", "error"),
        (">Of uranium.<", "><", "description", "advice"),
        (">https://repo.example.org/items/1<", ">/items/1<", "identifier", "error"),
        ('identifierType="URL"', 'identifierType="Handle"', "identifier", "error"),
        ("/access_right/c_f1cf", "/access_right/c_0000", "access", "error"),
        (">Radium<", "><", "subject", "advice"),
        ("https://repo.example.org/items/1/files/these.pdf", "these.pdf", "file-address", "error"),
        ("<oaire:file>https://repo.example.org/items/1/files/these.pdf</oaire:file>", "", "file", "advice"),
    ],
)  # fmt: skip
def test_each_rule_can_fail(old, new, rule, weight):
    assert old in WHOLE
    found = faults("openaire4", etree.fromstring(WHOLE.replace(old, new)))
    assert (rule, weight) in {(fault.rule, fault.weight) for fault in found}
    assert all(fault.message.endswith(".") and fault.place for fault in found)


def test_an_open_work_without_a_licence_is_advised_to_have_one():
    opened = WHOLE.replace("c_f1cf", "c_abf2").replace("oaire:licenseCondition", "oaire:condition")
    assert {(fault.rule, fault.weight) for fault in faults("openaire4", etree.fromstring(opened))} == {("licence", Weight.ADVICE)}


def test_anything_else_is_told_to_be_something_else():
    other = etree.fromstring("<dc xmlns='http://www.openarchives.org/OAI/2.0/oai_dc/'/>")
    assert [fault.rule for fault in faults("openaire4", other)] == ["root"]
    assert [fault.rule for fault in rules()["openaire4"].check(etree.Element("record"), Facts("http://[bad"))] == ["root"]


@pytest.mark.skipif(not SAMPLES.exists(), reason="needs records/openaire of SHEAF_SHARED")
@pytest.mark.parametrize(
    ("sample", "broken"),
    [
        ("sample_minimal.xml", set()),
        # Their own sample of an article has no date of publication.
        ("sample_journalarticle1.xml", {"date"}),
        # Random values: no date is a date, no language a language; the identifier is no address.
        ("mocksample.xml", {"date", "type", "identifier", "language-code", "file-address"}),
    ],
)
def test_the_samples_of_the_guidelines_are_judged(sample, broken):
    assert errors(faults("openaire4", etree.parse(SAMPLES / sample).getroot())) == broken
