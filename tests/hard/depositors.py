"""Depositors who go on where they were, however often the server or its database goes away: by SWORD 2 and by SWORD 3."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, web
from aiohttp.test_utils import TestServer

from tests.conftest import entry
from tests.hard.servers import Server
from tests.sword.conftest import MODS, archive, md5, related
from tests.sword.v3 import conftest as v3

ENTRY = {"Content-Type": "application/atom+xml;type=entry"}
ZIP = {
    "Content-Type": "application/zip",
    "Content-Disposition": "attachment; filename=work.zip",
    "Packaging": "http://purl.org/net/sword/package/SimpleZip",
}
COLLECTION = "/sword/v2/collection/works"
WORKS_3 = "/sword/3/service/works"


@dataclass
class Remote:
    """Where files are fetched from."""

    base: str
    files: dict[str, bytes] = field(default_factory=dict)


@asynccontextmanager
async def remote() -> AsyncIterator[Remote]:
    """Run it on this machine."""
    found = Remote("")

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=found.files[request.match_info["name"]])

    application = web.Application()
    application.router.add_get("/{name}", answer)
    async with TestServer(application) as server:
        found.base = str(server.make_url("")).rstrip("/")
        yield found


@dataclass
class Work:
    """What its depositor knows of a work: what it should be."""

    number: str
    title: str
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Depositor:
    """One client, which goes on where it was when the server is there again."""

    session: ClientSession
    server: Server
    up: asyncio.Event
    chance: random.Random
    name: str
    remote: Remote
    works: list[Work] = field(default_factory=list)
    coming: list[Work] = field(default_factory=list)
    """Works whose files are named by their address."""
    sent: int = 0
    again: int = 0

    async def run(self, ended: asyncio.Event) -> None:
        for number in count():
            if ended.is_set():
                return
            deed = self.chance.choice(_DEEDS if self.works else _BEGINNING)
            await deed(self, f"{self.name}-{number}")

    async def send(self, method: str, path: str, body: bytes, headers: dict[str, str], mark: str) -> Any:
        """Send a request till it is answered; return the answer's headers."""
        self.sent += 1
        named = {"Idempotency-Key": f'"{mark}"', "Content-MD5": md5(body)} if mark else {}
        while True:
            await self.up.wait()
            try:
                async with self.session.request(method, self.server.url + path, data=body, headers=headers | named) as answer:
                    said = await answer.read()
                    if answer.status < 300:
                        return answer.headers
                    assert answer.status == 503, (answer.status, said)
            except (ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(0.05)
            self.again += 1

    async def begin(
        self, mark: str, body: bytes, headers: dict[str, str], files: dict[str, bytes], title: str, to: str = COLLECTION
    ) -> None:
        answer = await self.send("POST", to, body, headers, mark)
        self.works.append(Work(answer["Location"].rpartition("/")[2], title, files))

    async def send_zip(self, mark: str) -> None:
        data = self.chance.randbytes(self.chance.randint(0, 100_000))
        packed = archive(mods_xml=MODS.replace(b"Versuche", mark.encode()), peas_bin=data, note_txt=mark.encode())
        await self.begin(mark, packed, ZIP, {"peas.bin": data, "note.txt": mark.encode()}, mark)

    async def send_multipart(self, mark: str) -> None:
        data = self.chance.randbytes(self.chance.randint(1, 50_000))
        body, headers = related(entry(title=mark), archive(peas_bin=data))
        await self.begin(mark, body, headers, {"peas.bin": data}, mark)

    async def send_entry(self, mark: str) -> None:
        await self.begin(mark, entry(title=mark), ENTRY, {}, mark)

    async def send_file(self, mark: str) -> None:
        data = mark.encode() + self.chance.randbytes(self.chance.randint(0, 200_000))
        headers = {"Content-Type": "application/octet-stream", "Content-Disposition": f"attachment; filename={mark}.bin"}
        await self.begin(mark, data, headers, {f"{mark}.bin": data}, f"{mark}.bin")
        await self._describe(self.works[-1], mark)

    async def _describe(self, work: Work, mark: str) -> None:
        """Say what a file is that was held for want of that."""
        await self.send("PUT", f"/sword/v2/edit/{work.number}", entry(title=mark), ENTRY, f"{mark}-said")
        work.title = mark

    async def add_file(self, mark: str) -> None:
        work, data = self.chance.choice(self.works), self.chance.randbytes(1_000)
        headers = {"Content-Type": "application/octet-stream", "Content-Disposition": f"attachment; filename={mark}.dat"}
        await self.send("POST", f"/sword/v2/edit-media/{work.number}", data, headers, mark)
        work.files[f"{mark}.dat"] = data

    async def replace_content(self, mark: str) -> None:
        work, data = self.chance.choice(self.works), self.chance.randbytes(2_000)
        packed = archive(new_bin=data)
        await self.send("PUT", f"/sword/v2/edit-media/{work.number}", packed, ZIP, mark)
        work.files = {"new.bin": data}

    async def replace_metadata(self, mark: str) -> None:
        work = self.chance.choice(self.works)
        await self.send("PUT", f"/sword/v2/edit/{work.number}", entry(title=mark), ENTRY, mark)
        work.title = mark

    # --- the same by SWORD 3

    async def send_zip_3(self, mark: str) -> None:
        data = self.chance.randbytes(self.chance.randint(0, 100_000))
        packed = archive(mods_xml=MODS.replace(b"Versuche", mark.encode()), peas_bin=data)
        await self.begin(mark, packed, v3.zipped(packed), {"peas.bin": data}, mark, WORKS_3)

    async def send_metadata_3(self, mark: str) -> None:
        body = v3.metadata(dc_title=mark)
        await self.begin(mark, body, v3.described(body), {}, mark, WORKS_3)

    async def add_file_3(self, mark: str) -> None:
        work, data = self.chance.choice(self.works), mark.encode() + self.chance.randbytes(1_000)
        headers = v3.filed(data, f"{mark}.dat", "application/octet-stream")
        await self.send("POST", f"/sword/3/object/{work.number}", data, headers, mark)
        work.files[f"{mark}.dat"] = data

    async def refer(self, mark: str) -> None:
        """Name a package by its address; the worker fetches it, however often it is killed meanwhile."""
        data = self.chance.randbytes(self.chance.randint(0, 50_000))
        packed = archive(mods_xml=MODS.replace(b"Versuche", mark.encode()), peas_bin=data)
        self.remote.files[mark] = packed
        await self._referring(mark, f"{self.remote.base}/{mark}", packed, "peas.zip", {"peas.bin": data}, mark)

    async def send_segments(self, mark: str) -> None:
        """Send a file in pieces, which a kill may part, and name the upload when all have come."""
        data = mark.encode() + self.chance.randbytes(self.chance.randint(5_000, 50_000))
        size = -(-len(data) // 4)
        said = f"size={len(data)}; digest={v3.digest(data)}; segment_count=4; segment_size={size}"
        answer = await self.send("POST", "/sword/3/staging", b"", {"Content-Disposition": f"segment-init; {said}"}, "")
        path = urlsplit(answer["Location"]).path
        for number in self.chance.sample(range(1, 5), 4):
            await self._segment(path, number, data[(number - 1) * size : number * size])
        await self._referring(mark, answer["Location"], data, f"{mark}.bin", {f"{mark}.bin": data}, f"{mark}.bin")
        await self._describe(self.coming[-1], mark)

    async def _segment(self, path: str, number: int, piece: bytes) -> None:
        headers = {"Content-Disposition": f"segment; segment_number={number}", "Digest": v3.digest(piece)}
        while True:
            await self.up.wait()
            try:
                async with self.session.post(self.server.url + path, data=piece, headers=headers) as answer:
                    if answer.status < 300:
                        return
                async with self.session.get(self.server.url + path) as answer:  # it may be there, though nobody was told
                    if answer.status == 200 and number in (await answer.json())["received"]:
                        return
            except (ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(0.05)
            self.again += 1

    async def _referring(self, mark: str, url: str, body: bytes, name: str, files: dict[str, bytes], title: str) -> None:
        packaging = v3.SIMPLE_ZIP if name.endswith(".zip") else v3.BINARY
        each = {
            "@id": url, "contentType": "application/octet-stream", "contentDisposition": f"attachment; filename={name}",
            "contentLength": len(body), "digest": v3.digest(body), "dereference": True, "packaging": packaging,
        }  # fmt: skip
        said = json.dumps({"@context": v3.CONTEXT, "@type": "ByReference", "byReferenceFiles": [each]}).encode()
        headers = v3.described(said) | {"Content-Disposition": "attachment; by-reference=true"}
        answer = await self.send("POST", WORKS_3, said, headers, mark)
        # It is no work yet, and nothing is added to it before it is one.
        self.coming.append(Work(answer["Location"].rpartition("/")[2], title, files))


_BEGINNING = (
    Depositor.send_zip,
    Depositor.send_multipart,
    Depositor.send_entry,
    Depositor.send_file,
    Depositor.send_zip_3,
    Depositor.send_metadata_3,
    Depositor.refer,
    Depositor.send_segments,
)
_DEEDS = (*_BEGINNING, Depositor.add_file, Depositor.add_file_3, Depositor.replace_content, Depositor.replace_metadata)
