"""JSON-LD as rdflib understands it, and DataCite JSON as DataCite's own schema has it."""

import json

import pytest
from datacite import schema45
from hypothesis import HealthCheck, given, settings
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic

from server.items.datacite_json import datacite_json
from server.items.schema_org import in_page, json_ld
from server.metadata.format import formats
from server.records.vocabulary import TYPES
from server.xml import parse
from tests import strategies
from tests.items.kinds import FULL, NUMBER, SOME, SPARSE, of_type, work

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")  # its parser uses what it tells others not to

SDO = Namespace("https://schema.org/")
PAGE = f"https://repository.example.org/items/{NUMBER}"


def graph(text: str) -> Graph:
    """Read the node with schema.org as its vocabulary; nothing is fetched."""
    node = json.loads(text)
    assert node.pop("@context") == "https://schema.org/"
    ids = {name: {"@type": "@id"} for name in ("url", "license", "sameAs", "citation", "contentUrl", "mainEntityOfPage")}
    return Graph().parse(data=json.dumps({"@context": {"@vocab": str(SDO), **ids}} | node), format="json-ld")


def test_json_ld_says_what_the_record_knows() -> None:
    found = graph(str(in_page(work())))
    it = URIRef("https://doi.org/10.5072/00000001")
    author = URIRef("https://orcid.org/0000-0002-1825-0097")
    assert (it, SDO.author, author) in found
    assert (author, SDO.familyName, Literal("Lovelace")) in found
    assert (it, SDO.url, URIRef(PAGE)) in found
    assert (it, SDO.license, URIRef("https://creativecommons.org/licenses/by/4.0/")) in found
    assert (it, SDO.isAccessibleForFree, Literal(True)) in found
    issue = found.value(it, SDO.isPartOf)
    volume = found.value(issue, SDO.isPartOf)
    journal = found.value(volume, SDO.isPartOf)
    assert found.value(issue, SDO.issueNumber) == Literal("2")
    assert found.value(journal, SDO.name) == Literal("Scientific Memoirs")
    addresses = {str(address) for address in found.objects(None, SDO.contentUrl)}
    assert addresses == {f"{PAGE}/files/notes.pdf", f"{PAGE}/files/table%20%C3%BC.csv"}
    assert (None, SDO.funder, URIRef("https://ror.org/03wnrjx87")) in found


@pytest.mark.parametrize("code", TYPES)
def test_json_ld_of_every_type_goes_through_rdf_and_back(code: str) -> None:
    found = graph(str(in_page(work(of_type(code)))))
    again = Graph().parse(data=found.serialize(format="json-ld"), format="json-ld")
    assert isomorphic(found, again)
    assert len(found) > 40


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(strategies.records(dirty=False))
def test_whatever_a_record_holds_stays_in_its_script_element(record) -> None:
    text = str(in_page(work(record)))
    assert "<" not in text
    assert json.loads(text)["name"].startswith(record.title.value)


def test_a_work_without_a_doi_is_known_by_its_page() -> None:
    node = json_ld(work(SPARSE, ""))
    assert node["@id"] == node["url"] == PAGE
    assert node["@type"] == "CreativeWork"
    assert "author" not in node


def test_a_dataset_has_downloads() -> None:
    node = json_ld(work(of_type("dataset.dataset")))
    assert {each["@type"] for each in node["distribution"]} == {"DataDownload"}
    assert "encoding" not in node


@pytest.mark.parametrize("record", [*(of_type(code) for code in SOME), SPARSE], ids=[*SOME, "sparse"])
def test_datacite_json_is_valid_and_says_what_the_xml_says(record) -> None:
    found = datacite_json(work(record))
    newer = {"Presentation", "Poster"}  # of kernel 4.6; the newest schema of their JSON is of 4.5
    types = found["types"]
    schema45.validator.validate(
        found | {"types": types | {"resourceTypeGeneral": "Text"}} if types["resourceTypeGeneral"] in newer else found
    )
    root = parse(formats()["datacite"].write(work(record)).encode())
    kernel = "{http://datacite.org/schema/kernel-4}"
    in_xml = [each.text for each in root.findall(f"{kernel}titles/{kernel}title")]
    assert [each["title"] for each in found["titles"]] == in_xml
    names = [each.text for each in root.iter("{http://datacite.org/schema/kernel-4}creatorName")]
    assert [each["name"] for each in found["creators"]] == names


def test_datacite_json_has_the_doi_of_ours() -> None:
    found = datacite_json(work(FULL))
    assert found["doi"] == "10.5072/00000001"
    assert found["types"] == {"resourceTypeGeneral": "JournalArticle", "resourceType": "Journal article"}
