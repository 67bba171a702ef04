"""OABLE as the tests imagine it: its API is not public. A small server on loopback that knows repetitions by their key.

`script` is what it does to one request after the other; at its end it takes what comes.
"""

from collections import Counter
from enum import StrEnum

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer

KEY = "wrinkled-and-round"


class Mood(StrEnum):
    """What happens to one request."""

    TAKES = "takes it"
    SILENT = "takes it without a word"
    LOSES = "takes it and breaks off before it answers"
    DROPS = "breaks off before it takes it"
    BUSY = "is busy"
    DOWN = "is down"
    TAKES_AND_FAILS = "takes it and answers with an error of its own"
    AT_WORK = "is still at work on the first one"
    REFUSES = "refuses it with words"
    NO_KEY = "does not know the API key"
    PAGE = "is a web page"
    MOVED = "leads elsewhere"
    NOWHERE = "is not there"
    NONSENSE = "answers what nobody understands"


class FakeOable:
    """`known` are the requests it has, by their keys; `wrong` is whatever a client must not do."""

    def __init__(self) -> None:
        self.script: list[Mood] = []
        self.known: dict[str, bytes] = {}
        self.posted: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.wrong: list[str] = []
        self.heads = 0
        self.key = KEY
        application = web.Application(client_max_size=2**20)
        application.router.add_route("HEAD", "/requests", self._head)
        application.router.add_post("/requests", self._post)
        self._server = TestServer(application)

    async def start(self) -> None:
        await self._server.start_server()

    async def stop(self) -> None:
        await self._server.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}/requests"

    def documents(self) -> list[dict]:
        return [msgspec.json.decode(body) for body in self.known.values()]

    def _admits(self, request: web.Request) -> bool:
        return self.key in {request.headers.get("X-API-Key"), request.headers.get("Authorization", "").removeprefix("Bearer ")}

    async def _head(self, request: web.Request) -> web.StreamResponse:
        self.heads += 1
        return web.Response(status=405 if self._admits(request) else 401)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        key, body = request.headers.get("Idempotency-Key", "").strip('"'), await request.read()
        mood = self.script.pop(0) if self.script else Mood.TAKES
        self.headers.append(dict(request.headers))
        self.posted[key] += 1
        if not key:
            self.wrong.append("a request without a key")
        if self.known.get(key, body) != body:
            self.wrong.append(f"{key} was repeated with other bytes")
        if not self._admits(request) or mood is Mood.NO_KEY:
            return web.json_response({"title": "Unauthorized", "detail": f"Unknown key {self.key}"}, status=401)
        if mood in _TAKING or key in self.known:
            self.known[key] = body
        if mood in {Mood.LOSES, Mood.DROPS}:
            request.transport.close()
            return web.Response()
        if mood is Mood.REFUSES and key not in self.known:
            return web.json_response({"detail": "The journal is not in our agreement."}, status=422)
        return self._answer(mood, key)

    def _answer(self, mood: Mood, key: str) -> web.StreamResponse:
        if mood is Mood.SILENT:
            return web.Response(status=204)
        if mood in _ANSWERS:
            status, text, headers = _ANSWERS[mood]
            return web.Response(
                status=status, text=text, headers=headers, content_type="text/html" if text[:1] == "<" else "text/plain"
            )
        return web.json_response({"id": f"APC-{list(self.known).index(key) + 1}", "message": "Received for review."}, status=201)


_TAKING = frozenset({Mood.TAKES, Mood.SILENT, Mood.LOSES, Mood.TAKES_AND_FAILS})
_ANSWERS: dict[Mood, tuple[int, str, dict[str, str]]] = {
    Mood.BUSY: (429, "", {"Retry-After": "120"}),
    Mood.DOWN: (503, "<html>Maintenance</html>", {}),
    Mood.TAKES_AND_FAILS: (500, "Traceback", {}),
    Mood.AT_WORK: (409, '{"detail": "still at work"}', {}),
    Mood.PAGE: (200, "<!doctype html><title>Welcome</title>", {}),
    Mood.MOVED: (301, "", {"Location": "https://elsewhere.example.org/"}),
    Mood.NOWHERE: (404, "", {}),
    Mood.NONSENSE: (999, "\x00\x01", {}),
}
#: After these nothing goes on before somebody mends the profile.
STOPPING = frozenset({Mood.NO_KEY, Mood.PAGE, Mood.MOVED, Mood.NOWHERE})
