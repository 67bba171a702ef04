"""MODS 3.8: three famous works as a person reads them, every type as the official schema reads it, and ours read back."""

import pytest
from hypothesis import given

from server.metadata.readers.mods import PLUGIN
from server.metadata.work import Work
from server.records import model
from server.records.vocabulary import TYPES
from tests.metadata import famous
from tests.metadata.library import (
    MANY,
    SAYABLE,
    approved,
    comes_back,
    needs_schema,
    schema,
    titled,
    with_files,
    written,
)

NS = {
    "m": "http://www.loc.gov/mods/v3",
    "e": "http://www.ndltd.org/standards/metadata/etdms/1.0/",
    "x": "http://www.w3.org/1999/xlink",
}


def texts(work: Work, path: str) -> list[str]:
    found = written("mods", work).xpath(path, namespaces=NS)
    return [node if isinstance(node, str) else node.text or "" for node in found]


@pytest.mark.parametrize("name", famous.ALL)
def test_famous_works_are_as_they_were_approved(name):
    approved("mods", name)


@needs_schema
@pytest.mark.parametrize("code", TYPES)
def test_every_type_is_valid_and_read_back(code):
    root = written("mods", titled(type=code))
    schema().assertValid(root)
    assert PLUGIN.read(root).record.type == code


@MANY
@given(SAYABLE)
def test_our_own_reader_reads_back_what_we_write(record):
    reading = PLUGIN.read(written("mods", famous.work(8, record)))
    comes_back("mods", reading.record, record)
    assert not reading.warnings


# The rules, one by one.


def test_languages_are_bibliographic_codes_and_those_it_lacks_are_iso_639_3():
    work = titled(languages=("de", "hbo", "nonsense", "x-elvish"), title=model.Text(value="T", lang="zh-Hant"))
    assert texts(work, "//m:languageTerm/text()") == ["ger", "hbo"]
    assert texts(work, "//m:languageTerm/@authority") == ["iso639-2b", "iso639-3"]
    assert texts(work, "/m:mods/m:titleInfo/@lang | /m:mods/m:titleInfo/@xml:lang") == ["chi", "zh-Hant"]


def test_a_supervisor_is_a_relator_and_a_role_of_our_own_a_contributor():
    assert texts(famous.CURIE, "//m:roleTerm[@type='code']") == ["aut", "dgs", "ctb"]
    assert texts(famous.CURIE, "//m:roleTerm[@type='text']") == ["author", "degree supervisor", "laboratory"]


def test_a_body_has_one_name_and_a_person_its_parts():
    agents = (
        model.Agent(family="Curie", given="Marie"),
        model.Agent(name="Institut du Radium", kind="org"),
        model.Agent(name="Hypatia"),
    )
    work = titled(creators=agents)
    assert texts(work, "//m:name/@type") == ["personal", "corporate", "personal"]
    assert texts(work, "//m:namePart/@type") == ["family", "given"]
    assert texts(work, "//m:namePart[not(@type)]") == ["Institut du Radium", "Hypatia"]


def test_only_public_files_have_an_address():
    files = (
        model.File(name="open.pdf", mime="application/pdf"),
        model.File(name="shut.csv", mime="text/csv", access="restricted"),
    )
    work = with_files(titled(files=files).record)
    assert texts(work, "//m:url[@access='raw object']") == ["https://repo.example.org/items/X/files/0"]
    assert texts(work, "//m:internetMediaType") == ["application/pdf", "text/csv"]
    assert texts(work, "//m:url[@usage='primary']") == [work.landing_url]


def test_an_embargo_says_its_end_only_while_it_lasts():
    until = "//m:accessCondition[starts-with(., 'info:eu-repo/date/embargoEnd/')]"
    assert texts(famous.CURIE, until) == ["info:eu-repo/date/embargoEnd/2027-01-01"]
    assert texts(titled(dates=model.Dates(embargo_until="2020-01-01")), until) == []


def test_a_notation_is_a_classification_with_its_label():
    assert texts(famous.EINSTEIN, "//m:classification[@authority='ddc' and @displayLabel='Physics']") == ["530.11"]
    assert texts(famous.EINSTEIN, "//m:subject[@authority='lcsh']/m:topic") == ["Special relativity"]


def test_the_isbn_of_a_book_is_its_own_and_that_of_a_chapter_its_hosts():
    container = model.Container(isbn="978-3-16-148410-0")
    assert texts(titled(container=container), "/m:mods/m:identifier[@type='isbn']") == ["978-3-16-148410-0"]
    assert texts(titled(container=container), "//m:relatedItem") == []
    chapter = titled(type="publication.bookChapter", container=container)
    assert texts(chapter, "/m:mods/m:relatedItem[@type='host']/m:identifier") == ["978-3-16-148410-0"]


def test_a_relation_mods_does_not_know_keeps_its_word():
    assert texts(famous.EINSTEIN, "//m:relatedItem/@type") == ["host", "succeeding"]
    assert texts(famous.GILGAMESH, "//m:relatedItem/@otherType") == ["IsMetadataFor", "is echoed in"]


def test_a_degree_stands_in_the_extension_for_theses():
    assert texts(famous.CURIE, "//m:extension/e:degree/e:level") == ["doctoral"]
    assert texts(famous.EINSTEIN, "//m:extension") == []


def test_a_year_before_the_first_is_no_w3cdtf():
    assert texts(famous.GILGAMESH, "//m:dateIssued/@encoding") == ["edtf"]
    assert texts(famous.CURIE, "//m:dateIssued/@encoding") == ["w3cdtf"]


def test_points_outside_the_world_are_left_out():
    geo = (
        model.Place(name="Atlantis", latitude=91.0, longitude=0.0),
        model.Place(latitude=1.0, longitude=-2.0),
        model.Place(latitude=1.0),
    )
    assert texts(titled(geo=geo), "//m:subject/m:geographic") == ["Atlantis"]
    assert texts(titled(geo=geo), "//m:coordinates") == ["1.000000, -2.000000"]


def test_the_description_names_its_record_and_when_it_changed():
    work = famous.work(9, famous.GILGAMESH.record, modified="2026-03-14T09:26:53Z")
    assert texts(work, "//m:recordIdentifier[@source='repo.example.org']") == [work.oai_id]
    assert texts(work, "//m:recordChangeDate") == ["2026-03-14T09:26:53Z"]
