"""ORCID: how every work stands on people's records, whose permission is good, and permissions brought from another system."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Invalid, NotFound, SheafError
from server.orcid import bringing, ledger, links
from server.orcid.bringing import Faulty
from server.orcid.kind import in_use
from server.orcid.ledger import Asked
from server.orcid.model import Consent, Linked, WorkState
from server.orcid.sweep import push, sweep
from server.people import store as people
from server.people.model import decode
from server.portal import orcid as words
from server.portal.asked import asked, number
from server.portal.door import VISITOR, fields, posted
from server.portal.frame import Frame, led
from server.profiles.seal import Seal
from server.records.model import is_id
from server.xml import clean

LIST = "/admin/orcid"
PAGE = 50


@dataclass(frozen=True, slots=True)
class OrcidRoom:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get(LIST, Right.PEOPLE, self.works),
            post(f"{LIST}/again", Right.PEOPLE, self.again),
            get(f"{LIST}/links", Right.PEOPLE, self.links),
            post(f"{LIST}/sweep", Right.PEOPLE, self.sweep),
            get(f"{LIST}/import", Right.PROFILES, self.form),
            post(f"{LIST}/import", Right.PROFILES, self.bring),
        ]

    async def works(self, request: web.Request) -> web.StreamResponse:
        state, work, person, page = asked(request, "state", "work", "person", "page")
        known = state if state in set(WorkState) else ""
        wanted = Asked(known, work if is_id(work) else "", number(person), max(1, min(number(page), 100_000)))
        seen = await self.frame.house.database.read(_works, self.frame.house.seal, wanted)
        query = {"state": wanted.state, "work": wanted.record_id, "person": str(wanted.person_id or "")}
        return self.frame.page(
            request,
            "admin/orcid/works.html",
            wanted=wanted,
            words=words,
            ways=_ways(LIST, query, wanted.page, seen["total"]),
            **seen,
        )

    async def again(self, request: web.Request) -> web.StreamResponse:
        """Let ORCID be asked once more about a work."""
        house, given = self.frame.house, await fields(request)
        work, person = given.get("work", ""), number(given.get("person", ""))
        await house.database.write(_again, work if is_id(work) else "", person, request[VISITOR].actor, house.clock())
        house.worker.call()
        raise led(LIST, "orcid-again", work=work)

    async def links(self, request: web.Request) -> web.StreamResponse:
        state, page = asked(request, "state", "page")
        known, place = state if state in set(Consent) else "", max(1, min(number(page), 100_000))
        seen = await self.frame.house.database.read(_links, self.frame.house.seal, known, place, self.frame.house.clock())
        ways = _ways(f"{LIST}/links", {"state": known}, place, seen["total"])
        return self.frame.page(request, "admin/orcid/links.html", state=known, page=place, words=words, ways=ways, **seen)

    async def sweep(self, _request: web.Request) -> web.StreamResponse:
        """Look at everybody now."""
        house = self.frame.house
        await house.database.write(sweep, house.clock())
        house.worker.call()
        raise led(LIST, "orcid-again")

    async def form(self, request: web.Request) -> web.StreamResponse:
        return self._form(request)

    async def bring(self, request: web.Request) -> web.StreamResponse:
        house = self.frame.house
        try:
            rows = bringing.read(await _file(request))
            await house.database.write(_bring, house.seal, rows, request[VISITOR].actor, house.clock())
        except Faulty as error:
            return self._form(request, 422, error, error.faults)
        except (Invalid, NotFound) as error:
            return self._form(request, 422, error)
        house.worker.call()
        raise led(f"{LIST}/links", "orcid-brought")

    def _form(
        self,
        request: web.Request,
        status: int = 200,
        failure: SheafError | None = None,
        faults: list[bringing.Fault] | None = None,
    ) -> web.Response:
        return self.frame.page(
            request, "admin/orcid/import.html", status, failure=failure, faults=faults or [], columns=bringing.COLUMNS
        )


async def _file(request: web.Request) -> str:
    """Return the text of the file. Raises Invalid."""
    upload = (await posted(request)).get("file")
    body = upload.file.read() if isinstance(upload, web.FileField) else b""
    try:
        return clean(body.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"))
    except UnicodeDecodeError as error:
        raise Invalid("The file is not in UTF-8.", place="file", remedy="Save it as “CSV UTF-8”.") from error


def _ways(path: str, query: dict[str, str], page: int, total: int) -> dict[str, str]:
    """Return the addresses of the pages before and after; empty where there is none."""
    last = max(1, -(-total // PAGE))
    steps = (("newer", page - 1), ("older", page + 1))
    given = {name: value for name, value in query.items() if value}
    return {word: f"{path}?{urlencode(given | {'page': str(to)})}" if 1 <= to <= last else "" for word, to in steps}


def _works(tx: Connection, seal: Seal, wanted: Asked) -> dict[str, Any]:
    found, total = ledger.search(tx, wanted, PAGE)
    rows = [(row, title, decode(document).label) for row, title, document in found]
    return {"rows": rows, "total": total, "counts": ledger.counts(tx), "settings": _settings(tx, seal)}


def _links(tx: Connection, seal: Seal, state: str, page: int, now: datetime) -> dict[str, Any]:
    found, total = links.search(tx, state, page, PAGE)
    settings = _settings(tx, seal)
    who = people.some(tx, [one.person_id for one in found])

    def why(one: Linked) -> str:
        return links.obstacle(one, settings, now) if settings is not None else ""

    rows = [(one, who[one.person_id].person.label, why(one), ledger.counts(tx, one.person_id)) for one in found]
    return {"rows": rows, "total": total, "counts": links.counts(tx), "settings": settings}


def _settings(tx: Connection, seal: Seal) -> Any:
    found = in_use(tx, seal)
    return found[1] if found is not None else None


def _again(tx: Connection, record_id: str, person_id: int, actor: Actor, now: datetime) -> None:
    row = ledger.again(tx, record_id, person_id, now)
    if row is None:
        raise NotFound("ORCID was never asked about this work of this person.")
    push(tx, person_id, now)
    audit.note(tx, actor, "orcid.asked-again", "record", record_id, now, summary=row.account)


def _bring(tx: Connection, seal: Seal, rows: list[bringing.Row], actor: Actor, now: datetime) -> int:
    found = in_use(tx, seal)
    if found is None:
        raise NotFound("ORCID is not set up here.", remedy="Make a profile for it first.")
    return bringing.bring(tx, found[1], seal, rows, actor, now)
