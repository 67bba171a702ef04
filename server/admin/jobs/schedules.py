"""What runs by the clock: the list, a form for each, pause, run now, delete."""

from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web
from msgspec import Struct
from multidict import MultiDict

from server.accounts.model import Right
from server.admin.jobs.forms import WHEN, When, layout, offered, problems, said
from server.errors import Conflict, Invalid, NotFound
from server.forms.form import Form, Layout
from server.portal.asked import number
from server.portal.door import VISITOR, pairs
from server.portal.frame import Frame, led
from server.runs import schedule
from server.runs.schedule import Schedule
from server.runs.task import Task

HOME = "/admin/jobs/schedules"
MOMENTS = 3
_TIMES = set(When.__struct_fields__)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The two halves of a schedule's form: what runs, and when."""

    given: Form
    when: Form

    @property
    def summary(self) -> Form:
        """What is wrong with either, together."""
        return replace(self.given, errors=(*self.when.errors, *self.given.errors))


@dataclass(frozen=True, slots=True)
class Schedules:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get(HOME, Right.JOBS, self.every),
            get(f"{HOME}/new", Right.JOBS, self.choose),
            get(f"{HOME}/new/{{task}}", Right.JOBS, self.new),
            post(f"{HOME}/new/{{task}}", Right.JOBS, self.add),
            get(f"{HOME}/{{id}}", Right.JOBS, self.one),
            post(f"{HOME}/{{id}}", Right.JOBS, self.change),
            post(f"{HOME}/{{id}}/run", Right.JOBS, self.run),
            post(f"{HOME}/{{id}}/pause", Right.JOBS, self.pause),
            post(f"{HOME}/{{id}}/resume", Right.JOBS, self.resume),
            post(f"{HOME}/{{id}}/delete", Right.JOBS, self.delete),
        ]

    async def every(self, request: web.Request) -> web.StreamResponse:
        house = self.frame.house
        found = await house.database.read(schedule.every)
        shown = [(each, said(house.tasks, each), self._moments(each)) for each in found]
        return self.frame.page(request, "admin/jobs/schedules.html", schedules=shown, tasks=house.tasks, spoken=schedule.said)

    async def choose(self, request: web.Request) -> web.StreamResponse:
        found = [task for task in self.frame.house.tasks if task.offered]
        return self.frame.page(request, "admin/jobs/tasks.html", offered=found, lead=f"{HOME}/new")

    async def new(self, request: web.Request) -> web.StreamResponse:
        task = self.frame.house.tasks.get(request.match_info["task"])
        drawn = _Drawn((await self._layout(task)).show(), WHEN.show())
        return self._form(request, task, drawn)

    async def add(self, request: web.Request) -> web.StreamResponse:
        house, task, posted = self.frame.house, self.frame.house.tasks.get(request.match_info["task"]), await pairs(request)
        read = _read(await self._layout(task), posted)
        if not isinstance(read, _Drawn):
            given, line = read
            try:
                await house.database.write(schedule.add, task, given, line, request[VISITOR].actor, house.clock())
            except (Invalid, NotFound, Conflict) as error:
                read = _refused(await self._layout(task), posted, error)
            else:
                raise led(HOME, "saved")
        return self._form(request, task, read, status=422)

    async def one(self, request: web.Request) -> web.StreamResponse:
        found = await self.frame.house.database.read(schedule.get, _number(request))
        task = self.frame.house.tasks.get(found.task)
        drawn = _Drawn((await self._layout(task)).show(task.decode(found.parameters)), WHEN.show(When.of(found.cron)))
        return self._form(request, task, drawn, found)

    async def change(self, request: web.Request) -> web.StreamResponse:
        house, posted = self.frame.house, await pairs(request)
        found = await house.database.read(schedule.get, _number(request))
        task = house.tasks.get(found.task)
        read = _read(await self._layout(task), posted)
        if not isinstance(read, _Drawn):
            given, line = read
            actor = request[VISITOR].actor
            try:
                await house.database.write(schedule.change, found.id, task, given, line, actor, house.clock())
            except (Invalid, NotFound, Conflict) as error:
                read = _refused(await self._layout(task), posted, error)
            else:
                raise led(HOME, "saved")
        return self._form(request, task, read, found, status=422)

    async def run(self, request: web.Request) -> web.StreamResponse:
        house = self.frame.house
        run = await house.database.write(schedule.run_now, house.tasks, _number(request), request[VISITOR].actor, house.clock())
        house.worker.call()
        raise led(f"/admin/jobs/{run.id}", "started")

    async def pause(self, request: web.Request) -> web.StreamResponse:
        house = self.frame.house
        await house.database.write(schedule.enable, _number(request), request[VISITOR].actor, house.clock(), enabled=False)
        raise led(HOME, "paused")

    async def resume(self, request: web.Request) -> web.StreamResponse:
        house = self.frame.house
        await house.database.write(schedule.enable, _number(request), request[VISITOR].actor, house.clock(), enabled=True)
        raise led(HOME, "resumed")

    async def delete(self, request: web.Request) -> web.StreamResponse:
        house = self.frame.house
        await house.database.write(schedule.remove, _number(request), request[VISITOR].actor, house.clock())
        raise led(HOME, "deleted")

    async def _layout(self, task: Task[Any]) -> Layout[Any]:
        return layout(task, await self.frame.house.database.read(offered, task))

    def _moments(self, found: Schedule) -> list[Any]:
        return schedule.moments(found.cron, self.frame.house.clock(), MOMENTS) if found.enabled else []

    def _form(
        self, request: web.Request, task: Task[Any], drawn: _Drawn, found: Schedule | None = None, *, status: int = 200
    ) -> web.Response:
        values = {"task": task, "given": drawn.given, "when": drawn.when, "summary": drawn.summary, "it": found}
        moments = self._moments(found) if found else []
        return self.frame.page(request, "admin/jobs/schedule.html", status, moments=moments, **values)


def _read(fields: Layout[Any], posted: MultiDict[str]) -> tuple[Struct, str] | _Drawn:
    """Return what was posted, or the form with everything that is wrong with it."""
    given, when = fields.read(_others(posted)), WHEN.read(_times(posted))
    line, problem = "", ""
    if isinstance(when, When):
        try:
            line = when.line()
        except Invalid as error:
            problem = f"{error.message} {error.remedy}"
    if line and not isinstance(given, Form):
        return given, line
    shown = WHEN.again(_times(posted), None, {"cron": problem} if problem else {}) if isinstance(when, When) else when
    return _Drawn(given if isinstance(given, Form) else fields.again(_others(posted), None, {}), shown)


def _refused(fields: Layout[Any], posted: MultiDict[str], error: Invalid | NotFound | Conflict) -> _Drawn:
    return _Drawn(fields.again(_others(posted), None, problems(error)), WHEN.again(_times(posted), None, {}))


def _times(posted: MultiDict[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in posted.items() if name in _TIMES]


def _others(posted: MultiDict[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in posted.items() if name not in _TIMES]


def _number(request: web.Request) -> int:
    """Return the schedule an address names; raises NotFound for what cannot be one."""
    wanted = number(request.match_info["id"])
    if not wanted:
        raise NotFound("There is no such schedule.")
    return wanted
