"""Logging in by a provider of OpenID Connect: there and back; and linking one to an account its owner is logged in to."""

from dataclasses import dataclass

import msgspec
from aiohttp import web

from server import observe
from server.accounts import sessions, tickets
from server.accounts.authenticate import Authenticator
from server.accounts.model import Right
from server.accounts.tickets import LIVES, Purpose
from server.errors import NotFound, Refused, SheafError
from server.middleware import remote_address
from server.openid import admission
from server.openid.discovery import Directory
from server.openid.exchange import Journey, Person, arrive, depart
from server.openid.kind import OPENID, back_path, offered
from server.openid.settings import OpenID
from server.portal.account.page import Own
from server.portal.account.password import asked
from server.portal.door import VISITOR, fields, origin, own_page
from server.portal.frame import Frame, led
from server.profiles import store as profiles
from server.profiles.model import Profile

log = observe.logger("openid")

_LOST = "This login took too long, or was begun in another browser. Begin again."


@dataclass(frozen=True, slots=True)
class Provider:
    frame: Frame
    directory: Directory
    authenticator: Authenticator
    own: Own

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(r"/login/openid/{profile:\d{1,17}}", self.leave),
            web.get(r"/login/openid/{profile:\d{1,17}}/back", self.back),
            self.frame.post(r"/account/logins/{profile:\d{1,17}}/link", Right.ACCOUNT, self.link),
            self.frame.post("/account/logins/unlink", Right.ACCOUNT, self.unlink),
        ]

    @property
    def cookie(self) -> str:
        """The cookie that binds the way back to the browser that left."""
        return f"{self.frame.door.cookie}-openid"

    async def leave(self, request: web.Request) -> web.StreamResponse:
        """Send somebody to the provider; who is sent again and again and never comes back must wait."""
        house = self.frame.house
        try:
            await house.database.write(admission.leave, remote_address(request), house.clock())
        except Refused as error:
            log.warning("refused to begin yet another login", extra={"address": remote_address(request)})
            return await self._login(429, error.message, error.remedy)
        return await self._sent(request, own_page(request.query.get("next", "")), None)

    async def link(self, request: web.Request) -> web.StreamResponse:
        """Send somebody who is logged in to the provider, to come back with a login for this account.

        The password is asked for: whoever is linked gets in without it from then on.
        """
        if fault := await asked(self.frame, self.authenticator, request, await fields(request)):
            return await self.own.shown(request, 422, {}, {"old": fault})
        return await self._sent(request, "/account", request[VISITOR].account.id)

    async def unlink(self, request: web.Request) -> web.StreamResponse:
        visitor, given = request[VISITOR], await fields(request)
        house = self.frame.house
        issuer, subject = given.get("issuer", ""), given.get("subject", "")
        await house.database.write(admission.unlink, visitor.actor, visitor.account, issuer, subject, house.clock())
        raise led("/account", "saved")

    async def _sent(self, request: web.Request, lead: str, account_id: int | None) -> web.StreamResponse:
        house = self.frame.house
        profile, settings = await self._profile(request)
        try:
            metadata, _keys = await self.directory.find(settings.issuer)
        except SheafError as error:
            return await self._failed(request, profile, error, 503)
        journey, address = depart(settings, metadata, profile.id, self._address(profile), lead)
        document = msgspec.to_builtins(journey)
        word = await house.database.write(tickets.issue, Purpose.OPENID, house.clock(), account_id, document)
        if account_id is None:
            response = web.Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})
        else:  # some browsers take a form nowhere but to us, redirects too (form-action); from a page they go on
            response = self.frame.page(request, "account/onward.html", address=address, label=settings.label)
            response.headers["Refresh"] = f"0; url={address}"
        life = int(LIVES[Purpose.OPENID].total_seconds())
        response.set_cookie(
            self.cookie, word, path="/", max_age=life, httponly=True, samesite="Lax", secure=self.frame.door.secure
        )
        return response

    async def back(self, request: web.Request) -> web.StreamResponse:
        """Take somebody back from the provider: open their session, or link the login to the account that asked for it."""
        house, now = self.frame.house, self.frame.house.clock()
        profile, settings = await self._profile(request)
        word = request.cookies.get(self.cookie, "")
        ticket = await house.database.write(tickets.take, word, now, Purpose.OPENID) if word else None
        journey = msgspec.convert(ticket.document, Journey) if ticket is not None else None
        if ticket is None or journey is None or journey.profile != profile.id:
            return self._gone(await self._login(400, _LOST))
        try:
            person = await arrive(house.session, self.directory, settings, journey, request.query, self._address(profile), now)
            if ticket.account_id is not None:
                return self._gone(await self._linked(request, ticket.account_id, person))
            come = origin(request, f"OpenID Connect: {profile.name}")
            opened = await house.database.write(admission.admit, settings, person, profile.name, come, now)
        except SheafError as error:
            return self._gone(await self._failed(request, profile, error, 403))
        if worn := self.frame.door.worn(request):
            await house.database.write(sessions.end, worn)
        return self._gone(self.frame.door.seat(opened, own_page(journey.lead)))

    async def _linked(self, request: web.Request, account_id: int, person: Person) -> web.Response:
        """Link a login to the account that asked for it, if it is still the one that is logged in here."""
        house, remote = self.frame.house, remote_address(request)
        found = await house.database.read(sessions.admitted, self.frame.door.worn(request), house.clock(), remote)
        if found is None or found.account.id != account_id:
            return await self._login(400, _LOST)
        await house.database.write(admission.link, found.account, person, house.clock(), remote)
        return web.Response(status=303, headers={"Location": "/account?done=linked"})

    async def _failed(self, request: web.Request, profile: Profile, error: SheafError, status: int) -> web.Response:
        """Say in words why a login came to nothing; the cause goes to the log and to the profile's history."""
        house, remote = self.frame.house, remote_address(request)
        extra = {"profile": profile.name, "reason": error.message, "said": error.remedy, "address": remote}
        log.warning("refused a login by OpenID Connect", extra=extra)
        await house.database.write(admission.note_refusal, profile.id, f"{profile.name}: {error.message}", remote, house.clock())
        told = (
            error.message
            if error.code in _TOLD
            else "The login by this provider did not work. An administrator finds the cause in the log."
        )
        return await self._login(status, told, error.remedy if error.code in _TOLD else "")

    async def _login(self, status: int, problem: str, remedy: str = "") -> web.Response:
        values = {"next": "", "name": "", "said": "", "problem": f"{problem} {remedy}".strip()}
        providers = await self.frame.house.database.read(offered)
        headers = {"Cache-Control": "no-store"}
        return self.frame.pages.answer("portal/login.html", status, headers, providers=providers, **values)

    def _gone(self, response: web.Response) -> web.Response:
        response.del_cookie(self.cookie, path="/", httponly=True, samesite="Lax", secure=self.frame.door.secure)
        return response

    def _address(self, profile: Profile) -> str:
        return self.frame.house.press.renderer.repository.url + back_path(profile.id)

    async def _profile(self, request: web.Request) -> tuple[Profile, OpenID]:
        found = await self.frame.house.database.read(profiles.by_id, int(request.match_info["profile"]))
        if found is None or found.kind != OPENID or not found.enabled:
            raise NotFound("There is no such login.")
        return found, profiles.opened(found, OpenID, self.frame.house.seal)


_TOLD = frozenset({"stranger", "switched-off", "network", "provider", "conflict"})
"""Causes the one who logs in can do something about; the others are the administrator's."""
