"""The formats for theses: famous ones as a person reads them, and any thesis, also the real ones, as the official schemas read it."""

import os
from functools import cache
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from server.metadata.format import formats
from server.metadata.theses import is_thesis
from server.metadata.work import Work
from server.records import model
from server.records.vocabulary import TYPES
from tests.conftest import SHARED
from tests.metadata import famous, famous_theses
from tests.metadata.real import real_records
from tests.strategies import theses

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
SCHEMAS = SHARED / "data" / "schemas"
NAMES = {
    "etdms": "ndltd/etdms-1.0.xsd",
    "uketd_dc": "reconstructed/uketd_dc.xsd",
    "xmetadissplus": "xmetadissplus/xmetadissplus.xsd",
}
SHELVES = formats()
needs_schemas = pytest.mark.skipif(not SCHEMAS.exists(), reason="needs schemas of SHEAF_SHARED")
each_format = pytest.mark.parametrize("name", NAMES)
MANY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@cache
def schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(SCHEMAS / NAMES[name]))


def works(record: model.Record, **added: str) -> Work:
    page = "https://repo.example.org/items/01J00000000000000000000008"
    urls = tuple(f"{page}/files/{quote(f.name)}" if record.access_to(f) == "open" else "" for f in record.files)
    return famous.work(8, record, file_urls=urls, **added)


def parsed(name: str, work: Work) -> etree._Element:
    return etree.fromstring(SHELVES[name].write(work).encode())


def fitting() -> list[tuple[str, str]]:
    return [(name, work) for name in NAMES for work, found in famous_theses.ALL.items() if SHELVES[name].applies(found.record)]


def test_what_is_not_told_cannot_be_written():
    """Curie's and most of Franklin's may not be read, so neither goes to the DNB. Riemann's degree has no name, which EThOS asks for."""
    told = {name: {work for other, work in fitting() if other == name} for name in NAMES}
    every = {*famous_theses.ALL}
    assert told == {"etdms": every, "uketd_dc": every - {"riemann"}, "xmetadissplus": {"noether", "riemann"}}


@pytest.mark.parametrize(("name", "work"), fitting())
def test_famous_theses_are_as_they_were_approved(name, work):
    document = etree.tostring(parsed(name, famous_theses.ALL[work]), method="c14n") + b"\n"
    golden = GOLDEN / name / f"{work}.xml"
    if os.environ.get("SHEAF_TEST_GOLDEN") == "rewrite":
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(document)
    assert document == golden.read_bytes()


@needs_schemas
@pytest.mark.parametrize(("name", "work"), fitting())
def test_famous_theses_are_valid(name, work):
    schema(name).assertValid(parsed(name, famous_theses.ALL[work]))


@needs_schemas
@MANY
@given(theses())
def test_any_thesis_is_valid_where_the_format_applies(record):
    for name in NAMES:
        if SHELVES[name].applies(record):
            schema(name).assertValid(parsed(name, works(record, doi="10.5072/x.1", handle="1/x y")))


@needs_schemas
@MANY
@given(theses(dirty=True))
def test_so_is_a_thesis_with_what_xml_forbids(record):
    for name in NAMES:
        if SHELVES[name].applies(record):
            schema(name).assertValid(
                parsed(name, famous.work(8, record, file_urls=("https://r/f",) * len(record.files), doi="\x00"))
            )


@each_format
@pytest.mark.parametrize("code", TYPES)
def test_theses_only_but_for_what_the_dnb_takes_as_well(name, code):
    record = msgspec.structs.replace(famous_theses.NOETHER.record, type=code)
    monographs = {"publication.book", "publication.editedBook", "publication.conferenceProceeding", "publication.report",
                  "publication.technicalDocumentation", "postedContent.workingPaper", "teaching.textbook"}  # fmt: skip
    assert SHELVES[name].applies(record) == (code.startswith("etd") or (name == "xmetadissplus" and code in monographs))
    if SHELVES[name].applies(record) and SCHEMAS.exists():
        schema(name).assertValid(parsed(name, works(record)))


@each_format
def test_a_root_declares_every_namespace_it_uses_and_names_its_schema(name):
    work = famous_theses.NOETHER
    root = parsed(name, work)
    assert root.tag.startswith(f"{{{SHELVES[name].namespace}}}")
    location = root.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation")
    assert location == f"{SHELVES[name].namespace} {SHELVES[name].schema}"
    for element in root.iter():
        assert element.nsmap == root.nsmap, "a namespace is declared further down"
        kind = element.get("{http://www.w3.org/2001/XMLSchema-instance}type", "")
        assert kind.rpartition(":")[0] in {*root.nsmap, ""}, "no parser looks at the prefix of a type, but validators do"


