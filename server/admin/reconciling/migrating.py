"""DOIs of another system: which are to be taken over, what is against each, and taking them over once their number is typed."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy import Connection

from server import spreadsheet
from server.accounts.model import Right
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, Invalid, NotFound, SheafError
from server.house import House
from server.identifiers import arrivals
from server.identifiers.arrivals import MIGRATE, Arrival, Line
from server.identifiers.migrate import Migrate
from server.identifiers.model import Agency
from server.pages import PROTECTION
from server.portal.asked import number
from server.portal.door import VISITOR, fields, posted
from server.portal.frame import Frame, led
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.records import lists
from server.runs import store as runs
from server.runs.model import Run

HOME = "/admin/identifiers/migrating"
MOST_SHOWN = 100
LONGEST_FILE = 16 * 2**20
CHUNK = 1000
HEAD = ("line", "identifier", "work", "problem")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be taken over for a profile."""

    profile: Profile
    number: int
    """Of the list: it goes back with what is typed, so that nobody confirms one they did not see."""
    whole: bool
    """Whether the agency takes an address with all the metadata only."""
    obstacle: SheafError | None
    """Why none may be taken over for it."""
    fine: int
    wrong: int
    arrivals: list[Arrival]
    problems: list[Arrival]
    sets: list[tuple[str, str]]
    """Their specs and names."""


class Uncertain(Invalid):
    """The number of what is taken over was not typed."""


@dataclass(frozen=True, slots=True)
class Migrating:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get(f"{HOME}/{{profile}}", Right.JOBS, self.plan),
            post(f"{HOME}/{{profile}}", Right.JOBS, self.judge),
            post(f"{HOME}/{{profile}}/start", Right.JOBS, self.start),
            get(f"{HOME}/{{profile}}/report.csv", Right.JOBS, self.report),
        ]

    async def plan(self, request: web.Request) -> web.StreamResponse:
        return await self._page(request)

    async def judge(self, request: web.Request) -> web.StreamResponse:
        """Look through a spreadsheet or the works of a set; nothing is changed by that."""
        house, by = self.frame.house, request[VISITOR].actor
        try:
            lines, spec = await _asked(request)
            await house.database.write(_judge, house, _profile(request), lines, spec, by, house.clock())
        except (Invalid, Conflict) as error:
            return await self._page(request, _status(error), failure=error)
        raise led(f"{HOME}/{_profile(request)}", "dois-judged")

    async def start(self, request: web.Request) -> web.StreamResponse:
        """Take over what was looked through, once its number is typed."""
        house, form = self.frame.house, await fields(request)
        typed, seen = form.get("count", ""), number(form.get("plan", ""))
        by, now = request[VISITOR].actor, house.clock()
        try:
            run = await house.database.write(_start, house, _profile(request), typed, seen, by, now)
        except (Invalid, Conflict) as error:
            return await self._page(request, _status(error), failure=error, typed=typed)
        house.worker.call()
        raise led(f"/admin/jobs/{run.id}", "started")

    async def report(self, request: web.Request) -> web.StreamResponse:
        """Send every line with what is against it, some at a time."""
        house, wanted = self.frame.house, _profile(request)
        response = web.StreamResponse(headers=PROTECTION)
        response.content_type, response.charset = "text/csv", "utf-8"
        response.headers["Content-Disposition"] = f'attachment; filename="migrated-dois-{wanted}.csv"'
        response.headers["Cache-Control"] = "no-store"
        await response.prepare(request)
        await response.write((spreadsheet.MARK + spreadsheet.lines([HEAD])).encode())
        for fine in (False, True):
            after = 0
            while rows := await house.database.read(arrivals.page, wanted, fine=fine, after=after, limit=CHUNK):
                cells = ((str(row.line), row.value, row.record_id or "", row.problem) for row in rows)
                await response.write(spreadsheet.lines(cells).encode())
                after = rows[-1].id
        await response.write_eof()
        return response

    async def _page(
        self, request: web.Request, status: int = 200, failure: SheafError | None = None, typed: str = ""
    ) -> web.Response:
        house = self.frame.house
        plan = await house.database.read(_plan, house, _profile(request))
        return self.frame.page(
            request, "admin/reconciling/migrating.html", status, plan=plan, failure=failure, typed=typed, most=MOST_SHOWN
        )


