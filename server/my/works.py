"""My works: what waits for me, what is public, each work's state; handed in, discarded, with a DOI reserved."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Account, Right
from server.errors import Conflict, Invalid, Refused, SheafError
from server.items.page import item_page
from server.people import store as people
from server.people.store import Kept
from server.portal import words
from server.portal.asked import asked, work_of
from server.portal.attachment import send_attachment
from server.portal.door import VISITOR
from server.portal.frame import Frame, led
from server.records.vocabulary import CATEGORIES, TYPES
from server.sword import store as sword
from server.works import own
from server.works.own import Mine

SHOWN = 5
"""So many deposits by SWORD are shown on the first page."""


@dataclass(frozen=True, slots=True)
class Works:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get("/my", Right.MY, self.mine),
            get("/my/works/{id}", Right.MY, self.work),
            get("/my/works/{id}/files/{place}", Right.MY, self.file),
            post("/my/works/{id}/hand-in", Right.MY, self.hand_in),
            post("/my/works/{id}/reserve", Right.MY, self.reserve),
            post("/my/works/{id}/discard", Right.MY, self.discard),
        ]

    async def mine(self, request: web.Request) -> web.StreamResponse:
        (before,) = asked(request, "before")
        person, found, sent = await self.frame.house.database.read(_mine, request[VISITOR].account, before)
        older = found.works[-1].id if found.more else ""
        return self.frame.page(
            request, "my/works.html", person=person, found=found, sent=sent, older=older, before=before, words=words, types=TYPES
        )

    async def work(self, request: web.Request) -> web.StreamResponse:
        return await self._work(request)

    async def _work(self, request: web.Request, status: int = 200, failure: SheafError | None = None) -> web.Response:
        house = self.frame.house
        seen = await house.database.read(own.look, house.press, work_of(request), request[VISITOR].account)
        renderer = house.press.renderer
        item = item_page(renderer.current(seen.stored), list(seen.identifiers), renderer.repository)
        kind = TYPES[seen.stored.record.type]
        return self.frame.page(
            request, "my/work.html", status, it=seen, item=item, kind=kind, category=CATEGORIES[kind.category], words=words,
            failure=failure,
        )  # fmt: skip

    async def file(self, request: web.Request) -> web.StreamResponse:
        house = self.frame.house
        stored = await house.database.read(own.owned, work_of(request), request[VISITOR].account)
        return await send_attachment(request, house, stored, request.match_info["place"])

    async def hand_in(self, request: web.Request) -> web.StreamResponse:
        return await self._deed(request, "handed-in", own.hand_in)

    async def reserve(self, request: web.Request) -> web.StreamResponse:
        return await self._deed(request, "reserved", own.reserve, self.frame.house.press.agencies)

    async def discard(self, request: web.Request) -> web.StreamResponse:
        return await self._deed(request, "discarded", own.discard, self.frame.house.press)

    async def _deed(self, request: web.Request, done: str, deed: Callable[..., Any], *first: Any) -> web.StreamResponse:
        """Do it and lead back to the work, or show there what hindered it."""
        house, visitor, number = self.frame.house, request[VISITOR], work_of(request)
        try:
            await house.database.write(deed, *first, number, visitor.account, visitor.actor, house.clock())
        except (Conflict, Invalid, Refused) as error:
            return await self._work(request, 403 if isinstance(error, Refused) else 409, error)
        raise led("/my" if done == "discarded" else f"/my/works/{number}", done)


def _mine(tx: Connection, account: Account, before: str) -> tuple[Kept | None, Mine, list[Any]]:
    person = people.of_account(tx, account.id)
    found = own.mine(tx, account, person.id if person else None, before)
    sent = sword.search(tx, account_id=account.id, limit=SHOWN) if not before else []
    return person, found, sent
