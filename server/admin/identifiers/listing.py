"""The list of identifiers: facets with their numbers, words, what many fail for, kept searches, and a sheet."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

import msgspec
from aiohttp import web
from sqlalchemy import Connection

from server import spreadsheet
from server.accounts.model import Right
from server.errors import Conflict, Invalid
from server.identifiers import alarms, watching
from server.identifiers.alarms import Down
from server.identifiers.model import Fault, State
from server.identifiers.watching import Asked, Facet, Group, Row, asked_of
from server.portal import words
from server.portal.asked import asked as parts
from server.portal.asked import number
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame, led
from server.works import saved
from server.works.saved import Saved

PATH = "/admin/identifiers"
ROOM = "identifiers"
"""The room the searches of identifiers are kept in."""

PART = 1000
"""Rows of the sheet that are read at a time."""

HEAD = (
    "identifier", "scheme", "state", "profile", "environment", "fault", "message", "cause", "attempts", "waits since", "next try",
    "request", "held by", "held because", "registered", "created", "changed", "work", "title", "address",
)  # fmt: skip

#: The filters that are offered as links, and what each is called.
FACETS = {
    "state": "State", "profile": "Agency", "scheme": "Scheme", "environment": "Environment", "fault": "What fails",
    "held": "Held by",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Seen:
    rows: list[Row]
    count: int
    facets: list[Facet]
    groups: list[Group]
    kept: list[Saved]
    profiles: dict[int, str]
    down: list[Down]


@dataclass(frozen=True, slots=True)
class IdentifierList:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get(PATH, Right.WORKS, self.identifiers),
            get(f"{PATH}.csv", Right.WORKS, self.sheet),
            post(f"{PATH}/searches", Right.WORKS, self.keep),
            post(f"{PATH}/searches/{{number}}/delete", Right.WORKS, self.forget),
        ]

    async def identifiers(self, request: web.Request) -> web.StreamResponse:
        return await self._list(request, asked_of(request.query_string))

    async def _list(self, request: web.Request, wanted: Asked, status: int = 200, failure: str = "") -> web.StreamResponse:
        (behind,) = parts(request, "behind")
        house = self.frame.house
        seen = await house.database.read_hot(_seen, wanted, behind, request[VISITOR].account.id, house.clock())
        shown = seen.rows[: watching.PAGE]
        older = ""
        if len(seen.rows) > watching.PAGE:
            older = urlencode(msgspec.to_builtins(wanted) | {"behind": shown[-1].place})
        return self.frame.page(
            request, "admin/identifiers/list.html", status, wanted=wanted, shown=shown, seen=seen, older=older, first=not behind,
            failure=failure, titles=FACETS, label=_Labels(seen.profiles), words=words,
        )  # fmt: skip

    async def sheet(self, request: web.Request) -> web.StreamResponse:
        """Send all that is found as CSV, part by part, each part read anew: so long a list holds no connection."""
        wanted, house, behind = asked_of(request.query_string), self.frame.house, ""
        headers = {
            "Content-Type": "text/csv; charset=utf-8; header=present",
            "Content-Disposition": 'attachment; filename="identifiers.csv"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        url, now = house.press.renderer.repository.url, house.clock()
        response = web.StreamResponse(headers=headers)
        found = await house.database.read_hot(watching.page, wanted, now, behind, PART)
        await response.prepare(request)
        await response.write((spreadsheet.MARK + spreadsheet.lines([HEAD])).encode())
        while found:
            await response.write(spreadsheet.lines(_row(each, url) for each in found).encode())
            if len(found) < PART:
                break
            found = await house.database.read_hot(watching.page, wanted, now, found[-1].place, PART)
        await response.write_eof()
        return response

    async def keep(self, request: web.Request) -> web.StreamResponse:
        """Keep a search under a name."""
        given, house, visitor = await fields(request), self.frame.house, request[VISITOR]
        wanted, name, now = asked_of(given.get("query", "")), given.get("name", ""), house.clock()
        account, shared = visitor.account.id, "shared" in given
        try:
            await house.database.write(saved.keep, account, name, wanted, visitor.actor, now, shared=shared, room=ROOM)
        except (Conflict, Invalid) as error:
            return await self._list(request, wanted, 409, f"{error.message} {error.remedy}".strip())
        raise led(PATH, "search-kept", **msgspec.to_builtins(wanted))

    async def forget(self, request: web.Request) -> web.StreamResponse:
        house, visitor = self.frame.house, request[VISITOR]
        search = number(request.match_info["number"])
        await house.database.write(saved.forget, visitor.account.id, search, visitor.actor, house.clock())
        raise led(PATH, "deleted")


@dataclass(frozen=True, slots=True)
class _Labels:
    """What the values of the filters are called."""

    profiles: dict[int, str]

    def __call__(self, name: str, value: str) -> str:
        if name == "state":
            return words.IDENTIFIERS[State(value)].label if value in set(State) else value
        if name == "profile":
            return self.profiles.get(number(value), value)
        if name == "fault":
            return words.FAULTS[Fault(value)] if value in set(Fault) else value
        return words.SCHEMES.get(value, value) if name == "scheme" else value


def _seen(tx: Connection, wanted: Asked, behind: str, account_id: int, now: datetime) -> _Seen:
    found = watching.page(tx, wanted, now, behind, watching.PAGE + 1)
    count, facets = watching.facets(tx, wanted, now)
    groups = [] if behind else watching.groups(tx)  # only the first page shows them
    return _Seen(
        found, count, facets, groups, saved.seen_by(tx, account_id, ROOM), watching.profile_names(tx), alarms.outages(tx)
    )


def _row(it: Row, url: str) -> list[str]:
    entry, request = it.entry, it.request
    waits = [_moment(request.since), _moment(request.next), request.state.value] if request is not None else [""] * 3
    return [
        entry.value, entry.scheme, entry.state.value, it.profile, entry.environment, entry.fault or "", it.words, it.cause,
        str(it.attempts), *waits, entry.held_by or "", entry.held_why or "", _moment(entry.registered), _moment(it.created),
        _moment(it.changed), entry.record_id or "", it.title, f"{url}{PATH}/{entry.id}",
    ]  # fmt: skip


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""
