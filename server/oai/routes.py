"""OAI-PMH over HTTP: an address for each context, GET and POST alike. What can fail has failed before the first byte goes out."""

import re
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl

from aiohttp import ETag, web
from aiohttp.http_exceptions import PayloadEncodingError
from sqlalchemy import Connection

from server import observe
from server.clock import Clock
from server.db.engine import Database
from server.dissemination import Broken
from server.errors import Unavailable
from server.middleware import Translator, remote_address
from server.oai import response, verbs
from server.oai.errors import BadArgument, Refusal
from server.oai.harvesters import Tally
from server.oai.request import GetRecord, Identify, Listing, ListMetadataFormats, ListSets, Pairs, Resumption, parse
from server.oai.sealer import Sealer
from server.oai.sending import VARY, Body, send
from server.oai.verbs import Answer, Provider, Unwritable
from server.records import changes
from server.records.deflated import gzipped

LONGEST_BODY = 64 * 1024
"""Bytes of a POSTed form; arguments are short."""

RETRY_AFTER = "30"

_Other = Identify | ListMetadataFormats | ListSets | Listing | Resumption
"""What is asked for beside a single record."""

_SAFE = frozenset({"GET", "HEAD"})
_BASE = re.compile(r"/oai(?:/(?!explore$)[^/]*)?")
_FORM = "application/x-www-form-urlencoded"

log = observe.logger("oai")


class Oai:
    """The data provider at its base URLs.

    `provider` gives what is offered at this moment in a context ("" is the repository's own) and raises NotFound where there is
    no such context; None where nobody has defined what is offered, or it is switched off.
    """

    def __init__(
        self, database: Database, provider: Callable[[str], Provider | None], clock: Clock, tally: Tally, sealer: Sealer
    ) -> None:
        self._database = database
        self._provider = provider
        self._clock = clock
        self._tally = tally
        self._sealer = sealer

    def routes(self) -> list[web.RouteDef]:
        return [method(path, self.answer) for path in ("/oai", "/oai/{context}") for method in (web.get, web.post)]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer any request with an OAI-PMH document.

        Only when the database is away with 503 and Retry-After (OAI-PMH 3.1.2.2). Raises NotFound for an unknown context.
        """
        if (provider := self._provider(request.match_info.get("context", ""))) is None:
            raise _away("Harvesting is switched off here.")
        pairs: Pairs = ()
        body: Body
        try:
            pairs = await _arguments(request)
            asked = parse(pairs)
            if isinstance(asked, GetRecord):
                return await self._one(request, pairs, asked, provider)
            body, answer = await self._respond(pairs, asked, provider, compressed=_takes_gzip(request))
            await self._hold(answer.broken)
            self._tally.note(*_who(request), answer.listed)
            if answer.unsealed is not None:
                self._sealer.want(answer.unsealed)
        except Refusal as refusal:
            await self._hold(refusal.broken if isinstance(refusal, Unwritable) else ())
            self._tally.note(*_who(request), None, refused=True)
            body = response.errors(provider.url, pairs, self._clock(), refusal.errors)
        except Unavailable as error:
            raise _away(error.message) from error
        return await send(request, body)

    async def _one(self, request: web.Request, pairs: Pairs, asked: GetRecord, provider: Provider) -> web.StreamResponse:
        """Answer GetRecord, with 304 where the client has the record as it is (RFC 9110 § 13)."""
        now, compressed = self._clock(), _takes_gzip(request)

        def run(tx: Connection) -> tuple[response.Validators, Body | None]:
            parts = verbs.get_record(tx, asked, provider).parts
            found = response.validators(provider.url, pairs, parts, now)
            if request.method in _SAFE and _has(request, found):
                return found, None
            texts = response.document(provider.url, pairs, now, parts)
            return found, gzipped(texts) if compressed else texts

        found, body = await self._database.read_hot(run)
        self._tally.note(*_who(request), None)
        answer = web.Response(status=304, headers=VARY) if body is None else await send(request, body)
        answer.etag = ETag(found.tag, is_weak=True)
        answer.last_modified = found.modified
        answer.headers["Cache-Control"] = "no-cache"  # or a cache would guess for how long it is good
        return answer

    async def _respond(self, pairs: Pairs, request: _Other, provider: Provider, *, compressed: bool) -> tuple[Body, Answer]:
        now = self._clock()
        horizon = None
        if isinstance(request, Listing):
            horizon = await self._database.write(changes.horizon, now)
            now = horizon.at
        verb = self._verb(request, provider, horizon)

        def run(tx: Connection) -> tuple[Body, Answer]:
            answer = verb(tx)
            texts = response.document(provider.url, pairs, now, answer.parts)
            return gzipped(texts) if compressed else texts, answer

        return await self._database.read_hot(run)

    async def _hold(self, broken: Sequence[Broken]) -> None:
        """Remember what cannot be written, so that the administrator finds it and no list counts on it."""
        for each in broken:
            await self._database.write(changes.hold, each.record_id, each.format_id, each.cause, self._clock())
            log.warning("a record cannot be written", extra={"record": each.record_id, "reason": each.cause})

    def _verb(self, request: _Other, provider: Provider, horizon: changes.Horizon | None) -> Callable[[Connection], Answer]:
        now = self._clock()
        match request:
            case Identify():
                return lambda tx: verbs.identify(tx, request, provider, now)
            case ListMetadataFormats():
                return lambda tx: verbs.list_metadata_formats(tx, request, provider)
            case ListSets():
                return lambda tx: verbs.list_sets(tx, request, provider, now)
            case Resumption():
                return lambda tx: verbs.resume(tx, request, provider, now)
            case Listing():
                assert horizon is not None  # noqa: S101 -- read two lines before
                edge = horizon
                return lambda tx: verbs.begin(tx, request, provider, edge)


def plainly(otherwise: Translator) -> Translator:
    """Return how errors that are none of OAI-PMH are said: at a base URL, which never answers HTML, in plain words."""

    def translate(request: web.Request, status: int, text: str) -> web.StreamResponse | None:
        if status == web.HTTPNotFound.status_code or not _BASE.fullmatch(request.path):
            return otherwise(request, status, text)
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


def _who(request: web.Request) -> tuple[str, str]:
    """Return the name a client gives itself and its address."""
    return request.headers.get("User-Agent", ""), remote_address(request)


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
        raise Refusal(BadArgument(f"The arguments of a POST are a form: {_FORM}, not {request.content_type!r}."))
    return query + parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace")


async def _read(request: web.Request) -> bytes:
    """Read a posted body; raises Refusal where it is too long."""
    body = await request.content.read(LONGEST_BODY + 1)
    while len(body) <= LONGEST_BODY and not request.content.at_eof():
        body += await request.content.read(LONGEST_BODY + 1 - len(body))
    if len(body) > LONGEST_BODY:
        raise Refusal(BadArgument(f"The form is longer than {LONGEST_BODY} bytes."))
    return body
