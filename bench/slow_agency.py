"""An agency that takes what it is sent and answers some milliseconds later: what the outbox is measured against.

`python -m bench.slow_agency PORT MILLISECONDS` speaks as much of DataCite's REST API as one registration needs; `GET /calls`
tells how often each DOI was sent, and how many questions there were whether one is there.
"""

import asyncio
import json
import sys
from collections import Counter

from aiohttp import web


def application(latency: float) -> web.Application:
    """Know no DOI, and confirm each that is sent, after `latency` seconds."""
    calls: Counter[str] = Counter()
    looks = 0

    async def confirm(request: web.Request) -> web.Response:
        doi, sent = request.match_info["doi"], json.loads(await request.read())["data"]["attributes"]
        calls[doi] += 1
        await asyncio.sleep(latency)
        told = {"doi": doi, "state": "findable", "url": sent["url"], "registered": "2026-01-01T00:00:00.000Z"}
        return web.json_response({"data": {"id": doi, "type": "dois", "attributes": told}}, status=201)

    async def look(_request: web.Request) -> web.Response:
        nonlocal looks
        looks += 1
        await asyncio.sleep(latency)
        return web.json_response(
            {"errors": [{"status": "404", "title": "The resource you are looking for doesn't exist."}]}, status=404
        )

    async def tell(_request: web.Request) -> web.Response:
        return web.json_response({"sent": calls, "looks": looks})

    app = web.Application(client_max_size=2**24)
    app.router.add_put("/dois/{doi:.+}", confirm)
    app.router.add_get("/dois/{doi:.+}", look)
    app.router.add_get("/calls", tell)
    return app


if __name__ == "__main__":
    web.run_app(application(int(sys.argv[2]) / 1000), host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
