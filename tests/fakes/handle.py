"""A handle server's REST API as it behaves, on loopback, with moods a test can script; also `python -m tests.fakes.handle`."""

import argparse
import asyncio
import base64
import binascii
import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from aiohttp import web

CHALLENGE = 'Basic realm="handle", Handle sessionId="1x8ihfvka1ide", nonce="pqu4I0HTdUd/XOG+mj9ogA==", error="{why}"'
PAGE_SIZE = 1000
#: Response code → status, as the servlet of Handle.Net 9 has it; what is not here is 500.
STATUS = {
    1: 200, 3: 503, 4: 400, 5: 501, 7: 503, 100: 404, 101: 409, 102: 400, 200: 400, 201: 409, 202: 400, 301: 400, 302: 300, 303: 300,
    400: 403, 401: 403, 402: 401, 403: 403, 404: 403,
}  # fmt: skip


class Mood(StrEnum):
    """What befalls one request."""

    WELL = "well"
    DOWN = "down"  # 503 from the gateway, nothing processed
    BUSY = "busy"  # response code 3
    CUT = "cut"  # the connection breaks before anything is processed
    LOST = "lost"  # processed, then the connection breaks
    SLOW = "slow"  # processed, answered after `slowness` seconds
    GARBAGE = "garbage"  # processed, 200 with a page of HTML
    LIMITED = "limited"  # 429 from the gateway, with Retry-After
    REFUSED = "refused"  # 401 whatever the key


