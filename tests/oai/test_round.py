"""A deposit comes out by OAI-PMH."""

from aiohttp.test_utils import TestClient
from lxml import etree

from tests.conftest import Deposit

NS = {"o": "http://www.openarchives.org/OAI/2.0/", "dc": "http://purl.org/dc/elements/1.1/"}


async def test_a_deposited_work_is_harvested_with_its_page_as_first_identifier(client: TestClient, deposit: Deposit) -> None:
    number = await deposit(title="Peas")
    answer = await client.get("/oai", params={"verb": "ListRecords", "metadataPrefix": "oai_dc"})
    root = etree.fromstring(await answer.read())
    assert root.xpath("string(//dc:identifier[1])", namespaces=NS) == f"https://repository.example.org/items/{number}"
    assert root.xpath("//dc:type/text()", namespaces=NS) == [
        "info:eu-repo/semantics/article", "Journal article", "http://purl.org/coar/resource_type/c_6501", "publication.journalArticle", "Text",
    ]  # fmt: skip
