"""An answer opened in a browser is dressed by one stylesheet of ours, and by nothing else."""

import re
from pathlib import Path

import pytest
from lxml import etree

from tests.oai.conftest import NS, Standing

GOLDEN = Path(__file__).parents[1] / "golden"

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_answer_names_the_stylesheet_and_lets_it_in(standing: Standing) -> None:
    for path in ("/oai", "/oai/narrow"):
        for query in ("verb=Identify", "verb=ListRecords&metadataPrefix=oai_dc", "verb=Nothing"):
            response = await standing.raw(query, path=path)
            instruction = etree.fromstring(await response.read()).getprevious()
            assert isinstance(instruction, etree._ProcessingInstruction)
            assert (instruction.target, instruction.get("type")) == ("xml-stylesheet", "text/css")
            assert "style-src 'self'" in response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]
            assert "script-src" not in response.headers["Content-Security-Policy"]
            sheet = await standing.client.get(instruction.get("href"))
            assert (sheet.status, sheet.content_type) == (200, "text/css")


async def test_the_stylesheet_knows_every_element_of_the_protocol(standing: Standing) -> None:
    sheet = await (await standing.client.get("/static/oai.css")).text()
    for name in (
        "responseDate", "request", "error", "Identify", "repositoryName", "baseURL", "protocolVersion", "adminEmail", "earliestDatestamp",
        "deletedRecord", "granularity", "compression", "description", "record", "header", "identifier", "datestamp", "setSpec", "about",
        "set", "setName", "setDescription", "metadataFormat", "metadataPrefix", "schema", "metadataNamespace", "resumptionToken",
    ):  # fmt: skip
        assert re.search(rf"o\|{name}\b", sheet), name
    assert "url(" not in sheet
    assert "@import" not in sheet


async def test_all_words_of_every_format_have_a_label(standing: Standing) -> None:
    sheet = await (await standing.client.get("/static/oai.css")).text()
    roots = [etree.parse(path).getroot() for path in GOLDEN.rglob("*.xml")]
    for prefix in (await standing.ask(verb="ListMetadataFormats")).all("//o:metadataPrefix/text()"):
        roots += (await standing.ask(verb="ListRecords", metadataPrefix=prefix)).all("//o:metadata/*")
    names = {etree.QName(each) for root in roots for each in root.iter(etree.Element) if (each.text or "").strip()}
    known = {name.localname for name in names if name.namespace != NS["o"]}
    assert {"subfield", "originalName", "creatorName", "ext_relation", "surName"} <= known
    for name in known:
        assert re.search(rf"o\|metadata (\*|marc)\|{name}::before {{ content: ", sheet), name


async def test_sets_are_one_line_and_a_description_is_told_once(standing: Standing) -> None:
    sheet = await (await standing.client.get("/static/oai.css")).text()
    assert "o|header > o|setSpec { display: inline; }" in sheet
    assert re.findall(r'([^\n]*)::before { content: "Description"; }', sheet)[:2] == ["o|description", "o|setDescription"]
    assert not re.search(r"^dc\|", sheet, re.MULTILINE), "labels of a format stand within metadata alone"
