"""MARC 21 in XML: famous works as a person reads them, every type as the official schema reads it, and ours read back."""

import pytest
from hypothesis import given

from server.metadata.readers.marcxml import PLUGIN
from server.metadata.types import NAMES
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

NS = {"r": "http://www.loc.gov/MARC21/slim"}


def fields(work: Work, tag: str) -> list[str]:
    """Return the fields with a tag as cataloguers write them: `1_ $a … $b …`."""
    found = written("marcxml", work).xpath(f"//r:datafield[@tag='{tag}']", namespaces=NS)
    return [
        f"{field.get('ind1')}{field.get('ind2')}".replace(" ", "_") + "".join(f" ${sub.get('code')} {sub.text}" for sub in field)
        for field in found
    ]


def control(work: Work, tag: str) -> str:
    return written("marcxml", work).xpath(f"string(//r:controlfield[@tag='{tag}'])", namespaces=NS)


@pytest.mark.parametrize("name", famous.ALL)
def test_famous_works_are_as_they_were_approved(name):
    approved("marcxml", name)


@MANY
@given(SAYABLE)
def test_no_subfield_is_empty(record):
    assert all((sub.text or "").strip() for sub in written("marcxml", with_files(record)).iter("{*}subfield"))


@needs_schema
@pytest.mark.parametrize("code", TYPES)
def test_every_type_is_valid_and_read_back_with_its_leader(code):
    root = written("marcxml", titled(type=code, files=(model.File(name="a"),)))
    schema().assertValid(root)
    assert PLUGIN.read(root).record.type == code
    assert root[0].text[6:8] == NAMES[code].leader
    assert len(root.xpath("string(//r:controlfield[@tag='008'])", namespaces=NS)) == 40


@MANY
@given(SAYABLE)
def test_our_own_reader_reads_back_what_we_write(record):
    reading = PLUGIN.read(written("marcxml", famous.work(8, record)))
    comes_back("marcxml", reading.record, record)
    assert not reading.warnings


# The rules, one by one.


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (famous.EINSTEIN, "260115e19050926xx || ||o||||||   ||ger d"),  # a component part: as continuing resources
        (famous.CURIE, "260115s1903    xx |||||om   |||| ||fre d"),  # a thesis
        (famous.GILGAMESH, "260115nuuuuuuuuxx |||||||||||||| ||akk d"),  # no date a catalogue can write, and nothing online
        (titled(type="software.code", dates=model.Dates(issued="1843-09")), "260115e184309  xx     ||  b |      ||| d"),
        (titled(type="other.map", dates=model.Dates(issued="1507")), "260115s1507    xx |||||| |  || | ||||| d"),
        (titled(type="creativeWork.musicalScore"), "260115nuuuuuuuuxx |||||||||||||| | ||| d"),
        (titled(type="creativeWork.film"), "260115nuuuuuuuuxx ||| |     ||   ||||| d"),
        (titled(type="publication.conferenceProceeding"), "260115nuuuuuuuuxx |||||||||||1|| ||||| d"),
    ],
)
def test_the_fixed_field_is_laid_out_by_material(record, expected):
    assert control(record, "008") == expected


def test_what_is_online_says_so_and_what_is_a_computer_file_says_it_once():
    assert (control(famous.EINSTEIN, "006"), control(famous.EINSTEIN, "007")) == ("m     o  d        ", "cr |||||||||||")
    code = titled(type="software.code", files=(model.File(name="a"),))
    assert (control(code, "006"), control(code, "007"), control(code, "008")[23]) == ("", "cr |||||||||||", "o")
    assert control(famous.GILGAMESH, "007") == ""


def test_the_record_is_named_and_dated():
    work = famous.work(9, famous.GILGAMESH.record, modified="2026-03-14T09:26:53Z")
    assert (control(work, "001"), control(work, "003"), control(work, "005")) == (
        work.oai_id,
        "repo.example.org",
        "20260314092653.0",
    )


def test_one_creator_is_the_main_entry_and_the_others_are_added():
    creators = (
        model.Agent(family="Curie", given="Marie", ids=(model.AgentId(scheme="orcid", value="0000-0002-1825-0097"),)),
        model.Agent(family="Hypatia"),
        model.Agent(kind="org", name="Institut du Radium", affiliations=(model.Affiliation(name="Université de Paris"),)),
    )
    work = titled(creators=creators)
    assert fields(work, "100") == ["1_ $a Curie, Marie $e author $1 https://orcid.org/0000-0002-1825-0097 $4 aut"]
    assert fields(work, "700") == ["0_ $a Hypatia $e author $4 aut"]
    assert fields(work, "710") == ["2_ $a Institut du Radium $e author $u Université de Paris $4 aut"]
    assert fields(work, "245") == ["10 $a T"]
    assert fields(titled(), "245") == ["00 $a T"]


