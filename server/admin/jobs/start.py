"""Starting a task by hand: choose it, say what for, see how many items that is, start it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from msgspec import Struct
from sqlalchemy import Connection

from server.accounts.model import Right
from server.admin.jobs.forms import layout, offered, problems
from server.audit.log import Actor
from server.errors import Conflict, Invalid, NotFound
from server.forms.form import Form
from server.portal import words
from server.portal.door import VISITOR, pairs
from server.portal.frame import Frame, led
from server.portal.proof import CSRF
from server.runs import store
from server.runs.model import Run
from server.runs.task import Task

_SURE = "sure"


@dataclass(frozen=True, slots=True)
class Start:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get("/admin/jobs/start", Right.JOBS, self.choose),
            self.frame.get("/admin/jobs/start/{task}", Right.JOBS, self.form),
            self.frame.post("/admin/jobs/start/{task}", Right.JOBS, self.start),
        ]

    async def choose(self, request: web.Request) -> web.StreamResponse:
        found = [task for task in self.frame.house.tasks if task.offered]
        return self.frame.page(request, "admin/jobs/tasks.html", offered=found, lead="/admin/jobs/start")

    async def form(self, request: web.Request) -> web.StreamResponse:
        task = self._task(request)
        choices = await self.frame.house.database.read(offered, task)
        return self._form(request, task, layout(task, choices).show())

    async def start(self, request: web.Request) -> web.StreamResponse:
        """Start what was confirmed; before that, say how many items it is."""
        house, task, given = self.frame.house, self._task(request), await pairs(request)
        fields = layout(task, await house.database.read(offered, task))
        read = fields.read(given.items())
        if isinstance(read, Form):
            return self._form(request, task, read, 422)
        try:
            if _SURE not in given:
                count = await house.database.read(_count, task, read)
                kept = [(name, value) for name, value in given.items() if name != CSRF]
                return self.frame.page(
                    request, "admin/jobs/sure.html", task=task, count=count, kept=kept, sure=_SURE, words=words
                )
            run = await house.database.write(_start, task, read, request[VISITOR].actor, house.clock())
        except (Invalid, NotFound, Conflict) as error:
            return self._form(request, task, fields.again(given.items(), None, problems(error)), 422)
        house.worker.call()
        raise led(f"/admin/jobs/{run.id}", "started")

    def _form(self, request: web.Request, task: Task[Any], form: Form, status: int = 200) -> web.Response:
        return self.frame.page(request, "admin/jobs/start.html", status, task=task, form=form)

    def _task(self, request: web.Request) -> Task[Any]:
        task = self.frame.house.tasks.get(request.match_info["task"])
        if not task.offered:
            raise NotFound("This task begins at a page of its own.")
        return task


def _count(tx: Connection, task: Task[Any], given: Struct) -> int:
    task.profile(tx, given)
    return task.count(tx, given)


def _start(tx: Connection, task: Task[Any], given: Struct, actor: Actor, now: datetime) -> Run:
    return store.start(tx, task, given, actor, now)