def _status(error: SheafError) -> int:
    return 409 if isinstance(error, Conflict) else 422


async def _asked(request: web.Request) -> tuple[list[Line], str]:
    """Return the lines of the file that was sent, or the set that was chosen; raises Invalid."""
    form = await posted(request, LONGEST_FILE)
    upload, spec = form.get("file"), form.get("set", "")
    body = upload.file.read() if isinstance(upload, web.FileField) else b""
    if body:
        try:
            return await asyncio.to_thread(arrivals.read, body.decode("utf-8-sig").replace("\r\n", "\n")), ""
        except UnicodeDecodeError as error:
            raise Invalid(
                "The file is not in UTF-8.", place="file", remedy="Save it as “CSV UTF-8” in the spreadsheet program."
            ) from error
    if not isinstance(spec, str) or not spec:
        raise Invalid("Choose a file or a set.", place="file")
    return [], spec


def _judge(tx: Connection, house: House, profile_id: int, lines: list[Line], spec: str, by: Actor, now: datetime) -> None:
    profile, agency = _asked_of(tx, house, profile_id)
    wanted = lines or arrivals.of_set(tx, spec, str(profile.document.get("prefix", "")))
    if not wanted:
        raise Invalid(f"No work of the set {spec!r} came with a DOI of this prefix.", place="set")
    arrivals.plan(tx, profile, agency, wanted)
    audit.note(tx, by, "identifiers.planned", "profile", str(profile.id), now, summary=profile.name)


def _start(tx: Connection, house: House, profile_id: int, typed: str, seen: int, by: Actor, now: datetime) -> Run:
    profile = profiles.numbered(tx, profile_id)
    profiles.hold(tx, profile.kind)  # nobody looks through another list meanwhile
    fine, _ = arrivals.counts(tx, profile_id)
    if not fine:
        raise Invalid("There is nothing to take over.", place="count")
    if typed.replace(",", "").strip() != str(fine):
        raise Uncertain(f"Type {fine}, the number of the DOIs, to take them over. It cannot be undone.", place="count")
    return runs.start(tx, house.tasks.get(MIGRATE), Migrate(profile=profile.name, plan=seen), by, now)


def _asked_of(tx: Connection, house: House, profile_id: int) -> tuple[Profile, Agency]:
    """Return a profile whose agency can be asked what it knows; raises NotFound."""
    profile = profiles.numbered(tx, profile_id)
    agency = house.agencies.get(profile.kind)
    if agency is None or agency.reads is None:
        raise NotFound("There is no such profile whose agency can be asked what it knows.")
    return profile, agency


def _plan(tx: Connection, house: House, profile_id: int) -> Plan:
    profile, agency = _asked_of(tx, house, profile_id)
    planned = arrivals.planned(tx, profile_id)
    try:
        house.tasks.get(MIGRATE).profile(tx, Migrate(profile=profile.name, plan=planned))
        obstacle = None
    except Invalid as error:
        obstacle = error
    fine, wrong = arrivals.counts(tx, profile_id)
    clean = arrivals.page(tx, profile_id, fine=True, limit=MOST_SHOWN)
    problems = arrivals.page(tx, profile_id, fine=False, limit=MOST_SHOWN)
    sets = sorted((spec, name) for spec, (name, _) in lists.all_sets(tx).items())
    return Plan(profile, planned, agency.points is None, obstacle, fine, wrong, clean, problems, sets)


def _profile(request: web.Request) -> int:
    """Return the number of the profile an address names; raises NotFound for what cannot be one."""
    found = number(request.match_info["profile"])
    if not found:
        raise NotFound("There is no such profile.")
    return found
