"""The rules of Rioxx 3.0: each can fail, either namespace is taken, and real records of others are judged by them."""

import pytest
from lxml import etree

from server.errors import Invalid
from server.metadata.ruling import Facts, rules
from server.xml import parse
from tests.conftest import SHARED
from tests.metadata.approved import FACTS, errors, faults

SAMPLES = SHARED / "data" / "records" / "rioxx"
WHOLE = """<rioxx xmlns="http://www.rioxx.net/schema/v3.0/rioxx/" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:dcterms="http://purl.org/dc/terms/" xmlns:rioxxterms="http://docs.rioxx.net/schema/v3.0/rioxxterms/">
  <dc:description>Of uranium.</dc:description>
  <dc:identifier>https://repo.example.org/items/1</dc:identifier>
  <dc:language>fra</dc:language>
  <dc:relation rel="cite-as">https://doi.org/10.5072/x</dc:relation>
  <dc:relation rel="item" coar_type="https://purl.org/coar/resource_type/c_db06" coar_version="http://purl.org/coar/version/c_970fb48d4fbd8a85"
    deposit_date="2026-01-15" resource_exposed_date="2027-01-01" access_rights="http://purl.org/coar/access_right/c_f1cf"
    license_ref="https://creativecommons.org/publicdomain/zero/1.0/">https://repo.example.org/items/1/files/these.pdf</dc:relation>
  <dc:source>0003-3804</dc:source>
  <dc:title>Radioactivity</dc:title>
  <dc:type>http://purl.org/coar/resource_type/c_db06</dc:type>
  <dcterms:dateAccepted>1903-06-25</dcterms:dateAccepted>
  <rioxxterms:creator first-named-author="true"><rioxxterms:name>Curie, Marie</rioxxterms:name>
    <rioxxterms:id>https://viaf.org/viaf/76353174</rioxxterms:id></rioxxterms:creator>
  <rioxxterms:creator><rioxxterms:name>Curie, Pierre</rioxxterms:name></rioxxterms:creator>
  <rioxxterms:ext_relation rel="cite-as" coar_type="https://purl.org/coar/resource_type/c_ddb1">https://doi.org/10.1/2</rioxxterms:ext_relation>
  <rioxxterms:grant funder_name="Academy" funder_id="https://ror.org/00k4n6c32">1898</rioxxterms:grant>
</rioxx>"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ('xmlns="http://www.rioxx.net/schema/v3.0/rioxx/" ', ""),
        ("http://docs.rioxx.net/", "http://www.rioxx.net/"),
    ],
)
def test_a_record_that_keeps_the_profile_passes_in_either_namespace(old, new):
    assert faults("rioxx", etree.fromstring(WHOLE.replace(old, new) if old else WHOLE)) == []


@pytest.mark.parametrize(
    ("old", "new", "rule", "weight"),
    [
        (">Of uranium.<", ">&lt;p&gt;Of uranium.&lt;/p&gt;<", "markup", "advice"),
        (">https://repo.example.org/items/1<", ">items/1<", "identifier", "error"),
        ("<dc:identifier>", "<dc:identifier>https://repo.example.org/</dc:identifier><dc:identifier>", "identifier", "error"),
        (">https://repo.example.org/items/1<", ">https://hdl.handle.net/1/2<", "landing-page", "advice"),
        ("<dc:language>fra</dc:language>", "", "language", "error"),
        (">fra<", ">French of Paris<", "language", "error"),
        ("https://repo.example.org/items/1/files", "https://elsewhere.example/files", "relation", "error"),
        ('rel="cite-as">https://doi.org/10.5072', 'rel="item">https://doi.org/10.5072', "relation", "error"),
        ('<dc:relation rel="cite-as">', "<dc:relation>", "rel", "advice"),
        ('coar_type="https://purl.org/coar/resource_type/c_db06"', 'coar_type="thesis"', "coar-type", "error"),
        ("http://purl.org/coar/version/c_970fb48d4fbd8a85", "VoR", "coar-version", "error"),
        ("http://purl.org/coar/access_right/c_f1cf", "http://purl.org/coar/access_right/", "access-rights", "error"),
        ('"2027-01-01"', '"soon"', "file-date", "error"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0", "licence", "error"),
        ("<dc:source>", "<dc:source>1</dc:source><dc:source>", "source", "error"),
        (">Radioactivity<", "><", "title", "error"),
        ("<dc:title>", "<dc:title>Again</dc:title><dc:title>", "title", "error"),
        (">http://purl.org/coar/resource_type/c_db06<", ">thesis<", "type", "error"),
        (">1903-06-25<", ">25 June 1903<", "date", "error"),
        ("rioxxterms:creator", "rioxxterms:author", "creator", "error"),
        (' first-named-author="true"', "", "first-named-author", "advice"),
        (">Curie, Pierre<", "><", "name", "error"),
        (">https://viaf.org", ">http://viaf.org", "id", "error"),
        (' coar_type="https://purl.org/coar/resource_type/c_ddb1"', "", "ext-relation", "error"),
        (">1898<", "><", "grant", "error"),
        (' funder_name="Academy" funder_id="https://ror.org/00k4n6c32"', "", "grant", "error"),
        ("https://ror.org/00k4n6c32", "00k4n6c32", "grant", "error"),
    ],
)  # fmt: skip
def test_each_rule_can_fail(old, new, rule, weight):
    assert old in WHOLE
    found = faults("rioxx", etree.fromstring(WHOLE.replace(old, new)))
    assert (rule, weight) in {(fault.rule, fault.weight) for fault in found}
    assert all(fault.message.endswith(".") and fault.place for fault in found)


def test_a_record_of_another_version_or_format_has_no_root():
    for other in ("<rioxx xmlns='http://www.rioxx.net/schema/v2.0/rioxx/'/>", "<dc/>"):
        assert [fault.rule for fault in faults("rioxx", etree.fromstring(other))] == ["root"]


def test_an_address_that_cannot_be_read_is_a_fault_and_no_failure():
    broken = WHOLE.replace("https://repo.example.org/items/1/files/these.pdf", "http://[::1/x")
    assert errors(faults("rioxx", etree.fromstring(broken), Facts("http://[::1"))) >= {"relation"}


def judged(path: str) -> set[str]:
    """Return the errors of one of the samples, as if its own host had written it; of one that is no XML, `unreadable`."""
    try:
        root = parse((SAMPLES / path).read_bytes())
    except Invalid:
        return {"unreadable"}
    return errors(faults("rioxx", root, Facts("https://strathprints.strath.ac.uk")))


@pytest.mark.skipif(not SAMPLES.exists(), reason="needs records/rioxx of SHEAF_SHARED")
@pytest.mark.parametrize(
    ("sample", "broken"),
    [
        ("dspace/rioxx-test-valid.xml", set()),
        ("dspace/rioxx-test-invalid.xml", {"identifier"}),
        # A draft of the profile's own examples: a type of schema.org, a COAR concept by the address of its page, a name elsewhere.
        ("v3-drafts/rioxx-schema-examples-september-1.xml", {"type", "coar-type", "relation"}),
        ("v3-drafts/rioxx-schema-redux-1.xml", {"unreadable"}),
        ("pubrouter/resources_dspace_rioxx_expected.xml", {"root"}),
        ("pubrouter/crossref_eprints_rioxx_journal-article.xml", {"root"}),
    ],
)
def test_records_of_others_are_judged(sample, broken):
    assert judged(sample) == broken


def test_the_rules_are_on_the_shelf():
    plugin = rules()["rioxx"]
    assert (plugin.formats, plugin.name) == (frozenset({"rioxx"}), "rioxx")
    assert FACTS.url == "https://repo.example.org"
