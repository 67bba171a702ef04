"""What agencies say otherwise: how each profile stands, its differences with a way to repair them, and the same as CSV."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct, convert
from sqlalchemy import Connection

from server import spreadsheet
from server.accounts.model import Right
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, Invalid, NotFound, SheafError
from server.house import House
from server.identifiers import drifts
from server.identifiers.calling import readable
from server.identifiers.comparing import Drift
from server.identifiers.drifts import ASKED, OPEN, Found, Wanted
from server.identifiers.handle import batch as handles
from server.identifiers.handle.account import Account
from server.identifiers.model import Agency
from server.identifiers.reconcile import RECONCILE, Reconcile
from server.identifiers.repairing import REPAIR, Repair, again
from server.pages import PROTECTION
from server.portal import words
from server.portal.asked import asked, number
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame, led
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.registry import Registry
from server.runs import store as runs
from server.runs.model import Run

HOME = "/admin/identifiers/agencies"
PAGE = 100
CHUNK = 1000
HEAD = ("identifier", "difference", "here", "agency", "stands", "found", "asked again", "work")

_STANDINGS = {standing: word.label for standing, word in words.STANDINGS.items()}


@dataclass(frozen=True, slots=True)
class Stand:
    """How a profile stands beside its agency."""

    profile: Profile
    agency: Agency
    counts: Mapping[tuple[str, str], int]
    """Differences by kind and standing."""
    run: Run | None
    """The last comparison."""

    def of(self, kind: str = "", *standings: str) -> int:
        """Count differences of a kind, or of any, that stand so, or anyhow."""
        pairs = self.counts.items()
        return sum(n for (k, s), n in pairs if kind in {"", k} and (not standings or s in standings))

    @property
    def repairable(self) -> int:
        """How many differences of ours the agency has not confirmed away."""
        strangers = self.of(Drift.UNKNOWN_HERE.value, OPEN)
        return self.of("", OPEN, ASKED) - strangers


@dataclass(frozen=True, slots=True)
class Reconciling:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get(HOME, Right.WORKS, self.every),
            get(f"{HOME}/{{profile}}", Right.WORKS, self.one),
            get(f"{HOME}/{{profile}}/report.csv", Right.WORKS, self.report),
            get(f"{HOME}/{{profile}}/handles.txt", Right.WORKS, self.batch),
            post(f"{HOME}/{{profile}}/start", Right.JOBS, self.start),
            post(f"{HOME}/{{profile}}/repair", Right.JOBS, self.repair),
            post(f"{HOME}/{{profile}}/repair/{{identifier}}", Right.JOBS, self.repair_one),
        ]

    async def every(self, request: web.Request) -> web.StreamResponse:
        house = self.frame.house
        stands = await house.database.read(_stands, house.agencies)
        return self.frame.page(request, "admin/reconciling/profiles.html", stands=stands, words=words, drifts=list(Drift))

    async def one(self, request: web.Request) -> web.StreamResponse:
        return await self._one(request)

    async def _one(self, request: web.Request, status: int = 200, failure: SheafError | None = None) -> web.Response:
        house = self.frame.house
        kind, standing, after = asked(request, "kind", "standing", "after")
        wanted = Wanted(kind if kind in set(Drift) else "", standing if standing in _STANDINGS else "", number(after))
        stand, found = await house.database.read(_seen, house.agencies, _profile(request), wanted)
        shown = found[:PAGE]
        query = {"kind": wanted.kind, "standing": wanted.standing} | ({"after": str(shown[-1].id)} if shown else {})
        more = urlencode({name: value for name, value in query.items() if value}) if len(found) > PAGE else ""
        return self.frame.page(
            request, "admin/reconciling/report.html", status, stand=stand, found=shown, wanted=wanted, more=more, words=words,
            drifts=list(Drift), standings=_STANDINGS, failure=failure,
        )  # fmt: skip

    async def report(self, request: web.Request) -> web.StreamResponse:
        """Send all differences, some rows at a time."""
        house, wanted = self.frame.house, _profile(request)
        stand, _ = await house.database.read(_seen, house.agencies, wanted, Wanted())
        response = web.StreamResponse(headers=PROTECTION)
        response.content_type, response.charset = "text/csv", "utf-8"
        response.headers["Content-Disposition"] = f'attachment; filename="differences-{stand.profile.id}.csv"'
        response.headers["Cache-Control"] = "no-store"
        await response.prepare(request)
        await response.write((spreadsheet.MARK + spreadsheet.lines([HEAD])).encode())
        after = 0
        while rows := await house.database.read(drifts.page, wanted, Wanted(after=after), CHUNK):
            await response.write(spreadsheet.lines(_row(each) for each in rows).encode())
            after = rows[-1].id
        await response.write_eof()
        return response

    async def batch(self, request: web.Request) -> web.StreamResponse:
        """Send the handles of a profile as a batch file for the handle server's own tools, some at a time."""
        house, wanted = self.frame.house, _profile(request)
        stand, _ = await house.database.read(_seen, house.agencies, wanted, Wanted())
        if stand.agency.account is not Account:
            raise NotFound("Only handles are sent as a batch file.")
        account = profiles.opened(stand.profile, Account, house.seal)
        response = web.StreamResponse(headers=PROTECTION | {"Cache-Control": "no-store"})
        response.content_type, response.charset = "text/plain", "utf-8"
        response.headers["Content-Disposition"] = f'attachment; filename="handles-{stand.profile.id}.txt"'
        await response.prepare(request)
        await response.write(handles.head(account).encode())
        after, item = 0, house.press.renderer.repository.item
        while rows := await house.database.read(handles.page, wanted, after, CHUNK):
            await response.write("".join(handles.create(account, value, item(work)) for _, value, work in rows).encode())
            after = rows[-1][0]
        await response.write_eof()
        return response

    async def start(self, request: web.Request) -> web.StreamResponse:
        """Ask for a comparison of all identifiers of a profile."""
        return await self._begun(request, lambda profile: (RECONCILE, Reconcile(profile=profile)))

    async def repair(self, request: web.Request) -> web.StreamResponse:
        """Ask for what differs in one way, or at all, to be sent again."""
        kind = (await fields(request)).get("kind", "")
        if kind and kind not in words.REPAIRABLE:
            raise NotFound("Nothing of that kind can be repaired.")
        return await self._begun(request, lambda profile: (REPAIR, convert({"profile": profile, "kind": kind}, Repair)))

    async def repair_one(self, request: web.Request) -> web.StreamResponse:
        """Send one identifier again."""
        house, wanted = self.frame.house, number(request.match_info["identifier"])
        obstacle = await house.database.write(_again, house, wanted, request[VISITOR].actor, house.clock())
        if obstacle:
            return await self._one(request, 409, Conflict(obstacle))
        house.worker.call()
        raise led(f"{HOME}/{_profile(request)}", "agency-asked-again")

    async def _begun(self, request: web.Request, what: Callable[[str], tuple[str, Struct]]) -> web.StreamResponse:
        house = self.frame.house
        try:
            run = await house.database.write(_start, house, _profile(request), what, request[VISITOR].actor, house.clock())
        except (Invalid, Conflict) as error:
            return await self._one(request, 409, error)
        house.worker.call()
        raise led(f"/admin/jobs/{run.id}", "started")


