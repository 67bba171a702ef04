"""A container's files as one zip, made on disk in a thread and sent from there."""

import asyncio
import tempfile
import zipfile
from pathlib import Path

from aiohttp import web

from server.records.files import PIECE, FileStore
from server.records.model import File


async def zipped(request: web.Request, files: tuple[File, ...], store: FileStore, headers: dict[str, str]) -> web.StreamResponse:
    """Send files as a zip archive."""
    with tempfile.TemporaryDirectory(prefix="sheaf-") as folder:
        path = Path(folder) / "content.zip"
        await asyncio.to_thread(_pack, path, files, store)
        response = web.StreamResponse(
            headers={"Content-Type": "application/zip", "Content-Length": str(path.stat().st_size), **headers}
        )
        await response.prepare(request)
        with path.open("rb") as source:
            while piece := await asyncio.to_thread(source.read, PIECE):
                await response.write(piece)
        await response.write_eof()
        return response


def _pack(path: Path, files: tuple[File, ...], store: FileStore) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for file in files:
            archive.write(store.path(file.sha256), file.name)
