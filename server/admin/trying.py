"""Trying a deposit out: a document or a past import, read by the settings of a SWORD server, and nothing is kept."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from server.accounts.model import Right
from server.errors import Invalid, SheafError, TooLarge
from server.house import House
from server.portal.asked import asked
from server.portal.frame import Frame
from server.sword import causes
from server.sword.package import Arrived
from server.sword.profile.settings import KIND, Server
from server.sword.trial import Trial, Tried, Wanted
from server.works.differences import spelled
from server.xml import clean

PAGE = "/admin/imports/try"

#: What would become of a deposit, in words.
BECOMES = {
    "accepted": "It would be published at once.",
    "pending": "It would wait for approval.",
    "in-progress": "It would wait for more.",
    "held": "It would be held.",
    "refused": "It would be refused.",
    "changed": "It would change a work that is here already.",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial found, as a page shows it."""

    tried: Tried | None = None
    failure: SheafError | None = None
    """Why it could not even be read."""

    @property
    def words(self) -> str:
        return BECOMES[self.tried.becomes] if self.tried is not None else ""

    @property
    def record(self) -> tuple[tuple[str, str], ...]:
        """The record in the words of the form."""
        return spelled(self.tried.record) if self.tried is not None and self.tried.record is not None else ()

    @property
    def causes(self) -> Mapping[str, causes.Cause]:
        return causes.CAUSES


def wanted_of(given: Mapping[str, str]) -> Wanted:
    """Read what somebody wants to try from a form."""
    number, document = given.get("try_import", "").strip(), given.get("try_document", "").strip()
    return Wanted(number.rpartition("/")[2], document, given.get("try_collection", ""))


async def tried(house: House, server: Server, wanted: Wanted) -> Outcome:
    """Try something out by the settings of a server."""
    if not wanted.number and not wanted.document and wanted.file is None:
        return Outcome(failure=Invalid("Give the number of an import, or a document."))
    try:
        return Outcome(await Trial(house.intake).asked(wanted, server, house.files, house.clock()))
    except SheafError as error:
        return Outcome(failure=error)


@dataclass(frozen=True, slots=True)
class Trying:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get(PAGE, Right.IMPORTS, self.form),
            self.frame.upload(PAGE, Right.IMPORTS, self.trial),
        ]

    async def form(self, request: web.Request) -> web.StreamResponse:
        number, into = asked(request, "import", "collection")
        return self._page(request, Wanted(number, "", into))

    async def trial(self, request: web.Request) -> web.StreamResponse:
        sent = await self.frame.sent(request)
        try:
            wanted = wanted_of(sent.texts)
            for file in sent.files:
                wanted = replace(wanted, file=Arrived(file.received.path, file.received, clean(file.name), file.declared))
            server = next((each for each in self._servers() if any(found.id == wanted.into for found in each.collections)), None)
            if server is None:
                return self._page(request, wanted, status=422)
            outcome = Outcome(failure=TooLarge(sent.refused[0])) if sent.refused else None
            outcome = outcome or await tried(self.frame.house, server, wanted)
            return self._page(request, wanted, outcome=outcome, status=422 if outcome.failure else 200)
        finally:
            await asyncio.to_thread(sent.discard)

    def _servers(self) -> list[Server]:
        return [each.settings for each in self.frame.house.keeper.live.of(KIND)]

    def _page(self, request: web.Request, wanted: Wanted, status: int = 200, **values: Any) -> web.Response:
        collections = [found for server in self._servers() for found in server.collections]
        values = {"outcome": None, "wanted": wanted, "collections": collections} | values
        return self.frame.page(request, "admin/trial.html", status, **values)
