"""Two people made one: chosen, looked at, done; and undone."""

from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.admin.people.person import person_number
from server.errors import Conflict, Invalid, NotFound, SheafError
from server.people import merging, store
from server.people.merging import Preview
from server.people.store import Kept, Search
from server.portal.asked import asked, number
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame, led

MOST = 20


@dataclass(frozen=True, slots=True)
class Merging:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get("/admin/people/{id}/merge", Right.PEOPLE, self.choose),
            post("/admin/people/{id}/merge", Right.PEOPLE, self.merge),
            post("/admin/people/{id}/part", Right.PEOPLE, self.part),
        ]

    async def choose(self, request: web.Request) -> web.StreamResponse:
        return await self._choose(request)

    async def _choose(self, request: web.Request, status: int = 200, failure: SheafError | None = None) -> web.Response:
        who = person_number(request)
        text, other = asked(request, "q", "other")
        kept, found, preview = await self.frame.house.database.read(_offered, who, text, number(other))
        return self.frame.page(
            request, "admin/people/merge.html", status, kept=kept, found=found, preview=preview, text=text, failure=failure
        )

    async def merge(self, request: web.Request) -> web.StreamResponse:
        house, who = self.frame.house, person_number(request)
        other = number((await fields(request)).get("other", ""))
        try:
            await house.database.write(merging.merge, who, other, request[VISITOR].actor, house.clock())
        except (Conflict, Invalid, NotFound) as error:
            return await self._choose(request, 409, error)
        house.worker.call()
        raise led(f"/admin/people/{who}", "people-merged")

    async def part(self, request: web.Request) -> web.StreamResponse:
        """Undo the merging of the person the form names into this one."""
        house, who = self.frame.house, person_number(request)
        gone = number((await fields(request)).get("other", ""))
        try:
            await house.database.write(merging.part, gone, request[VISITOR].actor, house.clock())
        except (Conflict, NotFound) as error:
            return await self._choose(request, 409, error)
        house.worker.call()
        raise led(f"/admin/people/{gone}", "people-parted", other=str(who))


def _offered(tx: Connection, who: int, text: str, other: int) -> tuple[Kept, list[Kept], Preview | None]:
    kept = store.get(tx, who)
    if other:
        return kept, [], merging.preview(tx, who, other)
    # without words: those of the same family name, who most often are meant
    found, _ = store.search(tx, Search(text or kept.person.family), MOST + 1)
    return kept, [one for one in found if one.id != who][:MOST], None
