"""The queue under all that goes by itself: how much of what, what is stuck and why, and trying it again."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, NotFound
from server.jobs import overview, queue
from server.jobs.overview import Heap, Stuck
from server.portal import words
from server.portal.asked import asked, number
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame, led

HOME = "/admin/jobs/queue"
PAGE = 50

_STATES = {state.value: words.JOBS[state].label for state in overview.STUCK}


@dataclass(frozen=True, slots=True)
class Queue:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get(HOME, Right.JOBS, self.queue),
            self.frame.post(f"{HOME}/all", Right.JOBS, self.all_again),
            self.frame.post(f"{HOME}/forget", Right.JOBS, self.forget),
            self.frame.post(f"{HOME}/{{id}}/again", Right.JOBS, self.again),
        ]

    async def queue(self, request: web.Request) -> web.StreamResponse:
        kind, state, before = asked(request, "kind", "state", "before")
        heaps, found = await self.frame.house.database.read(_seen, kind, state, number(before))
        shown = found[:PAGE]
        query = {"kind": kind, "state": state} | ({"before": str(shown[-1].id)} if shown else {})
        older = urlencode({name: value for name, value in query.items() if value}) if len(found) > PAGE else ""
        return self.frame.page(
            request, "admin/jobs/queue.html", heaps=heaps, jobs=shown, kinds=sorted({heap.kind for heap in heaps}), kind=kind,
            state=state, states=_STATES, older=older, words=words, stuck=overview.STUCK,
        )  # fmt: skip

    async def again(self, request: web.Request) -> web.StreamResponse:
        house, wanted = self.frame.house, number(request.match_info["id"])
        if not wanted:
            raise NotFound("There is no such job.")
        try:
            await house.database.write(_again, wanted, request[VISITOR].actor, house.clock())
        except Conflict:  # it went on by itself meanwhile: what was wanted is so
            raise led(HOME) from None
        house.worker.call()
        raise led(HOME, "asked-again")

    async def all_again(self, request: web.Request) -> web.StreamResponse:
        house, kind = self.frame.house, (await fields(request)).get("kind", "")[:32]
        count = await house.database.write(_all_again, kind, request[VISITOR].actor, house.clock())
        house.worker.call()
        raise led(HOME, "asked-again" if count else "")

    async def forget(self, request: web.Request) -> web.StreamResponse:
        house = self.frame.house
        await house.database.write(_forget, request[VISITOR].actor, house.clock())
        raise led(HOME, "forgotten")


def _seen(tx: Connection, kind: str, state: str, before: int) -> tuple[list[Heap], list[Stuck]]:
    return overview.heaps(tx), overview.stuck(tx, kind=kind, state=state, before=before, limit=PAGE + 1)


def _again(tx: Connection, wanted: int, actor: Actor, now: datetime) -> None:
    job = overview.ask_again(tx, wanted, now)
    audit.note(tx, actor, "job.asked-again", "job", str(wanted), now, summary=f"{job.kind} {job.subject}")


def _all_again(tx: Connection, kind: str, actor: Actor, now: datetime) -> int:
    count = overview.ask_all_again(tx, kind, now)
    if count:
        audit.note(tx, actor, "job.asked-again", "job", kind, now, summary=f"{count} of {kind}")
    return count


def _forget(tx: Connection, actor: Actor, now: datetime) -> None:
    count = queue.forget(tx, now)
    audit.note(tx, actor, "job.forgotten", "job", "done", now, summary=str(count))
