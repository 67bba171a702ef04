"""The administrators' pages over HTTP: start, import monitor, identifiers. Thin: find, hand over, show."""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from server.admin import deposits, words
from server.admin.deposits import Search
from server.admin.overview import age, overview
from server.admin.session import VISITOR, Door
from server.errors import Conflict, Invalid, NotFound, SheafError
from server.house import House
from server.identifiers import ledger
from server.identifiers.model import State as IdentifierState
from server.items.files import disposition
from server.items.sending import send_file
from server.pages import Pages
from server.records import store as records
from server.sword import store
from server.sword.model import ContainerState, DepositState
from server.xml import clean

PAGE = 50
_ULID = re.compile("[0-9A-Z]{26}")

#: The states the monitor's filter offers, in the order of how much somebody is needed.
_STATES = {state.value: word.label for state, word in words.DEPOSITS.items()} | {
    ContainerState.PENDING.value: words.CONTAINERS[ContainerState.PENDING].label
}


@dataclass(frozen=True, slots=True)
class Admin:
    """The pages of the administration."""

    house: House
    door: Door
    pages: Pages

    def routes(self) -> list[web.RouteDef]:
        let = self.door.admitted
        return [
            *self.door.routes(),
            web.get("/admin", let(self.start)),
            web.get("/admin/", let(self.start)),
            web.get("/admin/imports", let(self.imports)),
            web.get("/admin/imports/{id}", let(self.detail)),
            web.get("/admin/imports/{id}/original", let(self.original)),
            web.post("/admin/imports/{id}/publish", let(self.publish)),
            web.post("/admin/imports/{id}/read", let(self.read_again)),
            web.post("/admin/imports/{id}/close", let(self.close)),
            web.get("/admin/identifiers", let(self.identifiers)),
        ]

    async def start(self, request: web.Request) -> web.StreamResponse:
        return self._page(request, "admin/start.html", seen=await self.house.database.read(overview, self.house.clock()))

    async def imports(self, request: web.Request) -> web.StreamResponse:
        wanted = Search(*_asked(request))
        found = await self.house.database.read(deposits.listed, wanted)
        older = urlencode({"state": wanted.state, "q": wanted.text, "before": found.older}) if found.older else ""
        return self._page(request, "admin/imports.html", found=found, wanted=wanted, states=_STATES, older=older)

    async def detail(self, request: web.Request) -> web.StreamResponse:
        return await self._detail(request)

    async def original(self, request: web.Request) -> web.StreamResponse:
        """Send the bytes as they were received, to be kept and never shown."""
        deposit = (await self.house.database.read(deposits.detail, _number(request))).deposit
        if deposit.sha256 is None:
            raise NotFound("Nothing was kept of this import.")
        path = await asyncio.to_thread(self.house.files.path, deposit.sha256)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": disposition(f"{deposit.id}.bin", "attachment"),
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return await send_file(request, path, deposit.sha256, deposit.received, headers)

    async def publish(self, request: web.Request) -> web.StreamResponse:
        return await self._done(
            request, deposits.publish(self.house, _number(request), request[VISITOR].account.name), "published"
        )

    async def read_again(self, request: web.Request) -> web.StreamResponse:
        why = f"Read again, asked for by {request[VISITOR].account.name}."
        return await self._done(request, self.house.intake.read_again(_number(request), why), "read")

    async def close(self, request: web.Request) -> web.StreamResponse:
        why = f"Set aside by {request[VISITOR].account.name}."
        return await self._done(
            request, self.house.database.write(store.close, _number(request), self.house.clock(), why), "closed"
        )

    async def identifiers(self, request: web.Request) -> web.StreamResponse:
        state, text, before = _asked(request)
        number = int(before) if before.isdecimal() and len(before) < 18 else 0  # noqa: PLR2004 -- what the column holds
        found, titles = await self.house.database.read(_identifiers, state, text, number)
        shown = found[:PAGE]
        older = urlencode({"state": state, "q": text, "before": shown[-1].id}) if len(found) > PAGE else ""
        states = {name.value: word.label for name, word in words.IDENTIFIERS.items()}
        return self._page(
            request, "admin/identifiers.html", entries=shown, titles=titles, state=state, text=text, states=states, older=older
        )

    async def _detail(self, request: web.Request, status: int = 200, failure: SheafError | None = None) -> web.Response:
        found = await self.house.database.read(deposits.detail, _number(request))
        done = _DONE.get(request.query.get("done", ""), "")
        return self._page(
            request, "admin/import.html", status, it=found, done=_outcome(done, found.deposit.state), failure=failure
        )

    async def _done(self, request: web.Request, deed: Awaitable[None], what: str) -> web.StreamResponse:
        """Do it and lead back to the import, so that loading the page again does not repeat it; or show what hindered it."""
        try:
            await deed
        except (Conflict, Invalid) as error:
            return await self._detail(request, 409, error)
        raise web.HTTPSeeOther(f"/admin/imports/{request.match_info['id']}?done={what}")

    def _page(self, request: web.Request, template: str, status: int = 200, **values: object) -> web.Response:
        now = self.house.clock()
        return self.pages.answer(
            template, status, {"Cache-Control": "no-store"},
            visitor=request[VISITOR], path=request.path, words=words, age=lambda since: age(since, now), **values,
        )  # fmt: skip


#: What the page says after a deed; an import that is held again speaks for itself.
_DONE = {"published": "The work is published.", "read": "It was read again.", "closed": "It is set aside."}


def _outcome(done: str, state: DepositState) -> str:
    return f"{done} It is held again; what is wrong stands below." if done and state is DepositState.HELD else done


def _asked(request: web.Request) -> tuple[str, str, str]:
    """Return what a list is asked for (state, words, where to go on), without what no text may hold."""
    state, text, before = (clean(request.query.get(name, ""))[:200].strip() for name in ("state", "q", "before"))
    return state, text, before


def _number(request: web.Request) -> str:
    """Return the import an address names; raises NotFound for what cannot be one."""
    number = request.match_info["id"]
    if not _ULID.fullmatch(number):
        raise NotFound("There is no such import.")
    return number


def _identifiers(tx: Connection, state: str, text: str, before: int) -> tuple[list[ledger.Entry], dict[str, str]]:
    known = state if state in {each.value for each in IdentifierState} else ""
    found = ledger.search(tx, state=known, text=text, before=before, limit=PAGE + 1)
    return found, records.titles(tx, {entry.record_id for entry in found if entry.record_id})
