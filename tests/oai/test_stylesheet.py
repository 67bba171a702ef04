"""An answer opened in a browser is dressed by one stylesheet of ours, and by nothing else."""

import re

import pytest
from lxml import etree

from tests.oai.conftest import Standing

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
