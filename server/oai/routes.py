"""OAI-PMH over HTTP: an address for each context, GET and POST alike. What can fail has failed before the first byte goes out."""

import re
from collections.abc import Callable
from time import perf_counter
from urllib.parse import parse_qsl

from aiohttp import ETag, web
from aiohttp.http_exceptions import PayloadEncodingError
from sqlalchemy import Connection

from server.admission import Busy, Gate
from server.errors import Unavailable
from server.middleware import Translator, remote_address, seat
from server.oai import admission, response, verbs
from server.oai.allowed import Guests
from server.oai.answering import Answering, nothing, read
from server.oai.errors import BadArgument, Refusal, quoted
from server.oai.harvesters import Tally
from server.oai.request import GetRecord, Pairs, Request
from server.oai.response import Body
from server.oai.sealer import Sealer
from server.oai.sending import VARY, send
from server.oai.verbs import Provider
from server.oai.walk import Visitor
from server.records.deflated import gzipped

LONGEST_BODY = 64 * 1024
"""Bytes of a POSTed form; arguments are short."""

RETRY_AFTER = "30"

_SAFE = frozenset({"GET", "HEAD"})
_BASE = re.compile(r"/oai(?:/(?!explore/?$)[^/]*)?/?")
_PATHS = ("/oai", "/oai/", "/oai/{context}", "/oai/{context}/")
"""People copy a base URL with a slash behind it; it is the same one."""
_FORM = "application/x-www-form-urlencoded"


class Oai:
    """The data provider at its base URLs.

    `provider` gives what is offered at this moment in a context ("" is the repository's own) and raises NotFound where there is
    no such context; None where nobody has defined what is offered, or it is switched off.
    """

    def __init__(
        self, answering: Answering, provider: Callable[[str], Provider | None], tally: Tally, gate: Gate, sealer: Sealer
    ) -> None:
        self._answering = answering
        self._provider = provider
        self._tally = tally
        self._gate = gate
        self._sealer = sealer
        self._guests = Guests()

    def routes(self) -> list[web.RouteDef]:
        return [method(path, self.answer) for path in _PATHS for method in (web.get, web.post)]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer any request with an OAI-PMH document.

        Only when the database is away with 503 and Retry-After (OAI-PMH 3.1.2.2). Raises NotFound for an unknown context.
        """
        if (provider := self._provider(request.match_info.get("context", ""))) is None:
            raise _away("Harvesting is switched off here.")
        pairs: Pairs = ()
        asked: Request | None = None
        visitor, began = _visitor(request), perf_counter()
        try:
            pairs = await _arguments(request)
            await self._admit(request, pairs, provider)
            asked = read(provider, pairs)
            if isinstance(asked, GetRecord):
                answer = await self._one(request, pairs, asked, provider)
                self._tally.note(visitor, None, seconds=perf_counter() - began)
                return answer
            body, found = await self._answering.respond(provider, pairs, asked, compressed=_takes_gzip(request))
            self._tally.note(visitor, found.listed, seconds=perf_counter() - began)
            if found.unsealed is not None:
                self._sealer.want(found.unsealed)
        except Refusal as refusal:
            body = await self._answering.refused(provider, pairs, refusal)
            none = nothing(asked, refusal, provider, self._answering.clock())
            self._tally.note(visitor, none, error="" if none else _said(refusal), seconds=perf_counter() - began)
        except Busy as busy:
            self._tally.note(visitor, shed=True)
            text = admission.refusal(busy, provider.definition.admin_emails[0])
            return web.Response(status=503, text=text, headers={"Retry-After": str(busy.seconds), "Cache-Control": "no-store"})
        except Unavailable as error:
            self._tally.note(visitor, shed=True)
            raise _away(error.message) from error
        return await send(request, body)

    async def _one(self, request: web.Request, pairs: Pairs, asked: GetRecord, provider: Provider) -> web.StreamResponse:
        """Answer GetRecord, with 304 where the client has the record as it is (RFC 9110 § 13)."""
        now, compressed = self._answering.clock(), _takes_gzip(request)

        def run(tx: Connection) -> tuple[response.Validators, Body | None]:
            parts = verbs.get_record(tx, asked, provider).parts
            found = response.validators(provider.url, pairs, parts, now)
            if request.method in _SAFE and _has(request, found):
                return found, None
            texts = response.document(provider.url, pairs, now, parts)
            return found, gzipped(texts) if compressed else texts

        found, body = await self._answering.database.read_hot(run)
        answer = web.Response(status=304, headers=VARY) if body is None else await send(request, body)
        answer.etag = ETag(found.tag, is_weak=True)
        answer.last_modified = found.modified
        answer.headers["Cache-Control"] = "no-cache"  # or a cache would guess for how long it is good
        return answer

    async def _admit(self, request: web.Request, pairs: Pairs, provider: Provider) -> None:
        """Wait until it is this request's turn; raises Busy. The seat is given back with the first byte that goes out."""
        who = request.headers.get("User-Agent", ""), remote_address(request)
        found = admission.visit(pairs, who, provider, self._guests, self._answering.clock())
        await seat(request, self._gate, found)


