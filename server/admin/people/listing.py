"""The list of people, and somebody new."""

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.errors import Conflict
from server.people import candidates, keeping, store
from server.people.model import Person
from server.people.sheet import WHOLE
from server.people.store import Kept, Search
from server.portal.asked import asked, number
from server.portal.door import VISITOR, pairs
from server.portal.frame import Frame, led

PAGE = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list."""

    people: list[Kept]
    total: int
    tallies: dict[int, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Listing:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get("/admin/people", Right.PEOPLE, self.people),
            get("/admin/people/new", Right.PEOPLE, self.form),
            post("/admin/people/new", Right.PEOPLE, self.add),
        ]

    async def people(self, request: web.Request) -> web.StreamResponse:
        text, only, page = asked(request, "q", "only", "page")
        wanted = Search(text, only if only in store.ONLY else "", max(1, min(number(page), 100_000)))
        found = await self.frame.house.database.read(_listed, wanted)
        ways = {word: _page(wanted, step) for word, step in (("earlier", -1), ("later", 1)) if _there(wanted, step, found.total)}
        return self.frame.page(
            request, "admin/people/list.html", found=found, wanted=wanted, only=store.ONLY, ways=ways,
            first=(wanted.page - 1) * PAGE + 1,
        )  # fmt: skip

    async def form(self, request: web.Request) -> web.StreamResponse:
        return self.frame.page(request, "admin/people/edit.html", form=WHOLE.show(), kept=None, version=0, failure=None)

    async def add(self, request: web.Request) -> web.StreamResponse:
        posted = list((await pairs(request)).items())
        house, failure = self.frame.house, None
        read = WHOLE.read(posted)
        if isinstance(read, Person):
            try:
                kept = await house.database.write(keeping.add, read, request[VISITOR].actor, house.clock())
            except Conflict as error:
                read, failure = WHOLE.again(posted, None, {error.place: f"{error.message} {error.remedy}"}), error
            else:
                house.worker.call()
                raise led(f"/admin/people/{kept.id}", "person-added")
        status = 422 if read.errors else 200
        return self.frame.page(request, "admin/people/edit.html", status, form=read, kept=None, version=0, failure=failure)


def _listed(tx: Connection, wanted: Search) -> Listed:
    people, total = store.search(tx, wanted, PAGE)
    return Listed(people, total, candidates.tallies(tx, [kept.id for kept in people]))


def _there(wanted: Search, step: int, total: int) -> bool:
    return 1 <= wanted.page + step <= max(1, -(-total // PAGE))


def _page(wanted: Search, step: int) -> str:
    query = {"q": wanted.text, "only": wanted.only, "page": str(wanted.page + step)}
    return urlencode({name: value for name, value in query.items() if value})
