"""The COUNTER API over HTTP, below /r51: status for everybody, members and reports for those with a key."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import msgspec
from aiohttp import web
from sqlalchemy import Connection

from server.accounts.authenticate import UNKNOWN, Authenticator
from server.accounts.tokens import Scope
from server.budgets import Budgets, Caller
from server.clock import Clock
from server.db.engine import Database
from server.errors import Refused, Unavailable
from server.metadata.fragments import Repository
from server.middleware import remote_address
from server.usage.counter import exceptions as wrong
from server.usage.counter.asked import REPORTS, WORLD, Asked, missing, read
from server.usage.counter.described import Platform
from server.usage.counter.exceptions import Problem, RefusedReport
from server.usage.counter.reports import report, window
from server.usage.definition import Counting

AT_ONCE, WAITING = 2, 20
"""Reports made at the same time, and those that may wait for their turn."""
RATE, BURST = 1.0, 60.0
"""Requests a second of one client, and how many more after a rest."""
_PAUSE = "60"
"""Seconds after which whoever is put off may come again."""

Handler = Callable[[web.Request], Awaitable[web.Response]]


def platform_of(repository: Repository, counting: Counting) -> Platform:
    """Return what reports are made in the name of."""
    return Platform(counting.platform or repository.name, counting.namespace, repository)


@dataclass(frozen=True, slots=True)
class CounterApi:
    """The COUNTER API; the key is an API token with the scope `usage`, and addresses say nothing (R5.1, 8.2)."""

    database: Database
    clock: Clock
    authenticator: Authenticator
    repository: Callable[[], Repository]
    counting: Callable[[], Counting]
    _budgets: Budgets = field(default_factory=lambda: Budgets(RATE, BURST))
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _queue: set[object] = field(default_factory=set)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/r51/status", self._answered(self.status)),
            web.get("/r51/members", self._answered(self.members)),
            web.get("/r51/reports", self._answered(self.reports)),
            web.get("/r51/reports/{report}", self._answered(self.report)),
        ]

    def _answered(self, handler: Handler) -> Handler:
        """Let a handler answer, and say in COUNTER's words what is in its way."""

        async def answer(request: web.Request) -> web.Response:
            try:
                caller = Caller.of(remote_address(request), request.headers.get("User-Agent", ""))
                if self._budgets.spend(caller, 1.0, monotonic()):
                    raise RefusedReport(Problem(wrong.TOO_MANY))
                return await handler(request)
            except Unavailable:
                return _refusal(Problem(wrong.NOT_AVAILABLE))
            except RefusedReport as refused:
                return _refusal(refused.problem)

        return answer

    async def status(self, _request: web.Request) -> web.Response:
        """Say that we are here: open to everybody (R5.1, 8.1)."""
        said = {"Description": f"COUNTER usage reports of {self.platform.name}.", "Service_Active": True}
        record = self.counting().registry_record
        return _json([said | ({"Registry_Record": record} if record else {})])

    async def members(self, request: web.Request) -> web.Response:
        """Name the one customer there is: everybody."""
        await self._let_in(request)
        owner = {"Proprietary": [f"{self.platform.namespace}:{WORLD}"]}
        return _json([{"Customer_ID": WORLD, "Institution_Name": "The World", "Institution_ID": owner}])

    async def reports(self, request: web.Request) -> web.Response:
        """List the reports, and from when to when they can be had."""
        await self._let_in(request)
        ready = await self.database.read_hot(window, self.clock())
        return _json([
            {
                "Report_Name": it.name, "Report_ID": it.id, "Release": "5.1", "Report_Description": it.description,
                "Path": f"/r51/reports/{it.path}", "First_Month_Available": ready.first, "Last_Month_Available": ready.last,
            }
            for it in REPORTS.values()
        ])  # fmt: skip

    async def report(self, request: web.Request) -> web.Response:
        """Give a report. One that nobody has heard of is simply not there (R5.1, appendix D)."""
        it = REPORTS.get(request.match_info["report"])
        if it is None:
            raise web.HTTPNotFound(text="There is no such report here.")
        await self._let_in(request, "begin_date", "end_date")
        asked = read(it, request.query, self.platform.name)
        return web.Response(body=await self._made(asked), content_type="application/json", headers=_KEPT)

    async def _made(self, asked: Asked) -> bytes:
        """Make a report when it is its turn; where many wait already, nobody is kept waiting."""
        if len(self._queue) >= WAITING:
            raise RefusedReport(Problem(wrong.BUSY))
        mine = object()
        self._queue.add(mine)
        try:
            async with self._turns:
                return await self.database.read_hot(_written, asked, self.platform, self.counting().registry_record, self.clock())
        finally:
            self._queue.discard(mine)

    @property
    def platform(self) -> Platform:
        return platform_of(self.repository(), self.counting())

    async def _let_in(self, request: web.Request, *names: str) -> None:
        """Raise RefusedReport for whoever has no key, or asks for an institution that is not here."""
        query = request.query
        problems = list(missing(query, "customer_id", "api_key", *names))
        if key := query.get("api_key"):
            problems += await self._against(key, request)
        if query.get("customer_id", WORLD) != WORLD:
            problems.append(Problem(wrong.NOT_FOR_INSTITUTION, f"The customer is {WORLD}."))
        if problems:
            raise RefusedReport(*problems)

    async def _against(self, key: str, request: web.Request) -> list[Problem]:
        try:
            await self.authenticator.admit(f"Bearer {key}", Scope.USAGE, remote=remote_address(request))
        except Refused as refused:
            return [Problem(wrong.KEY_INVALID if refused.code == UNKNOWN else wrong.NOT_AUTHORISED)]
        return []


def _written(tx: Connection, asked: Asked, platform: Platform, registry_record: str, now: Any) -> bytes:
    return msgspec.json.encode(report(tx, asked, platform, registry_record, now))


_KEPT: Mapping[str, str] = {"Cache-Control": "no-store"}


def _json(document: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(document), content_type="application/json", headers=_KEPT)


def _refusal(problem: Problem) -> web.Response:
    headers = dict(_KEPT) | ({"Retry-After": _PAUSE} if problem.kind.status in {429, 503} else {})
    body = msgspec.json.encode(problem.document)
    return web.Response(status=problem.kind.status, body=body, content_type="application/json", headers=headers)
