"""The list of works: filters, words, orders, kept searches, and the same list as a sheet."""

from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec
from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.errors import Conflict, Invalid
from server.identifiers import alarms
from server.identifiers.alarms import Down
from server.portal import words
from server.portal.asked import asked, number
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame, led
from server.records.vocabulary import TYPES
from server.works import find, labels, saved, sheet
from server.works.find import Behind, Row, Wanted, wanted_of
from server.works.saved import Saved
from server.xml import clean

PATH = "/admin/works"
_FILES = {"yes": "with files", "no": "without files"}


@dataclass(frozen=True, slots=True)
class _Seen:
    rows: list[Row]
    count: int
    kept: list[Saved]
    collections: list[str]
    owners: list[str]
    down: list[Down]


@dataclass(frozen=True, slots=True)
class WorksList:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get(PATH, Right.WORKS, self.works),
            get(f"{PATH}.csv", Right.WORKS, self.sheet),
            post(f"{PATH}/searches", Right.WORKS, self.keep),
            post(f"{PATH}/searches/{{number}}/delete", Right.WORKS, self.forget),
        ]

    async def works(self, request: web.Request) -> web.StreamResponse:
        return await self._list(request, wanted_of(clean(request.query_string)))

    async def _list(self, request: web.Request, wanted: Wanted, status: int = 200, failure: str = "") -> web.StreamResponse:
        number_, key = asked(request, "behind", "key")
        behind = Behind(number_, key) if number_ else None
        seen = await self.frame.house.database.read_hot(_seen, wanted, behind, request[VISITOR].account.id)
        shown = seen.rows[: find.PAGE]
        order = find.ORDERS.get(wanted.order, find.ORDERS[""])
        further = ""
        if len(seen.rows) > find.PAGE:
            further = urlencode(msgspec.to_builtins(wanted) | {"behind": shown[-1].id, "key": order.key(shown[-1])})
        return self.frame.page(
            request, "admin/works/list.html", status, wanted=wanted, rows=shown, seen=seen, further=further, failure=failure,
            first=behind is None, counted=find.COUNTED, orders=find.ORDERS, types=TYPES, groups_of_types=labels.TYPES_BY_CATEGORY,
            accesses=labels.ACCESSES, states=words.WORKS, dois=words.IDENTIFIERS, has_files=_FILES, words=words,
        )  # fmt: skip

    async def sheet(self, request: web.Request) -> web.StreamResponse:
        """Send the whole list as CSV, part by part, each part read anew: so long a list holds no connection of the database."""
        wanted = wanted_of(clean(request.query_string))
        headers = {
            "Content-Type": "text/csv; charset=utf-8; header=present",
            "Content-Disposition": 'attachment; filename="works.csv"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        house, behind = self.frame.house, None
        url = house.press.renderer.repository.url
        found, behind = await house.database.read_hot(sheet.part, wanted, None, url)
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        await response.write(sheet.lines([sheet.HEAD, *found]))
        while behind is not None:
            found, behind = await house.database.read_hot(sheet.part, wanted, behind, url)
            await response.write(sheet.lines(found))
        await response.write_eof()
        return response

    async def keep(self, request: web.Request) -> web.StreamResponse:
        """Keep a search under a name."""
        given, house, visitor = await fields(request), self.frame.house, request[VISITOR]
        wanted = wanted_of(clean(given.get("query", "")))
        try:
            await house.database.write(
                saved.keep,
                visitor.account.id,
                given.get("name", ""),
                wanted,
                visitor.actor,
                house.clock(),
                shared="shared" in given,
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


def _seen(tx: Connection, wanted: Wanted, behind: Behind | None, account_id: int) -> _Seen:
    count = find.count(tx, wanted)
    return _Seen(
        find.page(tx, wanted, behind, find.PAGE + 1, few=count <= find.COUNTED),
        count,
        saved.seen_by(tx, account_id),
        find.collections(tx),
        find.owners(tx),
        alarms.outages(tx),
    )
