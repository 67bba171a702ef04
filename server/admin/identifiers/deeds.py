"""What can be done about identifiers: asking their agency again, one by one or many at once, holding back, a new number."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.admin.identifiers.listing import PATH as LIST
from server.admin.identifiers.one import PATH, OneIdentifier, identifier_of
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, Invalid, Unavailable
from server.identifiers import holding, renewing
from server.identifiers.comparing import Comparison
from server.identifiers.retrying import NAME, Retry
from server.identifiers.watching import asked_of
from server.portal.asked import number
from server.portal.door import VISITOR, fields, pairs
from server.portal.frame import Frame, led
from server.runs import store as runs
from server.runs.task import Task

MOST = 1000
"""Identifiers that can be selected at once; a page has fewer."""


@dataclass(frozen=True, slots=True)
class Deeds:
    frame: Frame
    one: OneIdentifier

    def routes(self) -> list[web.RouteDef]:
        post = self.frame.post
        return [
            post(f"{LIST}/retry", Right.JOBS, self.retry_many),
            post(f"{PATH}/retry", Right.JOBS, self.retry),
            post(f"{PATH}/compare", Right.JOBS, self.compare),
            post(f"{PATH}/renew", Right.JOBS, self.renew),
            post(f"{PATH}/hold", Right.JOBS, self.hold),
            post(f"{PATH}/release", Right.JOBS, self.release),
        ]

    async def retry(self, request: web.Request) -> web.StreamResponse:
        house, by = self.frame.house, request[VISITOR].actor
        deed = house.database.write(holding.retry, identifier_of(request), house.agencies, by, house.clock())
        return await self.one.done(request, deed, "agency-asked-again")

    async def compare(self, request: web.Request) -> web.StreamResponse:
        """Ask the agency what it says, and show in what that differs; nothing is changed."""
        house, by, wanted = self.frame.house, request[VISITOR].actor, identifier_of(request)
        try:
            found = await house.comparer.compare(wanted)
        except (Conflict, Invalid) as error:
            return await self.one.show(request, 409, error)
        except Unavailable as error:
            return await self.one.show(request, 503, error)
        await house.database.write(_compared, found, by, house.clock())
        return await self.one.show(request, compared=found)

    async def hold(self, request: web.Request) -> web.StreamResponse:
        house, by, why = self.frame.house, request[VISITOR].actor, (await fields(request)).get("reason", "")
        deed = house.database.write(holding.hold, identifier_of(request), why, by, house.clock())
        return await self.one.done(request, deed, "identifier-held", why)

    async def release(self, request: web.Request) -> web.StreamResponse:
        house, by = self.frame.house, request[VISITOR].actor
        deed = house.database.write(holding.release, identifier_of(request), house.agencies, by, house.clock())
        return await self.one.done(request, deed, "identifier-released")

    async def renew(self, request: web.Request) -> web.StreamResponse:
        """Give up a name that is another's, and lead to the one its work has instead."""
        house, by = self.frame.house, request[VISITOR].actor
        try:
            new = await house.database.write(renewing.renew, identifier_of(request), house.agencies, by, house.clock())
        except Conflict as error:
            return await self.one.show(request, 409, error)
        house.worker.call()
        raise led(f"/admin/identifiers/{new.id}", "identifier-renewed")

    async def retry_many(self, request: web.Request) -> web.StreamResponse:
        """Ask for a run over the selected identifiers, or over all of what was found."""
        form, house, by = await pairs(request), self.frame.house, request[VISITOR].actor
        query = asked_of(form.get("query", "")).query
        selected = tuple(sorted({number(each) for each in form.getall("id", [])} - {0}))[:MOST]
        every = form.get("what") == "all"
        wanted = Retry(query=query) if every else Retry(ids=selected)
        back = dict(parse_qsl(query))
        if not every and not selected:
            raise led(LIST, "select-identifiers", **back)
        run = await house.database.write(_ask, house.tasks.get(NAME), wanted, by, house.clock())
        if not run:
            raise led(LIST, "nothing-to-ask", **back)
        house.worker.call()
        raise led(f"/admin/jobs/{run}", "started")


def _compared(tx: Connection, found: Comparison, by: Actor, now: datetime) -> None:
    summary = f"{found.entry.value}: {', '.join(each.kind for each in found.differences) or 'the same'}"
    audit.note(tx, by, "identifier.compared", "identifier", str(found.entry.id), now, summary=summary)


def _ask(tx: Connection, task: Task[Retry], wanted: Retry, by: Actor, now: datetime) -> int:
    """Ask for the run; 0 where it would find nothing."""
    count = task.count(tx, wanted)
    if not count:
        return 0
    which = wanted.query or ("selection" if wanted.ids else "all")
    audit.note(tx, by, "identifiers.asked-again", "search", which, now, summary=f"{count} identifiers")
    return runs.start(tx, task, wanted, by, now).id