class Refusal(Exception):
    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Call:
    """One request as it came: for tests that look at what the client really said."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: bytes
    mood: Mood


@dataclass
class Handle:
    name: str
    values: dict[int, dict[str, Any]] = field(default_factory=dict)
    made: int = 0
    """How often it was made where there was none."""

    @property
    def url(self) -> str | None:
        return next((v["data"]["value"] for v in self.values.values() if v["type"] == "URL"), None)


class FakeHandleServer:
    """The server and what it knows. `moods` is taken from the left, one a request; then `mood` holds."""

    def __init__(self, *authorities: str, secret: str = "correct horse") -> None:
        self.authorities = authorities or ("10536",)
        self.secret = secret
        self.handles: dict[str, Handle] = {}
        self.log: list[Call] = []
        self.moods: deque[Mood] = deque()
        self.mood = Mood.WELL
        self.slowness = 0.2
        self.may_list = True
        self.url = ""
        self._runner: web.AppRunner | None = None
        for name in self.authorities:
            self.put(f"0.NA/{name}", {
                100: _value(100, "HS_ADMIN", "admin", {"handle": f"0.NA/{name}", "index": 200, "permissions": "1" * 12}),
                200: _value(200, "HS_VLIST", "vlist", [{"handle": f"0.NA/{name}", "index": 300}]),
            })  # fmt: skip

    @property
    def ours(self) -> dict[str, Handle]:
        """What is there beside the authorities' own handles."""
        return {key: handle for key, handle in self.handles.items() if not key.startswith("0.na/")}

    def put(self, name: str, values: dict[int, dict[str, Any]]) -> Handle:
        """Put a handle there, as whoever keeps the server can."""
        self.handles[name.casefold()] = handle = Handle(name, values)
        return handle

    def lead(self, name: str, url: str, admin: str = "") -> Handle:
        """Put a handle there that leads somewhere, administered by `admin` or the group of its authority."""
        owner = {"handle": admin or f"0.NA/{name.partition('/')[0]}", "index": 200, "permissions": "1" * 12}
        return self.put(name, {1: _value(1, "URL", "string", url), 100: _value(100, "HS_ADMIN", "admin", owner)})

    async def start(self, port: int = 0, ssl_context: Any = None) -> str:
        app = web.Application(middlewares=[self._door])
        app.router.add_get("/api/handles", self._list)
        app.router.add_get("/api/handles/{handle:.+}", self._resolve)
        app.router.add_put("/api/handles/{handle:.+}", self._put)
        app.router.add_delete("/api/handles/{handle:.+}", self._delete)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=ssl_context).start()
        self.url = f"{'https' if ssl_context else 'http'}://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.url

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    # Every request passes here: the log, the mood, the errors.

    @web.middleware
    async def _door(self, request: web.Request, handler: Callable) -> web.StreamResponse:
        mood = self.moods.popleft() if self.moods else self.mood
        body = await request.read()
        query = tuple(request.query.items())
        self.log.append(Call(request.method, unquote(request.path), query, dict(request.headers), body, mood))
        match mood:
            case Mood.DOWN:
                return web.Response(status=503, text="<html><h1>503 Service Unavailable</h1></html>", content_type="text/html")
            case Mood.LIMITED:
                return web.Response(status=429, headers={"Retry-After": "7"})
            case Mood.REFUSED:
                return _unknown()
            case Mood.BUSY:
                return _answer(3, request.match_info.get("handle", ""))
        answer = web.Response() if mood is Mood.CUT else await self._processed(request, handler)
        if mood in {Mood.LOST, Mood.CUT} and request.transport:
            request.transport.abort()
        if mood is Mood.SLOW:
            await asyncio.sleep(self.slowness)
        if mood is Mood.GARBAGE:
            return web.Response(text="<html><title>Welcome</title></html>", content_type="text/html")
        return answer

    @staticmethod
    async def _processed(request: web.Request, handler: Callable) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refusal as refusal:
            name = request.match_info.get("handle", request.query.get("prefix", ""))
            return _unknown() if refusal.code == 402 else _answer(refusal.code, name, refusal.message)

    # Who asks.

    def _who(self, request: web.Request) -> tuple[int, str]:
        """Return the identity of whoever asks; 402 (401, with an empty body) where it cannot be verified."""
        kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
        certified = kind == "Handle" and credentials == 'clientCert="true"'
        if certified and request.transport and request.transport.get_extra_info("peercert"):
            return 300, f"0.NA/{self.authorities[0]}"
        if kind != "Basic":
            raise Refusal(402)
        try:
            user, _, secret = base64.b64decode(credentials).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Refusal(402) from None
        index, _, handle = unquote(user).partition(":")
        known = index == "300" and handle.casefold() in {f"0.na/{name}".casefold() for name in self.authorities}
        if not known or unquote(secret) != self.secret:
            raise Refusal(402)
        return 300, handle

    def _home(self, name: str) -> None:
        prefix = name.partition("/")[0]
        if prefix.casefold() not in {each.casefold() for each in self.authorities}:
            raise Refusal(301, "That prefix doesn't live here")

    def _admitted(self, handle: Handle, who: tuple[int, str]) -> None:
        """Let only those change a handle who stand in its HS_ADMIN, or in the list that stands there."""
        for value in handle.values.values():
            if value["type"] != "HS_ADMIN":
                continue
            named = value["data"]["value"]
            group = self.handles.get(str(named["handle"]).casefold(), Handle("")).values.get(int(named["index"]), {})
            members = group["data"]["value"] if group.get("type") == "HS_VLIST" else [named]
            if any((int(one["index"]), one["handle"].casefold()) == (who[0], who[1].casefold()) for one in members):
                return
        raise Refusal(400)

    # The requests.

    async def _list(self, request: web.Request) -> web.Response:
        prefix = request.query.get("prefix", "")
        if prefix.casefold() not in {each.casefold() for each in self.authorities}:
            return _json(500, {
                "responseCode": 2, "message": "HandleException (INVALID_VALUE) The requested prefix doesn't live here", "handle": prefix,
            })  # fmt: skip
        self._who(request)
        if not self.may_list:
            raise Refusal(401)
        names = sorted(h.name for h in self.handles.values() if h.name.casefold().startswith(f"{prefix.casefold()}/"))
        told: dict[str, Any] = {"responseCode": 1, "prefix": prefix, "totalCount": str(len(names))}
        if "page" in request.query:
            page, size = int(request.query["page"]), int(request.query.get("pageSize", PAGE_SIZE))
            told |= {"page": page, "pageSize": size}
            names = names[page * size : (page + 1) * size]
        return _json(200, told | {"handles": names})

    async def _resolve(self, request: web.Request) -> web.Response:
        name = request.match_info["handle"]
        handle = self.handles.get(name.casefold())
        if handle is None:
            raise Refusal(100)
        indexes, types = {int(each) for each in request.query.getall("index", [])}, set(request.query.getall("type", []))
        everything = not indexes and not types
        chosen = [v for v in handle.values.values() if everything or v["index"] in indexes or v["type"] in types]
        if not chosen:
            return _json(200, {"responseCode": 200, "handle": name, "message": "No values found"})
        return _json(200, {"responseCode": 1, "handle": name, "values": sorted(chosen, key=lambda v: v["index"])})

    async def _put(self, request: web.Request) -> web.Response:
        name, values = request.match_info["handle"], await _values(request)
        who = self._who(request)
        self._home(name)
        if "/" not in name or name.endswith("/"):
            raise Refusal(102)
        handle, overwrite = self.handles.get(name.casefold()), request.query.get("overwrite", "true") == "true"
        indexes = request.query.getall("index", [])
        if indexes:
            return self._changed(name, handle, values, indexes, who)
        if handle is not None:
            if not overwrite:
                raise Refusal(101)
            self._admitted(handle, who)
            handle.values = values
            return _answer(1, name)
        made = self.put(name, values)
        made.made += 1
        return _answer(1, name, status=201)

    def _changed(
        self, name: str, handle: Handle | None, values: dict[int, dict[str, Any]], indexes: list[str], who: tuple[int, str]
    ) -> web.Response:
        if indexes != ["various"] and {int(each) for each in indexes} != set(values):
            raise Refusal(202, "Indexes do not match")
        if handle is None:
            raise Refusal(100)
        self._admitted(handle, who)
        handle.values |= values
        return _answer(1, name)

    async def _delete(self, request: web.Request) -> web.Response:
        name, who = request.match_info["handle"], self._who(request)
        handle = self.handles.get(name.casefold())
        if handle is None:
            raise Refusal(100)
        self._admitted(handle, who)
        for index in request.query.getall("index", []):
            handle.values.pop(int(index), None)
        if "index" not in request.query:
            del self.handles[name.casefold()]
        return _answer(1, name)


