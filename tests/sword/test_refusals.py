"""Which fault gets what (spec/sword.md § H): refused with a cause, a row and the bytes kept, or held; never HTML, never silence."""

import asyncio
import errno
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pytest
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient

from server.records.files import Received, Spool
from server.records.files import full as say
from server.settings import Settings
from server.sword.model import DepositState
from tests.conftest import AUTH, PASSWORD, URL, entry
from tests.sword.conftest import ENTRY, GOOD, PDF, SIMPLE_ZIP, ZIP, Answer, Depositor, md5, related

ERROR = "http://purl.org/net/sword/error/"
OWN = "info:sheaf/sword/error/"
RELATED = {"Content-Type": "multipart/related; boundary=b1"}
BROKEN_ENTRY = b'<entry xmlns="http://www.w3.org/2005/Atom"><title>Peas</entry>'
ENTITIES = b'<!DOCTYPE entry [<!ENTITY lol "lol"><!ENTITY x "&lol;&lol;">]><entry xmlns="http://www.w3.org/2005/Atom"><title>&x;</title></entry>'
CUT, _ = related(entry(), GOOD)

Refusal = tuple[bytes, dict[str, str], int, str, str]
REFUSALS: dict[str, Refusal] = {
    "on behalf of": (GOOD, ZIP | {"On-Behalf-Of": "obo"}, 412, "MediationNotAllowed", "On-Behalf-Of"),
    "on behalf of, old name": (GOOD, ZIP | {"X-On-Behalf-Of": "a;b"}, 412, "MediationNotAllowed", "On-Behalf-Of"),
    "multipart cut off": (CUT[:-10], RELATED, 400, "ErrorBadRequest", "body"),
    "multipart of nothing": (b"", RELATED, 400, "ErrorBadRequest", "body"),
    "multipart without boundary": (CUT, {"Content-Type": "multipart/related"}, 400, "ErrorBadRequest", "Content-Type"),
    "multipart with two payloads": (
        CUT.replace(b'name="atom"', b"filename=b.xml").replace(b"atom+xml", b"pdf"),
        RELATED,
        400,
        "ErrorBadRequest",
        "body",
    ),
    "checksum of a part": (
        related(entry(), GOOD, more=b"Content-MD5: " + b"0" * 32 + b"\r\n")[0],
        RELATED,
        412,
        "ErrorChecksumMismatch",
        "part",
    ),
    "packaging of a part": (
        related(entry(), GOOD, packaging="http://example.org/odd")[0],
        RELATED,
        415,
        "ErrorContent",
        "Packaging",
    ),
    "entry not well-formed": (BROKEN_ENTRY, ENTRY, 400, "ErrorBadRequest", "entry line 1, column"),
    "entry with entities": (ENTITIES, ENTRY, 400, "ErrorBadRequest", "entry DOCTYPE"),
    "entry of nothing": (b"", ENTRY, 400, "ErrorBadRequest", "entry"),
    "nothing at all": (b"", {}, 400, "ErrorBadRequest", "Content-Disposition"),
    "checksum that is none": (GOOD, ZIP | {"Content-MD5": "nonsense"}, 400, "ErrorBadRequest", "Content-MD5"),
    "in progress, perhaps": (GOOD, ZIP | {"In-Progress": "maybe"}, 400, "ErrorBadRequest", "In-Progress"),
    "no file name": (
        GOOD,
        {"Content-Type": "application/octet-stream", "Packaging": SIMPLE_ZIP},
        400,
        "ErrorBadRequest",
        "Content-Disposition",
    ),
    "checksum mismatch": (GOOD, ZIP | {"Content-MD5": md5(b"other")}, 412, "ErrorChecksumMismatch", "Content-MD5"),
    "checksum mismatch of nothing": (b"", PDF | {"Content-MD5": md5(b"other")}, 412, "ErrorChecksumMismatch", "Content-MD5"),
    "packaging not offered": (GOOD, ZIP | {"Packaging": "http://example.org/odd"}, 415, "ErrorContent", "Packaging"),
}


def is_error(found: Answer, status: int, iri: str) -> None:
    """Whether an answer is an error document that says what it must (SWORD 2.0 § 12)."""
    assert found.status == status, found.body
    assert found.headers["Content-Type"].startswith("application/xml")
    assert found.text("/s:error/@href") == (iri if ":" in iri else ERROR + iri)
    for path in ("a:title", "a:summary", "a:updated", "a:generator", "a:author/a:name", "s:treatment", "s:verboseDescription"):
        assert found.text(f"/s:error/{path}").strip()


