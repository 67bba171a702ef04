"""The metadata of Hyrax, property by property."""

from pathlib import Path

import pytest

from server.metadata.readers.hyrax import PLUGIN
from server.metadata.reading import Reading
from server.records.model import Agent, Dates, Related, Text, Title
from server.xml import parse

SAMPLES = Path(__file__).parents[1] / "samples" / "metadata" / "hyrax"


def hyrax(inside: str) -> Reading:
    return PLUGIN.read(parse(f"<metadata><title>The Descent of Man</title>{inside}</metadata>".encode()))


@pytest.fixture
def descent() -> Reading:
    return PLUGIN.read(parse((SAMPLES / "embargo.xml").read_bytes()))


def test_what_a_work_is(descent: Reading):
    record = descent.record
    assert record.title == Text(value="The Descent of Man")
    assert record.alt_titles == (Title(value="Selection in Relation to Sex"),)
    assert record.creators == (Agent(family="Darwin", given="Charles"),)
    assert [(c.label, c.kind) for c in record.contributors] == [("John Murray Press", "org")]
    assert (record.type, record.languages, record.publisher.name) == ("publication.book", ("en",), "John Murray")
    assert [subject.value for subject in record.subjects] == ["selection"]
    assert record.identifier("doi") == "10.5555/descent"
    assert record.related == (Related(scheme="doi", value="10.5555/origin"),)


def test_an_embargo_with_its_day(descent: Reading):
    assert descent.record.access == "embargoed"
    assert descent.record.dates == Dates(issued="1871-02-24", created="1871-02-24", embargo_until="2030-01-01")
    assert descent.record.licences[0].spdx == "CC-BY-NC-SA-4.0"
    assert descent.record.rights_statement == "http://rightsstatements.org/vocab/InC/1.0/"


def test_whatever_has_no_field_is_named(descent: Reading):
    assert [sentence.partition(": ")[2] for sentence in descent.unmapped] == [
        "collection-1",
        "authenticated",
        "open",
        "first copy",
    ]


@pytest.mark.parametrize(
    ("visibility", "access"),
    [
        ("open", "open"),
        ("authenticated", "restricted"),
        ("restricted", "restricted"),
        ("lease", "restricted"),
        ("moonlight", "restricted"),
    ],
)
def test_visibility(visibility: str, access: str):
    reading = hyrax(f"<visibility>{visibility}</visibility><resource_type>Book</resource_type>")
    assert reading.record.access == access
    assert bool(reading.warnings) == (visibility in {"lease", "moonlight"})


def test_a_release_that_is_no_day_and_a_model_that_is_no_type_are_named():
    reading = hyrax("<internal_resource>GenericWork</internal_resource><embargo_release_date>soon</embargo_release_date>")
    assert [sentence.partition(": ")[2] for sentence in reading.unmapped] == ["GenericWork"]
    assert [(remark.code, remark.value) for remark in reading.warnings if remark.value == "soon"] == [("access-unknown", "soon")]
    assert reading.record.access == "restricted"


def test_any_other_metadata_is_not_of_hyrax():
    assert not PLUGIN.recognises(parse(b"<metadata><title>Emma</title></metadata>"))
    assert not PLUGIN.recognises(
        parse(b'<metadata xmlns="http://example.org/"><title>Emma</title><keyword>x</keyword></metadata>')
    )
