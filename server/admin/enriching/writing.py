"""What was chosen is written into the works, or taken back: shown first what that means, then asked for as a run."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.admin.enriching.answering import enrichment_number
from server.admin.enriching.begin import PATH
from server.audit import log as audit
from server.audit.log import Actor
from server.enrichment import store, writing
from server.enrichment.gathering import Enriched
from server.enrichment.kind import strange
from server.enrichment.store import Enrichment
from server.enrichment.writing import Plan
from server.errors import Conflict
from server.portal.door import VISITOR, pairs
from server.portal.frame import Frame, led
from server.records import store as records
from server.runs import store as runs
from server.runs.task import Task

LISTED = 50


@dataclass(frozen=True, slots=True)
class _Seen:
    enrichment: Enrichment
    plan: Plan
    titles: dict[str, str]
    writings: int
    works: int
    """From how many works what was written would be taken back."""
    strange: str
    """Why nothing may be written; empty where it may."""


@dataclass(frozen=True, slots=True)
class Writing:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get(f"{PATH}/{{number}}/write", Right.WITHDRAW, self.to_write),
            post(f"{PATH}/{{number}}/write", Right.WITHDRAW, self.write),
            get(f"{PATH}/{{number}}/undo", Right.WITHDRAW, self.to_undo),
            post(f"{PATH}/{{number}}/undo", Right.WITHDRAW, self.undo),
        ]

    async def to_write(self, request: web.Request) -> web.StreamResponse:
        return await self._page(request, "write")

    async def to_undo(self, request: web.Request) -> web.StreamResponse:
        return await self._page(request, "undo")

    async def _page(self, request: web.Request, name: str, status: int = 200, failure: str = "") -> web.StreamResponse:
        seen = await self.frame.house.database.read_hot(_seen, enrichment_number(request), self._own)
        return self.frame.page(request, f"admin/enriching/{name}.html", status, seen=seen, failure=failure, listed=LISTED)

    @property
    def _own(self) -> str:
        """The address of this house."""
        return self.frame.house.press.renderer.repository.url

    async def write(self, request: web.Request) -> web.StreamResponse:
        return await self._begin(request, writing.WRITE, "write")

    async def undo(self, request: web.Request) -> web.StreamResponse:
        return await self._begin(request, writing.UNDO, "undo")

    async def _begin(self, request: web.Request, name: str, page: str) -> web.StreamResponse:
        """Ask for the run; the number of the works is typed first, as the world sees what becomes of them."""
        form, house, number = await pairs(request), self.frame.house, enrichment_number(request)
        task = house.tasks.get(name)
        try:
            typed, by = form.get("count", ""), request[VISITOR].actor
            run = await house.database.write(_start, task, number, typed, self._own, by, house.clock())
        except Conflict as error:
            return await self._page(request, page, 422, error.message)
        house.worker.call()
        raise led(f"/admin/jobs/{run}", "started")


#: Task → the column of the run, and the deed of the audit log.
_DEEDS = {writing.WRITE: ("written", "enrichment.written"), writing.UNDO: ("undone", "enrichment.undone")}


def _start(tx: Connection, task: Task[Enriched], number: int, typed: str, own: str, by: Actor, now: datetime) -> int:
    enrichment = store.get(tx, number)
    if task.name == writing.WRITE and (why := strange(enrichment.registry, own)):
        raise Conflict(why)
    count = task.count(tx, Enriched(enrichment=number))
    if not count:
        raise Conflict("There is nothing to do: no work would be changed.")
    if typed.replace(",", "").strip() != str(count):
        raise Conflict(f"Type {count}, the number of the works, to do this to all of them.")
    column, deed = _DEEDS[task.name]
    run = runs.start(tx, task, Enriched(enrichment=number), by, now).id
    store.runs_as(tx, number, **{column: run})
    audit.note(tx, by, deed, "enrichment", str(number), now, summary=f"{count} works")
    return run


def _seen(tx: Connection, number: int, own: str) -> _Seen:
    enrichment, plan = store.get(tx, number), writing.plan(tx, number, LISTED)
    titles = records.titles(tx, {place.record_id for place, _ in plan.conflicts[:LISTED]})
    written, works = store.tally(tx, number).writings, writing.count_written(tx, number)
    return _Seen(enrichment, plan, titles, written, works, strange(enrichment.registry, own))
