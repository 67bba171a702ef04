"""CodeMeta in an Atom entry and in JSON-LD, field by field."""

from pathlib import Path
from typing import Any

import pytest

from server.errors import Invalid
from server.metadata.json_readers.codemeta import PLUGIN as JSON
from server.metadata.readers.codemeta import PLUGIN
from server.metadata.readers.dcterms import PLUGIN as DCTERMS
from server.metadata.reading import Reading, json_readers
from server.records.model import (
    Affiliation,
    Agent,
    AgentId,
    Dates,
    Funding,
    Identifier,
    Licence,
    Publisher,
    Related,
    Subject,
    Text,
    Title,
    decode,
    encode,
)
from server.xml import parse

SAMPLE = Path(__file__).parents[1] / "samples" / "metadata" / "codemeta" / "engine.xml"
ORCID = AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097")
ROR = "https://ror.org/024d6js02"
CONTEXT = "https://w3id.org/codemeta/3.0"

ENGINE: dict[str, Any] = {
    "@context": ["https://doi.org/10.5063/schema/codemeta-2.0", "http://schema.org"],
    "@type": "SoftwareSourceCode",
    "@id": "https://doi.org/10.5555/bernoulli",
    "name": "Bernoulli numbers",
    "alternateName": "Note G",
    "description": {"@value": "A diagram for the computation.", "@language": "en"},
    "author": [
        {
            "@id": "https://orcid.org/0000-0002-1825-0097",
            "@type": "Person",
            "givenName": "Ada",
            "familyName": "Lovelace",
            "email": "ada@example.org",
            "affiliation": {"@type": "Organization", "name": "University of London", "@id": ROR},
        },
        {"@type": "Organization", "name": "Analytical Society"},
        {"@type": "Role", "schema:author": "_:b1", "roleName": "Engineer"},
    ],
    "editor": {"type": "Person", "name": "Taylor, Richard"},
    "identifier": [{"@type": "PropertyValue", "propertyID": "https://registry.identifiers.org/registry/doi", "value": "10.5555/bernoulli"}, "note-g"],
    "schema:datePublished": "1843-08-01",
    "embargoEndDate": "2037-01-01",
    "license": ["https://spdx.org/licenses/MIT", "CC0-1.0", {"@type": "CreativeWork", "name": "By word of mouth"}],
    "keywords": ["numbers; cards", {"@type": "DefinedTerm", "name": "Computation", "url": "https://example.org/terms/1"}],
    "codeRepository": "https://example.org/engine.git",
    "softwareRequirements": [{"@type": "SoftwareApplication", "name": "mill", "identifier": "https://doi.org/10.5555/mill"}, "steam"],
    "isPartOf": "https://example.org/notes",
    "funder": {"@type": "Organization", "name": "HM Treasury", "@id": "https://doi.org/10.13039/501100000000"},
    "funding": ["1823/17", {"@type": "Grant", "name": "Difference Engine", "identifier": "1830/2"}],
    "publisher": {"@type": "Organization", "name": "Taylor & Francis", "@id": "https://ror.org/029chgv08"},
    "inLanguage": {"@type": "Language", "name": "English", "alternateName": "en"},
    "version": 1.5,
    "isAccessibleForFree": True,
    "programmingLanguage": {"@type": "ComputerLanguage", "name": "punched cards"},
    "maintainer": None,
}  # fmt: skip


@pytest.fixture
def entry() -> Reading:
    return PLUGIN.read(parse(SAMPLE.read_bytes()))


@pytest.fixture
def document() -> Reading:
    return JSON.read(ENGINE)


def test_an_entry_is_read_with_the_dublin_core_beside_it(entry: Reading):
    record = entry.record
    assert record.title == Text(value="Bernoulli numbers")
    assert record.abstracts == (Text(value="A diagram for the computation by the engine.", lang="en"),)
    assert record.creators == (
        Agent(family="Lovelace", given="Ada", ids=(ORCID,), affiliations=(Affiliation(name="University of London", ror=ROR),)),
        Agent(family="Babbage", given="Charles", affiliations=(Affiliation(name="Trinity College"),)),
    )
    assert (record.type, record.languages) == ("software.code", ("en",))
    assert record.dates == Dates(issued="1843-08-01", created="1842-10-01")
    assert record.identifiers == (
        Identifier(scheme="doi", value="10.5555/bernoulli"),
        Identifier(scheme="url", value="https://example.org/bernoulli"),
    )
    assert record.related == (
        Related(scheme="url", value="https://example.org/engine.git", relation="IsDerivedFrom"),
        Related(scheme="doi", value="10.5555/notes", relation="IsPartOf"),
    )
    assert record.licences == (Licence(name="MIT License", uri="https://spdx.org/licenses/MIT.html", spdx="MIT"),)
    assert record.funding == (
        Funding(funder_name="HM Treasury", funder_id="https://ror.org/029chgv08", funder_id_scheme="ROR", award_no="1823/17"),
    )