@pytest.mark.parametrize(("body", "headers", "status", "iri", "place"), REFUSALS.values(), ids=REFUSALS.keys())
async def test_a_fault_of_protocol_is_refused_with_its_cause_and_kept(
    depositor: Depositor, body: bytes, headers: dict[str, str], status: int, iri: str, place: str
) -> None:
    refused = await depositor.ask("POST", depositor.collection, body, headers)
    is_error(refused, status, iri)
    row = await depositor.row(refused.reference)
    assert row.state is DepositState.REFUSED
    assert row.problem is not None
    assert place in row.problem.place
    assert row.problem.message == refused.text("/s:error/a:summary")
    assert row.problem.remedy in refused.text("/s:error/s:verboseDescription")
    assert row.problem.place in refused.text("/s:error/s:verboseDescription")
    assert depositor.kept(row) == body
    assert row.bytes == len(body)
    assert row.account == "depositor"
    assert not any(name.lower() == "authorization" for name, _ in row.headers)
    assert [event.what for event in await depositor.events(row.id)] == ["refused"]
    assert [found.id for found in await depositor.rows()] == [row.id]
    assert await depositor.oai() == []
    assert (await depositor.get(depositor.collection)).all("a:entry") == []
    assert depositor.left() == []


async def test_a_refused_change_leaves_its_container_as_it_was(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    before = (await depositor.get(receipt.edit)).body
    for method, iri, body, headers, status in (
        ("PUT", receipt.edit, GOOD, ZIP, 415),
        ("PUT", receipt.edit, BROKEN_ENTRY, ENTRY, 400),
        ("PUT", receipt.edit, CUT[: CUT.index(b"--b1\r\nContent-Type: application/zip")] + b"--b1--", RELATED, 400),
        ("PUT", receipt.media, GOOD, ZIP | {"Content-MD5": "0" * 32}, 412),
        ("POST", receipt.media, GOOD, ZIP | {"Packaging": "odd"}, 415),
        ("POST", receipt.edit, b"", {"Content-MD5": "0" * 32}, 412),
    ):
        refused = await depositor.ask(method, iri, body, headers)
        assert refused.status == status, refused.body
        assert depositor.kept(await depositor.row(refused.reference)) == body
    assert (await depositor.get(receipt.edit)).body == before
    assert depositor.left() == []


@pytest.mark.parametrize(
    "credentials",
    [
        "",
        "Basic",
        "Basic !!!",
        encode_basic_auth("depositor", "wrong"),
        encode_basic_auth("nobody", PASSWORD),
        "Bearer x",
        "Basic /////w==",
    ],
)
async def test_a_stranger_is_asked_for_credentials_and_nothing_of_his_is_kept(depositor: Depositor, credentials: str) -> None:
    refused = await depositor.ask("POST", depositor.collection, GOOD, ZIP, {"Authorization": credentials})
    is_error(refused, 401, f"{OWN}Unauthorised")
    scheme = "Bearer " if credentials.startswith("Bearer") else "Basic "  # RFC 6750 § 3: asked as they came
    assert refused.headers["WWW-Authenticate"].startswith(scheme)
    assert not refused.reference
    assert await depositor.rows() == []
    assert not [path for path in Path(depositor.house.settings.data, "files").rglob("*") if path.is_file()]
    assert depositor.left() == []


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


async def spoken(client: TestClient, request: bytes, *, end: bytes) -> bytes:
    """Speak raw HTTP and read until the answer has its end."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(request)
    await writer.drain()
    found = await asyncio.wait_for(reader.readuntil(end), 10)
    writer.close()
    await writer.wait_closed()
    return found


def head(length: int, *, auth: bool = True, more: str = "") -> bytes:
    credentials = f"Authorization: {AUTH['Authorization']}\r\n" if auth else ""
    fields = "".join(f"{name}: {value}\r\n" for name, value in PDF.items())
    return f"POST /sword/v2/collection/works HTTP/1.1\r\nHost: x\r\n{credentials}{fields}{more}Content-Length: {length}\r\n\r\n".encode()


async def test_a_stranger_who_expects_to_continue_is_not_let_to(client: TestClient) -> None:
    found = await spoken(client, head(10**9, auth=False, more="Expect: 100-continue\r\n"), end=b"</sword:error>")
    assert found.startswith(b"HTTP/1.1 401 ")
    assert b"100 Continue" not in found


@pytest.mark.usefixtures("files_alone")
async def test_a_depositor_who_expects_to_continue_is_let_to(client: TestClient, depositor: Depositor) -> None:
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(head(4, more="Expect: 100-continue\r\n"))
    assert await asyncio.wait_for(reader.readline(), 10) == b"HTTP/1.1 100 Continue\r\n"
    await reader.readline()
    writer.write(b"peas")
    assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 201 ")
    writer.close()
    await writer.wait_closed()
    assert [row.state for row in await depositor.rows()] == [DepositState.TAKEN]


@pytest.mark.parametrize("sent", [b"", b"pe"])
async def test_a_body_that_breaks_off_leaves_a_row_and_nothing_else(
    client: TestClient, depositor: Depositor, sent: bytes
) -> None:
    _, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(head(1000) + sent)
    await until(lambda: bool(depositor.left()))
    writer.close()
    await writer.wait_closed()
    await until(lambda: not depositor.left())
    while not (rows := await depositor.rows()):
        await asyncio.sleep(0.02)
    assert [(row.state, row.sha256) for row in rows] == [(DepositState.BROKEN_OFF, None)]
    assert rows[0].problem is not None
    assert rows[0].problem.code == "broken-off"
    assert depositor.left() == []
    assert await depositor.oai() == []


class TestSmallLimit:
    """A server that takes a megabyte."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, max_upload_mb=1)

    async def test_a_length_that_is_too_large_is_refused_before_it_is_read(self, depositor: Depositor) -> None:
        refused = await depositor.ask("POST", depositor.collection, io.BytesIO(b"x" * (2**20 + 1)), PDF)
        is_error(refused, 413, "MaxUploadSizeExceeded")
        row = await depositor.row(refused.reference)
        assert (row.state, row.problem and row.problem.place) == (DepositState.REFUSED, "Content-Length")
        assert depositor.left() == []

    async def test_a_stream_that_grows_too_large_is_refused_on_the_way(self, depositor: Depositor) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b"x" * 2**16

        refused = await depositor.ask("POST", depositor.collection, pieces(), PDF)
        is_error(refused, 413, "MaxUploadSizeExceeded")
        assert (await depositor.row(refused.reference)).state is DepositState.REFUSED
        assert depositor.left() == []

    async def test_the_limit_itself_is_allowed_and_told(self, depositor: Depositor) -> None:
        assert (await depositor.get(depositor.service)).text("//s:maxUploadSize") == "1024"
        await depositor.create(io.BytesIO(b"x" * 2**20), PDF)


class Full(io.BytesIO):
    """A file on a full disk: what is written waits in memory, and is refused when it is flushed or grows."""

    def write(self, piece: Any) -> int:
        if self.tell() + len(piece) > 1000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(piece)

    def flush(self) -> None:
        if self.tell():
            raise OSError(errno.ENOSPC, "No space left on device")

    def fileno(self) -> int:
        return 0

    def close(self) -> None:
        self.flush()


@pytest.mark.parametrize("body", [b"x" * 4000, b"x" * 10], ids=["while writing", "while flushing"])
async def test_a_full_disk_is_said_and_leaves_nothing(depositor: Depositor, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    original = Path.open

    def opened(path: Path, mode: str = "r", *more: Any, **others: Any) -> BinaryIO:
        file = original(path, mode, *more, **others)
        if mode != "xb":
            return file  # type: ignore[return-value]
        file.close()
        return Full()

    monkeypatch.setattr(Path, "open", opened)
    refused = await depositor.ask("POST", depositor.collection, body, PDF)
    monkeypatch.undo()
    is_error(refused, 503, f"{OWN}Unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    assert "No space left" in refused.text("/s:error/a:summary")
    row = await depositor.row(refused.reference)
    assert (row.state, row.sha256) == (DepositState.REFUSED, None)
    assert depositor.left() == []
    await depositor.create(body, PDF)


@pytest.mark.parametrize("step", ["open", "keep"])
async def test_a_disk_that_fails_elsewhere_is_said_too(depositor: Depositor, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*(("pathlib.Path.open", fails) if step == "open" else ("os.replace", fails)))
    refused = await depositor.ask("POST", depositor.collection, b"peas", PDF)
    monkeypatch.undo()
    is_error(refused, 503, f"{OWN}Unavailable")
    assert (await depositor.row(refused.reference)).state is DepositState.REFUSED
    assert depositor.left() == []


async def test_a_disk_that_fills_up_while_unpacking_loses_nothing(
    depositor: Depositor, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    full = say(OSError(errno.ENOSPC, "No space left on device"))
    body = related(entry(title="Peas"), GOOD)
    monkeypatch.setattr(Spool, "finish", _fails_at(4, full))
    refused = await depositor.ask("POST", depositor.collection, *body)
    monkeypatch.undo()
    is_error(refused, 503, f"{OWN}Unavailable")
    assert (await depositor.row(refused.reference)).state is DepositState.RECEIVED
    assert depositor.left() == []
    clock.pass_time(minutes=5)
    await depositor.house.worker.drain()
    assert (await depositor.row(refused.reference)).state is DepositState.TAKEN
    assert [title for _, _, title in await depositor.oai()] == ["Peas"]
    repeated = await depositor.create(*body)
    assert len(await depositor.rows()) == 1
    assert (await depositor.state(repeated))[0] == "accepted"


def _fails_at(number: int, error: Exception) -> Any:
    """The body, its entry and its archive still fit on the disk, as many spools as told; the next does not."""
    original, calls = Spool.finish, iter(range(1, 100))

    def finish(self: Spool, last: bytes = b"", *, flush: bool = True) -> Received:
        if next(calls) == number:
            raise error
        return original(self, last, flush=flush)

    return finish


def _raises(error: Exception) -> Any:
    def fails(*_: object) -> None:
        raise error

    return fails


ELSEWHERE = [
    ("GET", "/sword", 404, ""), ("GET", "/sword/v2/nowhere", 404, ""), ("POST", "/sword/v2/collection/other", 404, ""),
    ("GET", "/sword/v2/edit/none", 404, ""), ("GET", f"/sword/v2/edit/{'0' * 26}", 404, ""), ("GET", "/sword/v2/edit/%00", 404, ""),
    ("PUT", f"/sword/v2/edit/{'0' * 26}", 404, ""), ("GET", "/sword/v2/edit/%ff", 404, ""), ("GET", f"/sword/v2/edit-media/{'0' * 26}/%00", 404, ""),
    ("DELETE", "/sword/v2/service-document", 405, "GET,HEAD"), ("PATCH", f"/sword/v2/edit/{'0' * 26}", 405, "DELETE,GET,HEAD,POST,PUT"),
    ("DELETE", "/sword/v2/collection/works", 405, "GET,HEAD,POST"), ("POST", f"/sword/v2/edit-media/{'0' * 26}/a", 405, "DELETE,GET,HEAD,PUT"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "status", "allow"), ELSEWHERE)
async def test_wrong_addresses_and_methods_get_error_documents(
    depositor: Depositor, method: str, path: str, status: int, allow: str
) -> None:
    found = await depositor.ask(method, URL + path, entry() if method in {"POST", "PUT"} else None, ENTRY)
    is_error(found, status, f"{OWN}NotFound" if status == 404 else "MethodNotAllowed")
    assert ",".join(sorted(found.headers.get("Allow", "").split(","))) == allow


async def test_a_deposit_to_a_wrong_address_has_a_row(depositor: Depositor) -> None:
    refused = await depositor.ask("POST", f"{URL}/sword/v2/collection/other", entry(), ENTRY)
    row = await depositor.row(refused.reference)
    assert (row.state, row.url) == (DepositState.REFUSED, "/sword/v2/collection/other")


async def test_a_bug_of_ours_is_an_error_document_too_and_loses_nothing(
    depositor: Depositor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.sword.understand.read_with", _raises(RuntimeError("a secret")))
    broken = await depositor.ask("POST", depositor.collection, entry(), ENTRY)
    is_error(broken, 500, f"{OWN}InternalError")
    assert b"secret" not in broken.body
    assert depositor.kept(await depositor.row(broken.reference)) == entry()


async def test_headers_that_are_no_utf_8_are_taken(client: TestClient, depositor: Depositor) -> None:
    name = b'Content-Disposition: attachment; filename="Versuche \xfcber.pdf"'
    request = head(4).replace(b"Content-Disposition: attachment; filename=peas.pdf", name) + b"peas"
    assert (await spoken(client, request, end=b"</entry>")).startswith(b"HTTP/1.1 201 ")
    assert [row.filename for row in await depositor.rows()] == ["Versuche über.pdf"]


@pytest.mark.parametrize("more", [b"Packaging: http://x\0y", b"X\0: y", b"Content-Disposition: attachment; filename*=a\0b''c"])
async def test_a_part_with_a_nul_in_its_headers_is_refused_and_kept(depositor: Depositor, more: bytes) -> None:
    body = b"\r\n".join([
        b"--b1\r\nContent-Type: application/atom+xml\r\n", entry(),
        b"--b1\r\nContent-Type: application/zip\r\nPackaging: http://x\0y\r\n" + more + b"\r\n", GOOD, b"--b1--\r\n",
    ])  # fmt: skip
    refused = await depositor.ask("POST", depositor.collection, body, RELATED)
    is_error(refused, 415, "ErrorContent")
    row = await depositor.row(refused.reference)
    assert row.state is DepositState.REFUSED
    assert "http://xy" in (row.problem.message if row.problem else "")
    assert depositor.kept(row) == body


@pytest.mark.parametrize("name", ["a%00b.pdf", "UTF-8''a%00b.pdf"])
async def test_a_name_with_a_nul_is_kept_without_it(depositor: Depositor, name: str) -> None:
    key = "filename*" if "UTF" in name else "filename"
    await depositor.create(b"%PDF", PDF | {"Content-Disposition": f"attachment; {key}={name}", "Slug": "a%00b"})
    [row] = await depositor.rows()
    assert row.filename == "ab.pdf"
    assert (await depositor.ask("PUT", f"{depositor.collection}%00", b"")).status in {404, 405}
