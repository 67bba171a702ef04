"""The default metadata of SWORD 3.0: each term in its place, in the forms clients write them, and there and back again."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.errors import Invalid
from server.metadata.json_readers.sword import PLUGIN
from server.metadata.reading import Reading, json_readers
from server.records.model import Record, decode, encode
from server.sword.v3 import metadata

SAMPLE = Path(__file__).parents[1] / "samples" / "metadata" / "sword" / "metadata.json"


def read(**terms: Any) -> Reading:
    return PLUGIN.read(
        {"@type": "Metadata", "dc:title": "Peas"} | {key.replace("_", ":", 1): value for key, value in terms.items()}
    )


def test_the_sample_is_read_by_its_reader_alone() -> None:
    document = json.loads(SAMPLE.read_text())
    assert [reader.name for reader in json_readers() if reader.recognises(document)] == ["sword"]
    reading = PLUGIN.read(document)
    record = reading.record
    assert (record.title.value, record.type, record.dates.issued) == (
        "Versuche über Pflanzenhybriden", "publication.journalArticle", "1866-01-01",
    )  # fmt: skip
    assert [agent.label for agent in record.creators] == ["Mendel, Gregor"]
    assert [(agent.label, agent.role) for agent in record.contributors] == [("Natural History Society of Brno", "Sponsor")]
    assert [subject.value for subject in record.subjects] == ["peas", "heredity"]
    assert record.identifier("doi") == "10.5962/bhl.title.61004"
    assert record.container.title.startswith("Verhandlungen")
    assert [(remark.place, remark.value) for remark in reading.unmapped] == [("ojs:section", "Articles")]
    assert decode(encode(record)) == record


def test_what_we_write_we_read_again() -> None:
    record = PLUGIN.read(json.loads(SAMPLE.read_text())).record
    again = PLUGIN.read(metadata.document("https://repository.example.org/m", record)).record
    assert metadata.terms(again) == metadata.terms(record)


def test_one_string_may_hold_several_values_and_a_list_may_too() -> None:
    for value in ("Mendel, Gregor; Darwin, Charles", ["Mendel, Gregor", "Darwin, Charles"]):
        assert [agent.label for agent in read(dc_creator=value).record.creators] == ["Mendel, Gregor", "Darwin, Charles"]


def test_a_name_with_what_is_known_of_it_is_one_name() -> None:
    (creator,) = read(dc_creator="Mendel, Gregor; orcid: 0000-0002-1825-0097").record.creators
    assert creator.id_of("orcid") == "https://orcid.org/0000-0002-1825-0097"


def test_the_same_said_twice_is_said_once() -> None:
    record = read(dcterms_title="Peas", dc_description="Of peas.", dcterms_description="Of peas.").record
    assert record.alt_titles == ()
    assert [text.value for text in record.abstracts] == ["Of peas."]


def test_a_value_of_json_ld_has_its_language() -> None:
    (abstract,) = read(dcterms_abstract={"@value": "Von Erbsen.", "@language": "de"}).record.abstracts
    assert (abstract.value, abstract.lang) == ("Von Erbsen.", "de")
    assert [agent.label for agent in read(dc_creator={"@id": "x", "name": "Mendel, Gregor"}).record.creators] == [
        "Mendel, Gregor"
    ]


def test_a_refinement_behind_a_dot_is_a_term_of_its_own() -> None:
    record = PLUGIN.read({"dc:title": "Peas", "dc:date.issued": "1866", "dc:description.abstract": "Of peas."}).record
    assert (record.dates.issued, record.abstracts[0].value) == ("1866", "Of peas.")


def test_what_has_no_place_is_named_by_its_key() -> None:
    reading = read(**{"dcterms_issued": "in spring", "own": 12, "dc_": "x", "!": "y"})
    assert {(remark.place, remark.value) for remark in reading.unmapped} >= {("dcterms:issued", "in spring"), ("own", "12")}
    assert all(str(remark).startswith(remark.place) for remark in reading.unmapped)


def test_metadata_without_a_title_are_refused() -> None:
    with pytest.raises(Invalid) as caught:
        PLUGIN.read({"@type": "Metadata", "dc:creator": "Mendel, Gregor"})
    assert (caught.value.code, caught.value.place) == ("title-missing", "Metadata")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(["@value", "@id", "name"]), inner, max_size=3)
    ),
    max_leaves=5,
)
_KEYS = st.text() | st.sampled_from(
    ["dc:title", "dc:date", "dc:creator", "dcterms:isPartOf", "dc:type", "dcterms:license", "dc:a.b"]
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(_KEYS, _VALUES, max_size=6))
def test_any_object_gives_a_reading_or_an_invalid(document: dict[str, Any]) -> None:
    try:
        reading = PLUGIN.read(document)
    except Invalid:
        return
    assert isinstance(reading.record, Record)
    assert all(remark.code for remark in (*reading.unmapped, *reading.warnings))
