"""The pages by which somebody gets in: name and password, the one-time code, and a new password for who forgot the old one."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from server import observe
from server.accounts import own, sessions
from server.accounts.authenticate import Authenticator
from server.accounts.login import SecondStep, after_code, after_password
from server.accounts.passwords import hashed
from server.accounts.strength import SHORTEST, weakness
from server.accounts.throttle import spoken
from server.accounts.tickets import LIVES, Purpose
from server.errors import Invalid, Refused
from server.middleware import remote_address
from server.openid.kind import offered
from server.portal.door import LONGEST_OF_STRANGERS, fields, home, origin, own_page
from server.portal.frame import Frame
from server.portal.links import can_mail
from server.portal.proof import same_site
from server.xml import clean

log = observe.logger("portal")

#: What the login says when somebody is led to it, by the word its address carries.
_WORDS = {
    "out": "You are logged out.",
    "set": "The new password is set. Log in with it.",
    "asked": "If an account has this address, a link to set a new password is on its way to it. It is good for one hour.",
}


@dataclass(frozen=True, slots=True)
class Login:
    frame: Frame
    authenticator: Authenticator
    post: own.Post

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/login", self.form),
            web.post("/login", self.login),
            web.get("/login/code", self.code_form),
            web.post("/login/code", self.code),
            web.get("/login/forgotten", self.forgotten_form),
            web.post("/login/forgotten", self.forgotten),
            web.get("/login/password", self.password_form),
            web.post("/login/password", self.password),
        ]

    @property
    def step_cookie(self) -> str:
        """The cookie that binds the second step to the browser that took the first."""
        return f"{self.frame.door.cookie}-step"

    async def form(self, request: web.Request) -> web.StreamResponse:
        said = next((_WORDS[word] for word in _WORDS if word in request.query), "")
        lead = own_page(request.query.get("next", ""))
        # Public pages are the same for everybody, so that caches may keep them: their link to the login leads on from here.
        if not said and (account := await self.frame.door.somebody(request)) is not None:
            raise web.HTTPSeeOther(lead or home(account), headers={"Cache-Control": "no-store"})
        return await self._form(200, next=lead, said=said)

    async def login(self, request: web.Request) -> web.StreamResponse:
        """Open a session, or ask for the code; whoever fails too often must wait."""
        same_site(request)
        given = await fields(request, LONGEST_OF_STRANGERS)
        name, password, lead = given.get("name", "").strip(), given.get("password", ""), own_page(given.get("next", ""))
        address, now = remote_address(request), self.frame.house.clock()
        if wait := await self.authenticator.wait(name, address, now=now):
            words = f"Too many failed attempts. Try again in {spoken(wait)}."
            response = await self._form(429, next=lead, name=name, problem=words)
            response.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
            return response
        account = await self.authenticator.check(name, password, remote=address, now=now) if password else None
        if account is None:
            log.warning("refused a login", extra={"account": clean(name)[:100], "address": address})
            return await self._form(401, next=lead, name=name, problem="The name or the password is wrong.")
        try:
            found = await self.frame.house.database.write(after_password, account, now, origin(request, "password"), lead)
        except Refused as error:
            log.warning("refused a login from a foreign network", extra={"account": account.name, "address": address})
            return await self._form(403, next=lead, name=name, problem=error.message)
        await self._leave(request)
        if isinstance(found, SecondStep):
            response = web.Response(status=303, headers={"Location": "/login/code", "Cache-Control": "no-store"})
            life = int(LIVES[Purpose.SECOND_STEP].total_seconds())
            response.set_cookie(
                self.step_cookie,
                found.ticket,
                path="/",
                max_age=life,
                httponly=True,
                samesite="Lax",
                secure=self.frame.door.secure,
            )
            return response
        return self.frame.door.seat(found, lead)

    # --- the second step

    async def code_form(self, request: web.Request) -> web.StreamResponse:
        if not request.cookies.get(self.step_cookie):
            raise web.HTTPSeeOther("/login")
        return self._page("portal/code.html", 200, problem="")

    async def code(self, request: web.Request) -> web.StreamResponse:
        """Take a one-time code or a recovery code; the right one opens the session."""
        same_site(request)
        given = (await fields(request, LONGEST_OF_STRANGERS)).get("code", "")[:100]
        house, word = self.frame.house, request.cookies.get(self.step_cookie, "")
        found = await house.database.write(after_code, word, given, house.seal, house.clock(), origin(request, "password"))
        if found.opened is not None:
            response = self.frame.door.seat(found.opened, own_page(found.lead))
        else:
            log.warning("refused a one-time code", extra={"address": remote_address(request)})
            if found.again:
                response = self._page("portal/code.html", 429 if found.waits else 401, problem=found.problem)
                if found.waits:
                    response.headers["Retry-After"] = str(found.waits)
                return response
            response = await self._form(401, next="", problem=found.problem)
        response.del_cookie(self.step_cookie, path="/", httponly=True, samesite="Lax", secure=self.frame.door.secure)
        return response

    # --- a forgotten password

    async def forgotten_form(self, _request: web.Request) -> web.StreamResponse:
        return self._page("portal/forgotten.html")

    async def forgotten(self, request: web.Request) -> web.StreamResponse:
        """Mail a link to the account of an address; the answer is the same whether or not there is one."""
        same_site(request)
        given = (await fields(request, LONGEST_OF_STRANGERS)).get("email", "")[:254]
        house, remote = self.frame.house, remote_address(request)
        if not await house.database.read(can_mail):
            said = "No mail server is set up, so no link can be sent. An administrator can set a new password."
            return self._page("portal/forgotten.html", 409, problem=said)
        try:
            await house.database.write(own.ask_reset, clean(given), house.clock(), remote, self.post)
            house.worker.call()
        except Refused:  # told as everybody is: who floods a mailbox learns nothing either
            log.warning("refused to mail yet another link", extra={"address": remote})
        raise web.HTTPSeeOther("/login?asked=1")

    async def password_form(self, request: web.Request) -> web.StreamResponse:
        return await self._password(request.query.get("ticket", ""), 200)

    async def password(self, request: web.Request) -> web.StreamResponse:
        """Set a password by a link."""
        same_site(request)
        given = await fields(request, LONGEST_OF_STRANGERS)
        house, word, fresh = self.frame.house, given.get("ticket", ""), given.get("password", "")
        found = await house.database.read(own.reset_of, word, house.clock())
        if found is None:
            return await self._password(word, 410)
        own_words = (found[1].name, self.frame.pages.name)
        if reason := weakness(fresh, own_words) or (
            "" if fresh == given.get("again", "") else "The two passwords are not the same."
        ):
            return await self._password(word, 422, problem=reason)
        hash_of_it = await asyncio.to_thread(hashed, fresh)
        try:
            account = await house.database.write(own.reset, word, hash_of_it, house.clock(), remote_address(request))
        except Invalid:  # another one used the link at the same moment
            return await self._password(word, 410)
        log.info("set a password by a link", extra={"account": account.name})
        raise web.HTTPSeeOther("/login?set=1")

    async def _password(self, word: str, status: int, problem: str = "") -> web.Response:
        house = self.frame.house
        found = await house.database.read(own.reset_of, word, house.clock()) if word else None
        if found is None:
            return self._page(
                "portal/forgotten.html", 410, problem="This link has expired or was used already. Ask for another one."
            )
        ticket, account = found
        invited = ticket.purpose is Purpose.INVITATION
        values = {"word": word, "name": account.name, "invited": invited, "problem": problem, "shortest": SHORTEST}
        return self._page("portal/password.html", status, **values)

    async def _leave(self, request: web.Request) -> None:
        """End the session a browser brings along to a login: it gets a new one, and nobody keeps the old."""
        if worn := self.frame.door.worn(request):
            await self.frame.house.database.write(sessions.end, worn)

    async def _form(self, status: int, *, next: str, name: str = "", problem: str = "", said: str = "") -> web.Response:  # noqa: A002 -- the field's name in the form
        values = {
            "next": next,
            "name": name,
            "problem": problem,
            "said": said,
            "providers": await self.frame.house.database.read(offered),
        }
        return self._page("portal/login.html", status, **values)

    def _page(self, template: str, status: int = 200, **values: object) -> web.Response:
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
        return self.frame.pages.answer(template, status, headers, **({"problem": ""} | values))