def _stands(tx: Connection, shelf: Registry[Agency]) -> list[Stand]:
    found = [(p, agency) for p in profiles.every(tx) if (agency := shelf.get(p.kind)) is not None and agency.reads is not None]
    counts = drifts.counts(tx)
    last = runs.latest_of(tx, RECONCILE, [profile.id for profile, _ in found])
    return [Stand(profile, agency, counts.get(profile.id, {}), last.get(profile.id)) for profile, agency in found]


def _seen(tx: Connection, shelf: Registry[Agency], profile_id: int, wanted: Wanted) -> tuple[Stand, list[Found]]:
    stand = next((each for each in _stands(tx, shelf) if each.profile.id == profile_id), None)
    if stand is None:
        raise NotFound("There is no such profile whose agency can be asked what it knows.")
    return stand, drifts.page(tx, profile_id, wanted, PAGE + 1)


def _start(
    tx: Connection, house: House, profile_id: int, what: Callable[[str], tuple[str, Struct]], by: Actor, now: datetime
) -> Run:
    profile = profiles.numbered(tx, profile_id)
    readable(house.agencies, profile)
    name, given = what(profile.name)
    return runs.start(tx, house.tasks.get(name), given, by, now)


def _again(tx: Connection, house: House, identifier: int, by: Actor, now: datetime) -> str:
    obstacle = again(tx, house.agencies, identifier, now)
    if not obstacle:
        audit.note(tx, by, "identifier.asked-again", "identifier", str(identifier), now)
    return obstacle


def _row(found: Found) -> tuple[str, ...]:
    asked_at = found.asked.isoformat() if found.asked else ""
    return (
        found.value, found.kind.value, found.wanted, found.told, found.standing, found.seen.isoformat(), asked_at,
        found.record_id or "",
    )  # fmt: skip


def _profile(request: web.Request) -> int:
    """Return the number of the profile an address names; raises NotFound for what cannot be one."""
    found = number(request.match_info["profile"])
    if not found:
        raise NotFound("There is no such profile.")
    return found