def test_what_an_entry_says_beyond_a_record_is_named(entry: Reading):
    left = " ".join(entry.unmapped)
    for value in ("punched cards", "1.0", "ada@example.org", "Sketch of the Analytical Engine", "engine-1"):
        assert value in left
    assert any("“Luigi Menabrea” has no comma" in warning for warning in entry.warnings)


def test_an_entry_with_codemeta_is_not_plain_dublin_core():
    root = parse(SAMPLE.read_bytes())
    assert PLUGIN.recognises(root)
    assert not DCTERMS.recognises(root)


def test_authors_without_an_element_for_the_name():
    body = """<entry xmlns="http://www.w3.org/2005/Atom" xmlns:c="https://w3id.org/codemeta/3.0"><title>Emma</title>
      <author>Austen, Jane</author><c:dateCreated>1814</c:dateCreated></entry>"""
    record = PLUGIN.read(parse(body.encode())).record
    assert (record.title.value, [creator.label for creator in record.creators]) == ("Emma", ["Austen, Jane"])


def test_a_json_document_field_by_field(document: Reading):
    record = document.record
    assert record.title == Text(value="Bernoulli numbers")
    assert record.alt_titles == (Title(value="Note G", kind="alternative"),)
    assert record.abstracts == (Text(value="A diagram for the computation.", lang="en"),)
    assert record.creators == (
        Agent(family="Lovelace", given="Ada", ids=(ORCID,), affiliations=(Affiliation(name="University of London", ror=ROR),)),
        Agent(kind="org", name="Analytical Society"),
    )
    assert [(c.label, c.role) for c in record.contributors] == [("Taylor, Richard", "Editor")]
    assert record.dates == Dates(issued="1843-08-01", embargo_until="2037-01-01")
    assert record.identifiers == (Identifier(scheme="doi", value="10.5555/bernoulli"), Identifier(scheme="local", value="note-g"))
    assert (record.type, record.access, record.languages) == ("software.code", "embargoed", ("en",))
    assert record.publisher == Publisher(name="Taylor & Francis", ids=(AgentId(scheme="ror", value="https://ror.org/029chgv08"),))


def test_a_json_document_s_rights_subjects_relations_and_funding(document: Reading):
    record = document.record
    assert record.licences == (
        Licence(uri="https://spdx.org/licenses/MIT", spdx="MIT"),
        Licence(uri="https://spdx.org/licenses/CC0-1.0", spdx="CC0-1.0"),
    )
    assert record.rights_statement == "By word of mouth"
    assert record.subjects == (
        Subject(value="numbers"),
        Subject(value="cards"),
        Subject(value="Computation", value_uri="https://example.org/terms/1"),
    )
    assert record.related == (
        Related(scheme="url", value="https://example.org/engine.git", relation="IsDerivedFrom"),
        Related(scheme="doi", value="10.5555/mill", relation="Requires"),
        Related(scheme="url", value="https://example.org/notes", relation="IsPartOf"),
    )
    fundref = {"funder_id": "https://doi.org/10.13039/501100000000", "funder_id_scheme": "Crossref Funder ID"}
    assert record.funding == (
        Funding(funder_name="HM Treasury", award_no="1823/17", **fundref),
        Funding(funder_name="HM Treasury", award_no="1830/2", award_title="Difference Engine", **fundref),
    )


def test_what_json_says_beyond_a_record_is_named_by_its_path(document: Reading):
    assert "$.author[0].email: ada@example.org" in document.unmapped
    assert "$.version: 1.5" in document.unmapped
    assert "$.softwareRequirements[1]: steam" in document.unmapped
    assert any(remark.startswith("$.programmingLanguage: ") for remark in document.unmapped)
    assert any(remark.startswith("$.author[2]: ") for remark in document.unmapped)
    assert all(remark.place.startswith("$") for remark in (*document.unmapped, *document.warnings))


def test_words_of_version_1_and_full_addresses():
    record = JSON.read(
        {
            "@context": "https://raw.githubusercontent.com/codemeta/codemeta/master/codemeta.jsonld",
            "title": "Pascaline",
            "agents": [{"name": "Pascal, Blaise"}],
            "tags": ["sums"],
            "licenseId": "Apache-2.0",
            "https://schema.org/dateModified": "1645",
        }
    ).record
    assert (record.title.value, record.creators[0].label, record.dates.updated) == ("Pascaline", "Pascal, Blaise", "1645")
    assert record.licences == (Licence(uri="https://spdx.org/licenses/Apache-2.0", spdx="Apache-2.0"),)


