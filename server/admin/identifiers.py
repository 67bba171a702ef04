"""The list of all identifiers: what is stuck, why, and which work it names."""

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.identifiers import ledger
from server.identifiers.model import State
from server.portal import words
from server.portal.asked import asked, number
from server.portal.frame import Frame
from server.records import store as records

PAGE = 50


@dataclass(frozen=True, slots=True)
class Identifiers:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [self.frame.get("/admin/identifiers", Right.WORKS, self.identifiers)]

    async def identifiers(self, request: web.Request) -> web.StreamResponse:
        state, text, before = asked(request, "state", "q", "before")
        found, titles = await self.frame.house.database.read(_identifiers, state, text, number(before))
        shown = found[:PAGE]
        older = urlencode({"state": state, "q": text, "before": shown[-1].id}) if len(found) > PAGE else ""
        states = {name.value: word.label for name, word in words.IDENTIFIERS.items()}
        return self.frame.page(
            request, "admin/identifiers.html",
            entries=shown, titles=titles, state=state, text=text, states=states, older=older, words=words,
        )  # fmt: skip


def _identifiers(tx: Connection, state: str, text: str, before: int) -> tuple[list[ledger.Entry], dict[str, str]]:
    known = state if state in {each.value for each in State} else ""
    found = ledger.search(tx, state=known, text=text, before=before, limit=PAGE + 1)
    return found, records.titles(tx, {entry.record_id for entry in found if entry.record_id})
