"""My ORCID iD: linked by ORCID's own login, unlinked; what of my works is on my record there, and what is there and not here."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from aiohttp import web
from sqlalchemy import Connection

from server import observe
from server.accounts import tickets
from server.accounts.model import Account, Right
from server.accounts.tickets import Purpose
from server.audit.log import Actor
from server.errors import Conflict, Invalid, NotFound, Refused, SheafError, Unavailable
from server.orcid import inbox, ledger, links, oauth
from server.orcid.inbox import Looker
from server.orcid.kind import in_use
from server.orcid.model import Grant, Linked
from server.orcid.settings import Orcid
from server.orcid.sweep import look, push, push_beside
from server.people import store as people
from server.people.store import Kept
from server.portal import orcid as words
from server.portal.asked import number
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame, led
from server.profiles.model import Profile
from server.profiles.seal import Seal
from server.records.model import is_id
from server.works.saving import Author, Then, create

log = observe.logger("orcid")

PAGE = "/my/orcid"
MOST = 200
"""So many of one's works are shown with how they stand."""


@dataclass(frozen=True, slots=True)
class MyOrcid:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get(PAGE, Right.MY, self.page),
            post(f"{PAGE}/link", Right.MY, self.leave),
            get(oauth.BACK, Right.MY, self.back),
            post(f"{PAGE}/unlink", Right.MY, self.unlink),
            post(f"{PAGE}/works", Right.MY, self.wish),
            post(f"{PAGE}/look", Right.MY, self.look),
            post(f"{PAGE}/found", Right.MY, self.found),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        return await self._page(request)

    async def leave(self, request: web.Request) -> web.StreamResponse:
        """Send somebody to ORCID; they come back to the session they left."""
        house, visitor = self.frame.house, request[VISITOR]
        _, settings = await self._client()
        if await house.database.read(people.of_account, visitor.account.id) is None:
            raise led("/my/profile/edit", "profile-first")
        journey = oauth.depart(settings, house.press.renderer.repository.url, visitor.handle)
        document = msgspec.to_builtins(journey)
        state = await house.database.write(tickets.issue, Purpose.ORCID, house.clock(), visitor.account.id, document)
        address = oauth.address_of(journey, state)
        # Some browsers take a form nowhere but to us, redirects too (form-action); from a page they go on.
        response = self.frame.page(request, "my/orcid-onward.html", address=address)
        response.headers["Refresh"] = f"0; url={address}"
        return response

    async def back(self, request: web.Request) -> web.StreamResponse:
        """Take somebody back from ORCID, and keep their permission."""
        house, visitor, now = self.frame.house, request[VISITOR], self.frame.house.clock()
        try:
            _, settings = await self._client()
            state = request.query.get("state", "")
            ticket = await house.database.write(tickets.take, state, now, Purpose.ORCID) if state else None
            journey = msgspec.convert(ticket.document, oauth.Journey) if ticket is not None else None
            if ticket is None or journey is None or (ticket.account_id, journey.session) != (visitor.account.id, visitor.handle):
                raise Refused(
                    "This answer of ORCID is too old, or belongs to another session.", remedy="Begin again.", code="state"
                )
            if (journey.server, journey.client_id) != (settings.places.site, settings.client_id):
                raise Refused("The client at ORCID was changed meanwhile.", remedy="Begin again.", code="state")
            code = oauth.code_of(request.query)
            grant = await oauth.exchange(house.session, settings, journey, code, now)
            await self._keep(settings, visitor.account, grant, visitor.actor)
        except SheafError as error:
            log.warning("linked no ORCID iD", extra={"account": visitor.account.name, "reason": error.message})
            return await self._page(request, _STATUS[type(error)], error)
        house.worker.call()
        raise led(PAGE, "orcid-linked")

    async def _keep(self, settings: Orcid, account: Account, grant: Grant, actor: Actor) -> None:
        """Keep a permission; one that cannot be kept is given back. Raises as `links.link`.

        Not where the iD is linked here: ORCID may have handed out the token that is in use.
        """
        house = self.frame.house
        try:
            await house.database.write(_linked, self.frame, settings, account, grant, actor)
        except SheafError:
            is_used = await house.database.read(links.is_linked, settings, grant.orcid)
            if not is_used and (why := await oauth.revoke(house.session, settings, grant.access)):
                log.warning("could not give a permission back", extra={"account": account.name, "reason": why})
            raise

    async def unlink(self, request: web.Request) -> web.StreamResponse:
        """Forget the permission, and give it back at ORCID; that it cannot be given back is said, and is no reason to keep it."""
        house, visitor = self.frame.house, request[VISITOR]
        found = await house.database.read(in_use, house.seal)
        before = await house.database.write(_unlinked, visitor.account, visitor.actor, house.clock())
        why = "No client at ORCID is set up."
        if found is not None and before.server == found[1].places.site:
            try:
                why = await oauth.revoke(house.session, found[1], links.token_of(before, house.seal))
            except Unavailable as error:
                why = error.message
        if why:
            log.warning("could not give a permission back", extra={"person": before.person_id, "reason": why})
        raise led(PAGE, "orcid-unlinked-only" if why else "orcid-unlinked")

    async def wish(self, request: web.Request) -> web.StreamResponse:
        """Say whether a work is to be on one's record."""
        house, visitor, given = self.frame.house, request[VISITOR], await fields(request)
        record_id, wanted = given.get("work", ""), given.get("say") == "wanted"
        await house.database.write(_wished, visitor.account, record_id, wanted, house.clock())
        house.worker.call()
        raise led(PAGE, "orcid-wish")

    async def look(self, request: web.Request) -> web.StreamResponse:
        house, visitor = self.frame.house, request[VISITOR]
        await house.database.write(_look, visitor.account, house.clock())
        house.worker.call()
        raise led(PAGE, "orcid-look")

    async def found(self, request: web.Request) -> web.StreamResponse:
        """Make a draft of a work of one's record, or let go of it."""
        house, visitor, given = self.frame.house, request[VISITOR], await fields(request)
        put_code = number(given.get("found", ""))
        person = await house.database.read(_person, visitor.account)
        if given.get("say") != "draft":
            await house.database.write(inbox.decide, person.id, put_code, inbox.DISMISSED)
            raise led(PAGE, "orcid-dismissed")
        try:
            await house.database.read(inbox.open_to, person.id, put_code)
            record = await self._looker().whole(person.id, put_code)
            taken = partial(_take, person.id, put_code)
            made = await create(house, record, Author(visitor.actor, visitor.account.id), Then.SAVE, taken)
        except (Conflict, Invalid, Unavailable) as error:
            return await self._page(request, _STATUS[type(error)], error)
        raise led(f"/my/works/{made}/edit", "orcid-draft")

    async def _client(self) -> tuple[Profile, Orcid]:
        """Return the profile in use. Raises NotFound without one."""
        found = await self.frame.house.database.read(in_use, self.frame.house.seal)
        if found is None:
            raise NotFound("ORCID is not set up here.", remedy="An administrator makes a profile for it.")
        return found

    def _looker(self) -> Looker:
        house = self.frame.house
        return Looker(house.database, house.press.renderer, house.seal, house.session, house.clock)

    async def _page(self, request: web.Request, status: int = 200, failure: SheafError | None = None) -> web.Response:
        house = self.frame.house
        seen = await house.database.read(_seen, house.seal, request[VISITOR].account, house.clock())
        return self.frame.page(request, "my/orcid.html", status, failure=failure, words=words, **seen)


