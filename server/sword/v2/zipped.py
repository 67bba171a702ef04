"""A container's files as one zip, written to the client while it is made: nothing of it stands on disk or whole in memory."""

import asyncio
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from server.records.files import PIECE, FileStore
from server.records.model import File


async def zipped(request: web.Request, files: tuple[File, ...], store: FileStore, headers: dict[str, str]) -> web.StreamResponse:
    """Send files as a zip archive; raises NotFound before anything is sent where one is not in the store."""
    found = await asyncio.to_thread(lambda: [(file.name, store.path(file.sha256)) for file in files])
    response = web.StreamResponse(headers={"Content-Type": "application/zip", **headers})
    await response.prepare(request)
    packed = pieces(found) if request.method != "HEAD" else iter(())
    while piece := await asyncio.to_thread(next, packed, b""):
        await response.write(piece)
    await response.write_eof()
    return response


def pieces(files: list[tuple[str, Path]]) -> Iterator[bytes]:
    """Pack files, yielding the archive in pieces none of which is empty; one thread at a time."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, path in files:
            entry = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
            with path.open("rb") as source, archive.open(entry, "w") as target:
                while piece := source.read(PIECE):
                    target.write(piece)
                    if outlet.size >= PIECE:
                        yield outlet.take()
    yield outlet.take()


class _Outlet(io.RawIOBase):
    """A file that cannot be sought and hands over what was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        piece = bytes(data)  # type: ignore[call-overload]  # whatever the archive writes is a buffer
        self._pieces.append(piece)
        self.size += len(piece)
        return len(piece)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces, self.size = [], 0
        return taken
