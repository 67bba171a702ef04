"""The page of one person: what is known, their works, who may be them, the account; changed, let go, linked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from server.accounts import store as accounts
from server.accounts.model import Right
from server.audit.log import Actor
from server.errors import Conflict, Invalid, NotFound, SheafError
from server.people import candidates, keeping, merging, seeking, store
from server.people.candidates import Candidate, Linked
from server.people.linking import LinkState
from server.people.model import Person
from server.people.sheet import WHOLE
from server.people.store import Kept, Owner
from server.portal.asked import asked, number
from server.portal.door import VISITOR, pairs
from server.portal.frame import Frame, led
from server.portal.words import WORKS

PAGE = 50


@dataclass(frozen=True, slots=True)
class Seen:
    """All there is to say of a person."""

    kept: Kept
    proved: set[tuple[str, str]]
    works: list[Linked]
    total: int
    candidates: list[Candidate]
    waiting: int
    refused: list[Linked]
    account: str
    accounts: list[Owner]
    """Those that could be this person's."""
    merges: list[tuple[Kept, str, datetime]]
    sought: bool
    """Whether the works were looked through for them."""
    lacking: int
    """Published works that do not name the ORCID iD yet."""


@dataclass(frozen=True, slots=True)
class PersonPage:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get("/admin/people/{id}", Right.PEOPLE, self.person),
            get("/admin/people/{id}/edit", Right.PEOPLE, self.form),
            post("/admin/people/{id}/edit", Right.PEOPLE, self.change),
            post("/admin/people/{id}/active", Right.PEOPLE, self.active),
            post("/admin/people/{id}/account", Right.PEOPLE, self.account),
            post("/admin/people/{id}/works", Right.PEOPLE, self.decide),
        ]

    async def person(self, request: web.Request) -> web.StreamResponse:
        return await self._person(request)

    async def _person(self, request: web.Request, status: int = 200, failure: SheafError | None = None) -> web.Response:
        (page,) = asked(request, "page")
        shown = max(1, min(number(page), 100_000))
        seen = await self.frame.house.database.read(_seen, person_number(request), shown)
        if seen.kept.merged_into is not None and failure is None:
            raise web.HTTPSeeOther(f"/admin/people/{seen.kept.merged_into}")
        later = shown * PAGE < seen.total
        return self.frame.page(
            request, "admin/people/person.html", status, it=seen, words=WORKS, failure=failure, page_number=shown, later=later
        )

    async def form(self, request: web.Request) -> web.StreamResponse:
        kept = await self.frame.house.database.read(store.get, person_number(request))
        return self._form(request, kept, WHOLE.show(kept.person), kept.version)

    async def change(self, request: web.Request) -> web.StreamResponse:
        """Save what was typed; where somebody else saved meanwhile, what was typed stands in the form still."""
        house, posted = self.frame.house, await pairs(request)
        version = number(posted.get("version", ""))
        kept = await house.database.read(store.get, person_number(request))
        read = WHOLE.read(list(posted.items()), kept.person)
        if not isinstance(read, Person):
            return self._form(request, kept, read, version, status=422 if read.errors else 200)
        try:
            await house.database.write(keeping.change, kept.id, version, read, request[VISITOR].actor, house.clock())
        except Conflict as error:
            again = WHOLE.again(list(posted.items()), kept.person, {error.place: f"{error.message} {error.remedy}"})
            return self._form(request, kept, again, kept.version if error.code == "changed" else version, status=409)
        house.worker.call()
        raise led(f"/admin/people/{kept.id}", "saved")

    def _form(self, request: web.Request, kept: Kept, form: Any, version: int, status: int = 200) -> web.Response:
        return self.frame.page(request, "admin/people/edit.html", status, form=form, kept=kept, version=version)

    async def active(self, request: web.Request) -> web.StreamResponse:
        wanted = (await pairs(request)).get("active") == "yes"
        return await self._deed(request, "saved", keeping.set_active, wanted)

    async def account(self, request: web.Request) -> web.StreamResponse:
        chosen = number((await pairs(request)).get("account", ""))
        return await self._deed(request, "saved", keeping.set_account, chosen or None)

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """Say of the creators ticked that they are this person, or that they are not; all or none."""
        posted = await pairs(request)
        said = posted.get("say", "")
        places = [candidates.place_of(text) for text in posted.getall("place", [])]
        if said not in {LinkState.LINKED.value, LinkState.REFUSED.value} or None in places:
            raise web.HTTPBadRequest(text="This form cannot be read.")
        if not places:
            return await self._person(request, 422, Invalid("Tick the works you mean first."))
        return await self._deed(request, "people-decided", _decide, places, LinkState(said))

    async def _deed(self, request: web.Request, done: str, deed: Callable[..., Any], *what: Any) -> web.StreamResponse:
        house, who = self.frame.house, person_number(request)
        doing: Awaitable[Any] = house.database.write(deed, who, *what, request[VISITOR].actor, house.clock())
        try:
            await doing
        except (Conflict, Invalid, NotFound) as error:
            if error.code == "person":
                raise
            return await self._person(request, 409, error)
        house.worker.call()
        raise led(f"/admin/people/{who}", done)


def _seen(tx: Connection, who: int, page: int) -> Seen:
    kept = store.get(tx, who)
    works, total = candidates.linked_works(tx, who, page, PAGE)
    found, waiting = candidates.candidates(tx, who, kept.person)
    names = {account.id: account.name for account in accounts.every(tx)}
    return Seen(
        kept, store.proved(tx, who), works, total, found, waiting, candidates.refused_works(tx, who),
        names.get(kept.account_id or 0, ""), store.unlinked_accounts(tx, kept.person.email), merging.merges_into(tx, who),
        not seeking.is_waiting(tx, who), candidates.lacking_orcid(tx, who, kept.person),
    )  # fmt: skip


def _decide(tx: Connection, who: int, places: list[Any], state: LinkState, actor: Actor, now: datetime) -> None:
    for place in places:
        keeping.decide(tx, who, place, state, actor, now)


def person_number(request: web.Request) -> int:
    """Return the person an address names; raises NotFound for what cannot be one."""
    found = number(request.match_info["id"])
    if not found:
        raise NotFound("There is no such person.", code="person")
    return found
