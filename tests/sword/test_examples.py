"""Deposits every example as its folder says, by the program that does so on the first start, and looks at all that becomes of it."""

import io
import os
import zipfile
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer, unused_port
from lxml import etree

from server.errors import Invalid, NotFound, Refused, Unavailable
from server.examples import deposit_examples, folder, load
from server.house import House
from server.metadata.reading import read_with
from server.records import store as records
from server.records.store import State
from server.rooms import web_application
from server.settings import Settings
from server.xml import parse
from tests.conftest import AUTH, PASSWORD, SHARED
from tests.sword.conftest import NS, Answer, Depositor, answer

EXAMPLES = load(folder())
SCHEMAS = SHARED / "data" / "schemas"
#: Remarks of the readers over all examples together; media types, which the files say themselves, are half of them.
MOST_REMARKS = 27


@pytest.fixture
def settings(settings: Settings, client_port: int) -> Settings:
    """The address the world knows is the one the test server listens at, as the depositor follows its links."""
    return msgspec.structs.replace(settings, base_url=f"http://127.0.0.1:{client_port}")


@pytest.fixture
def seeds() -> dict[str, str]:
    return {"oai_page_size": "100"}


@pytest.fixture
def client_port() -> int:
    return unused_port()


@pytest.fixture
async def client(house: House, client_port: int):
    async with TestClient(TestServer(web_application(house), host="127.0.0.1", port=client_port)) as opened:
        yield opened


@pytest.fixture
async def deposited(client: TestClient, house: House) -> list[str]:
    service = f"{house.settings.url}/sword/v2/service-document"
    told: list[str] = []
    async with ClientSession() as session:
        edits = await deposit_examples(folder(), service, "depositor", PASSWORD, session, told.append)
    assert told == [f"deposited {example.name}" for example in EXAMPLES]
    return [edit.rsplit("/", 1)[1] for edit in edits]


async def test_all_examples_are_published_with_their_metadata_and_files(
    deposited: list[str], house: House, client: TestClient
) -> None:
    depositor = Depositor(client, house)
    remarks: list[str] = []
    for number, example in zip(deposited, EXAMPLES, strict=True):
        stored = await house.database.read(records.get, number)
        said = read_with(house.readers, parse(example.metadata[1])).record
        assert stored.state is State.PUBLISHED
        assert (stored.record.title, stored.record.type) == (said.title, said.type)
        assert stored.record.creators == said.creators
        assert [file.name for file in stored.record.files] == [name for name, _ in example.files]
        content = await client.get(f"/sword/v2/edit-media/{number}", headers=AUTH)
        with zipfile.ZipFile(io.BytesIO(await content.read())) as made:
            assert {name: made.read(name) for name in made.namelist()} == dict(example.files)
        for row in await depositor.rows(text=number):
            assert row.problem is None
            remarks += [f"{example.name}: {event.detail}" for event in await depositor.events(row.id) if event.what == "remarked"]
    print("\n".join(remarks))
    assert len(remarks) <= MOST_REMARKS


async def test_all_examples_are_harvested_valid(deposited: list[str], client: TestClient) -> None:
    found = {}
    for prefix in ("oai_dc", "datacite"):
        page = await answer(await client.get("/oai", params={"verb": "ListRecords", "metadataPrefix": prefix}))
        assert len(page.all("//o:record/o:metadata")) == len(deposited)
        found[prefix] = page
    _valid(found["oai_dc"], SCHEMAS / "oai-all.xsd", "whole")
    _valid(found["datacite"], SCHEMAS / "datacite" / "kernel-4.7" / "metadata.xsd", "records")


def _valid(page: Answer, path: Path, what: str) -> None:
    if not path.is_file():
        pytest.skip(f"no schema at {path}: set SHEAF_SHARED")
    schema = etree.XMLSchema(file=os.fspath(path))
    documents = (
        [page.xml]
        if what == "whole"
        else [etree.fromstring(etree.tostring(found[0])) for found in page.xml.xpath("//o:metadata", namespaces=NS)]
    )
    for document in documents:
        if document.tag.endswith("}oai_datacite"):
            document = etree.fromstring(etree.tostring(document.find(".//{*}resource")))  # noqa: PLW2901 -- what the envelope holds
        assert schema.validate(document), schema.error_log


async def test_depositing_again_makes_nothing_new_of_what_came_whole(
    deposited: list[str], client: TestClient, house: House
) -> None:
    async with ClientSession() as session:
        again = await deposit_examples(
            folder(), f"{house.settings.url}/sword/v2/service-document", "depositor", PASSWORD, session, print
        )
    same = {example.kind for example, old, new in zip(EXAMPLES, deposited, again, strict=True) if new.endswith(old)}
    assert same == {"simplezip", "multipart"}


async def test_errors_say_what_to_do(client: TestClient, house: House, tmp_path: Path) -> None:
    service = f"{house.settings.url}/sword/v2/service-document"
    async with ClientSession() as session:
        with pytest.raises(Refused, match="401"):
            await deposit_examples(folder(), service, "depositor", "wrong", session, print)
        with pytest.raises(Refused, match="404"):
            await deposit_examples(folder(), f"{house.settings.url}/nowhere", "depositor", PASSWORD, session, print)
        with pytest.raises(Unavailable, match="not answered"):
            await deposit_examples(folder(), f"http://127.0.0.1:{unused_port()}/", "depositor", PASSWORD, session, print)
        example = tmp_path / "examples" / "peas"
        example.mkdir(parents=True)
        (example / "entry.xml").write_text("<entry")
        (example / "deposit.toml").write_text('kind = "entry"\ncollection = "other"\nmetadata = "entry.xml"\nfiles = []')
        with pytest.raises(NotFound, match="'other'"):
            await deposit_examples(example.parent, service, "depositor", PASSWORD, session, print)
        (example / "deposit.toml").write_text('kind = "entry"\ncollection = "works"\nmetadata = "entry.xml"\nfiles = []')
        with pytest.raises(Refused, match=r"example peas could not be deposited.*400"):
            await deposit_examples(example.parent, service, "depositor", PASSWORD, session, print)


@pytest.mark.parametrize("said", ["", "kind = ", 'kind = "odd"\ncollection = "works"\nmetadata = "deposit.toml"\nfiles = []'])
def test_an_example_that_is_wrong_is_named(tmp_path: Path, said: str) -> None:
    (tmp_path / "peas").mkdir()
    (tmp_path / "peas" / "deposit.toml").write_text(said)
    with pytest.raises(Invalid, match="peas") as caught:
        load(tmp_path)
    assert caught.value.place == "peas/deposit.toml"
