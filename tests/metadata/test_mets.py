"""METS with MODS and PREMIS: famous works as a person reads them, and as harvesters get it: many in one document."""

import re

import pytest
from hypothesis import given
from lxml import etree

from server.metadata.readers.mods import PLUGIN
from server.metadata.work import Work
from server.records import model
from tests.metadata import famous
from tests.metadata.library import (
    MANY,
    SAYABLE,
    approved,
    comes_back,
    form,
    needs_schema,
    schema,
    titled,
    with_files,
    written,
)

NS = {
    "t": "http://www.loc.gov/METS/", "m": "http://www.loc.gov/mods/v3", "p": "http://www.loc.gov/premis/v3",
    "x": "http://www.w3.org/1999/xlink",
}  # fmt: skip
FILES = (
    model.File(name="Höhenstrahlung & Co.pdf", mime="application/pdf", bytes=3, sha256="a" * 64, md5="b" * 32),
    model.File(name="daten.csv", access="embargoed", md5="c" * 32),
    model.File(name="leer.txt", mime="text/plain", sha256="d" * 64),
)
WORK = with_files(
    model.Record(
        type="etd.doctoral",
        title=model.Text(value="Über Beobachtungen der durchdringenden Strahlung"),
        files=FILES,
        dates=model.Dates(embargo_until="2027-01-01"),
    ),
    modified="2026-03-14T09:26:53Z",
)


def texts(work: Work, path: str) -> list[str]:
    found = written("mets", work).xpath(path, namespaces=NS)
    return [node if isinstance(node, str) else node.text or "" for node in found]


@pytest.mark.parametrize("name", famous.ALL)
def test_famous_works_are_as_they_were_approved(name):
    approved("mets", name)


@MANY
@given(SAYABLE)
def test_the_mods_within_is_read_back(record):
    (inner,) = written("mets", famous.work(8, record)).iter("{http://www.loc.gov/mods/v3}mods")
    comes_back("mets", PLUGIN.read(inner).record, record)


@needs_schema
def test_a_list_of_documents_has_no_id_twice():
    works = [WORK, *famous.ALL.values()]
    records = "".join(
        f"<record><header><identifier>{w.oai_id}</identifier><datestamp>2026-01-15T00:00:00Z</datestamp></header>"
        f"<metadata>{form('mets').write(w)}</metadata></record>"
        for w in works
    )
    page = etree.fromstring(
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-01-15T00:00:00Z</responseDate>'
        f'<request verb="ListRecords">https://repo.example.org/oai</request><ListRecords>{records}</ListRecords></OAI-PMH>'
    )
    schema().assertValid(page)
    ids = page.xpath("//@ID")
    assert len(ids) == len(set(ids)) > 4 * len(works)
    assert all(re.fullmatch(r"[A-Za-z][\w.-]*", found, re.ASCII) for found in ids)


def test_everything_that_is_pointed_at_is_there():
    for work in (WORK, *famous.ALL.values()):
        root = written("mets", work)
        pointed = {word for value in root.xpath("//@DMDID | //@ADMID | //@FILEID") for word in value.split()}
        assert pointed <= set(root.xpath("//@ID"))


def test_every_file_is_described_and_only_a_public_one_has_an_address():
    assert texts(WORK, "//p:originalName") == [file.name for file in FILES]
    assert texts(WORK, "//t:FLocat/@x:href") == [url for url in WORK.file_urls if url] != []
    (shut,) = written("mets", WORK).xpath("//t:file[not(t:FLocat)]", namespaces=NS)
    assert shut.get("ADMID") == f"technical-{WORK.id}-2 access-{WORK.id}-embargoed"


def test_digests_stand_in_premis_and_the_strongest_at_the_file():
    assert texts(WORK, "//p:messageDigestAlgorithm") == ["SHA-256", "MD5", "MD5", "SHA-256"]
    assert texts(WORK, "//t:file/@CHECKSUM") == ["a" * 64, "c" * 32, "d" * 64]
    assert texts(WORK, "//t:file/@CHECKSUMTYPE") == ["SHA-256", "MD5", "SHA-256"]


def test_the_size_is_left_out_where_nobody_counted_and_nought_where_a_file_is_empty():
    assert texts(WORK, "//t:file/@SIZE") == ["3", "0"]
    assert texts(WORK, "//p:size") == ["3", "0"]


def test_rights_say_who_may_have_the_work_and_its_closed_files_and_when():
    assert texts(WORK, "//p:restriction") == ["open access", "embargoed access"]
    assert texts(WORK, "//p:termOfGrant/p:startDate") == texts(famous.CURIE, "//p:termOfGrant/p:startDate") == ["2027-01-01"]
    assert texts(WORK, "//p:rightsBasis") == ["Other", "Other"]


def test_licences_and_statements_are_rights():
    assert texts(famous.CURIE, "//p:licenseDocumentationIdentifierValue") == [
        "https://creativecommons.org/publicdomain/zero/1.0/"
    ]
    assert texts(famous.CURIE, "//p:otherRightsNote") == ["Held for one year at the wish of the <family> & the museum."]
    assert texts(titled(licences=(model.Licence(name="as the archive says"),)), "//p:licenseTerms") == ["as the archive says"]


def test_the_header_says_when_the_document_was_made_and_changed():
    assert texts(WORK, "/t:mets/t:metsHdr/@CREATEDATE | /t:mets/t:metsHdr/@LASTMODDATE") == [
        "2026-01-15T00:00:00Z",
        "2026-03-14T09:26:53Z",
    ]
    assert texts(WORK, "/t:mets/@OBJID") == [WORK.oai_id]


def test_a_work_without_files_has_no_section_for_them():
    assert texts(famous.GILGAMESH, "//t:fileSec") == []
    assert texts(famous.GILGAMESH, "//t:structMap/t:div/@LABEL") == ["ša naqba īmuru"]
