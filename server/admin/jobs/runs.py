"""The pages of the runs: what runs and waits, what ended, one run with its report and its log, and what can be done with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.admin.jobs.forms import said
from server.audit.log import Actor
from server.errors import Conflict, Invalid, NotFound, SheafError
from server.pages import PROTECTION
from server.portal import words
from server.portal.asked import asked, number
from server.portal.door import VISITOR, pairs
from server.portal.frame import Frame, led
from server.portal.notices import NOTICES
from server.portal.spoken import lasting
from server.runs import report, schedule, store
from server.runs.model import KEPT, Item, Line, Outcome, Run, RunState
from server.runs.store import Wanted
from server.runs.task import Task, Tasks

PAGE = 50
ITEMS = 100
LINES = 200
CHUNK = 1000
"""Rows of a report sent at a time."""

_ENDS = {state.value: word.label for state, word in words.RUNS.items() if state not in {RunState.WAITING, RunState.RUNNING}}


@dataclass(frozen=True, slots=True)
class _Seen:
    """A run with all that its page shows of it."""

    run: Run
    items: list[Item]
    lines: list[Line]
    obstacle: int | None
    schedule: str
    """How the schedule it came from is said; empty where there is none (any more)."""


@dataclass(frozen=True, slots=True)
class Runs:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get("/admin/jobs", Right.JOBS, self.going_on),
            get("/admin/jobs/ended", Right.JOBS, self.ended),
            get("/admin/jobs/{id}", Right.JOBS, self.one),
            get("/admin/jobs/{id}/report.csv", Right.JOBS, self.report),
            post("/admin/jobs/{id}/cancel", Right.JOBS, self.cancel),
            post("/admin/jobs/{id}/again", Right.JOBS, self.again),
            post("/admin/jobs/{id}/failed", Right.JOBS, self.again_the_failed),
        ]

    async def going_on(self, request: web.Request) -> web.StreamResponse:
        found = await self.frame.house.database.read(store.going_on)
        return self._page(request, "admin/jobs/running.html", runs=found)

    async def ended(self, request: web.Request) -> web.StreamResponse:
        task, state, profile, before = asked(request, "task", "state", "profile", "before")
        wanted = Wanted(task, state if state in _ENDS else "", number(profile) or None, number(before))
        found = await self.frame.house.database.read(store.ended, wanted, PAGE + 1)
        shown = found[:PAGE]
        query = {"task": task, "state": wanted.state, "profile": profile} | ({"before": shown[-1].id} if shown else {})
        older = urlencode({name: value for name, value in query.items() if value}) if len(found) > PAGE else ""
        return self._page(request, "admin/jobs/ended.html", runs=shown, wanted=wanted, states=_ENDS, older=older)

    async def one(self, request: web.Request) -> web.StreamResponse:
        return await self._one(request)

    async def report(self, request: web.Request) -> web.StreamResponse:
        """Send the whole report, some rows at a time."""
        database, wanted = self.frame.house.database, _number(request)
        run = await database.read(store.get, wanted)
        response = web.StreamResponse(headers=PROTECTION)
        response.content_type, response.charset = "text/csv", "utf-8"
        response.headers["Content-Disposition"] = f'attachment; filename="run-{run.id}-{run.task}.csv"'
        response.headers["Cache-Control"] = "no-store"
        await response.prepare(request)
        await response.write(report.head())
        after = 0
        while found := await database.read(store.items, wanted, after=after, limit=CHUNK):
            await response.write(report.rows(found))
            after = found[-1].seq
        await response.write_eof()
        return response

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        house, wanted = self.frame.house, _number(request)
        try:
            await house.database.write(store.cancel, wanted, request[VISITOR].actor, house.clock())
        except Conflict as error:
            return await self._one(request, 409, error)
        house.worker.call()
        raise led(f"/admin/jobs/{wanted}", "cancelled")

    async def again(self, request: web.Request) -> web.StreamResponse:
        return await self._repeated(request, "again")

    async def again_the_failed(self, request: web.Request) -> web.StreamResponse:
        return await self._repeated(request, "failed")

    async def _repeated(self, request: web.Request, what: str) -> web.StreamResponse:
        """Ask for a run again; what begins with a selection of somebody's asks for its number, as it did there."""
        house, wanted, typed = self.frame.house, _number(request), (await pairs(request)).get("count")
        try:
            run = await house.database.write(_repeat, house.tasks, what, wanted, typed, request[VISITOR].actor, house.clock())
        except Unsure as unsure:
            return self._page(
                request, "admin/jobs/again.html", 200 if typed is None else 422, run=unsure.run, count=unsure.count, what=what,
                typed=typed,
            )  # fmt: skip
        except (Conflict, Invalid, NotFound) as error:
            return await self._one(request, 409, error)
        house.worker.call()
        raise led(f"/admin/jobs/{run.id}", "started")

    async def _one(self, request: web.Request, status: int = 200, failure: SheafError | None = None) -> web.Response:
        house, wanted = self.frame.house, _number(request)
        outcome, after = asked(request, "outcome", "after")
        outcome = outcome if outcome in set(Outcome) else ""
        seen = await house.database.read(_seen, wanted, outcome, number(after))
        shown = seen.items[:ITEMS]
        more = urlencode({"outcome": outcome, "after": shown[-1].seq}) if len(seen.items) > ITEMS else ""
        # how it ended says more than that it was asked for
        notice = "" if seen.run.over else NOTICES.get(request.query.get("done", ""), "")
        return self._page(
            request, "admin/jobs/run.html", status, notice=notice, failure=failure, it=seen, run=seen.run, items=shown, more=more,
            outcome=outcome, kept=KEPT, given=said(house.tasks, seen.run), took=seen.run.took(house.clock()),
            known=house.tasks.find(seen.run.task) is not None,
        )  # fmt: skip

    def _page(self, request: web.Request, template: str, status: int = 200, **values: object) -> web.Response:
        house = self.frame.house
        return self.frame.page(request, template, status, words=words, tasks=house.tasks, lasting=lasting, **values)


