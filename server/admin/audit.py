"""The audit log's page: who changed what, when, from where, and how it was before."""

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.audit import log
from server.audit.log import Asked, Noted
from server.portal import words
from server.portal.asked import asked, number
from server.portal.compared import compared
from server.portal.frame import Frame

PAGE = 50

#: Where the page of a subject stands, by its kind.
PAGES = {
    "record": "/admin/works/{}",
    "import": "/admin/imports/{}",
    "profile": "/admin/profiles/{}",
    "account": "/admin/accounts/{}",
    "person": "/admin/people/{}",
    "harvester": "/admin/harvests/{}",
    "run": "/admin/jobs/{}",
    "schedule": "/admin/jobs/schedules/{}",
}


@dataclass(frozen=True, slots=True)
class Audit:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [self.frame.get("/admin/audit", Right.AUDIT, self.audit)]

    async def audit(self, request: web.Request) -> web.StreamResponse:
        text, kind, subject, before = asked(request, "q", "kind", "subject", "before")
        wanted = Asked(text, kind, subject, number(before))
        found, kinds = await self.frame.house.database.read(_found, wanted)
        shown = found[:PAGE]
        query = {"q": text, "kind": kind, "subject": subject, "before": str(shown[-1].id) if len(found) > PAGE else ""}
        older = urlencode({name: value for name, value in query.items() if value}) if query["before"] else ""
        return self.frame.page(
            request, "admin/audit.html",
            lines=shown, kinds=kinds, wanted=wanted, older=older, pages=PAGES, words=words,
            compared=compared,
        )  # fmt: skip


def _found(tx: Connection, wanted: Asked) -> tuple[list[Noted], list[str]]:
    return log.search(tx, wanted, PAGE + 1), log.kinds(tx)
