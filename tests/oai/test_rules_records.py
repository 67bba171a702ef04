"""Rules 56 to 65 of the checklist: records, deletions and formats (2.5, 3.4), and what Identify says."""

import re

import pytest
from lxml import etree

from server.metadata.languages import iso639_3
from tests.conftest import URL
from tests.oai.conftest import BASE, LICENCE, NS, Standing
from tests.oai.test_rules_dates import LISTS

pytestmark = pytest.mark.asyncio(loop_scope="session")

XSI = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
RIGHTS = {"r": "http://www.openarchives.org/OAI/2.0/rights/", "f": "http://www.openarchives.org/OAI/2.0/friends/"}


async def prefixes(standing: Standing) -> dict[str, tuple[str, str]]:
    """Return namespace and schema of each format, by prefix."""
    answer = await standing.ask(verb="ListMetadataFormats")
    return {
        each.findtext("{*}metadataPrefix"): (each.findtext("{*}metadataNamespace"), each.findtext("{*}schema"))
        for each in answer.all("//o:metadataFormat")
    }


async def roots(standing: Standing, prefix: str) -> list[etree._Element]:
    return [root for part in await standing.walk(metadataPrefix=prefix) for root in part.all("//o:metadata/*")]


async def test_rule_56_deletions_are_told_for_ever(standing: Standing) -> None:
    assert (await standing.ask(verb="Identify")).text("//o:deletedRecord") == "persistent"
    for prefix in ("oai_dc", "datacite"):
        for number in (5, 7):
            answer = await standing.ask(verb="GetRecord", metadataPrefix=prefix, identifier=standing.oai_id(number))
            (record,) = answer.all("//o:record")
            assert [etree.QName(child).localname for child in record] == ["header"]
            assert record[0].get("status") == "deleted"
            assert answer.text("//o:datestamp") == "2026-03-27T09:26:53Z"
        for verb in LISTS:
            parts = await standing.walk(verb, metadataPrefix=prefix)
            gone = {text for part in parts for text in part.all("//o:header[@status='deleted']/o:identifier/text()")}
            assert gone == {standing.oai_id(5), standing.oai_id(7)}


async def test_rule_58_every_item_has_dublin_core_and_formats_are_as_declared(standing: Standing) -> None:
    declared = await prefixes(standing)
    assert declared["oai_dc"] == ("http://www.openarchives.org/OAI/2.0/oai_dc/", "http://www.openarchives.org/OAI/2.0/oai_dc.xsd")
    for number in range(len(standing.ids)):
        answer = await standing.ask(verb="ListMetadataFormats", identifier=standing.oai_id(number))
        assert "oai_dc" in answer.all("//o:metadataPrefix/text()")
        assert (await standing.ask(verb="GetRecord", metadataPrefix="oai_dc", identifier=standing.oai_id(number))).codes == []
    for prefix, (namespace, _) in declared.items():
        assert {etree.QName(root).namespace for root in await roots(standing, prefix)} <= {namespace}


async def test_rule_59_a_root_says_where_its_schema_is(standing: Standing) -> None:
    for prefix, (namespace, schema) in (await prefixes(standing)).items():
        for root in await roots(standing, prefix):
            located = root.get(XSI).split()
            assert dict(zip(located[::2], located[1::2], strict=True))[namespace] == schema


async def test_rule_60_a_root_declares_its_namespaces_itself(standing: Standing) -> None:
    for prefix in await prefixes(standing):
        for part in await standing.walk(metadataPrefix=prefix):
            fragments = re.findall(rb"<metadata>(.*?)</metadata>", part.body, re.DOTALL)
            assert len(fragments) == len(part.all("//o:metadata"))
            for fragment in fragments:
                assert b"xmlns:xsi=" in fragment.partition(b">")[0], "as clients cut it out"
                etree.fromstring(fragment)


