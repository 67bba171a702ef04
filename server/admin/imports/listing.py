"""The list of imports: facets with their numbers, words, what many have in common, a chart, kept searches, and a sheet."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

import msgspec
from aiohttp import web
from sqlalchemy import Connection

from server import spreadsheet
from server.accounts.model import Right
from server.admin.imports.chart import chart
from server.admin.imports.reasons import Reasons
from server.errors import Conflict, Invalid
from server.portal import words
from server.portal.asked import asked as parts
from server.portal.asked import number
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame, led
from server.sword import monitor, store
from server.sword.causes import Kind
from server.sword.model import ContainerState, Deposit
from server.sword.monitor import Asked, Day, Facet, Group, asked_of
from server.works import saved
from server.works.saved import Saved

PATH = "/admin/imports"
ROOM = "imports"
"""The room the searches of imports are kept in."""

PART = 1000
"""Rows of the sheet that are read at a time."""

HEAD = (
    "id", "state", "received", "title", "file", "operation", "depositor", "sender", "server", "collection", "packaging", "bytes",
    "problem", "cause", "value", "message", "place", "remedy", "warnings", "retries", "replays", "claimed by", "address",
)  # fmt: skip

#: The filters that are offered as links, and what each is called.
FACETS = {
    "state": "State", "kind": "What to look at", "problem": "Problem", "depositor": "Depositor", "server": "SWORD profile",
    "collection": "Collection", "packaging": "Packaging",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Seen:
    deposits: list[Deposit]
    containers: dict[str, ContainerState]
    count: int
    facets: list[Facet]
    groups: list[Group]
    days: list[Day]
    kept: list[Saved]


@dataclass(frozen=True, slots=True)
class ImportList:
    frame: Frame
    reasons: Reasons

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get(PATH, Right.WORKS, self.imports),
            get(f"{PATH}.csv", Right.WORKS, self.sheet),
            post(f"{PATH}/searches", Right.WORKS, self.keep),
            post(f"{PATH}/searches/{{number}}/delete", Right.WORKS, self.forget),
        ]

    async def imports(self, request: web.Request) -> web.StreamResponse:
        return await self._list(request, asked_of(request.query_string))

    async def _list(self, request: web.Request, wanted: Asked, status: int = 200, failure: str = "") -> web.StreamResponse:
        (before,) = parts(request, "before")
        house = self.frame.house
        seen = await house.database.read_hot(_seen, wanted, before, request[VISITOR].account.id, house.clock())
        shown = seen.deposits[: monitor.PAGE]
        older = ""
        if len(seen.deposits) > monitor.PAGE:
            older = urlencode(msgspec.to_builtins(wanted) | {"before": shown[-1].id})
        return self.frame.page(
            request, "admin/imports/list.html", status, wanted=wanted, shown=shown, seen=seen, older=older, first=not before,
            failure=failure, chart=chart(seen.days), titles=FACETS, label=label, words=words, reasons=self.reasons.all(),
        )  # fmt: skip

    async def sheet(self, request: web.Request) -> web.StreamResponse:
        """Send all that is found as CSV, part by part, each part read anew: so long a list holds no connection."""
        wanted, house, before = asked_of(request.query_string), self.frame.house, ""
        headers = {
            "Content-Type": "text/csv; charset=utf-8; header=present",
            "Content-Disposition": 'attachment; filename="imports.csv"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        url = house.press.renderer.repository.url
        response = web.StreamResponse(headers=headers)
        found = await house.database.read_hot(monitor.page, wanted, before, PART)
        await response.prepare(request)
        await response.write((spreadsheet.MARK + spreadsheet.lines([HEAD])).encode())
        while found:
            await response.write(spreadsheet.lines(_row(each, url) for each in found).encode())
            if len(found) < PART:
                break
            found = await house.database.read_hot(monitor.page, wanted, found[-1].id, PART)
        await response.write_eof()
        return response

    async def keep(self, request: web.Request) -> web.StreamResponse:
        """Keep a search under a name."""
        given, house, visitor = await fields(request), self.frame.house, request[VISITOR]
        wanted = asked_of(given.get("query", ""))
        try:
            await house.database.write(
                saved.keep,
                visitor.account.id,
                given.get("name", ""),
                wanted,
                visitor.actor,
                house.clock(),
                shared="shared" in given,
                room=ROOM,
            )
        except (Conflict, Invalid) as error:
            return await self._list(request, wanted, 409, f"{error.message} {error.remedy}".strip())
        raise led(PATH, "search-kept", **msgspec.to_builtins(wanted))

    async def forget(self, request: web.Request) -> web.StreamResponse:
        house, visitor = self.frame.house, request[VISITOR]
        await house.database.write(
            saved.forget, visitor.account.id, number(request.match_info["number"]), visitor.actor, house.clock()
        )
        raise led(PATH, "deleted")


def label(name: str, value: str) -> str:
    """Return what a value of a filter is called."""
    if name == "state":
        known = {state.value: word.label for state, word in (*words.CONTAINERS.items(), *words.DEPOSITS.items())}
        return known.get(value, value)
    if name == "kind":
        return words.LOOK_AT[Kind(value)] if value in set(Kind) else value
    if name == "problem":
        return words.problem(value)
    return value.rsplit("/", 1)[-1] if name == "packaging" else value


def _seen(tx: Connection, wanted: Asked, before: str, account_id: int, now: datetime) -> _Seen:
    found = monitor.page(tx, wanted, before, monitor.PAGE + 1)
    states = store.states_of(tx, {deposit.container_id for deposit in found if deposit.container_id})
    count, facets = monitor.facets(tx, wanted)
    groups = [] if before else monitor.groups(tx, now)  # only the first page shows them, and the chart
    days = [] if before else monitor.daily(tx, wanted, now.date())
    return _Seen(found, states, count, facets, groups, days, saved.seen_by(tx, account_id, ROOM))


def _row(it: Deposit, url: str) -> list[str]:
    problem = it.problem
    said = [problem.code, words.problem(problem.code), problem.value] if problem else [""] * 3
    said += [problem.message, problem.place, problem.remedy] if problem else [""] * 3
    return [
        it.id, it.state.value, it.received.isoformat(), it.title or "", it.filename or "", it.operation.value, it.account or "",
        it.sender, it.server, it.collection, it.packaging or "", str(it.bytes), *said, str(it.warnings), str(it.retries),
        str(it.replays), it.claimed_by, f"{url}{PATH}/{it.id}",
    ]  # fmt: skip
