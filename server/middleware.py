"""What happens to every request: it gets an id, is counted and logged, waits for its turn, and no stranger sees a stack trace."""

import re
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from random import getrandbits
from time import perf_counter

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from server import language, observe, proxies
from server.admission import Busy, Gate, Lane, Seat, Visit
from server.budgets import Caller
from server.errors import Conflict, NotFound, Refused, SheafError, TooLarge, Unavailable
from server.proxies import Client, Network

log = observe.logger("web")

Translator = Callable[[web.Request, int, str], web.StreamResponse | None]
"""Writes an error in the words of the room the request was for: the request, the status, a sentence."""

#: What our errors are to HTTP where a room does not say it in words of its own.
_STATUS: dict[type[SheafError], int] = {NotFound: 404, Refused: 403, Conflict: 409, TooLarge: 413}

_ROOMS = frozenset(
    {"oai", "sword", "r51", "reconcile", "items", "admin", "my", "account", "login", "healthz", "readyz", "metrics"}
)

#: What people and their robots look at: its lane, and what it costs. What is not here stands in a room that is always open or has
#: an admission of its own; an address that leads nowhere is looked for in the last lane.
_PUBLIC = {
    "/": (Lane.PAGE, 1.0), "/oai/explore": (Lane.PAGE, 10.0), "/search": (Lane.PAGE, 5.0), "/browse": (Lane.PAGE, 1.0),
    "/browse/type": (Lane.PAGE, 2.0), "/browse/year": (Lane.PAGE, 2.0), "/browse/author": (Lane.PAGE, 5.0),
    "/sitemap.xml": (Lane.PAGE, 5.0),
}  # fmt: skip
_ITEMS, _NOWHERE = (Lane.PAGE, 1.0), (Lane.OTHER, 2.0)
_OPEN = frozenset({"/robots.txt"})
_ALWAYS_OPEN = _ROOMS - {"items"} | {"static"}

_SOUND_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


TRUSTED = web.AppKey("trusted", Sequence[Network])
"""The networks of the reverse proxies that are believed."""

INSIDE: ContextVar[bool] = ContextVar("inside", default=False)
"""Whether whoever asks carries a session's cookie: pages for everybody then show the way back in place of the login."""

SEAT = web.RequestKey("seat", Seat)
"""The seat a request holds, one at most; it is given back with the first byte of the answer."""

_CLIENT = web.RequestKey("client", Client)

_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded")

_ONLY_HTTPS = "max-age=63072000"
"""Two years: browsers do not come by plain http any more (RFC 6797). Hosts below ours are not ours to speak for."""


def remote_address(request: web.Request) -> str:
    """Return the address of whoever asks, past the proxies that are trusted; empty where it is not known."""
    return _client(request).address


def _client(request: web.Request) -> Client:
    found = request.get(_CLIENT)
    if found is None:
        lines = {name: request.headers.getall(name) for name in _FORWARDED if name in request.headers}
        found = request[_CLIENT] = proxies.client(request.remote or "", request.scheme, request.app[TRUSTED], lines)
    return found


#: What a browser may do with an answer that is no page, should somebody open it as one; pages and files say more.
_CLOSED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}


async def armoured(request: web.Request, response: web.StreamResponse) -> None:
    """Add to every answer, however it came about, what keeps browsers from making more of it than it is.

    What we are made of, and of which release, is nobody's business.
    """
    if (held := request.get(SEAT)) is not None:
        held.leave()  # a file that goes out slowly keeps nobody waiting
    response.headers["Server"] = "Sheaf"
    for name, value in _CLOSED.items():
        response.headers.setdefault(name, value)
    if _client(request).scheme == "https":  # by http the header must not be sent (RFC 6797, 7.2)
        response.headers.setdefault("Strict-Transport-Security", _ONLY_HTTPS)


def room_of(path: str) -> str:
    """Return the first part of a path: the room of the house it leads to."""
    first = _first(path)
    return first if first in _ROOMS else "other"


