"""Who is at the administrators' door: login, logout, the session's cookie, and proof that a form came from a page of ours."""

import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web

from server import observe
from server.accounts import store as accounts
from server.accounts.authenticate import Authenticator
from server.accounts.model import Account, Role
from server.accounts.throttle import spoken
from server.clock import Clock
from server.db.engine import Database
from server.middleware import remote_address
from server.pages import Pages
from server.xml import clean

COOKIE = "sheaf"
CSRF = "csrf"
LONGEST_FORM = 64 * 1024

#: Where a login may lead: a page of ours under /admin, and nothing a browser could take for another host.
_OWN = re.compile(r"/admin(?:/[A-Za-z0-9/._-]*)?(?:\?[A-Za-z0-9=&%+._-]*)?")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = observe.logger("admin")


@dataclass(frozen=True, slots=True)
class Visitor:
    """An administrator in a session; `csrf` goes into every form."""

    account: Account
    csrf: str


VISITOR = web.RequestKey("admin-visitor", Visitor)


@dataclass(frozen=True, slots=True)
class Door:
    """Lets administrators in and nobody else."""

    database: Database
    authenticator: Authenticator
    pages: Pages
    clock: Clock
    key: bytes
    secure: bool
    """Whether the world reaches us by https, so that the cookie must not travel otherwise."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/admin/login", self.form),
            web.post("/admin/login", self.login),
            web.post("/admin/logout", self.admitted(self.logout)),
        ]

    def admitted(self, handler: Handler) -> Handler:
        """Let a handler see administrators only: strangers are shown to the login, forms must carry the session's proof."""

        async def answer(request: web.Request) -> web.StreamResponse:
            cookie = request.cookies.get(COOKIE, "")
            account = await self.database.read(accounts.in_session, cookie, self.clock()) if cookie else None
            if account is None:
                lead = request.rel_url.path_qs if request.method in {"GET", "HEAD"} else "/admin"
                raise web.HTTPSeeOther(f"/admin/login?next={quote(lead, safe='')}")
            if account.role is not Role.ADMIN:
                raise web.HTTPForbidden(text=_NOT_ADMIN)
            request[VISITOR] = Visitor(account, self._proof(cookie))
            if request.method == "POST":
                await self._prove(request)
            response = await handler(request)
            if not response.prepared:
                response.headers.setdefault("Cache-Control", "no-store")
            return response

        return answer

    async def form(self, request: web.Request) -> web.StreamResponse:
        return self._form(200, next=own_page(request.query.get("next", "")))

    async def login(self, request: web.Request) -> web.StreamResponse:
        """Open a session for an administrator; whoever fails too often must wait."""
        _same_site(request)
        given = await fields(request)
        name, password, lead = given.get("name", "").strip(), given.get("password", ""), own_page(given.get("next", ""))
        address, now = remote_address(request), self.clock()
        if wait := self.authenticator.wait(name, address, now=now):
            words = f"Too many failed attempts for this name. Try again in {spoken(wait)}."
            response = self._form(429, next=lead, name=name, problem=words)
            response.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
            return response
        account = await self.authenticator.check(name, password, remote=address, now=now) if password else None
        if account is None:
            log.warning("refused a login", extra={"account": clean(name)[:100], "address": address})
            return self._form(401, next=lead, name=name, problem="The name or the password is wrong.")
        if account.role is not Role.ADMIN:
            return self._form(403, next=lead, name=name, problem=_NOT_ADMIN)
        cookie = await self.database.write(accounts.open_session, account, now)
        log.info("opened a session", extra={"account": account.name})
        response = web.Response(status=303, headers={"Location": lead, "Cache-Control": "no-store"})
        life = int(accounts.SESSION.total_seconds())
        response.set_cookie(COOKIE, cookie, path="/admin", max_age=life, httponly=True, samesite="Lax", secure=self.secure)
        return response

    async def logout(self, request: web.Request) -> web.StreamResponse:
        await self.database.write(accounts.close_session, request.cookies[COOKIE])
        response = web.Response(status=303, headers={"Location": "/admin/login"})
        response.del_cookie(COOKIE, path="/admin", httponly=True, samesite="Lax", secure=self.secure)
        return response

    def _form(self, status: int, *, next: str, name: str = "", problem: str = "") -> web.Response:  # noqa: A002 -- the field's name in the form
        return self.pages.answer("admin/login.html", status, {"Cache-Control": "no-store"}, next=next, name=name, problem=problem)

    def _proof(self, cookie: str) -> str:
        return hmac.digest(self.key, b"csrf\0" + cookie.encode(), "sha256").hex()

    async def _prove(self, request: web.Request) -> None:
        _same_site(request)
        given = (await fields(request)).get(CSRF, "")
        if not hmac.compare_digest(given.encode(), request[VISITOR].csrf.encode()):
            raise web.HTTPForbidden(
                text="This form is not from your session, so nothing was done. Go back, load the page again and repeat it."
            )


_NOT_ADMIN = "This account may deposit works, but the administration is for administrators only."


def own_page(address: str) -> str:
    """Return an address a login may lead to: a page of ours under /admin, else the start page."""
    return address if _OWN.fullmatch(address) and not address.startswith("/admin/login") else "/admin"


async def fields(request: web.Request) -> dict[str, str]:
    """Return a short form's fields, the first of each name. Raises 413 for a long one, 400 for junk; may be asked again."""
    if request.content_length is None or request.content_length > LONGEST_FORM:
        raise web.HTTPRequestEntityTooLarge(LONGEST_FORM, request.content_length or 0, text="The form is too long.")
    try:
        form = await request.post()
    except (ValueError, LookupError) as error:  # an encoding nobody knows, bytes that are none of it, a torn multipart
        raise web.HTTPBadRequest(text="The form cannot be read.") from error
    return {name: value for name in form if isinstance(value := form[name], str)}


def _same_site(request: web.Request) -> None:
    """Refuse a form another site sent; every present browser says so (Fetch Metadata)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise web.HTTPForbidden(text="This form was sent by another site, so nothing was done.")
