"""The works that cannot be given in some format: which, in which, and why. They are left out of its lists until they can."""

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.portal.asked import asked
from server.portal.door import VISITOR
from server.portal.frame import Frame
from server.records import held
from server.records.held import Held
from server.rendering import MEND

PAGE = 100


@dataclass(frozen=True, slots=True)
class Quarantine:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [self.frame.get("/admin/quarantine", Right.WORKS, self.quarantine)]

    async def quarantine(self, request: web.Request) -> web.StreamResponse:
        house, (after, form) = self.frame.house, asked(request, "after", "format")
        found, count = await house.database.read(_listed, (after, form))
        shown, more = found[:PAGE], len(found) > PAGE
        following = urlencode({"after": shown[-1].record_id, "format": shown[-1].format}) if more else ""
        account = request[VISITOR].account
        return self.frame.page(
            request, "admin/quarantine.html", found=shown, count=count, following=following, now=house.clock(),
            task=MEND if account.may(Right.JOBS) else "", edits=account.may(Right.EDIT),
        )  # fmt: skip


def _listed(tx: Connection, after: tuple[str, str]) -> tuple[list[Held], int]:
    return held.held(tx, after, PAGE + 1), held.count(tx)
