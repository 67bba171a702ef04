"""What an agency would refuse is known before it is sent, where there is a copy of its schema; without one the log says so once."""

import logging
import os
from pathlib import Path

import pytest

from server.identifiers.judging import Judge
from server.identifiers.mint import agencies
from server.identifiers.preflight.explained import explained

SHARED = Path(os.environ.get("SHEAF_SHARED") or Path(__file__).resolve().parents[3] / "shared").resolve()
SCHEMAS = SHARED / "data" / "schemas"
KERNEL = "http://datacite.org/schema/kernel-4"
ADDRESS = "http://schema.datacite.org/meta/kernel-4.7/metadata.xsd"
DATACITE, CROSSREF = agencies()["datacite"], agencies()["crossref"]


def document(titles: str = "<titles><title>Peas</title></titles>", year: str = "1866") -> bytes:
    return (
        f'<resource xmlns="{KERNEL}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{KERNEL} {ADDRESS}">'
        '<identifier identifierType="DOI">10.5072/1</identifier><creators><creator><creatorName>Mendel, Gregor</creatorName></creator>'
        f"</creators>{titles}<publisher>Abbey</publisher><publicationYear>{year}</publicationYear>"
        '<resourceType resourceTypeGeneral="Dataset"/></resource>'
    ).encode()


@pytest.fixture
def judge() -> Judge:
    if not SCHEMAS.exists():
        pytest.skip("the official schema needs data/schemas of SHEAF_SHARED")
    return Judge(str(SCHEMAS))


def test_what_is_valid_is_sent(judge: Judge) -> None:
    assert judge.refusal(DATACITE, document()) == ""
    assert judge.refusal(DATACITE, document()) == "", "and again, with what was compiled"


def test_what_is_not_valid_is_said_by_field(judge: Judge) -> None:
    said = judge.refusal(DATACITE, document("<titles/>", "soon"))
    assert said.startswith("DataCite would refuse it: titles: Missing child element(s). Expected is ( title )")
    found = explained("datacite", said)
    assert [reason.path for reason in found] == ["title", "dates.issued"]
    assert "soon" in found[1].words


def test_what_names_no_schema_is_judged_by_none(judge: Judge) -> None:
    assert judge.refusal(CROSSREF, b"<posted_content/>") == ""
    assert judge.refusal(CROSSREF, b"") == ""


def test_without_a_copy_nothing_is_judged_and_that_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "catalog.xml").write_text('<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog"/>')
    with caplog.at_level(logging.INFO):
        for judge in (Judge(""), Judge(str(tmp_path)), Judge(str(tmp_path / "nowhere"))):
            assert judge.refusal(DATACITE, document("<titles/>")) == ""
            assert judge.refusal(DATACITE, document("<titles/>")) == ""
    reasons = [record.__dict__["reason"] for record in caplog.records]
    assert reasons[0] == "SHEAF_SCHEMAS names no folder"
    assert reasons[1] == f"there is no copy of {ADDRESS}"
    assert reasons[2].startswith(str(tmp_path / "nowhere"))
    assert len(reasons) == 3
