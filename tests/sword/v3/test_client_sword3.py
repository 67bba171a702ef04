"""The Python sword3client, from its release on the package index, speaks to our server over a socket."""

import asyncio
import hashlib
import io
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient, TestServer, unused_port

from server.house import House
from server.rooms import web_application
from server.settings import Settings
from tests.conftest import PASSWORD
from tests.sword.conftest import MODS, archive
from tests.sword.v3.conftest import PDF, SIMPLE_ZIP

WHY = "the sword3client is not there: `pip install sword3client==0.1 sword3common==0.1.1`"
PORT = unused_port()
HERE = f"http://127.0.0.1:{PORT}"
PACKAGE = archive(mods_xml=MODS, peas_csv=b"round\n", peas_pdf=PDF)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::SyntaxWarning", "ignore::ResourceWarning")


def modules() -> tuple[Any, Any]:
    try:
        import sword3client
        import sword3common
    except ImportError:
        pytest.skip(WHY)
    return sword3client, sword3common


def connected(sword3client: Any) -> Any:
    """A client whose numbers in headers are written as text: the requests library refuses what it sends otherwise."""
    from sword3client.connection.connection_requests import RequestsHttpLayer

    class Layer(RequestsHttpLayer):
        def _get_headers(self, headers: Any) -> Any:
            return {name: str(value) for name, value in (super()._get_headers(headers) or {}).items()}

    return sword3client.SWORD3Client(Layer(headers={"Authorization": encode_basic_auth("depositor", PASSWORD)}))


def sums(body: bytes) -> dict[str, str]:
    return {"SHA-256": b64encode(hashlib.sha256(body).digest()).decode()}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, base_url=HERE)


@pytest.fixture
async def client(house: House):
    async with TestClient(TestServer(web_application(house), host="127.0.0.1", port=PORT)) as opened:
        yield opened


async def in_thread(work: Callable[[], Any]) -> Any:
    return await asyncio.wait_for(asyncio.to_thread(work), 60)


async def test_the_client_deposits_from_service_document_to_deletion(client: TestClient) -> None:
    sword3client, sword3common = modules()

    def speak() -> None:
        sword = connected(sword3client)
        root = sword.get_service(f"{HERE}/sword/3/service")
        (works,) = root.data["services"]
        service = sword.get_service(works["@id"])
        metadata = sword3common.Metadata()
        metadata.add_dc_field("creator", "Mendel, Gregor")
        metadata.add_dcterms_field("title", "Peas")
        made = sword.create_object_with_metadata(service, metadata, in_progress=True)
        assert (made.status_code, made.location) == (201, made.status_document.object_url)
        status = sword.get_object(made.location)
        assert sword.get_metadata(status).get_dc_field("title") == "Peas"

        added = sword.add_binary(status, io.BytesIO(PDF), "peas.pdf", sums(PDF), len(PDF), "application/pdf", in_progress=True)
        assert (added.status_code, added.location) == (200, f"{made.location}/files/peas.pdf")
        with sword.get_file(added.location) as stream:
            assert stream.read() == PDF
        assert sword.replace_file(added.location, io.BytesIO(b"new"), "application/pdf", sums(b"new")).status_code == 204
        packed = sword.add_package(
            status, io.BytesIO(PACKAGE), "p.zip", sums(PACKAGE), len(PACKAGE), "application/zip", SIMPLE_ZIP
        )
        assert packed.status_code == 200
        assert packed.status_document.data["state"][0]["@id"].endswith("/ingested")

        more = sword3common.Metadata()
        more.add_dc_field("title", "Peas")
        more.add_dcterms_field("abstract", "Of peas.")
        assert sword.append_metadata(status, more).status_code == 200
        assert sword.get_metadata(status).get_dcterms_field("abstract") == "Of peas."
        assert sword.replace_metadata(status, more).status_code == 204
        assert sword.replace_fileset_with_binary(status, io.BytesIO(PDF), "peas.pdf", sums(PDF)).status_code in {202, 204}
        assert sword.delete_file(f"{made.location}/files/peas.pdf").status_code == 204
        assert sword.replace_object_with_metadata(status, more).status_code == 200
        assert (
            sword.replace_object_with_package(
                status, io.BytesIO(PACKAGE), "p.zip", sums(PACKAGE), len(PACKAGE), "application/zip", SIMPLE_ZIP
            ).status_code
            == 200
        )
        assert sword.delete_fileset(status).status_code in {202, 204}
        assert sword.delete_object(status).status_code in {202, 204}
        with pytest.raises(sword3common.exceptions.NotFound):
            sword.get_object(made.location)

    await in_thread(speak)


@pytest.mark.usefixtures("files_alone")
async def test_the_client_sends_segments_and_files_by_reference(client: TestClient, house: House) -> None:
    sword3client, sword3common = modules()
    body = bytes(range(250)) * 4

    def upload() -> str:
        sword = connected(sword3client)
        service = sword.get_service(f"{HERE}/sword/3/service/works")
        url = sword.initialise_segmented_upload(service, len(body), 2, 500, sums(body)).location
        for number in (2, 1):
            part = body[(number - 1) * 500 : number * 500]
            assert sword.upload_file_segment(url, io.BytesIO(part), number, sums(part), len(part)).status_code == 204
        with pytest.raises(
            sword3common.exceptions.InvalidDataFromServer
        ):  # it takes the shape of the drafts, and no other beside it
            sword.segmented_upload_status(url)
        made = sword.create_object_with_temporary_file(service, url, "peas.bin", "application/octet-stream", digest=sums(body))
        assert made.status_code == 202
        other = sword.initialise_segmented_upload(service, len(body), 2, 500, sums(body)).location
        assert sword.abort_segmented_upload(other).status_code == 204
        return made.location

    location = await in_thread(upload)
    await house.worker.drain()

    def look() -> None:
        sword = connected(sword3client)
        with sword.get_file(f"{location}/files/peas.bin") as stream:
            assert stream.read() == body

    await in_thread(look)


async def test_the_client_reads_our_errors(client: TestClient) -> None:
    sword3client, sword3common = modules()

    def speak() -> None:
        sword = connected(sword3client)
        with pytest.raises(sword3common.exceptions.SwordException) as refused:
            sword.create_object_with_binary(f"{HERE}/sword/3/service/works", io.BytesIO(PDF), "peas.pdf", sums(b"other"))
        assert refused.value.status_code == 412

    await in_thread(speak)