def _seen(tx: Connection, wanted: int, outcome: str, after: int) -> _Seen:
    run = store.get(tx, wanted)
    obstacle = store.in_the_way(tx, wanted) if run.state is RunState.WAITING else None
    items = store.items(tx, wanted, outcome=outcome, after=after, limit=ITEMS + 1)
    by = schedule.find(tx, run.schedule_id) if run.schedule_id is not None else None
    return _Seen(run, items, store.lines(tx, wanted, LINES), obstacle, schedule.said(by.cron) if by else "")


#: How a run is asked for again, and how many items that concerns, by the name of its button.
_AGAIN: dict[str, tuple[Callable[..., Run], Callable[[Connection, Task[Any], Run], int]]] = {
    "again": (store.again, store.count_again),
    "failed": (store.again_the_failed, lambda tx, _task, before: store.failures(tx, before.id)),
}


class Unsure(Conflict):
    """What is asked for again needs its number typed."""

    def __init__(self, run: Run, count: int) -> None:
        super().__init__(f"Type {count}, the number of the items, to do this to all of them.", place="count")
        self.run, self.count = run, count


def _repeat(tx: Connection, tasks: Tasks, what: str, wanted: int, typed: str | None, actor: Actor, now: datetime) -> Run:
    before = store.get(tx, wanted)
    task, (how, counted) = tasks.get(before.task), _AGAIN[what]
    if not task.offered:
        count = counted(tx, task, before)
        if typed is None or typed.replace(",", "").strip() != str(count):
            raise Unsure(before, count)
    return how(tx, task, before, actor, now)


def _number(request: web.Request) -> int:
    """Return the run an address names; raises NotFound for what cannot be one."""
    wanted = number(request.match_info["id"])
    if not wanted:
        raise NotFound("There is no such run.")
    return wanted
