"""What the tests of SWORD 3.0 share: a client that looks at every document it sees by the official schemas."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
from aiohttp.test_utils import TestClient
from multidict import CIMultiDict

from server.house import House
from server.sword import store
from server.sword.model import Deposit
from tests.conftest import AUTH, SHARED, URL

SCHEMAS = SHARED / "data" / "schemas" / "sword" / "v3" / "schemas"
FILES = {
    "ServiceDocument": "service-document",
    "Status": "status",
    "Metadata": "metadata",
    "Temporary": "segmented-file-upload",
    "ByReference": "by-reference",
}
CONTEXT = "https://swordapp.github.io/swordv3/swordv3.jsonld"
STATE = "http://purl.org/net/sword/3.0/state/"
FILE_STATE = "http://purl.org/net/sword/3.0/filestate/"
TERMS = "http://purl.org/net/sword/3.0/terms/"
SIMPLE_ZIP = "http://purl.org/net/sword/3.0/package/SimpleZip"
BINARY = "http://purl.org/net/sword/3.0/package/Binary"
SERVICE = f"{URL}/sword/3/service"
WORKS = f"{SERVICE}/works"
OPEN = {"In-Progress": "true"}
PDF = b"%PDF-1.4 peas"


def digest(body: bytes, name: str = "SHA-256") -> str:
    known = {"SHA-256": "sha256", "SHA-512": "sha512", "SHA": "sha1", "MD5": "md5"}[name]
    return f"{name}={base64.b64encode(hashlib.new(known, body, usedforsecurity=False).digest()).decode()}"


def metadata(**terms: str) -> bytes:
    """The default metadata of a work; `dc_title="…"` becomes `dc:title`."""
    known = {"dc:title": "Peas", "dc:creator": "Mendel, Gregor", "dc:type": "Journal article", "dcterms:issued": "1866"}
    known |= {name.replace("_", ":", 1): value for name, value in terms.items()}
    return json.dumps({"@context": CONTEXT, "@type": "Metadata"} | known).encode()


def described(body: bytes) -> dict[str, str]:
    """The headers of metadata."""
    return {"Content-Type": "application/json", "Content-Disposition": "attachment; metadata=true", "Digest": digest(body)}


def filed(body: bytes, name: str = "peas.pdf", kind: str = "application/pdf", packaging: str = BINARY) -> dict[str, str]:
    """The headers of a file or a package."""
    disposition = f"attachment; filename={name}"
    return {"Content-Type": kind, "Content-Disposition": disposition, "Digest": digest(body), "Packaging": packaging}


def zipped(body: bytes) -> dict[str, str]:
    return filed(body, "peas.zip", "application/zip", SIMPLE_ZIP)


def valid(document: dict[str, Any]) -> None:
    """Look at a document by its official schema, where there is one here."""
    kind = FILES.get(document["@type"], "error")
    path = SCHEMAS / f"{kind}.schema.json"
    assert document["@context"] == CONTEXT
    if path.exists():
        schema = json.loads(path.read_text())
        schema.pop("$id")  # two of them have each other's, one an example's
        if kind == "service-document":
            schema["properties"]["services"]["items"] = {"type": "object"}
            for each in document.get("services", ()):
                valid(each)
        jsonschema.validate(document, _plain(schema), format_checker=jsonschema.FormatChecker())


def _plain(schema: Any) -> Any:
    """The inner `$id`s are paths that name nothing."""
    if isinstance(schema, dict):
        return {key: _plain(value) for key, value in schema.items() if key != "$id"}
    return [_plain(each) for each in schema] if isinstance(schema, list) else schema


@dataclass
class Answer:
    """A response, read whole; a document in it is valid."""

    status: int
    headers: CIMultiDict[str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def object(self) -> str:
        return self.document["@id"]

    @property
    def number(self) -> str:
        return self.object.rsplit("/", 1)[1]

    @property
    def state(self) -> str:
        return self.document["state"][0]["@id"].removeprefix(STATE)

    @property
    def error(self) -> str:
        assert self.status >= 400, self.body
        return self.document["@type"]

    def links(self, rel: str) -> list[dict[str, Any]]:
        return [link for link in self.document["links"] if f"{TERMS}{rel}" in link["rel"]]

    def names(self) -> list[str]:
        return sorted(link["@id"].partition("/files/")[2] for link in self.links("fileSetFile"))


class Client:
    """Speaks SWORD 3.0 to the house, following its URLs."""

    def __init__(self, client: TestClient, house: House) -> None:
        self.client = client
        self.house = house

    async def ask(self, method: str, url: str, body: object = None, *headers: dict[str, str]) -> Answer:
        """Send a request with credentials, unless others are given; an empty header is left out."""
        assert url.startswith(URL), url
        parts = urlsplit(url)
        together = dict(AUTH)
        for each in headers:
            together |= each
        together = {name: value for name, value in together.items() if value}
        response = await self.client.request(
            method, parts.path, data=body, headers=together, skip_auto_headers=["Content-Type"], allow_redirects=False
        )
        found = Answer(response.status, CIMultiDict(response.headers), await response.read())
        if found.headers.get("Content-Type") == "application/json" and b'"@type"' in found.body[:120]:
            valid(found.document)
        assert found.status < 400 or found.body or method == "HEAD", "an error always has a document"
        return found

    async def get(self, url: str, *headers: dict[str, str]) -> Answer:
        return await self.ask("GET", url, None, *headers)

    async def create(self, body: bytes, *headers: dict[str, str]) -> Answer:
        found = await self.ask("POST", WORKS, body, *headers)
        assert found.status == 201, found.body
        assert found.headers["Location"] == found.object
        return found

    async def begun(self) -> Answer:
        """An object in progress with metadata."""
        body = metadata()
        return await self.create(body, described(body), OPEN)

    async def done(self) -> Answer:
        """A published work with a file."""
        found = await self.begun()
        answer = await self.ask("POST", found.object, PDF, filed(PDF))
        assert answer.status == 200, answer.body
        return answer

    async def rows(self, **wanted: str) -> list[Deposit]:
        return list(reversed(await self.house.database.read(store.search, **wanted)))

    async def row(self, answer: Answer) -> Deposit:
        """The row of a refused request, by the address in its error document."""
        found = await self.house.database.read(store.deposit, answer.document["@id"].rsplit("/", 1)[1])
        assert found is not None
        return found

    def left(self) -> list[Any]:
        """What stands in the spool, where nothing may stay."""
        return list(self.house.files._spool.iterdir())


@pytest.fixture
def sword(client: TestClient, house: House) -> Client:
    return Client(client, house)