_STATUS: dict[type[SheafError], int] = {Unavailable: 503, Refused: 400, Invalid: 422, NotFound: 404, Conflict: 409}


def _seen(tx: Connection, seal: Seal, account: Account, now: datetime) -> dict[str, Any]:
    kept, link = links.own(tx, account.id)
    found = in_use(tx, seal)
    rows = ledger.search(tx, ledger.Asked(person_id=kept.id), MOST)[0] if kept is not None else []
    return {
        "kept": kept,
        "link": link,
        "settings": found[1] if found is not None else None,
        "obstacle": links.obstacle(link, found[1], now, links.MINE) if link is not None and found is not None else "",
        "rows": [(row, title) for row, title, _ in rows],
        "found": inbox.waiting(tx, kept.id) if kept is not None else [],
        "proved": kept is not None and any(scheme == "orcid" for scheme, _ in people.proved(tx, kept.id)),
    }


def _person(tx: Connection, account: Account) -> Kept:
    kept = people.of_account(tx, account.id)
    if kept is None:
        raise NotFound("The repository does not know yet who you are.", remedy="Fill your profile in.")
    return kept


def _linked(tx: Connection, frame: Frame, settings: Orcid, account: Account, grant: Grant, actor: Actor) -> None:
    """Keep the permission, and ask for the record to be made true and looked through: works from before are sent, too."""
    now = frame.house.clock()
    link = links.link(tx, settings, frame.house.seal, _person(tx, account).id, grant, actor, now)
    push(tx, link.person_id, now)
    push_beside(tx, link.person_id, now)
    look(tx, link.person_id, now)


def _take(person_id: int, put_code: int, tx: Connection, record_id: str) -> None:
    inbox.decide(tx, person_id, put_code, inbox.TAKEN, record_id)


def _unlinked(tx: Connection, account: Account, actor: Actor, now: datetime) -> Linked:
    before = links.unlink(tx, _person(tx, account).id, actor, now)
    push_beside(tx, before.person_id, now)
    return before


def _wished(tx: Connection, account: Account, record_id: str, wanted: bool, now: datetime) -> None:  # noqa: FBT001 -- stored as it is
    person = _person(tx, account)
    if not is_id(record_id) or not ledger.want(tx, record_id, person.id, now, wanted=wanted):
        raise NotFound("There is no such work of yours.", code="record")
    push(tx, person.id, now)


def _look(tx: Connection, account: Account, now: datetime) -> None:
    look(tx, _person(tx, account).id, now)
