"""Whatever is sent, and however slowly: an answer of OAI-PMH, or a plain refusal of HTTP; nobody else waits."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.commands.listening import LONGEST_HEADER, LONGEST_LINE
from server.commands.serve import runner_of
from server.house import House
from tests.oai.conftest import Dozen, Standing, checked
from tests.oai.fuzz import PLAIN, ROOT, Asked, message, requests


@pytest.fixture
async def port(house: House) -> AsyncIterator[int]:
    """A server as `sheaf serve` runs it."""
    runner = runner_of(house)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def sent(port: int, raw: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes as they are, and return status, headers and body of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(raw)
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return int(first.split()[1]), headers, body
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_queries_up_to_8_kilobytes_are_always_answered(port: int, dozen: Dozen) -> None:
    for size in (8_000, 8_190, 8_192, 12_000):
        for begin in (
            "verb=Identify&x=",
            "verb=ListRecords&resumptionToken=",
            "x",
            "verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:x:",
        ):
            for filling in ("y", "%41", "&a=b", "%", "%zz"):
                query = (begin + filling * size)[:size]
                status, headers, body = await sent(port, f"GET /oai?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                assert (status, headers["content-type"]) == (200, "text/xml; charset=utf-8")
                assert checked(body).codes


async def test_what_is_no_request_is_refused_in_words_and_floods_no_log(port: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    first = b"GET /oai?verb=Identify HTTP/1.1\r\nHost: x\r\n"
    long = [
        b"GET /oai?verb=Identify&x=" + b"y" * size + b" HTTP/1.1\r\nHost: x\r\n\r\n"
        for size in (LONGEST_LINE, 100_000, 1_000_000)
    ]
    long.append(first + b"X-Long: " + b"y" * LONGEST_HEADER + b"y\r\n\r\n")
    none = (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"G<E>T /oai HTTP/1.1\r\n\r\n", first + b"no header\r\n\r\n", b"GET\r\n\r\n")
    for raws, words in ((long, "The request is too long: "), (none, "This is no request of HTTP.\n")):
        for raw in raws:
            caplog.clear()
            status, headers, body = await sent(port, raw)
            assert status in PLAIN, raw[:50]
            assert headers["content-type"].startswith("text/plain")
            assert headers["server"] == "Sheaf"
            assert body.decode().startswith(words), raw[:50]
            assert [(record.levelname, record.exc_info) for record in caplog.records if record.levelno >= logging.INFO] == [
                ("INFO", None)
            ]
            assert len(caplog.text) < 300
    status, _, _ = await sent(port, first + b"X-Long: " + b"y" * (LONGEST_HEADER - 100) + b"\r\n\r\n")
    assert status == 200


FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
POSTED = (
    (b"Content-Length: 13\r\n" + FORM, b"verb=Identify", []),
    (b"Transfer-Encoding: chunked\r\n" + FORM, b"5\r\nverb=\r\n8\r\nIdentify\r\n0\r\n\r\n", []),
    (b"Content-Length: 0\r\n", b"", ["badVerb"]),
    (b"Content-Length: 13\r\n", b"verb=Identify", []),  # a form that does not say it is one
    (b"Content-Length: 13\r\nContent-Type: application/x-www-form-urlencoded; charset=x\r\n", b"verb=Identify", []),
    (b"Content-Length: 13\r\nContent-Type: multipart/form-data; boundary=x\r\n", b"verb=Identify", ["badArgument"]),
    (b"Content-Length: 13\r\nContent-Type: ;;;\r\n", b"verb=Identify", ["badArgument"]),
    (b"Content-Length: 13\r\nContent-Encoding: gzip\r\n" + FORM, b"verb=Identify", ["badArgument"]),
    (b"Content-Length: 4\r\n" + FORM, b"\x00\xff\xfe&", ["badVerb"]),
)


async def test_bodies_of_every_kind(port: int) -> None:
    for headers, body, codes in POSTED:
        status, told, answer = await sent(port, b"POST /oai HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n" + body)
        assert (status, told["content-type"]) == (200, "text/xml; charset=utf-8"), headers
        assert checked(answer).codes == codes, headers


async def test_a_deflated_form_is_read_within_bounds(port: int) -> None:
    for size in (1, 10_000_000):
        body = gzip.compress(b"verb=Identify&x=" + b"y" * size)
        head = f"POST /oai HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n".encode()
        status, _, answer = await sent(port, head + FORM + b"\r\n" + body)
        assert status == 200
        assert checked(answer).codes == ["badArgument"]


async def test_one_byte_a_second_costs_nobody_anything(port: int, dozen: Dozen) -> None:
    """A hundred clients that neither take their answers nor finish their requests: the next one is served at once."""
    request = b"GET /oai?verb=ListRecords&metadataPrefix=oai_dc HTTP/1.1\r\nHost: x\r\n"
    async with AsyncExitStack() as stack:
        for number in range(100):
            _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
            stack.callback(writer.close)
            writer.write(request * 3 if number % 3 == 0 else request + b"\r\n" if number % 3 == 1 else request[:number])
        begun = asyncio.get_running_loop().time()
        for _ in range(5):
            status, _, body = await sent(port, request + b"\r\n")
            assert (status, len(checked(body).ids)) == (200, 5)
        assert asyncio.get_running_loop().time() - begun < 5


@pytest.mark.asyncio(loop_scope="session")
async def test_any_bytes_give_an_answer(standing_on_sqlite: Standing) -> None:
    """Hundreds here; a hundred thousand in the long runs."""
    found: list[Asked] = []

    @given(st.lists(requests(), min_size=1, max_size=20))
    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def collect(some: list[Asked]) -> None:
        found.extend(some)

    collect()
    for asked in found:
        status, headers, body = await sent(standing_on_sqlite.client.port, message(asked))
        if status == 200:
            assert headers["content-type"] == "text/xml; charset=utf-8"
            assert checked(body).root.tag == ROOT
        else:
            assert status in PLAIN, asked
            assert headers["content-type"].startswith("text/plain")
