"""A receiver of webhooks: a real small server on loopback that answers challenges, keeps what it is sent, and can be down."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True)
class Sent:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes


Mood = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


class Receiver:
    """`taken` are the requests it answered with 204; `mood` may answer otherwise, or break the connection."""

    def __init__(self) -> None:
        self.taken: list[Sent] = []
        self.asked = 0
        self.challenges = 0
        self.flying = self.most_flying = 0
        self.mood: Mood | None = None
        self.answers_challenge = True
        application = web.Application(client_max_size=2**20)
        application.router.add_get("/hook", self._challenge)
        application.router.add_post("/hook", self._post)
        self._server = TestServer(application)

    async def start(self) -> None:
        await self._server.start_server()

    async def stop(self) -> None:
        await self._server.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}/hook"

    def ids(self) -> list[str]:
        return [sent.headers["webhook-id"] for sent in self.taken]

    async def _challenge(self, request: web.Request) -> web.StreamResponse:
        self.challenges += 1
        if not self.answers_challenge:
            return web.Response(text="hello")
        return web.json_response({"challenge": request.query["challenge"]})

    async def _post(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        try:
            body = await request.read()
            if self.mood is not None and (answer := await self.mood(request)) is not None:
                return answer
            self.taken.append(Sent(dict(request.headers), body))
            return web.Response(status=204)
        finally:
            self.flying -= 1


def answers(status: int, text: str = "", **headers: str) -> Mood:
    """A mood that always answers the same."""

    async def mood(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers=headers)

    return mood


async def hangs(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(60)
    raise AssertionError


async def floods(request: web.Request) -> web.StreamResponse:
    """Answer with a gigabyte, as far as anybody reads it."""
    response = web.StreamResponse(headers={"Content-Length": str(2**30)})
    await response.prepare(request)
    for _ in range(2**14):
        await response.write(b"x" * 2**16)
    return response


async def drips(request: web.Request) -> web.StreamResponse:
    """Answer for ever, a byte at a time."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x")
        await asyncio.sleep(0.02)