def _first(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ""


def identified() -> Middleware:
    """Return the middleware that names, counts and logs a request."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("X-Request-Id", "")
        number = given if _SOUND_ID.fullmatch(given) else f"{getrandbits(64):016x}"
        token = observe.request_id.set(number)
        language.choose(request.headers.get("Accept-Language", ""))
        room, begun, status = room_of(request.path), perf_counter(), 500
        try:
            response = await handler(request)
        except web.HTTPException as answer:  # a redirect after a deed, and whatever nobody said in other words
            status = answer.status
            answer.headers["X-Request-Id"] = number
            raise
        else:
            status = response.status
            if not response.prepared:
                response.headers["X-Request-Id"] = number
            return response
        finally:
            observe.answered(room, status, perf_counter() - begun)
            log.info("answered", extra={"method": request.method, "path": request.path, "status": status})
            observe.request_id.reset(token)

    return middleware


def recognised(worn: Callable[[web.Request], str]) -> Middleware:
    """Return the middleware by which pages for everybody know who is logged in; `worn` returns a session's cookie, or nothing.

    Whether the session still lasts is not looked at: the way back leads to the login where it does not.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        INSIDE.set(bool(worn(request)))
        return await handler(request)

    return middleware


def admitted(gate: Gate, contact: Callable[[], str]) -> Middleware:
    """Return the middleware that lets in who wants to see something, one after the other where there are many.

    Who finds no room in time hears 429 (RFC 6585, 4) in a sentence, which costs less than a page.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if (found := lane_of(request.path)) is not None:
                lane, cost = found
                caller = Caller.of(remote_address(request), request.headers.get("User-Agent", ""))
                await seat(request, gate, Visit(lane, caller, cost))
            return await handler(request)
        except Busy as busy:
            text = (
                f"Too many ask at this moment. Come again in {busy.seconds} seconds, and ask one thing after the other. "
                f"Robots find all that is here at /oai (OAI-PMH), at less cost. Contact: {contact()}\n"
            )
            return web.Response(status=429, text=text, headers={"Retry-After": str(busy.seconds), "Cache-Control": "no-store"})
        finally:
            if (held := request.get(SEAT)) is not None:
                held.leave()

    return middleware


async def seat(request: web.Request, gate: Gate, visit: Visit) -> None:
    """Wait until it is a request's turn, unless it holds a seat already: one laid over another would never be given back.

    Raises Busy.
    """
    if SEAT not in request:
        request[SEAT] = await gate.enter(visit)


def lane_of(path: str) -> tuple[Lane, float] | None:
    """Return the lane of an address and what it costs, None where nobody waits here for a turn."""
    if (found := _PUBLIC.get(path)) is not None:
        return found
    if path.startswith("/items/"):
        return _ITEMS
    return None if path in _OPEN or _first(path) in _ALWAYS_OPEN else _NOWHERE


def translated(translators: dict[str, Translator]) -> Middleware:
    """Return the middleware in which errors become documents; `translators` by room have that room's words."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await _answered(request, handler, translators.get(room_of(request.path)))

    return middleware


async def _answered(request: web.Request, handler: Handler, translate: Translator | None) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        spoken = (
            translate(request, error.status, error.text or error.reason)
            if translate and error.status >= web.HTTPBadRequest.status_code
            else None
        )
        if spoken is None:
            raise
        for name in ("Allow", "Retry-After", "Content-Range"):
            if name in error.headers:
                spoken.headers[name] = error.headers[name]
        return spoken
    except Unavailable as error:
        return (translate and translate(request, 503, error.message)) or web.Response(
            status=503, text=error.message, headers={"Retry-After": "30"}
        )
    except SheafError as error:
        status = _STATUS.get(type(error), 400)
        return (translate and translate(request, status, error.message)) or web.Response(status=status, text=error.message)
    except ConnectionResetError:
        raise
    except Exception:
        log.exception("met an internal error", extra={"method": request.method, "path": request.path})
        text = f"Internal error. The operator finds the cause under request {observe.request_id.get()}."
        return (translate and translate(request, 500, text)) or web.Response(status=500, text=text)