def plainly(otherwise: Translator) -> Translator:
    """Return how errors that are none of OAI-PMH are said: at a base URL, which never answers HTML, in plain words."""

    def translate(request: web.Request, status: int, text: str) -> web.StreamResponse | None:
        if status == web.HTTPNotFound.status_code or not _BASE.fullmatch(request.path):
            return otherwise(request, status, text)
        if status == web.HTTPMethodNotAllowed.status_code:
            text = f"OAI-PMH is asked by GET or POST, not by {request.method}.\n"
        return web.Response(status=status, text=text)

    return translate


def _takes_gzip(request: web.Request) -> bool:
    return response.accepts_gzip(",".join(request.headers.getall("Accept-Encoding", ())))


def _has(request: web.Request, found: response.Validators) -> bool:
    """Whether a client has a record already; a tag counts before a date (RFC 9110 § 13.2.2)."""
    if "If-None-Match" in request.headers:
        return any(tag.value in {found.tag, "*"} for tag in request.if_none_match or ())
    since = request.if_modified_since
    return since is not None and found.modified is not None and found.modified <= since


def _away(reason: str) -> web.HTTPServiceUnavailable:
    return web.HTTPServiceUnavailable(text=reason, headers={"Retry-After": RETRY_AFTER})


def _visitor(request: web.Request) -> Visitor:
    headers = request.headers
    return Visitor.of(headers.get("User-Agent", ""), remote_address(request), headers.get("From", ""))


def _said(refusal: Refusal) -> str:
    return "; ".join(f"{error.code}: {error.message}" for error in refusal.errors)


async def _arguments(request: web.Request) -> Pairs:
    """Return the arguments in the order sent, repeats kept; a POSTed form's after the address's."""
    query = parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True, errors="replace")
    if request.method != "POST":
        return query
    try:
        body = await _read(request)
    except (web.RequestPayloadError, PayloadEncodingError) as error:
        raise Refusal(BadArgument("The form cannot be read: it ends early, or is coded otherwise than it says.")) from error
    if body and request.content_type != _FORM and "Content-Type" in request.headers:  # OAI-PMH 3.1.1.2
        raise Refusal(BadArgument(f"The arguments of a POST are a form: {_FORM}, not {quoted(request.content_type)}."))
    return query + parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace")


async def _read(request: web.Request) -> bytes:
    """Read a posted body; raises Refusal where it is too long."""
    body = await request.content.read(LONGEST_BODY + 1)
    while len(body) <= LONGEST_BODY and not request.content.at_eof():
        body += await request.content.read(LONGEST_BODY + 1 - len(body))
    if len(body) > LONGEST_BODY:
        raise Refusal(BadArgument(f"The form is longer than {LONGEST_BODY} bytes."))
    return body
