"""The import monitor: every deposit, what was wrong with it, and what can be done about it."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.admin import deposits
from server.admin.deposits import Search
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, Invalid, NotFound, SheafError
from server.items.files import disposition
from server.portal import words
from server.portal.asked import asked
from server.portal.door import VISITOR
from server.portal.frame import Frame, led
from server.portal.notices import NOTICES
from server.records.model import is_id
from server.sending import send_file
from server.sword import store
from server.sword.model import ContainerState, DepositState

#: The states the monitor's filter offers, in the order of how much somebody is needed.
_STATES = {state.value: word.label for state, word in words.DEPOSITS.items()} | {
    ContainerState.PENDING.value: words.CONTAINERS[ContainerState.PENDING].label
}


@dataclass(frozen=True, slots=True)
class Imports:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get("/admin/imports", Right.WORKS, self.imports),
            get("/admin/imports/{id}", Right.WORKS, self.detail),
            get("/admin/imports/{id}/original", Right.IMPORTS, self.original),
            post("/admin/imports/{id}/publish", Right.REVIEW, self.publish),
            post("/admin/imports/{id}/read", Right.IMPORTS, self.read_again),
            post("/admin/imports/{id}/close", Right.IMPORTS, self.close),
        ]

    async def imports(self, request: web.Request) -> web.StreamResponse:
        wanted = Search(*asked(request, "state", "q", "before"))
        found = await self.frame.house.database.read(deposits.listed, wanted)
        older = urlencode({"state": wanted.state, "q": wanted.text, "before": found.older}) if found.older else ""
        return self.frame.page(
            request, "admin/imports.html", found=found, wanted=wanted, states=_STATES, older=older, words=words
        )

    async def detail(self, request: web.Request) -> web.StreamResponse:
        return await self._detail(request)

    async def original(self, request: web.Request) -> web.StreamResponse:
        """Send the bytes as they were received, to be kept and never shown."""
        house = self.frame.house
        deposit = (await house.database.read(deposits.detail, _number(request))).deposit
        if deposit.sha256 is None:
            raise NotFound("Nothing was kept of this import.")
        path = await asyncio.to_thread(house.files.path, deposit.sha256)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": disposition(f"{deposit.id}.bin", "attachment"),
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return await send_file(request, path, deposit.sha256, deposit.received, headers)

    async def publish(self, request: web.Request) -> web.StreamResponse:
        deed = deposits.publish(self.frame.house, _number(request), request[VISITOR].actor)
        return await self._done(request, deed, "published")

    async def read_again(self, request: web.Request) -> web.StreamResponse:
        deed = self.frame.house.intake.read_again(_number(request), request[VISITOR].actor)
        return await self._done(request, deed, "read")

    async def close(self, request: web.Request) -> web.StreamResponse:
        house = self.frame.house
        deed = house.database.write(_close, _number(request), request[VISITOR].actor, house.clock())
        return await self._done(request, deed, "closed")

    async def _detail(self, request: web.Request, status: int = 200, failure: SheafError | None = None) -> web.Response:
        found = await self.frame.house.database.read(deposits.detail, _number(request))
        done = _outcome(NOTICES.get(request.query.get("done", ""), ""), found.deposit.state)
        return self.frame.page(request, "admin/import.html", status, it=found, notice=done, failure=failure, words=words)

    async def _done(self, request: web.Request, deed: Awaitable[None], what: str) -> web.StreamResponse:
        """Do it and lead back to the import, so that loading the page again does not repeat it; or show what hindered it."""
        try:
            await deed
        except (Conflict, Invalid) as error:
            return await self._detail(request, 409, error)
        raise led(f"/admin/imports/{request.match_info['id']}", what)


def _close(tx: Connection, number: str, actor: Actor, now: datetime) -> None:
    store.close(tx, number, now, f"Set aside by {actor.name}.")
    audit.note(tx, actor, "import.closed", "import", number, now)


def _outcome(done: str, state: DepositState) -> str:
    """Return what the page says after a deed; an import that is held again speaks for itself."""
    return f"{done} It is held again; what is wrong stands below." if done and state is DepositState.HELD else done


def _number(request: web.Request) -> str:
    """Return the import an address names; raises NotFound for what cannot be one."""
    number = request.match_info["id"]
    if not is_id(number):
        raise NotFound("There is no such import.")
    return number
