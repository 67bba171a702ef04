"""Who is at the door: the session's cookie, what an account may see, and proof that a form came from us."""

import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import MultipartReader, web
from multidict import MultiDict, MultiDictProxy

from server import observe
from server.accounts import sessions
from server.accounts.login import Opened
from server.accounts.model import Account, Right
from server.accounts.sessions import Admitted, Origin
from server.audit.log import Actor
from server.clock import Clock
from server.db.engine import Database
from server.middleware import remote_address
from server.portal import upload
from server.portal.proof import CSRF, prove, same_site
from server.xml import clean

LONGEST_FORM = 2 * 2**20
"""Bytes of a form without files: a work with a thousand creators fits."""

LONGEST_OF_STRANGERS = 64 * 1024
"""Bytes of a form from somebody who has not proved who they are."""

MOST_FIELDS = 20_000

#: Where a login may lead: a page of ours behind the door, and nothing a browser could take for another host.
_OWN = re.compile(r"/(?:admin|my|account|sword/deposits)(?:/[A-Za-z0-9/._-]*)?(?:\?[A-Za-z0-9=&%+._-]*)?")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Form = MultiDictProxy[str | bytes | bytearray | web.FileField]
log = observe.logger("portal")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody in a session; `csrf` goes into every form."""

    account: Account
    csrf: str
    address: str
    handle: str = ""
    """By which the visitor's own session is known among the others of the account."""

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
    clock: Clock
    key: bytes
    secure: bool
    """Whether the world reaches us by https, so that the cookie must not travel otherwise."""

    @property
    def cookie(self) -> str:
        """The cookie's name; a browser takes a `__Host-` one only by https, for the whole host and from nobody else."""
        return "__Host-sheaf" if self.secure else "sheaf"

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/logout", self.admitted(Right.ACCOUNT, self.logout))]

    def admitted(self, right: Right, handler: Handler, *, files: bool = False) -> Handler:
        """Let a handler see only accounts with a right: strangers are shown to the login, forms carry proof.

        A handler that takes `files` finds a form in parts opened behind its proof, at PARTS.
        """

        async def answer(request: web.Request) -> web.StreamResponse:
            cookie, address = self.worn(request), remote_address(request)
            found = await self._admitted(cookie, address) if cookie else None
            if found is None:
                lead = request.rel_url.path_qs if request.method in {"GET", "HEAD"} else ""
                raise web.HTTPSeeOther(f"/login?next={quote(own_page(lead), safe='')}")
            if found.outside or not found.account.may(right):
                log.warning("refused a page", extra={"account": found.account.name, "path": request.path, "address": address})
                raise web.HTTPForbidden(text=_NOT_FROM_HERE if found.outside else _NOT_YOURS)
            if found.codes_due and not request.path.startswith(_WHERE_CODES_ARE_SET_UP):
                raise web.HTTPSeeOther("/account/codes?due=1")
            request[VISITOR] = Visitor(found.account, self._proof(cookie), address, found.handle)
            if request.method == "POST" and files and upload.has_files(request):
                same_site(request, found.account.name)
                request[PARTS] = await upload.opened(request, found.account.name, request[VISITOR].csrf)
            elif request.method == "POST":
                await self._prove(request)
            response = await handler(request)
            if not response.prepared:
                response.headers.setdefault("Cache-Control", "no-store")
            return response

        vars(answer)["right"] = right
        return answer

    async def somebody(self, request: web.Request) -> Account | None:
        """Return whose session a request belongs to; None for a stranger, and for one who may not come from there."""
        cookie = self.worn(request)
        found = await self._admitted(cookie, remote_address(request)) if cookie else None
        return None if found is None or found.outside or found.codes_due else found.account

    async def _admitted(self, cookie: str, address: str) -> Admitted | None:
        now = self.clock()
        found = await self.database.read(sessions.admitted, cookie, now, address)
        if found is not None and found.stale and not found.outside:
            await self.database.write(sessions.touch, cookie, now, address)
        return found

    def worn(self, request: web.Request) -> str:
        """Return the session's cookie a request carries; empty for none."""
        return request.cookies.get(self.cookie, "")

    def seat(self, opened: Opened, lead: str) -> web.Response:
        """Give somebody whose session has begun its cookie and lead them on: to `lead`, or to what the role sees first."""
        log.info("opened a session", extra={"account": opened.account.name})
        response = web.Response(status=303, headers={"Location": lead or home(opened.account), "Cache-Control": "no-store"})
        self.wear(response, opened.cookie)
        return response

    def wear(self, response: web.StreamResponse, cookie: str) -> None:
        """Let a browser carry a session's cookie: never shown to scripts, never sent along by other sites' forms."""
        life = int(sessions.LIFE.total_seconds())
        response.set_cookie(self.cookie, cookie, path="/", max_age=life, httponly=True, samesite="Lax", secure=self.secure)

    async def logout(self, request: web.Request) -> web.StreamResponse:
        await self.database.write(sessions.end, self.worn(request))
        response = web.Response(status=303, headers={"Location": "/login?out=1"})
        response.del_cookie(self.cookie, path="/", httponly=True, samesite="Lax", secure=self.secure)
        return response

    def _proof(self, cookie: str) -> str:
        return hmac.digest(self.key, b"csrf\0" + cookie.encode(), "sha256").hex()

    async def _prove(self, request: web.Request) -> None:
        visitor = request[VISITOR]
        same_site(request, visitor.account.name)
        prove(request, visitor.account.name, (await fields(request)).get(CSRF, ""), visitor.csrf)


_WHERE_CODES_ARE_SET_UP = ("/account/codes", "/logout")
"""What an account sees that must set up one-time codes before anything else."""

_NOT_FROM_HERE = "Your role may not use the administration from this network. An administrator says from which it may."
_NOT_YOURS = "Your account has not the right to see this page. An administrator can change what it may do."


def own_page(address: str) -> str:
    """Return an address a login may lead to: a page of ours behind the door, else nothing."""
    return address if _OWN.fullmatch(address) else ""


def origin(request: web.Request, method: str) -> Origin:
    """Return where and how somebody logs in, as their list of sessions shows it."""
    return Origin(remote_address(request), clean(request.headers.get("User-Agent", "")), method)


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