def test_a_supervisor_is_named_by_the_relator():
    assert fields(famous.CURIE, "700") == ["1_ $a Lippmann, Gabriel $e degree supervisor $4 dgs"]


def test_the_german_authority_file_is_named_by_its_code():
    assert "$0 (DE-588)118529579" in fields(famous.EINSTEIN, "100")[0]


def test_identifiers_have_their_fields_by_scheme():
    assert fields(famous.EINSTEIN, "024") == [
        "7_ $a 10.5072/text.00000001 $2 doi", "7_ $a 20.500.12345/1 $2 hdl", "7_ $a 10.1002/andp.19053221004 $2 doi",
        "7_ $a 1905AnP...322..891E $2 bibcode",
    ]  # fmt: skip
    assert fields(famous.EINSTEIN, "022") == ["__ $a 0003-3804", "__ $a 1521-3889"]
    assert fields(titled(container=model.Container(isbn="978-3-16-148410-0")), "020") == ["__ $a 978-3-16-148410-0"]


def test_languages_are_bibliographic_codes_and_those_it_lacks_name_their_list():
    assert fields(titled(languages=("de", "fr", "hbo")), "041") == ["__ $a ger $a fre", "_7 $a hbo $2 iso639-3"]


def test_notations_have_their_fields_and_their_words_stay_keywords():
    assert (fields(famous.EINSTEIN, "082"), fields(famous.EINSTEIN, "653")) == (["04 $a 530.11"], ["__ $a Physics"])
    assert fields(famous.EINSTEIN, "650") == ["_0 $a Special relativity $0 https://www.wikidata.org/entity/Q11455"]
    subjects = (model.Subject(value="Group theory", scheme="MSC", code="20-XX"), model.Subject(value="Peas", scheme="AGROVOC"))
    assert fields(titled(subjects=subjects), "084") == ["__ $a 20-XX $2 msc"]
    assert fields(titled(subjects=subjects), "650") == ["_7 $a Peas $2 agrovoc"]


def test_the_host_has_its_numbers_in_words():
    assert fields(famous.EINSTEIN, "773") == ["0_ $t Annalen der Physik $g vol. 322, no. 10, p. 891-921 $x 0003-3804"]
    assert fields(famous.GILGAMESH, "773") == []


def test_access_licences_and_funding():
    assert fields(famous.CURIE, "506") == ["1_ $a embargoed access $g 20270101 $u http://purl.org/coar/access_right/c_f1cf"]
    assert fields(famous.EINSTEIN, "506") == ["0_ $a open access $u http://purl.org/coar/access_right/c_abf2"]
    assert fields(famous.EINSTEIN, "540") == [
        "__ $a Public Domain Mark 1.0 $u https://creativecommons.org/publicdomain/mark/1.0/"
    ]
    assert fields(famous.CURIE, "536") == ["__ $a Académie des sciences $c 1898"]


def test_a_thesis_says_degree_university_and_year():
    assert fields(famous.CURIE, "502") == ["__ $b Docteur ès sciences physiques $c Université de Paris $d 1903 $g Physique"]
    assert fields(famous.CURIE, "264") == ["_1 $b Université de Paris $c 1903"]


def test_relations_have_linking_entries():
    assert fields(famous.EINSTEIN, "785") == ["00 $o https://doi.org/10.1002/andp.19053231314"]
    assert fields(famous.GILGAMESH, "787")[1] == "0_ $i is echoed in $o https://example.org/odyssey"


def test_only_public_files_have_an_address_and_the_page_comes_last():
    files = (model.File(name="open.pdf", mime="application/pdf", bytes=7), model.File(name="shut.csv", access="restricted"))
    work = with_files(titled(files=files).record)
    assert fields(work, "856") == [
        "40 $u https://repo.example.org/items/X/files/0 $q application/pdf $s 7 bytes",
        f"42 $u {work.landing_url} $3 Landing page",
    ]


def test_points_outside_the_world_are_left_out():
    geo = (model.Place(name="Atlantis", latitude=91.0, longitude=0.0), model.Place(latitude=-1.5, longitude=2.25))
    assert fields(titled(geo=geo), "034") == ["0_ $a a $d +002.250000 $e +002.250000 $f -01.500000 $g -01.500000"]
    assert fields(titled(geo=geo), "651") == ["_4 $a Atlantis"]