def test_a_graph_is_read_by_the_software_in_it():
    person = {"@id": "_:b1", "@type": "Person", "name": "Pascal, Blaise"}
    software = {"@type": "SoftwareApplication", "name": "Pascaline"}
    assert JSON.read({"@context": CONTEXT, "@graph": [person, software]}).record.title.value == "Pascaline"
    with pytest.raises(Invalid) as caught:
        JSON.read({"@context": CONTEXT, "@graph": [software, person, software]})
    assert (caught.value.code, caught.value.place) == ("several-works", "$.graph[2]")


def test_a_list_object_is_its_members():
    record = JSON.read({"@context": CONTEXT, "name": "Emma", "author": {"@list": ["Austen, Jane", "Austen, Cassandra"]}}).record
    assert [creator.label for creator in record.creators] == ["Austen, Jane", "Austen, Cassandra"]


@pytest.mark.parametrize(
    ("document", "known"),
    [
        ({"@context": CONTEXT, "name": "x"}, True),
        ({"@context": {"codemeta": "https://codemeta.github.io/terms/"}}, True),
        ({"@context": "http://schema.org", "@type": "SoftwareSourceCode"}, True),
        ({"@context": ["http://schema.org", {"a": {"@id": "b"}}], "@type": ["Thing", "SoftwareApplication"]}, True),
        ({"@context": "http://schema.org", "@type": "Recipe"}, False),
        ({"@context": "https://swordapp.github.io/swordv3/swordv3.jsonld", "@type": "Metadata"}, False),
        ({"@context": 7, "@type": None}, False),
        ({}, False),
    ],
)
def test_documents_are_known_by_their_context(document: dict[str, Any], known: bool):
    assert JSON.recognises(document) is known
    assert [reader.name for reader in json_readers() if reader.recognises(document)].count("codemeta") == known


def test_a_document_without_a_name_is_refused():
    with pytest.raises(Invalid) as caught:
        JSON.read({"@context": CONTEXT, "descriptionn": "a misprint"})
    assert (caught.value.code, caught.value.place) == ("title-missing", "$")
    assert caught.value.remedy


@pytest.mark.parametrize(
    "value",
    [None, "", 0, -1.5, True, [], {}, [[]], [None], [[["x"]]], {"@list": []}, {"@set": ["x"]}, {"@value": {"a": 1}}, {"@list": {"x": 1}},
     {"name": {"name": {}}}, "\x00\x1f\ud800\ufffe", {"": 1, "a b": 2, "1": 3, "@": 4, "ä": 5, "x:": 6}, {"@language": 7},
     {"@id": ["x", {"@id": "y"}]}, "x" * 5000],
)  # fmt: skip
@pytest.mark.parametrize(
    "key", ["name", "author", "identifier", "license", "funder", "funding", "isPartOf", "keywords", "@type", "@graph"]
)
def test_any_json_gives_a_reading_or_an_invalid(key: str, value: object):
    answer: Reading | Invalid
    try:
        answer = JSON.read({"@context": CONTEXT, "name": "Emma", key: value})
    except Invalid as refusal:
        answer = refusal
    if isinstance(answer, Invalid):
        assert answer.place
        assert answer.remedy
    else:
        assert decode(encode(answer.record)) == answer.record


def test_a_document_too_deep_is_refused_with_its_place():
    deep: Any = "x"
    for _ in range(500):
        deep = {"isPartOf": deep}
    with pytest.raises(Invalid, match="deep") as caught:
        JSON.read({"@context": CONTEXT, "name": "Emma", "isPartOf": deep})
    assert caught.value.place.startswith("$.isPartOf.isPartOf")
    lists: Any = "x"
    for _ in range(500):
        lists = [lists]
    with pytest.raises(Invalid, match="deep"):
        JSON.read({"@context": CONTEXT, "name": "Emma", "author": lists})


def test_a_long_document_costs_no_more_than_its_length():
    people = [{"name": f"Austen, {n}", "email": "x"} for n in range(20_000)]
    reading = JSON.read({"@context": CONTEXT, "name": "Emma", "author": people, "funder": people, "funding": ["7/1"] * 9})
    assert len(reading.record.creators) == 20_000
    assert reading.unmapped[-1].startswith("$.author[19999].email")
