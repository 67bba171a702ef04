"""What the SWORD tests share: a depositor who speaks HTTP, and archives to send."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from lxml import etree
from multidict import CIMultiDict

from server.house import House
from server.sword import store
from server.sword.model import Deposit, Event
from tests.conftest import AUTH, URL, configured

NS = {
    "a": "http://www.w3.org/2005/Atom",
    "s": "http://purl.org/net/sword/terms/",
    "app": "http://www.w3.org/2007/app",
    "t": "http://purl.org/dc/terms/",
    "o": "http://www.openarchives.org/OAI/2.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
}
ENTRY_TYPE = "application/atom+xml;type=entry"
SIMPLE_ZIP = "http://purl.org/net/sword/package/SimpleZip"
BINARY = "http://purl.org/net/sword/package/Binary"
ZIP = {"Content-Type": "application/zip", "Content-Disposition": "attachment; filename=peas.zip", "Packaging": SIMPLE_ZIP}
PDF = {"Content-Type": "application/pdf", "Content-Disposition": "attachment; filename=peas.pdf"}
ENTRY = {"Content-Type": ENTRY_TYPE}
OPEN = {"In-Progress": "true"}
MODS = b"""<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>Versuche</title></titleInfo><genre>journal article</genre>
<name type="personal"><namePart type="family">Mendel</namePart><role><roleTerm>author</roleTerm></role></name>
<originInfo><dateIssued>1866</dateIssued></originInfo></mods>"""


def archive(**files: bytes) -> bytes:
    """A zip; `mods_xml=b"…"` becomes `mods.xml`. The same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in files.items():
            made.writestr(zipfile.ZipInfo(name.replace("_", ".")), content)
    return out.getvalue()


GOOD = archive(mods_xml=MODS, peas_csv=b"round,wrinkled\n5474,1850\n", peas_pdf=b"%PDF-1.4 peas")


def md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def related(entry: bytes, payload: bytes, *, packaging: str = SIMPLE_ZIP, more: bytes = b"") -> tuple[bytes, dict[str, str]]:
    """A multipart body of entry and payload, and its Content-Type."""
    body = b"\r\n".join([
        b'--b1\r\nContent-Type: application/atom+xml\r\nContent-Disposition: attachment; name="atom"\r\n', entry,
        b"--b1\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; name=payload; filename=peas.zip",
        b"Packaging: " + packaging.encode() + b"\r\n" + more, payload, b"--b1--\r\n",
    ])  # fmt: skip
    return body, {"Content-Type": 'multipart/related; boundary="b1"; type="application/atom+xml"'}


@dataclass
class Answer:
    """A response, read whole, its body parsed where it is XML."""

    status: int
    headers: CIMultiDict[str]
    body: bytes

    @property
    def xml(self) -> etree._Element:
        return etree.fromstring(self.body)

    def text(self, path: str) -> str:
        return self.xml.xpath(f"string({path})", namespaces=NS)

    def all(self, path: str) -> list[str]:
        return self.xml.xpath(path, namespaces=NS)

    def link(self, rel: str) -> str:
        return self.text(f"/a:entry/a:link[@rel='{rel}']/@href")

    @property
    def edit(self) -> str:
        return self.link("edit")

    @property
    def media(self) -> str:
        return self.link("edit-media")

    @property
    def number(self) -> str:
        return self.edit.rsplit("/", 1)[1]

    @property
    def reference(self) -> str:
        """The id of a refused deposit, from the link to the monitor."""
        return self.text("/s:error/a:link[@rel='alternate']/@href").rpartition("/")[2]


class Depositor:
    """Speaks SWORD to the house, following its IRIs; looks into the monitor's rows."""

    def __init__(self, client: TestClient, house: House) -> None:
        self.client = client
        self.house = house

    collection = f"{URL}/sword/v2/collection/works"
    service = f"{URL}/sword/v2/service-document"

    async def ask(self, method: str, iri: str, body: object = None, *headers: dict[str, str]) -> Answer:
        """Send a request to an IRI of ours, with credentials unless others are given."""
        assert iri.startswith(URL), iri
        parts = urlsplit(iri)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        together = dict(AUTH)
        for each in headers:
            together |= each
        response = await self.client.request(method, path, data=body, headers=together, skip_auto_headers=["Content-Type"])
        return await answer(response)

    async def create(self, body: object, *headers: dict[str, str]) -> Answer:
        found = await self.ask("POST", self.collection, body, *headers)
        assert found.status == 201, found.body
        assert found.headers["Location"] == found.edit
        return found

    async def get(self, iri: str, *headers: dict[str, str]) -> Answer:
        return await self.ask("GET", iri, None, *headers)

    async def state(self, receipt: Answer) -> tuple[str, str]:
        """A container's state and its description, from the statement."""
        found = await self.get(receipt.link("http://purl.org/net/sword/terms/statement"))
        assert found.status == 200, found.body
        return found.text("//a:category[@scheme='http://purl.org/net/sword/terms/state']/@term").rsplit("/", 1)[1], found.text(
            "/a:feed/a:category"
        )

    async def rows(self, **wanted: str) -> list[Deposit]:
        return list(reversed(await self.house.database.read(store.search, **wanted)))

    async def row(self, number: str) -> Deposit:
        found = await self.house.database.read(store.deposit, number)
        assert found is not None
        return found

    async def events(self, number: str) -> list[Event]:
        return await self.house.database.read(store.events_of, number)

    async def oai(self) -> list[tuple[str, str, str]]:
        """Id, status and title of every record a harvester gets, whatever the page size."""
        found: list[tuple[str, str, str]] = []
        query = {"verb": "ListRecords", "metadataPrefix": "oai_dc"}
        while True:
            page = await answer(await self.client.get("/oai", params=query))
            for record in page.all("//o:record"):
                number = record.xpath("string(o:header/o:identifier)", namespaces=NS).rsplit(":", 1)[1].rsplit("/", 1)[-1]
                found.append(
                    (
                        number,
                        record.xpath("string(o:header/@status)", namespaces=NS),
                        record.xpath("string(.//dc:title)", namespaces=NS),
                    )
                )
            if not (token := page.text("//o:resumptionToken")):
                return found
            query = {"verb": "ListRecords", "resumptionToken": token}

    def left(self) -> list[Path]:
        """What stands in the spool, where nothing may stay."""
        return list((Path(self.house.settings.data) / "spool").iterdir())

    def kept(self, deposit: Deposit) -> bytes:
        assert deposit.sha256 is not None
        return self.house.files.path(deposit.sha256).read_bytes()


async def answer(response: ClientResponse) -> Answer:
    return Answer(response.status, CIMultiDict(response.headers), await response.read())


@pytest.fixture
def depositor(client: TestClient, house: House) -> Depositor:
    return Depositor(client, house)


@pytest.fixture
async def files_alone(house: House) -> None:
    """An installation that takes files without metadata, and calls the work after the first."""
    await configured(house, "sword", holds=["type-unknown", "access-unknown"])