async def test_rule_61_identifiers_are_the_same_in_all_formats(standing: Standing) -> None:
    for prefix in await prefixes(standing):
        answers = [
            await standing.ask(verb="GetRecord", metadataPrefix=prefix, identifier=standing.oai_id(number))
            for number in range(13)
        ]
        given = [answer.text("//o:header/o:identifier") for answer in answers if not answer.codes]
        assert all(re.fullmatch(r"oai:[a-zA-Z][a-zA-Z0-9-]*(\.[a-zA-Z][a-zA-Z0-9-]*)+:[^\s]+", each) for each in given)
        assert set(given) <= {standing.oai_id(number) for number in range(13)}


async def test_rule_62_headers_are_the_same_everywhere(standing: Standing) -> None:
    for prefix in await prefixes(standing):
        listed = [
            [header for part in await standing.walk(verb, metadataPrefix=prefix) for header in part.headers] for verb in LISTS
        ]
        assert listed[0] == listed[1]
        single = [
            await standing.ask(verb="GetRecord", metadataPrefix=prefix, identifier=standing.oai_id(number))
            for number in range(13)
        ]
        assert sorted(header for answer in single for header in answer.headers) == sorted(listed[0])


async def test_rule_63_descriptions_and_rights(standing: Standing) -> None:
    for path, base in (("/oai", BASE), ("/oai/narrow", f"{BASE}/narrow")):
        answer = await standing.ask(path=path, verb="Identify")
        assert answer.text("//i:scheme") == "oai"
        assert answer.text("//i:repositoryIdentifier") == "repository.example.org"
        assert answer.text("//i:delimiter") == ":"
        sample = answer.text("//i:sampleIdentifier")
        assert (await standing.ask(path=path, verb="GetRecord", metadataPrefix="oai_dc", identifier=sample)).titles == ["Work 0"]
        friends = answer.root.xpath("//f:friends/f:baseURL/text()", namespaces=RIGHTS)
        assert friends == [
            each for each in (BASE, f"{BASE}/narrow", f"{BASE}/wide", "https://other.example.org/oai") if each != base
        ]
        (manifest,) = answer.root.xpath("//r:rightsManifest", namespaces=RIGHTS)
        assert manifest.get("appliesTo") == "http://www.openarchives.org/OAI/2.0/entity#metadata"
        assert manifest.xpath("r:rights/r:rightsReference/@ref", namespaces=RIGHTS) == [LICENCE]
        records = await standing.ask(path=path, verb="ListRecords", metadataPrefix="oai_dc", until="2026-03-16")
        said = records.root.xpath("//o:record/o:about/r:rights/r:rightsReference/@ref", namespaces=RIGHTS | NS)
        assert said == [LICENCE] * len(records.ids)
        assert answer.all("//*[local-name()='toolkit']/*[local-name()='title']/text()") == ["Sheaf"]


async def test_rule_64_dublin_core_that_harvesters_take(standing: Standing) -> None:
    for root in await roots(standing, "oai_dc"):
        said: dict[str, list[str]] = {}
        for child in root:
            said.setdefault(etree.QName(child).localname, []).append(child.text)
        assert said["identifier"][0].startswith(f"{URL}/items/")
        assert said["title"]
        assert said["creator"]
        assert all(re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", date) for date in said["date"])
        assert all(iso639_3(language) == language for language in said["language"])
        assert any(kind.startswith("info:eu-repo/semantics/") for kind in said["type"])
        assert any(kind.startswith("http://purl.org/coar/resource_type/") for kind in said["type"])


async def test_rule_65_whole_addresses(standing: Standing) -> None:
    answer = await standing.ask(verb="Identify")
    assert answer.text("//o:baseURL") == f"{standing.house.settings.url}/oai"
    addresses = answer.all("//o:adminEmail/text()")
    assert addresses
    assert all(re.fullmatch(r"[^\s@]+@([^\s@.]+\.)+[^\s@.]+", address) for address in addresses)
