"""A person's ORCID iD written into works: shown which, then asked for as a run."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.admin.people.person import person_number
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Invalid
from server.people import keeping, store
from server.people.candidates import Linked
from server.people.store import Kept
from server.portal.door import VISITOR
from server.portal.frame import Frame, led
from server.runs import store as runs
from server.runs.task import Task
from server.works import attributing
from server.works.attributing import Whose


@dataclass(frozen=True, slots=True)
class Orcid:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get("/admin/people/{id}/orcid", Right.PEOPLE, self.preview),
            self.frame.post("/admin/people/{id}/orcid", Right.PEOPLE, self.write),
        ]

    async def preview(self, request: web.Request) -> web.StreamResponse:
        kept, found = await self.frame.house.database.read_hot(_seen, person_number(request))
        works = {one.work.id: one for one in found}
        return self.frame.page(request, "admin/people/orcid.html", kept=kept, works=list(works.values()))

    async def write(self, request: web.Request) -> web.StreamResponse:
        house, who = self.frame.house, person_number(request)
        task = house.tasks.get(attributing.NAME)
        try:
            number = await house.database.write(_start, task, who, request[VISITOR].actor, house.clock())
        except Invalid as error:  # the last of them was changed meanwhile
            raise led(f"/admin/people/{who}", "orcid-nowhere") from error
        house.worker.call()
        raise led(f"/admin/jobs/{number}", "started")


def _seen(tx: Connection, who: int) -> tuple[Kept, list[Linked]]:
    return store.get(tx, who), attributing.lacking(tx, who)


def _start(tx: Connection, task: Task[Whose], who: int, by: Actor, now: datetime) -> int:
    kept, found = _seen(tx, who)
    if not found:
        raise Invalid("All works name the iD already.")
    count = len({one.work.id for one in found})
    changes = {"works": (None, count)}
    audit.note(tx, by, "person.orcid-written", keeping.KIND, str(who), now, summary=kept.person.label, changes=changes)
    return runs.start(tx, task, Whose(person=who), by, now).id
