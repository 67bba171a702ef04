"""Imports with the same cause: what it means, what to do, and one button that reads all of them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, Invalid, NotFound, SheafError
from server.portal import words
from server.portal.asked import asked
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame, led
from server.profiles.model import Profile
from server.runs import store as runs
from server.runs.task import Task
from server.sword import explaining, monitor
from server.sword.causes import CAUSES, title
from server.sword.explaining import TABLES, Explained, explain
from server.sword.monitor import Asked, Group
from server.sword.problems import Weight
from server.sword.replay import NAME, Replay
from server.works import labels
from server.xml import clean

PATH = "/admin/imports/causes"
SAMPLE = 10


@dataclass(frozen=True, slots=True)
class _Seen:
    group: Group
    sample: Sequence[tuple[str, str, str]]
    profiles: Sequence[Profile]


@dataclass(frozen=True, slots=True)
class Groups:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get(PATH, Right.WORKS, self.group),
            self.frame.post(f"{PATH}/read", Right.IMPORTS, self.read_again),
            self.frame.post(f"{PATH}/explain", Right.PROFILES, self.explain),
        ]

    async def group(self, request: web.Request) -> web.StreamResponse:
        code, value, weight = asked(request, "code", "value", "weight")
        if not code:
            raise led("/admin/imports")
        return await self._group(request, code, value, _weight(weight))

    async def read_again(self, request: web.Request) -> web.StreamResponse:
        """Ask for a run that reads all of one cause again."""
        given, house, by = await fields(request), self.frame.house, request[VISITOR].actor
        code, value = _of(given)
        try:
            number = await house.database.write(_again, house.tasks.get(NAME), code, value, by, house.clock())
        except Conflict as error:
            return await self._group(request, code, value, Weight.HOLD, 409, error)
        house.worker.call()
        raise led(f"/admin/jobs/{number}", "started")

    async def explain(self, request: web.Request) -> web.StreamResponse:
        """Write what a word means into the SWORD profile, and read all that was held for it again."""
        given, house, by = await fields(request), self.frame.house, request[VISITOR].actor
        code, value = _of(given)
        weight = _weight(given.get("weight", ""))
        said = Explained(code, value, given.get("meaning", ""))
        keeper = house.keeper
        try:
            number = await keeper.do(explain, keeper.desk, house.tasks.get(NAME), said, weight, by)
        except (Conflict, Invalid, NotFound) as error:
            return await self._group(request, code, value, weight, 422, error, said.meaning)
        if number is None:
            raise led(PATH, "explained", code=code, value=value, weight=weight.value)
        raise led(f"/admin/jobs/{number}", "explained-and-started")

    async def _group(
        self,
        request: web.Request,
        code: str,
        value: str,
        weight: Weight,
        status: int = 200,
        failure: SheafError | None = None,
        typed: str = "",
    ) -> web.Response:
        seen = await self.frame.house.database.read(_seen, code, value, weight)
        filtered = Asked(problem=code, value=value, state="held" if weight is Weight.HOLD else "")
        return self.frame.page(
            request, "admin/imports/group.html", status, seen=seen, cause=CAUSES.get(code), title=title(code), words=words,
            table=TABLES.get(code, ("",))[0] if value else "", types=labels.TYPES_BY_CATEGORY, languages=labels.LANGUAGES,
            failure=failure, typed=typed, filtered=filtered,
        )  # fmt: skip


def _of(given: dict[str, str]) -> tuple[str, str]:
    return clean(given.get("code", "")), clean(given.get("value", ""))


def _weight(text: str) -> Weight:
    return Weight(text) if text in set(Weight) else Weight.HOLD


def _seen(tx: Connection, code: str, value: str, weight: Weight) -> _Seen:
    sample = monitor.group_ids(tx, code, value, "", SAMPLE) if weight is Weight.HOLD else ()
    return _Seen(monitor.group(tx, code, value, weight), sample, explaining.concerned(tx, code, value, weight))


def _again(tx: Connection, task: Task[Replay], code: str, value: str, by: Actor, now: datetime) -> int:
    wanted = Replay(code=code, value=value)
    if not task.count(tx, wanted):
        raise Conflict("Nothing is held for this any more.", code="state")
    audit.note(tx, by, "import.read-again", "cause", code, now, summary=f"{title(code)}: {value}" if value else title(code))
    return runs.start(tx, task, wanted, by, now).id
