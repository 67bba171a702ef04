"""The Python sword2 client, from its release on the package index, speaks to our server over a socket."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer, unused_port

from server.house import House
from server.rooms import web_application
from server.settings import Settings
from tests.conftest import PASSWORD
from tests.sword.conftest import GOOD, SIMPLE_ZIP, Depositor

WHY = "the sword2 client is not there: `pip install --no-deps sword2==0.3 httplib2` (0.2.1 is Python 2; 0.3 pins an old lxml)"
PORT = unused_port()

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::SyntaxWarning", "ignore::ResourceWarning")


def client_module() -> Any:
    try:
        import sword2
        import sword2.http_layer
    except (ImportError, SyntaxError):
        pytest.skip(WHY)
    return sword2


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, base_url=f"http://127.0.0.1:{PORT}")


@pytest.fixture
async def client(house: House):
    async with TestClient(TestServer(web_application(house), host="127.0.0.1", port=PORT)) as opened:
        yield opened


async def in_thread(work: Callable[[], Any]) -> Any:
    return await asyncio.wait_for(asyncio.to_thread(work), 60)


async def test_the_client_deposits_from_service_document_to_deletion(client: TestClient, house: House, tmp_path: Any) -> None:
    sword2 = client_module()

    def speak() -> None:
        service = f"http://127.0.0.1:{PORT}/sword/v2/service-document"
        layer = sword2.http_layer.HttpLib2Layer(str(tmp_path / "cache"), timeout=30.0)
        sword = sword2.Connection(service, user_name="depositor", user_pass=PASSWORD, http_impl=layer)
        sword.get_service_document()
        assert sword.sd.valid
        assert sword.sd.version == "2.0"
        [(_, [collection])] = sword.workspaces
        assert SIMPLE_ZIP in collection.acceptPackaging
        receipt = sword.create(
            col_iri=collection.href,
            payload=GOOD,
            mimetype="application/zip",
            filename="peas.zip",
            packaging=SIMPLE_ZIP,
            in_progress=True,
        )
        assert receipt.code == 201
        assert receipt.valid
        assert receipt.edit
        assert receipt.edit_media
        assert receipt.se_iri
        completed = sword.complete_deposit(dr=receipt)
        assert completed.code == 200
        again = sword.get_deposit_receipt(receipt.edit)
        assert again.valid
        assert again.title == "Versuche"
        assert again.alternate.endswith(receipt.edit.rsplit("/", 1)[1])
        statement = sword.get_atom_sword_statement(again.atom_statement_iri)
        assert [state for state, _ in statement.states] == ["http://purl.org/net/sword/state/accepted"]
        assert len(statement.original_deposits) == 1
        content = sword.get_resource(again.edit_media, packaging=SIMPLE_ZIP)
        assert content.content[:2] == b"PK"
        entry = sword2.Entry(title="Beans", dcterms_title="Beans", dcterms_creator="Mendel, Gregor")
        assert sword.update_metadata_for_resource(metadata_entry=entry, dr=again).code in {200, 204}
        assert sword.add_file_to_resource(again.edit_media, b"%PDF-1.4", "beans.pdf", mimetype="application/pdf").code == 201
        created = sword.create(col_iri=collection.href, metadata_entry=entry)
        assert created.code == 201
        assert sword.delete_container(dr=created).code == 204
        layer.h.close()

    await in_thread(speak)
    depositor = Depositor(client, house)
    assert sorted(status for _, status, _ in await depositor.oai()) == ["", "deleted"]
    assert [title for _, status, title in await depositor.oai() if not status] == ["Beans"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_client_makes_the_round_trip_in_every_packaging_offered(
    client: TestClient, house: House, tmp_path: Any
) -> None:
    """What is in the package does not matter here: one that lacks its manifest is held, and can be replaced all the same."""
    sword2 = client_module()

    def speak() -> list[str]:
        service = f"http://127.0.0.1:{PORT}/sword/v2/service-document"
        layer = sword2.http_layer.HttpLib2Layer(str(tmp_path / "cache"), timeout=30.0)
        sword = sword2.Connection(service, user_name="depositor", user_pass=PASSWORD, http_impl=layer)
        sword.get_service_document()
        [(_, [collection])] = sword.workspaces
        sent = {"payload": GOOD, "mimetype": "application/zip", "filename": "peas.zip"}
        for packaging in collection.acceptPackaging:
            entry = sword2.Entry(title="Peas", dcterms_title="Peas", dcterms_creator="Mendel, Gregor")
            receipt = sword.create(
                col_iri=collection.href, metadata_entry=entry, in_progress=True, suggested_identifier=packaging
            )
            assert receipt.code == 201
            assert sword.add_file_to_resource(receipt.edit_media, packaging=packaging, **sent).code == 201
            replaced = sword.update_files_for_resource(dr=receipt, packaging=packaging, **sent)
            assert replaced.code == 204
            assert sword.append(dr=receipt, metadata_entry=entry, in_progress=True).code == 200
            assert sword.get_deposit_receipt(receipt.edit).valid
            assert sword.get_ore_sword_statement(receipt.ore_statement_iri).original_deposits
            assert sword.delete_content_of_resource(dr=receipt).code == 204
            assert sword.update_files_for_resource(dr=receipt, packaging=SIMPLE_ZIP, **sent).code == 204
            assert sword.get_resource(receipt.edit_media, packaging=SIMPLE_ZIP).content[:2] == b"PK"
            assert sword.complete_deposit(dr=receipt).code == 200
            assert sword.delete_container(dr=receipt).code == 204
        layer.h.close()
        return collection.acceptPackaging

    packagings = await in_thread(speak)
    assert set(packagings) == set(house.intake.understanding.packagings.names())
    assert {status for _, status, _ in await Depositor(client, house).oai()} == {"deleted"}
