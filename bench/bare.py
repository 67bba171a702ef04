"""A bare aiohttp handler that takes what is sent: streamed to a file, digested, file and folder flushed, and nothing else.

`python -m bench.bare FOLDER PORT` serves POST on any path.
"""

import asyncio
import hashlib
import os
import sys
import uuid
from pathlib import Path

from aiohttp import web


def flushed(path: Path, file: int) -> None:
    """Flush a file and the folder it stands in."""
    os.fsync(file)
    os.close(file)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def application(folder: Path) -> web.Application:
    """Take bodies into a folder; what they were is answered."""

    async def take(request: web.Request) -> web.Response:
        path = folder / uuid.uuid4().hex
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        md5, sha256 = hashlib.md5(), hashlib.sha256()
        async for piece in request.content.iter_any():
            os.write(file, piece)
            md5.update(piece)
            sha256.update(piece)
        await asyncio.to_thread(flushed, path, file)
        return web.Response(status=201, text=f"{md5.hexdigest()} {sha256.hexdigest()}\n")

    app = web.Application(client_max_size=0)
    app.router.add_post("/{path:.*}", take)
    return app


if __name__ == "__main__":
    home = Path(sys.argv[1])
    home.mkdir(parents=True, exist_ok=True)
    web.run_app(application(home), host="127.0.0.1", port=int(sys.argv[2]), print=None, access_log=None)