def test_the_dnb_harvests_a_prefix_in_mixed_case():
    assert SHELVES["xmetadissplus"].prefix == "xMetaDissPlus"
    assert (SHELVES["etdms"].prefix, SHELVES["uketd_dc"].prefix) == ("etdms", "uketd_dc")


@needs_schemas
def test_real_theses_are_valid():
    """Read by our readers, and completed as a deposit would: with a file, and with the award few catalogues tell of."""
    found = [record for record in real_records() if is_thesis(record)]
    written = dict.fromkeys(NAMES, 0)
    for record in found:
        thesis = (
            record.thesis if record.thesis.grantor else msgspec.structs.replace(record.thesis, grantor="U", degree_name="PhD")
        )
        file = model.File(name="thesis.pdf", mime="application/pdf", access="open")
        complete = msgspec.structs.replace(record, thesis=thesis, files=(file,))
        for name, each in (("etdms", record), ("uketd_dc", complete), ("xmetadissplus", complete)):
            if SHELVES[name].applies(each):
                schema(name).assertValid(parsed(name, works(each)))
                written[name] += 1
    assert len(found) > 600
    assert written["etdms"] > 450, "the others have no subject"
    assert written["uketd_dc"] > 600
    assert written["xmetadissplus"] > 250, "the others are not open"


NOETHER = famous_theses.NOETHER.record
NO_AWARD = msgspec.structs.replace(NOETHER.thesis, date_awarded="")
UNDATED = {"dates": model.Dates(), "thesis": NO_AWARD}


@pytest.mark.parametrize(
    ("name", "lacking"),
    [
        ("etdms", {"title": model.Text(value=" ")}), ("etdms", {"creators": ()}), ("etdms", UNDATED), ("etdms", {"subjects": (), "thesis": model.Thesis()}),
        ("etdms", {"dates": model.Dates(issued="-0300"), "thesis": NO_AWARD}),
        ("uketd_dc", {"title": model.Text(value=" ")}), ("uketd_dc", {"creators": ()}), ("uketd_dc", UNDATED),
        ("uketd_dc", {"thesis": msgspec.structs.replace(NOETHER.thesis, grantor="")}),
        ("uketd_dc", {"thesis": msgspec.structs.replace(NOETHER.thesis, degree_name=" ")}),
        ("xmetadissplus", UNDATED), ("xmetadissplus", {"publisher": model.Publisher(), "thesis": model.Thesis(date_awarded="1907")}),
        ("xmetadissplus", {"files": ()}), ("xmetadissplus", {"files": (model.File(name="f", access="restricted"),)}), ("xmetadissplus", {"access": "restricted"}),
    ],
)  # fmt: skip
def test_a_thesis_without_what_is_mandatory_is_left_out(name, lacking):
    assert SHELVES[name].applies(NOETHER)
    assert not SHELVES[name].applies(msgspec.structs.replace(NOETHER, **lacking))


def identifier_for_the_dnb(**fields: object) -> tuple[str, str]:
    added = {name: fields.pop(name) for name in ("doi", "handle") if name in fields}
    root = parsed("xmetadissplus", works(msgspec.structs.replace(NOETHER, **fields), **added))
    found = root.findall("{http://purl.org/dc/elements/1.1/}identifier")
    assert len(found) == 1
    return found[0].get("{http://www.w3.org/2001/XMLSchema-instance}type"), found[0].text


def test_the_dnb_is_told_the_best_identifier_alone():
    theirs = model.Identifier(scheme="doi", value="https://doi.org/10.1515/x")
    urns = (model.Identifier(scheme="urn", value="urn:isbn:3"), model.Identifier(scheme="URN", value="urn:nbn:de:101:1"), theirs)
    assert identifier_for_the_dnb(identifiers=urns, doi="10.5072/1") == ("urn:nbn", "urn:nbn:de:101:1")
    assert identifier_for_the_dnb(identifiers=(theirs,), doi="10.5072/1", handle="1/2") == ("doi:doi", "10.5072/1")
    assert identifier_for_the_dnb(identifiers=(theirs,), handle="1/2") == ("hdl:hdl", "1/2")
    assert identifier_for_the_dnb(identifiers=(theirs,)) == ("doi:doi", "10.1515/x")
    assert identifier_for_the_dnb(identifiers=()) == ("dcterms:URI", "https://repo.example.org/items/01J00000000000000000000008")


def test_ethos_wants_orcids_of_sixteen_characters():
    ids = (model.AgentId(scheme="ORCID", value="https://orcid.org/0000-0002-1825-0097"),)
    root = parsed("uketd_dc", works(msgspec.structs.replace(NOETHER, creators=(model.Agent(family="N", ids=ids),))))
    found = root.find("{http://naca.central.cranfield.ac.uk/ethos-oai/terms/}authoridentifier")
    assert found.text == "0000000218250097"
