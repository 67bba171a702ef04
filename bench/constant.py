"""A yardstick: bare aiohttp sending pages from memory, `NAME.gz` as gzip. `python -m bench.constant FOLDER PORT`."""

import sys
from pathlib import Path

from aiohttp import web


def main() -> None:
    pages = {path.name: path.read_bytes() for path in Path(sys.argv[1]).iterdir()}

    async def answer(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=pages[name], content_type="text/xml", charset="utf-8")
        headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return web.Response(body=pages[f"{name}.gz"], headers=headers, content_type="text/xml", charset="utf-8")

    application = web.Application()
    application.add_routes([web.get("/{name}", answer)])
    web.run_app(application, host="127.0.0.1", port=int(sys.argv[2]), print=None, access_log=None)


if __name__ == "__main__":
    main()
