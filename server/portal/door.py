"""Who is at the door: login, logout, the session's cookie, what an account may see, and proof that a form came from us."""

import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import MultipartReader, web
from multidict import MultiDict, MultiDictProxy

from server import observe
from server.accounts import store as accounts
from server.accounts.authenticate import Authenticator
from server.accounts.model import Account, Right
from server.accounts.throttle import spoken
from server.audit.log import Actor
from server.clock import Clock
from server.db.engine import Database
from server.middleware import remote_address
from server.pages import Pages
from server.portal import upload
from server.xml import clean

CSRF = "csrf"
LONGEST_FORM = 2 * 2**20
"""Bytes of a form without files: a work with a thousand creators fits."""

LONGEST_OF_STRANGERS = 64 * 1024
"""Bytes of a form from somebody who has not proved who they are."""

MOST_FIELDS = 20_000

#: Where a login may lead: a page of ours behind the door, and nothing a browser could take for another host.
_OWN = re.compile(r"/(?:admin|my|account)(?:/[A-Za-z0-9/._-]*)?(?:\?[A-Za-z0-9=&%+._-]*)?")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Form = MultiDictProxy[str | bytes | bytearray | web.FileField]
log = observe.logger("portal")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody in a session; `csrf` goes into every form."""

    account: Account
    csrf: str
    address: str

    @property
    def actor(self) -> Actor:
        """The visitor as the audit log names them."""
        return Actor(self.account.name, self.account.id, "web", self.address)

    def may(self, right: Right | str) -> bool:
        return self.account.may(Right(right))


VISITOR = web.RequestKey("visitor", Visitor)
PARTS = web.RequestKey("parts", MultipartReader)


def right_of(handler: object) -> Right | None:
    """Return the right a handler asks for, or None for one that is open to all or guards itself."""
    found = vars(handler).get("right") if hasattr(handler, "__dict__") else None
    return found if isinstance(found, Right) else None


@dataclass(frozen=True, slots=True)
class Door:
    """Lets accounts in, each to what its role may see."""

    database: Database
    authenticator: Authenticator
    pages: Pages
    clock: Clock
    key: bytes
    secure: bool
    """Whether the world reaches us by https, so that the cookie must not travel otherwise."""

    @property
    def cookie(self) -> str:
        """The cookie's name; a browser takes a `__Host-` one only by https, for the whole host and from nobody else."""
        return "__Host-sheaf" if self.secure else "sheaf"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/login", self.form),
            web.post("/login", self.login),
            web.post("/logout", self.admitted(Right.ACCOUNT, self.logout)),
        ]

    def admitted(self, right: Right, handler: Handler, *, files: bool = False) -> Handler:
        """Let a handler see only accounts with a right: strangers are shown to the login, forms carry proof.

        A handler that takes `files` finds a form in parts opened behind its proof, at PARTS.
        """

        async def answer(request: web.Request) -> web.StreamResponse:
            cookie = request.cookies.get(self.cookie, "")
            account = await self.database.read(accounts.in_session, cookie, self.clock()) if cookie else None
            if account is None:
                lead = request.rel_url.path_qs if request.method in {"GET", "HEAD"} else ""
                raise web.HTTPSeeOther(f"/login?next={quote(own_page(lead), safe='')}")
            if not account.may(right):
                log.warning("refused a page", extra={"account": account.name, "path": request.path})
                raise web.HTTPForbidden(text=_NOT_YOURS)
            request[VISITOR] = Visitor(account, self._proof(cookie), remote_address(request))
            if request.method == "POST" and files and upload.has_files(request):
                same_site(request)
                request[PARTS] = await upload.opened(request, request[VISITOR].csrf)
            elif request.method == "POST":
                await self._prove(request)
            response = await handler(request)
            if not response.prepared:
                response.headers.setdefault("Cache-Control", "no-store")
            return response

        vars(answer)["right"] = right
        return answer

    async def form(self, request: web.Request) -> web.StreamResponse:
        return self._form(200, next=own_page(request.query.get("next", "")))

    async def login(self, request: web.Request) -> web.StreamResponse:
        """Open a session; whoever fails too often must wait."""
        same_site(request)
        given = await fields(request, LONGEST_OF_STRANGERS)
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
        return await self.open(account, lead)

    async def open(self, account: Account, lead: str) -> web.Response:
        """Open a session for an account that proved itself and lead it on: to `lead`, or to what its role sees first."""
        cookie = await self.database.write(accounts.open_session, account, self.clock())
        log.info("opened a session", extra={"account": account.name})
        response = web.Response(status=303, headers={"Location": lead or home(account), "Cache-Control": "no-store"})
        life = int(accounts.SESSION.total_seconds())
        response.set_cookie(self.cookie, cookie, path="/", max_age=life, httponly=True, samesite="Lax", secure=self.secure)
        return response

    async def logout(self, request: web.Request) -> web.StreamResponse:
        await self.database.write(accounts.close_session, request.cookies[self.cookie])
        response = web.Response(status=303, headers={"Location": "/login"})
        response.del_cookie(self.cookie, path="/", httponly=True, samesite="Lax", secure=self.secure)
        return response

    def _form(self, status: int, *, next: str, name: str = "", problem: str = "") -> web.Response:  # noqa: A002 -- the field's name in the form
        values = {"next": next, "name": name, "problem": problem}
        return self.pages.answer("portal/login.html", status, {"Cache-Control": "no-store"}, **values)

    def _proof(self, cookie: str) -> str:
        return hmac.digest(self.key, b"csrf\0" + cookie.encode(), "sha256").hex()

    async def _prove(self, request: web.Request) -> None:
        same_site(request)
        given = (await fields(request)).get(CSRF, "")
        if not hmac.compare_digest(given.encode(), request[VISITOR].csrf.encode()):
            raise web.HTTPForbidden(
                text="This form is not from your session, so nothing was done. Go back, load the page again and repeat it."
            )