async def _values(request: web.Request) -> dict[int, dict[str, Any]]:
    """Read the values of a body: a list of them, a document with such a list, or one alone."""
    if request.content_type != "application/json":
        raise Refusal(4, "Content-Type must be application/json")
    try:
        document = json.loads(await request.read())
    except ValueError:
        raise Refusal(4, "Invalid JSON") from None
    found: Iterable[Any] = document.get("values", [document]) if isinstance(document, dict) else document
    values = {}
    for each in found:
        data = each.get("data")
        if not isinstance(each.get("index"), int) or not each.get("type") or data is None:
            raise Refusal(202, "Invalid value")
        form, value = ("string", data) if isinstance(data, str) else (data["format"], data["value"])
        values[each["index"]] = _value(each["index"], each["type"], form, value, int(each.get("ttl", 86400)))
    return values


def _value(index: int, kind: str, form: str, value: Any, ttl: int = 86400) -> dict[str, Any]:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"index": index, "type": kind, "data": {"format": form, "value": value}, "ttl": ttl, "timestamp": stamp}


def _answer(code: int, handle: str, message: str = "", status: int = 0) -> web.Response:
    said = {"message": message} if message else {}
    return _json(status or STATUS.get(code, 500), {"responseCode": code} | said | {"handle": handle})


def _json(status: int, document: object) -> web.Response:
    body = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return web.Response(status=status, body=body.encode(), headers={"Content-Type": "application/json;charset=UTF-8"})


def _unknown(why: str = "Identity not verified") -> web.Response:
    """Answer whoever cannot show who they are: with a challenge, and no body."""
    return web.Response(status=401, headers={"WWW-Authenticate": CHALLENGE.format(why=why)}, body=b"")


async def _serve(port: int) -> None:
    fake = FakeHandleServer()
    print(f"{await fake.start(port)} administrator 300:0.NA/10536 key {fake.secret!r}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    asyncio.run(_serve(arguments.parse_args().port))
