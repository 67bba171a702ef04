"""My profile: the names, identifiers and affiliations by which works are known to be mine."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.errors import Conflict, Invalid
from server.orcid import links
from server.orcid.kind import profile_of
from server.people import keeping, store
from server.people.model import Person
from server.people.sheet import OWN
from server.people.store import Kept
from server.portal.asked import number
from server.portal.door import VISITOR, pairs
from server.portal.frame import Frame, led


@dataclass(frozen=True, slots=True)
class Profile:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get("/my/profile", Right.MY, self.profile),
            self.frame.get("/my/profile/edit", Right.MY, self.form),
            self.frame.post("/my/profile/edit", Right.MY, self.save),
            self.frame.post("/my/profile/claim", Right.MY, self.claim),
        ]

    async def profile(self, request: web.Request) -> web.StreamResponse:
        account = request[VISITOR].account.id
        kept, proved = await self.frame.house.database.read(_profile, account)
        offered = await self.frame.house.database.read(store.claimable, account) if kept is None else None
        link = await self.frame.house.database.read(_link, kept)
        return self.frame.page(request, "my/profile.html", kept=kept, proved=proved, offered=offered, **link)

    async def form(self, request: web.Request) -> web.StreamResponse:
        kept, _ = await self.frame.house.database.read(_profile, request[VISITOR].account.id)
        return self._form(request, OWN.show(kept.person if kept else None), kept.version if kept else 0)

    async def save(self, request: web.Request) -> web.StreamResponse:
        house, visitor, posted = self.frame.house, request[VISITOR], await pairs(request)
        kept, _ = await house.database.read(_profile, visitor.account.id)
        before = kept.person if kept else None
        read = OWN.read(list(posted.items()), before)
        version = number(posted.get("version", ""))
        if not isinstance(read, Person):
            return self._form(request, read, version, 422 if read.errors else 200)
        try:
            await house.database.write(keeping.save_own, visitor.account.id, version, read, visitor.actor, house.clock())
        except (Conflict, Invalid) as error:
            again = OWN.again(list(posted.items()), before, {error.place: f"{error.message} {error.remedy}"})
            return self._form(request, again, kept.version if kept else 0, 409)
        house.worker.call()
        raise led("/my/profile", "saved")

    async def claim(self, request: web.Request) -> web.StreamResponse:
        """Say that one is the person with the e-mail address the account proved."""
        house, visitor = self.frame.house, request[VISITOR]
        who = number((await pairs(request)).get("person", ""))
        await house.database.write(keeping.claim, visitor.account.id, who, visitor.actor, house.clock())
        raise led("/my/profile", "saved")

    def _form(self, request: web.Request, form: Any, version: int, status: int = 200) -> web.Response:
        return self.frame.page(request, "my/profile-edit.html", status, form=form, version=version)


def _link(tx: Connection, kept: Kept | None) -> dict[str, Any]:
    """Return whether an ORCID iD can be linked here, and the one that is."""
    return {"links": profile_of(tx) is not None, "link": links.find(tx, kept.id) if kept is not None else None}


def _profile(tx: Connection, account_id: int) -> tuple[Kept | None, set[tuple[str, str]]]:
    kept = store.of_account(tx, account_id)
    return kept, store.proved(tx, kept.id) if kept else set()
