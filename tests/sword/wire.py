"""Requests as they went over the wire: read from recordings of real clients, and sent byte for byte."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache

import pytest
from aiohttp import web
from argon2 import PasswordHasher
from multidict import CIMultiDict

from server.accounts import store as accounts
from server.accounts.model import Role
from server.commands.serve import runner_of
from server.house import House
from tests.conftest import SHARED, configured
from tests.sword.conftest import Answer

FOLDER = SHARED / "data" / "sword-wire"
SAMPLES = SHARED / "data" / "sword-samples"
#: The account all recordings log in by, `u` with the password `p`.
LOGIN = "authorization: Basic dTpw"
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("p")


@dataclass(frozen=True)
class Recorded:
    """A request: its method, the path it was sent to, its header lines and its body, as recorded."""

    method: str
    path: str
    lines: tuple[str, ...]
    body: bytes

    def says(self, name: str) -> bool:
        return any(line.lower().startswith(f"{name.lower()}:") for line in self.lines)

    @property
    def has_two_lengths(self) -> bool:
        """Whether both Transfer-Encoding and Content-Length were sent, which every careful parser of HTTP refuses."""
        return self.says("Transfer-Encoding") and self.says("Content-Length")

    def with_line(self, line: str) -> "Recorded":
        return replace(self, lines=(*self.lines, line))

    def without(self, name: str) -> "Recorded":
        return replace(self, lines=tuple(line for line in self.lines if not line.lower().startswith(f"{name.lower()}:")))

    def raw(self, path: str) -> bytes:
        return "\r\n".join([f"{self.method} {path} HTTP/1.1", *self.lines, "", ""]).encode("latin-1")


@cache
def package() -> bytes:
    """The package of the recordings: it stands whole, in base64, in one of them; in the others its bytes are dots."""
    found = re.search(rb"UEsDB[A-Za-z0-9+/=]+", (FOLDER / "py2-sword2-0.2.1-multipart.txt").read_bytes())
    assert found is not None
    return base64.b64decode(found[0])


def recordings(name: str) -> list[Recorded]:
    """Read a recording; every body has the length that was recorded."""
    if not (FOLDER / name).is_file():
        pytest.skip(f"no recording at {FOLDER / name}: set SHEAF_SHARED")
    found = []
    for block in re.split(rb"(?m)^>>> ", (FOLDER / name).read_bytes())[1:]:
        head, _, rest = block.partition(b"\n\n")
        first, *lines = head.decode().splitlines()
        method, path, _ = first.split()
        said = re.match(rb"\[body (\d+) bytes\]\n?", rest)
        assert said is not None
        length = int(said[1])
        body = re.sub(rb"PK\.\.\.(?s:.)*?PK\.{10}n(?s:.)*?z\.{5}", lambda _: package(), rest[said.end() :])[:length]
        if len(body) < length:  # recorded in part; whole among the samples
            start, body = body[:500], (SAMPLES / "multipart" / "swordappv2-php-library__atom_multipart_package").read_bytes()
            assert body.startswith(start)
        assert len(body) == length
        found.append(Recorded(method, path, tuple(lines), body))
    return found


@asynccontextmanager
async def served(house: House) -> AsyncIterator[int]:
    """Run the server as `sheaf serve` does, with the accounts of the recordings; yields its port."""
    for name in ("u", "obo"):
        await house.database.write(accounts.add, name, Role.DEPOSITOR, _HASH, house.clock())
    await configured(house, "sword", clients=[{"account": "u", "mediates": True}, {"account": "depositor"}])
    runner = runner_of(house)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def sent(port: int, recorded: Recorded, path: str) -> Answer:
    """Send a request as its client would: with `Expect: 100-continue` the body only once it is asked for."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(recorded.raw(path))
        if recorded.says("Expect"):
            status, headers = await _head(reader)
            if status != 100:
                return Answer(status, headers, await _body(reader, headers))
        writer.write(recorded.body)
        status, headers = await _head(reader)
        return Answer(status, headers, b"" if recorded.method == "HEAD" else await _body(reader, headers))
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def _head(reader: asyncio.StreamReader) -> tuple[int, CIMultiDict[str]]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip("\r\n").split("\r\n")
    return int(first.split()[1]), CIMultiDict((line.partition(":")[0], line.partition(":")[2].strip()) for line in lines)


async def _body(reader: asyncio.StreamReader, headers: CIMultiDict[str]) -> bytes:
    if "chunked" not in headers.get("Transfer-Encoding", ""):
        return await reader.readexactly(int(headers.get("Content-Length", "0")))
    pieces = []
    while length := int(await reader.readuntil(b"\r\n"), 16):
        pieces.append(await reader.readexactly(length))
        await reader.readexactly(2)
    return b"".join(pieces)
