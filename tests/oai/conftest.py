"""What the tests of OAI-PMH share: the official schema, somebody who asks, and a repository worth asking."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache

import pytest
from aiohttp.test_utils import TestClient
from lxml import etree

from server.house import House
from tests.conftest import SHARED, URL, SetClock
from tests.writers import Writer

SCHEMA = SHARED / "data" / "schemas" / "oai-all.xsd"
BASE = f"{URL}/oai"
NS = {
    "o": "http://www.openarchives.org/OAI/2.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "oai_dc": "http://www.openarchives.org/OAI/2.0/oai_dc/",
    "i": "http://www.openarchives.org/OAI/2.0/oai-identifier",
}
HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet type="text/css" href="/static/oai.css"?>\n'
    b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" '
)
VERBS = ("Identify", "ListMetadataFormats", "ListSets", "GetRecord", "ListIdentifiers", "ListRecords")


@cache
def schema() -> etree.XMLSchema:
    """Compile the official schema once; skip, saying why, where it is not at hand."""
    if not SCHEMA.exists():
        pytest.skip("the official schema needs schemas/oai-all.xsd of SHEAF_SHARED")
    return etree.XMLSchema(file=str(SCHEMA))


@dataclass(frozen=True)
class Answer:
    """A response that is valid against the official schema."""

    root: etree._Element
    body: bytes

    def all(self, path: str) -> list:
        return self.root.xpath(path, namespaces=NS)

    def text(self, path: str) -> str:
        return str(self.root.xpath(f"string({path})", namespaces=NS))

    @property
    def codes(self) -> list[str]:
        return self.all("/o:OAI-PMH/o:error/@code")

    @property
    def echo(self) -> dict[str, str]:
        return dict(self.all("/o:OAI-PMH/o:request")[0].attrib)

    @property
    def titles(self) -> list[str]:
        return self.all("//dc:title/text()")

    @property
    def ids(self) -> list[str]:
        """The local ids of all headers."""
        return [text.rpartition(":")[2] for text in self.all("//o:header/o:identifier/text()")]

    @property
    def headers(self) -> list[str]:
        return [etree.tostring(header, method="c14n", with_tail=False).decode() for header in self.all("//o:header")]

    @property
    def token(self) -> str:
        return self.text("//o:resumptionToken")


def checked(body: bytes, base: str = BASE) -> Answer:
    """Check what every response must be (OAI-PMH 3.2), and validate it."""
    assert body.startswith(HEAD)
    assert b"<!DOCTYPE" not in body
    root = etree.fromstring(body)
    schema().assertValid(root)
    answer = Answer(root, body)
    assert root.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation") == (
        "http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"
    )
    assert [etree.QName(child).localname for child in root][:2] == ["responseDate", "request"]
    assert answer.text("/o:OAI-PMH/o:request") == base
    return answer


Ask = Callable[..., Awaitable[Answer]]


@pytest.fixture
def ask(client: TestClient) -> Ask:
    """Ask with `key=value` pairs (`from_` for from) or a raw query string, and get the checked answer."""

    async def asked(query: str = "", **arguments: str) -> Answer:
        params = {key.rstrip("_"): value for key, value in arguments.items()}
        response = await client.get(f"/oai?{query}" if query else "/oai", params=params or None)
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/xml; charset=utf-8"
        return checked(await response.read())

    return asked


@pytest.fixture
def writer(house: House) -> Writer:
    return Writer(house.database, house.press, house.clock)


@dataclass
class Dozen:
    """A dozen works, a day apart: number 3 revised, numbers 5 and 7 withdrawn, number 9 withdrawn and published again."""

    ids: list[str]
    clock: SetClock


@pytest.fixture
async def dozen(writer: Writer, clock: SetClock) -> Dozen:
    ids = []
    for number in range(12):
        kind = "dataset.dataset" if number % 3 == 0 else "publication.journalArticle"
        ids.append(await writer.publish(f"Work {number}", type=kind, access="open" if number % 2 else "restricted"))
        clock.pass_time(days=1)
    await writer.revise(ids[3], "Work 3, revised", access="open")
    clock.pass_time(days=1)
    await writer.withdraw(ids[5])
    await writer.withdraw(ids[7])
    await writer.withdraw(ids[9])
    clock.pass_time(days=1)
    await writer.restore(ids[9])
    clock.pass_time(seconds=10)
    return Dozen(ids, clock)
