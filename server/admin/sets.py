"""The sets harvesters can ask for: how many works each holds, at which base URLs, and a touch that has them fetched again."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy import Connection

from server import regrouping
from server.accounts.model import Right
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import NotFound
from server.oai import sets
from server.oai.definition import KIND, Definition, base_url
from server.oai.sets import Inside, Shown
from server.portal.asked import asked
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame, led
from server.records import lists
from server.regrouping import TOUCH, Progress, Touched
from server.runs import store as runs
from server.runs.task import Task
from server.sword.server import Servers

PATH = "/admin/sets"


@dataclass(frozen=True, slots=True)
class _Seen:
    bases: list[Shown]
    sets: list[Shown]
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class Sets:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get(PATH, Right.WORKS, self.every),
            get(f"{PATH}/one", Right.WORKS, self.one),
            post(f"{PATH}/touch", Right.JOBS, self.touch),
        ]

    async def every(self, request: web.Request) -> web.StreamResponse:
        found = self._definition()
        if found is None:
            return self.frame.page(request, "admin/sets.html", seen=None)
        number, definition = found
        seen = await self.frame.house.database.read_hot(_seen, definition, self._titles())
        (text,) = asked(request, "q")
        wanted = [each for each in seen.sets if text.lower() in f"{each.spec} {each.name}".lower()]
        return self.frame.page(request, "admin/sets.html", seen=seen, sets=wanted, text=text, profile=number, url=self._url)

    async def one(self, request: web.Request) -> web.StreamResponse:
        spec, behind = asked(request, "set", "behind")
        found = self._definition()
        known = None if found is None else await self.frame.house.database.read_hot(_one, found[1], self._titles(), spec, behind)
        if known is None:
            raise NotFound("There is no such set.", remedy="The list shows those there are.")
        shown, inside = known
        return self.frame.page(
            request, "admin/set.html", shown=shown, inside=inside, url=self._url, first=not behind,
            is_context=sets.is_context(spec),
        )  # fmt: skip

    async def touch(self, request: web.Request) -> web.StreamResponse:
        """Ask for the run that gives every member of a set a new datestamp."""
        house, spec = self.frame.house, (await fields(request)).get("set", "")[:200]
        task, by = house.tasks.get(TOUCH), request[VISITOR].actor
        number = await house.database.write(_start, task, Touched(spec=spec), by, house.clock())
        house.worker.call()
        raise led(f"/admin/jobs/{number}", "started")

    def _definition(self) -> tuple[int, Definition] | None:
        found = self.frame.house.keeper.live.of(KIND)
        return (found[0].profile.id, found[0].settings) if found else None

    def _titles(self) -> dict[str, str]:
        return Servers(self.frame.house.keeper.live).titles()

    def _url(self, context: str) -> str:
        return base_url(self.frame.house.press.renderer.repository.url, context)


def _seen(tx: Connection, definition: Definition, titles: dict[str, str]) -> _Seen:
    sizes = lists.sizes(tx)
    return _Seen(sets.bases(definition, sizes), sets.shown(tx, definition, titles, sizes), regrouping.progress(tx))


def _one(tx: Connection, definition: Definition, titles: dict[str, str], spec: str, behind: str) -> tuple[Shown, Inside] | None:
    """Return a set and its members, or None where it is none."""
    if sets.is_context(spec):
        found = next((each for each in sets.bases(definition, {}) if each.spec == spec), None)
    else:
        found = next((each for each in sets.shown(tx, definition, titles, {}) if each.spec == spec), None)
    return None if found is None else (found, sets.inside(tx, spec, behind))


def _start(tx: Connection, task: Task[Touched], touched: Touched, by: Actor, now: datetime) -> int:
    if not (count := task.count(tx, touched)):
        raise NotFound("There is no such set, or nothing is in it.", remedy="The list shows those there are.")
    name = touched.spec or "all records"
    audit.note(tx, by, "set.touched", "set", name, now, summary=f"{name}: {count} works")
    return runs.start(tx, task, touched, by, now).id