_NOT_YOURS = "Your account has not the right to see this page. An administrator can change what it may do."


def own_page(address: str) -> str:
    """Return an address a login may lead to: a page of ours behind the door, else nothing."""
    return address if _OWN.fullmatch(address) else ""


def home(account: Account) -> str:
    """Return the page an account sees first."""
    if account.may(Right.WORKS):
        return "/admin"
    return "/account" if account.may(Right.DEPOSIT) else "/my"


async def posted(request: web.Request, longest: int = LONGEST_FORM) -> Form:
    """Return a form as it was sent, in its order and with its repeats; may be asked again. `longest` is in bytes.

    Raises 413 for one that is too long, 400 for junk.
    """
    if request.content_length is None or request.content_length > longest:
        raise web.HTTPRequestEntityTooLarge(longest, request.content_length or 0, text="The form is too long.")
    try:
        form = await request.post()
    except (ValueError, LookupError) as error:  # an encoding nobody knows, bytes that are none of it, a torn multipart
        raise web.HTTPBadRequest(text="The form cannot be read.") from error
    if len(form) > MOST_FIELDS:
        raise web.HTTPBadRequest(text="The form has too many fields.")
    return form


async def fields(request: web.Request, longest: int = LONGEST_FORM) -> dict[str, str]:
    """Return a form's texts, the first of each name. Raises as `posted` does."""
    form = await posted(request, longest)
    return {name: value for name in form if isinstance(value := form[name], str)}


async def pairs(request: web.Request) -> MultiDict[str]:
    """Return a form's texts with their repeats. Raises as `posted` does."""
    form = await posted(request)
    return MultiDict([(name, value) for name, value in form.items() if isinstance(value, str)])


def same_site(request: web.Request) -> None:
    """Refuse a form another site sent; every present browser says so (Fetch Metadata)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise web.HTTPForbidden(text="This form was sent by another site, so nothing was done.")
