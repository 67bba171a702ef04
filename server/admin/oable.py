"""Requests for article processing charges: all of them, what OABLE said, and sending one again that it did not take."""

from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec
from aiohttp import web
from sqlalchemy import Connection

from server.accounts import store as accounts
from server.accounts.model import Right
from server.oable import requesting, store
from server.oable.model import ENDED_BADLY, Request
from server.oable.settings import OABLE
from server.oable.store import Wanted
from server.portal.asked import asked
from server.portal.charges import CHARGES
from server.portal.door import VISITOR
from server.portal.frame import Frame, led
from server.profiles import store as profiles
from server.profiles.model import Profile

PAGE = 50
LIST = "/admin/oable"


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of requests, how many there are of each state, and the profile they go by."""

    requests: list[Request]
    counts: dict[str, int]
    profile: Profile | None


@dataclass(frozen=True, slots=True)
class Oable:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        frame = self.frame
        return [
            frame.get(LIST, Right.JOBS, self.listed),
            frame.get(LIST + "/{id}", Right.JOBS, self.one),
            frame.post(LIST + "/{id}/again", Right.JOBS, self.again),
        ]

    async def listed(self, request: web.Request) -> web.StreamResponse:
        state, before = asked(request, "state", "before")
        found = await self.frame.house.database.read(_listed, Wanted(state=state, before=before))
        shown = found.requests[:PAGE]
        query = {"state": state, "before": shown[-1].id if len(found.requests) > PAGE else ""}
        older = urlencode({name: value for name, value in query.items() if value}) if query["before"] else ""
        return self.frame.page(request, "admin/oable.html", found=found, shown=shown, state=state, older=older, states=CHARGES)

    async def one(self, request: web.Request) -> web.StreamResponse:
        it, who = await self.frame.house.database.read(_one, request.match_info["id"][:26])
        body = msgspec.json.format(it.document, indent=2)
        return self.frame.page(
            request, "admin/oable-request.html", it=it, who=who, body=body, states=CHARGES, ended_badly=it.state in ENDED_BADLY
        )

    async def again(self, request: web.Request) -> web.StreamResponse:
        house, number = self.frame.house, request.match_info["id"][:26]
        office = requesting.office(house.keeper.live, house.press.renderer.repository.item)
        await house.database.write(requesting.again, office, number, request[VISITOR].actor, house.clock())
        house.worker.call()
        raise led(f"{LIST}/{number}", "sent-again")


def _listed(tx: Connection, wanted: Wanted) -> Listed:
    profile = next((each for each in profiles.every(tx) if each.kind == OABLE), None)
    return Listed(store.search(tx, wanted, PAGE + 1), store.counts(tx), profile)


def _one(tx: Connection, number: str) -> tuple[Request, str]:
    """Return a request and the name of the account that made it."""
    found = store.get(tx, number)
    account = accounts.by_id(tx, found.account_id)
    return found, account.name if account else ""
