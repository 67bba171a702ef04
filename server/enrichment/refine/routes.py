"""The Reconciliation API over HTTP, below /reconcile: open to every page of the world; with a token ORCID is asked too."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from server.accounts.authenticate import Authenticator
from server.accounts.tokens import Scope
from server.budgets import Budgets, Caller
from server.enrichment.model import Facts
from server.enrichment.refine import documents, people
from server.enrichment.refine.answering import Answerer
from server.enrichment.refine.asked import MOST_CANDIDATES, Asked, read
from server.enrichment.refine.documents import ROOT, Document
from server.errors import Conflict, Invalid, Refused, TooLarge, Unavailable
from server.metadata.fragments import Repository
from server.middleware import remote_address
from server.pages import Pages
from server.people import schemes
from server.xml import clean

RATE, BURST = 5.0, 300.0
"""Queries a second of one client, and how many more after a rest."""

LARGEST = 1_000_000
"""Bytes of a form."""

_PAUSE = "30"

#: Reconciliation API 0.2, § 3.2: services must let pages of every origin read their answers.
_OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "86400",
    "Cache-Control": "no-store",
}

#: A preview is shown in a frame of the client's page.
_FRAMED = {"Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors *"} | _OPEN

#: What is in the way → status.
_STATUS: dict[type, int] = {Invalid: 400, Refused: 401, Conflict: 503, TooLarge: 413, Unavailable: 503}

Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Reconcile:
    """The service. `inside` in what follows: whoever asks has a token that lets ORCID be asked."""

    answerer: Answerer
    authenticator: Authenticator
    repository: Callable[[], Repository]
    pages: Pages
    _budgets: Budgets = field(default_factory=lambda: Budgets(RATE, BURST))

    def routes(self) -> list[web.RouteDef]:
        shown: dict[str, Handler] = {
            "": self.ask, "/suggest/entity": self.entities, "/suggest/property": self.properties, "/suggest/type": self.types,
            "/flyout/entity": self.flyout, "/preview": self.preview, "/properties": self.proposals, "/about": self.about,
        }  # fmt: skip
        found = [web.post(ROOT, self._answered(self.ask))]
        for path, handler in shown.items():
            found += [web.get(ROOT + path, self._answered(handler)), web.options(ROOT + path, self.preflight)]
        return found

    def _answered(self, handler: Handler) -> Handler:
        """Let a handler answer, and say as JSON what is in its way."""

        async def answer(request: web.Request) -> web.Response:
            try:
                return await handler(request)
            except (Invalid, Refused, Conflict, TooLarge, Unavailable) as error:
                status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
                return _refused(status, f"{error.message} {error.remedy}".strip())

        return answer

    def _spend(self, request: web.Request, cost: float) -> None:
        caller = Caller.of(remote_address(request), request.headers.get("User-Agent", ""))
        if self._budgets.spend(caller, cost, monotonic()):
            raise Unavailable("Too many questions at once.", remedy=f"Come again in {_PAUSE} seconds.", code="too-many")

    async def preflight(self, _request: web.Request) -> web.Response:
        return web.Response(status=204, headers=_OPEN)

    async def ask(self, request: web.Request) -> web.Response:
        """Answer queries, extend what was found, or say what the service can."""
        given = await _given(request)
        asked = read(given)
        self._spend(request, asked.cost)
        inside = await self._is_inside(request, given)
        if asked.probes:
            return _json({"hasOrcidCredentials": inside and await self.answerer.is_on()})
        return _json(await self._said(asked, inside=inside))

    async def _said(self, asked: Asked, *, inside: bool) -> Document:
        if asked.alone is not None:
            return documents.result(await self.answerer.candidates(asked.alone, inside=inside))
        if asked.queries is not None:
            found = {key: await self.answerer.candidates(query, inside=inside) for key, query in asked.queries.items()}
            return {key: documents.result(each) for key, each in found.items()}
        if asked.extension is not None:
            wanted = [orcid for each in asked.extension.ids if (orcid := _bare(each)) == each]
            return documents.extended(asked.extension, await self.answerer.known(wanted, inside=inside))
        repository = self.repository()
        return documents.manifest(repository.name, repository.url)

    async def entities(self, request: web.Request) -> web.Response:
        """Suggest our own people by the beginning of a name; ORCID is not asked while somebody types."""
        self._spend(request, 1.0)
        inside = await self._is_inside(request, request.query)
        prefix, cursor = clean(request.query.get("prefix", ""))[:200], request.query.get("cursor", "")
        start = int(cursor) if cursor.isascii() and cursor.isdecimal() and len(cursor) < 6 else 0  # noqa: PLR2004 -- digits
        found = await self.answerer.asking.database.read_hot(people.beginning, prefix, start, inside=inside)
        return _json(documents.suggested_people(facts for facts, _ in found[:MOST_CANDIDATES]))

    async def properties(self, request: web.Request) -> web.Response:
        return _json(documents.suggested_properties(request.query.get("prefix", "")))

    async def types(self, request: web.Request) -> web.Response:
        return _json(documents.suggested_types(request.query.get("prefix", "")))

    async def proposals(self, _request: web.Request) -> web.Response:
        return _json(documents.proposed())

    async def flyout(self, request: web.Request) -> web.Response:
        """Say of one person in a line what a client shows beside the name."""
        facts = await self._one(request)
        html = self.pages.write("reconcile/flyout.html", facts=facts)
        return _json({"id": facts.orcid, "html": html.strip()})

    async def preview(self, request: web.Request) -> web.Response:
        """Show one person in the frame of a client."""
        return self.pages.answer("reconcile/preview.html", 200, _FRAMED, facts=await self._one(request))

    async def about(self, _request: web.Request) -> web.Response:
        """Tell people what the service is, and how a client is set up."""
        address, asked = f"{self.repository().url}{ROOT}", documents.ASKED
        return self.pages.answer("reconcile/about.html", address=address, asked=asked, told=documents.TOLD)

    async def _one(self, request: web.Request) -> Facts:
        self._spend(request, 1.0)
        orcid = _bare(request.query.get("id", ""))
        inside = await self._is_inside(request, request.query)
        found = await self.answerer.known([orcid], inside=inside) if orcid else {}
        if orcid not in found:
            raise web.HTTPNotFound(text="Nobody of this iD is known.", headers=_OPEN)
        return found[orcid]

    async def _is_inside(self, request: web.Request, given: Mapping[str, str]) -> bool:
        """Whether a token came along. Raises Refused for one that is not good."""
        header = request.headers.get("Authorization", "")
        if key := given.get("api_key", ""):
            header = f"Bearer {key}"
        if not header:
            return False
        await self.authenticator.admit(header, Scope.RECONCILE, remote=remote_address(request))
        return True


def _bare(text: str) -> str:
    try:
        return schemes.bare("orcid", text)
    except ValueError:
        return ""


async def _given(request: web.Request) -> dict[str, str]:
    """Return the parameters of the address, and of a form that was posted."""
    given = dict(request.query)
    if request.method == "POST":
        if request.content_type != "application/x-www-form-urlencoded":
            raise Invalid("Queries are posted as a form.", remedy="Send application/x-www-form-urlencoded.")
        body = bytearray()
        async for chunk in request.content.iter_chunked(65_536):
            body += chunk
            if len(body) > LARGEST:
                raise TooLarge(f"A form has at most {LARGEST:,} bytes.")
        try:
            given |= dict(parse_qsl(body.decode(), max_num_fields=100))
        except ValueError as error:
            raise Invalid("The form cannot be read.") from error
    return given


def _json(document: Document, status: int = 200, headers: Mapping[str, str] = _OPEN) -> web.Response:
    return web.Response(body=msgspec.json.encode(document), status=status, content_type="application/json", headers=headers)


def _refused(status: int, message: str) -> web.Response:
    more = {401: {"WWW-Authenticate": 'Bearer realm="Sheaf reconcile"'}, 503: {"Retry-After": _PAUSE}}.get(status, {})
    return _json(documents.refusal(message), status, _OPEN | more)
