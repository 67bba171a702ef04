"""What the tests of OAI-PMH share: the official schema, somebody who asks, and a repository worth asking."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from lxml import etree

from server.app import open_house
from server.house import House
from server.rooms import web_application
from server.settings import Settings
from tests.conftest import URL, SetClock, configured
from tests.databases import Postgres
from tests.oai.validity import assert_valid
from tests.writers import Writer

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
    assert_valid(root)
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
    return await made(writer, clock)


async def made(writer: Writer, clock: SetClock) -> Dozen:
    """Make a dozen of works."""
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


LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"
ODD = "Odd \u0001\ufffe <&>'\" \U0001f343"


@dataclass
class Standing:
    """A repository that many tests read and none changes: a dozen of works, a thesis with an odd title, two contexts."""

    client: TestClient
    house: House
    ids: list[str]
    """Of the dozen, and last of the odd one."""

    async def raw(self, query: str = "", *, method: str = "GET", path: str = "/oai", **more: object) -> ClientResponse:
        """Send a request with a query as it is."""
        return await self.client.request(method, f"{path}?{query}" if query else path, **more)

    async def ask(self, query: str = "", *, path: str = "/oai", **arguments: str) -> Answer:
        """Ask with `key=value` pairs (`from_` for from) or a query string, and get the checked answer."""
        params = {key.rstrip("_"): value for key, value in arguments.items()}
        response = await self.client.get(f"{path}?{query}" if query else path, params=params or None)
        assert response.status == 200
        return checked(await response.read(), f"{URL}{path}")

    async def walk(self, verb: str = "ListRecords", **first: str) -> list[Answer]:
        """Ask for a whole list, part by part."""
        parts = [await self.ask(verb=verb, **first)]
        while parts[-1].token:
            parts.append(await self.ask(verb=verb, resumptionToken=parts[-1].token))
        return parts

    def oai_id(self, number: int) -> str:
        return f"oai:repository.example.org:{self.ids[number]}"


@asynccontextmanager
async def _stand(url: str, folder: Path) -> AsyncIterator[Standing]:
    settings = Settings(data=str(folder), database_url=url, base_url=URL, secret_key="only for tests")
    clock = SetClock()
    async with open_house(settings, clock=clock, moved={"oai_page_size": "5"}) as house:
        contexts = [
            {"path": "narrow", "title": "Narrow", "formats": ["oai_dc"], "sets": ["type"]},
            {"path": "wide", "title": "Wide"},
        ]
        friends = ["https://other.example.org/oai"]
        await configured(house, "oai", contexts=contexts, friends=friends, metadata_licence=LICENCE, description="Old papers")
        writer = Writer(house.database, house.press, clock)
        dozen = await made(writer, clock)
        odd = await writer.publish(ODD, type="etd.doctoral", access="open")
        clock.pass_time(seconds=10)
        async with TestClient(TestServer(web_application(house))) as client:
            yield Standing(client, house, [*dozen.ids, odd])


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def standing_on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Standing]:
    folder = tmp_path_factory.mktemp("standing")
    shutil.copy(sqlite_template, folder / "sheaf.db")
    async with _stand(f"sqlite:///{folder / 'sheaf.db'}", folder) as made_:
        yield made_


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def standing_on_postgresql(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Standing]:
    with postgres.database() as url:
        async with _stand(url, tmp_path_factory.mktemp("standing")) as made_:
            yield made_


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def standing(request: pytest.FixtureRequest) -> Standing:
    """The repository on either database; its tests run in the loop of the whole session."""
    return request.getfixturevalue(f"standing_on_{request.param}")
