"""A stand-in for IRUS: takes tracker messages, checks every key by the R5.0 table, answers by a script, counts as IRUS would."""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from itertools import pairwise
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.test_utils import TestServer

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_ARTNUM = re.compile(r"oai:[A-Za-z][A-Za-z0-9.-]*:[^\s]+")  # oai-identifier guideline
_ITEM = re.compile(r"https?://[^\s/]+/items/[^\s]+")
_HOST = re.compile(r"[a-z0-9.-]+(:\d+)?(/[\x21-\x7e]*)?")
LONGEST_LINE = 8_000
"""Bytes of a request line that common servers take."""


@dataclass(frozen=True)
class Message:
    """One message as it came."""

    raw: str
    keys: dict[str, str]

    @property
    def at(self) -> datetime:
        return datetime.strptime(self.keys["url_tim"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)

    @property
    def user(self) -> tuple[str, str, str]:
        return self.keys["req_id"], self.keys["req_dat"], self.keys["svc_dat"]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


#: What each key must be (R5.0, January 2021); the URL of a file is one of ours.
CHECKS: dict[str, Callable[[dict[str, str]], object]] = {
    "url_ver": lambda keys: keys["url_ver"] == "Z39.88-2004",
    "url_tim": lambda keys: _MOMENT.fullmatch(keys["url_tim"]),
    "req_id": lambda keys: _is_address(keys["req_id"]),
    "req_dat": lambda keys: keys["req_dat"] and keys["req_dat"].isprintable(),
    "rft.artnum": lambda keys: _ARTNUM.fullmatch(keys["rft.artnum"]),
    "svc_dat": lambda keys: _ITEM.fullmatch(keys["svc_dat"]) and ("/files/" in keys["svc_dat"]) == (keys["rft_dat"] == "Request"),
    "rfr_dat": lambda keys: keys["rfr_dat"].isprintable(),
    "rfr_id": lambda keys: _HOST.fullmatch(keys["rfr_id"]),
    "rft_dat": lambda keys: keys["rft_dat"] in {"Investigation", "Request"},
}


def faults(raw: str) -> list[str]:
    """Say what is wrong with a message, key by key."""
    pairs = parse_qsl(raw, keep_blank_values=True, strict_parsing=True, errors="strict")
    if sorted(name for name, _ in pairs) != sorted(CHECKS):
        return [f"keys: {[name for name, _ in pairs]}"]
    found = [name for name, holds in CHECKS.items() if not holds(dict(pairs))]
    return [*found, "too long"] if len(raw) > LONGEST_LINE else found


#: What it may do instead of taking a message: a status, `cut` before or `lost` after it was taken, `hang` for as long as anybody waits.
Fault = int | str


class FakeIrus:
    """`messages` are those it took. `script` says, request by request, what it does; None and its end are: take it.

    What comes from one of the addresses in `refuses` is refused.
    """

    def __init__(self, script: Iterable[Fault | None] = ()) -> None:
        self.messages: list[Message] = []
        self.wrong: list[tuple[str, list[str]]] = []
        self.asked = 0
        self.flying = self.most_flying = 0
        self.script = iter(script)
        self.always: Fault | None = None
        self.retry_after = ""
        self.refuses = set[str]()
        self.taken: Callable[[Message], None] | None = None
        application = web.Application()
        application.router.add_route("*", "/counter/", self._answer)
        application.router.add_route("*", "/counter/test/", self._answer)
        self._server = TestServer(application)

    async def start(self) -> None:
        await self._server.start_server(max_line_size=2**17)

    async def stop(self) -> None:
        await self._server.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}/counter/"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = request.rel_url.raw_query_string
        if not raw:
            return web.Response(text="IRUS tracker")
        self.asked += 1
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        try:
            refused = 404 if dict(parse_qsl(raw)).get("req_id") in self.refuses else None
            return await self._played(request, raw, self.always or refused or next(self.script, None))
        finally:
            self.flying -= 1

    async def _played(self, request: web.Request, raw: str, fault: Fault | None) -> web.StreamResponse:
        if fault == "hang":
            await asyncio.sleep(60)
        if isinstance(fault, int):
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            return web.Response(status=fault, text=f"IRUS says {fault}", headers=headers)
        if fault != "cut":
            self._take(request.method, raw)
        if fault in {"cut", "lost"}:
            assert request.transport is not None
            request.transport.abort()
        return web.Response()

    def _take(self, method: str, raw: str) -> None:
        said = faults(raw) + ([] if method == "GET" else [method])
        if said:
            self.wrong.append((raw, said))
        else:
            self.messages.append(message := Message(raw, dict(parse_qsl(raw, keep_blank_values=True))))
            if self.taken is not None:
                self.taken(message)

    def counted(self) -> int:
        """How many uses IRUS counts of what it took: of clicks by the same user on the same URL within 30 seconds the last."""
        ordered = sorted(self.messages, key=lambda it: (it.user, it.at))
        doubled = sum(one.user == other.user and (other.at - one.at).total_seconds() <= 30 for one, other in pairwise(ordered))
        return len(ordered) - doubled
