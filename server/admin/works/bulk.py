"""Many works changed at once: what would be changed is shown first, what cannot be taken back asks for its number."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from msgspec import to_builtins
from sqlalchemy import Connection

from server.accounts.model import Right
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Invalid
from server.portal.door import VISITOR, pairs
from server.portal.frame import Frame, led
from server.records.vocabulary import ACCESS
from server.runs import store as runs
from server.runs.task import Task
from server.works import bulk, find, labels
from server.works.bulk import KINDS, Change, Deed
from server.works.find import wanted_of
from server.xml import clean

PATH = "/admin/works/bulk"
SAMPLE = 10


@dataclass(frozen=True, slots=True)
class _Seen:
    count: int
    sample: list[tuple[str, str]]
    collections: list[str]
    owners: list[str]


@dataclass(frozen=True, slots=True)
class Bulk:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.post(PATH, Right.WITHDRAW, self.choose),
            self.frame.post(f"{PATH}/run", Right.WITHDRAW, self.run),
        ]

    async def choose(self, request: web.Request) -> web.StreamResponse:
        """Show which works were chosen, and what can be done to them."""
        form = await pairs(request)
        wanted = wanted_of(clean(form.get("query", "")))
        chosen = tuple(dict.fromkeys(form.getall("id", []))) if form.get("what") != "all" else ()
        if form.get("what") != "all" and not chosen:
            raise led("/admin/works", "nothing-selected", **to_builtins(wanted))
        return await self._page(request, Change(deed=Deed.ADD_SUBJECT, ids=chosen, query=wanted.query))

    async def run(self, request: web.Request) -> web.StreamResponse:
        """Ask for the run; whatever is missing or not so any more is said, and nothing is done."""
        form, house, by = await pairs(request), self.frame.house, request[VISITOR].actor
        change = _change(form.getall("id", []), {name: form[name] for name in form})
        if change is None:
            raise web.HTTPBadRequest(text="This form does not say what is to be done.")
        try:
            number = await house.database.write(
                _start, house.tasks.get("change-works"), change, form.get("count", ""), by, house.clock()
            )
        except Invalid as error:
            return await self._page(request, change, 422, error)
        house.worker.call()
        raise led(f"/admin/jobs/{number}", "started")

    async def _page(
        self, request: web.Request, change: Change, status: int = 200, failure: Invalid | None = None
    ) -> web.StreamResponse:
        seen = await self.frame.house.database.read_hot(_seen, change)
        return self.frame.page(
            request, "admin/works/bulk.html", status, change=change, seen=seen, kinds=KINDS, failure=failure,
            wanted=wanted_of(change.query), access=list(ACCESS), licences=list(labels.LICENCES),
        )  # fmt: skip


def _change(ids: list[str], given: dict[str, str]) -> Change | None:
    deed = given.get("deed", "")
    if deed not in set(Deed):
        return None
    value = clean(given.get(f"value-{deed}", "")).strip()[:2000]
    query = wanted_of(clean(given.get("query", ""))).query
    return Change(deed=Deed(deed), ids=tuple(dict.fromkeys(ids)), query=query, value=value)


def _start(tx: Connection, task: Task[Change], change: Change, typed: str, by: Actor, now: datetime) -> int:
    count = bulk.count(tx, change)
    if count == 0:
        raise Invalid("No work is chosen any more.", place="count")
    unsure = KINDS[change.deed].grave and typed.replace(",", "").strip() != str(count)
    confirm = f"Type {count}, the number of the works, to do this to all of them."
    try:
        bulk.checked(tx, change)
    except Invalid as error:
        raise Invalid(f"{error.message} {confirm if unsure else ''}".strip(), place="count" if unsure else error.place) from error
    if unsure:
        raise Invalid(confirm, place="count")
    summary = f"{KINDS[change.deed].title}: {count} works"
    audit.note(
        tx,
        by,
        "records.changed",
        "search",
        change.query or "selection",
        now,
        summary=summary,
        changes={"value": (None, change.value)},
    )
    return runs.start(tx, task, change, by, now).id


def _seen(tx: Connection, change: Change) -> _Seen:
    sample = [(item.id, item.title) for item in bulk.subjects(tx, change, "", SAMPLE)]
    return _Seen(bulk.count(tx, change), sample, find.collections(tx), find.owners(tx))
