"""Several imports at once: read again, or their works approved, returned, declined. Each is a run that reports on each."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.admin.imports.reasons import chosen
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Invalid
from server.portal.door import VISITOR, pairs
from server.portal.frame import Frame, led
from server.records.model import is_id
from server.runs import store as runs
from server.runs.task import Task
from server.sword import store
from server.sword.monitor import asked_of
from server.sword.replay import NAME, Replay
from server.works import bulk, deeds
from server.works.bulk import KINDS, Change, Deed

PATH = "/admin/imports"
MOST = 1000
"""Imports that can be selected at once; a page has fewer."""

#: What can be decided about the works of several imports.
JUDGED = {Deed.APPROVE, Deed.RETURN, Deed.DECLINE, Deed.REOPEN}


@dataclass(frozen=True, slots=True)
class Several:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.post(f"{PATH}/read", Right.IMPORTS, self.read_again),
            self.frame.post(f"{PATH}/judge", Right.WITHDRAW, self.judge),
        ]

    async def read_again(self, request: web.Request) -> web.StreamResponse:
        """Read the selected imports again, or all that are held of what was found."""
        form, house, by = await pairs(request), self.frame.house, request[VISITOR].actor
        query = asked_of(form.get("query", "")).query
        wanted = Replay(query=query) if form.get("what") == "all" else Replay(ids=_selected(form.getall("id", [])))
        if form.get("what") != "all" and not wanted.ids:
            raise led(PATH, "select-imports", **_again(query))
        number = await house.database.write(_read, house.tasks.get(NAME), wanted, by, house.clock())
        house.worker.call()
        raise led(f"/admin/jobs/{number}", "started")

    async def judge(self, request: web.Request) -> web.StreamResponse:
        """Decide about the works the selected imports brought."""
        form, house, by = await pairs(request), self.frame.house, request[VISITOR].actor
        query = asked_of(form.get("query", "")).query
        deed, ids = form.get("deed", ""), _selected(form.getall("id", []))
        if deed not in JUDGED:
            raise web.HTTPBadRequest(text="This form does not say what is to be done.")
        back = _again(query)
        if not ids:
            raise led(PATH, "select-imports", **back)
        try:
            reason = deeds.reason_of(chosen(dict(form))) if KINDS[Deed(deed)].value else ""
        except Invalid:
            raise led(PATH, "reason-needed", **back) from None
        task = house.tasks.get("change-works")
        number = await house.database.write(_judged, task, Deed(deed), ids, reason, by, house.clock())
        if number is None:
            raise led(PATH, "select-imports", **back)
        house.worker.call()
        raise led(f"/admin/jobs/{number}", "started")


def _again(query: str) -> dict[str, str]:
    """Return what was looked for, so that it stands in the address that is led back to."""
    return dict(parse_qsl(query))


def _selected(ids: list[str]) -> tuple[str, ...]:
    return tuple(number for number in dict.fromkeys(ids) if is_id(number))[:MOST]


def _read(tx: Connection, task: Task[Replay], wanted: Replay, by: Actor, now: datetime) -> int:
    which = wanted.query or "selection"
    audit.note(tx, by, "import.read-again", "search", which, now, summary=f"{task.count(tx, wanted)} imports")
    return runs.start(tx, task, wanted, by, now).id


def _judged(
    tx: Connection, task: Task[Change], deed: Deed, ids: tuple[str, ...], reason: str, by: Actor, now: datetime
) -> int | None:
    """Ask for a run over the works of imports; None where they have none."""
    found = (store.deposit(tx, number) for number in ids)
    works = tuple(dict.fromkeys(each.container_id for each in found if each is not None and each.container_id))
    change = Change(deed=deed, ids=works, value=reason)
    if not works or not bulk.count(tx, change):
        return None
    summary = f"{KINDS[deed].title}: {len(works)} works"
    audit.note(tx, by, "imports.judged", "search", "selection", now, summary=summary, changes={"reason": (None, reason)})
    return runs.start(tx, task, change, by, now).id
