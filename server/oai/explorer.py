"""What harvesters get, for people to look at: each page stands for one or a few requests, asked of the same verbs and shown.

The address of a page is made like that of its request, with the base URL in `context`:
`/oai/explore?verb=ListRecords&metadataPrefix=oai_dc`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from msgspec import structs

from server.db.engine import Database
from server.db.recent import Recent
from server.errors import NotFound
from server.metadata.fragments import Repository
from server.oai.definition import EXPLORE, base_url
from server.oai.request import Pairs
from server.oai.shown import Asked, SetShown, Shown, asked
from server.oai.verbs import Provider
from server.pages import Pages
from server.records import lists
from server.records.model import is_id

PART = 25
"""Records on a page: people look at fewer at a time than harvesters take. The tokens are good for both."""

PROPOSED = 1_000
"""Sets a form proposes; any other can be typed."""

MANY = 10_000
"""So many works take a moment to count by set."""

_PATH = f"/oai/{EXPLORE}"
_TABS = ("Identify", "ListSets", "ListMetadataFormats", "ListRecords", "GetRecord")
_LIST = ("metadataPrefix", "set", "from", "until", "resumptionToken")

Ask = Callable[[Provider, Pairs], Awaitable[bytes]]
"""Gives the document that answers a request, errors included."""


@dataclass(slots=True)
class _Visit:
    """One page in the making: who is asked, with which arguments, and the requests it stands for."""

    provider: Provider
    given: Mapping[str, str]
    ask: Ask
    requests: list[Asked] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)

    async def answer(self, verb: str, **arguments: str) -> Shown:
        """Ask, and show that it was asked."""
        pairs = [("verb", verb), *arguments.items()]
        self.requests.append(asked(self.provider.url, pairs))
        shown = await self._shown(pairs)
        self.faults += shown.faults
        return shown

    async def _shown(self, pairs: Pairs) -> Shown:
        return await asyncio.to_thread(Shown, await self.ask(self.provider, pairs))

    async def every_set(self) -> list[SetShown]:
        """Return the sets for a form to propose: no part of the page, so it is not shown that they were asked for."""
        found: list[SetShown] = []
        token = ""
        while len(found) < PROPOSED:
            shown = await self._shown([("verb", "ListSets"), *([("resumptionToken", token)] if token else [])])
            found += shown.sets()
            if not (token := shown.place(len(found)).token):
                break
        return found


class Explorer:
    """The pages at `/oai/explore`. `provider` and `ask` are those of the base URLs themselves."""

    def __init__(self, database: Database, provider: Callable[[str], Provider | None], ask: Ask, pages: Pages) -> None:
        self._provider = provider
        self._ask = ask
        self._pages = pages
        self._database = database
        self._sizes: dict[str, Recent[dict[str, int]]] = {}
        self._show: dict[str, Callable[[_Visit], Awaitable[dict[str, Any]]]] = {
            "Identify": self._identify,
            "ListSets": self._sets,
            "ListMetadataFormats": self._formats,
            "ListRecords": self._records,
            "GetRecord": self._record,
        }

    def routes(self) -> list[web.RouteDef]:
        return [web.get(_PATH, self.page)]

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Show one page. Raises NotFound where there is no such base URL or page, or harvesting is switched off."""
        given = {name: value for name, value in request.query.items() if value}
        context, verb = given.pop("context", ""), given.pop("verb", _TABS[0])
        if (provider := self._provider(context)) is None:
            raise NotFound("Harvesting is switched off here, so there is nothing to look at.")
        if verb not in self._show:
            raise NotFound("There is no such page. Its address begins with the name of one of the verbs that are shown.")
        visit = _Visit(provider, given, self._ask)
        values = await self._show[verb](visit)

        def here(**arguments: str) -> str:
            pairs = {"context": context, **arguments}
            return f"{_PATH}?{urlencode({name: value for name, value in pairs.items() if value})}"

        url = provider.renderer.repository.url
        contexts = [("", url), *((each.path, each.title) for each in provider.definition.contexts)]
        return self._pages.answer(
            "oai/explore.html", headers={"Cache-Control": "no-cache"}, verb=verb, tabs=_TABS, here=here, given=given,
            context=context, contexts=[(path, base_url(url, path), title) for path, title in contexts],
            requests=visit.requests, faults=visit.faults, offer=provider.offer, **values,
        )  # fmt: skip

    async def _identify(self, visit: _Visit) -> dict[str, Any]:
        return {"facts": await asyncio.to_thread((await visit.answer("Identify")).facts)}

    async def _sets(self, visit: _Visit) -> dict[str, Any]:
        shown = await visit.answer("ListSets", **_some(visit.given, "resumptionToken"))
        found = shown.sets()
        return {"sets": found, "place": shown.place(len(found)), "sizes": await self._counted(visit.provider.offer.within)}

    async def _counted(self, within: str) -> dict[str, int]:
        """Count the works by set: those a base URL chooses by the hidden set `within`, or all."""
        if within not in self._sizes:
            ask = partial(self._database.read, lists.sizes, within)
            self._sizes[within] = Recent(ask, lambda found: sum(found.values()) >= MANY)
        return await self._sizes[within].get()

    async def _formats(self, visit: _Visit) -> dict[str, Any]:
        return {"formats": (await visit.answer("ListMetadataFormats", **_some(visit.given, "identifier"))).formats()}

    async def _records(self, visit: _Visit) -> dict[str, Any]:
        given, provider = {"metadataPrefix": "oai_dc", **_some(visit.given, *_LIST)}, visit.provider
        sets = await visit.every_set()
        few = structs.replace(provider.definition, page_size=min(PART, provider.page_size))
        visit.provider = replace(provider, definition=few)
        shown = await visit.answer("ListRecords", **(_some(given, "resumptionToken") or given))
        records = await asyncio.to_thread(shown.records)
        filters = {name: value for name, value in given.items() if name != "resumptionToken"}
        place, shorter = shown.place(len(records)), provider.page_size > PART

        def whole(identifier: str) -> str:
            pairs = [("verb", "GetRecord"), ("identifier", identifier), ("metadataPrefix", given["metadataPrefix"])]
            return asked(provider.url, pairs).url

        return {
            "records": records, "place": place, "sets": sets, "formats": list(provider.formats), "filters": filters,
            "whole": whole, "shorter": shorter,
        }  # fmt: skip

    async def _record(self, visit: _Visit) -> dict[str, Any]:
        """Show one record in every format it can be given in."""
        repository = visit.provider.renderer.repository
        if not (typed := visit.given.get("identifier", "").strip()):
            return {"documents": [], "example": await self._example(visit)}
        identifier = _identifier(repository, typed)
        formats = (await visit.answer("ListMetadataFormats", identifier=identifier)).formats()
        documents = []
        for each in formats:
            shown = await visit.answer("GetRecord", identifier=identifier, metadataPrefix=each.prefix)
            documents += [(each, visit.requests.pop(), record) for record in await asyncio.to_thread(shown.records)]
        local = repository.local_id(identifier)
        title = next((record.title for _, _, record in documents if record.title), identifier)
        return {"documents": documents, "item": f"/items/{local}", "title": title, "example": ""}

    async def _example(self, visit: _Visit) -> str:
        """Return the identifier of a record there is: the first that is not deleted, else any; empty where there is none."""
        pairs = [("verb", "ListRecords"), ("metadataPrefix", "oai_dc")]
        few = structs.replace(visit.provider.definition, page_size=min(PART, visit.provider.page_size))
        answer = await self._ask(replace(visit.provider, definition=few), pairs)
        found = await asyncio.to_thread(lambda: Shown(answer).records())
        return next((each.identifier for each in sorted(found, key=lambda each: each.deleted)), "")


def _identifier(repository: Repository, typed: str) -> str:
    """Return the OAI identifier somebody means by it, by the address of a work's page, or by its number."""
    number = typed.removeprefix(f"{repository.url}/items/").partition("/")[0].partition("?")[0].upper()
    return repository.oai_id(number) if is_id(number) else typed


def _some(given: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: given[name] for name in names if name in given}
