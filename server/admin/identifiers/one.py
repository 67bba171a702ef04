"""One identifier: what is wanted of its agency and what that confirmed, every exchange with it, and what can be done."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.audit import log as audit
from server.audit.log import Noted
from server.errors import Conflict, Invalid, NotFound, SheafError
from server.house import House
from server.identifiers import drifts, history, watching
from server.identifiers.comparing import Comparison, Difference
from server.identifiers.desired import desired_of, digest_of, is_due
from server.identifiers.history import Sent
from server.identifiers.model import Desired
from server.identifiers.renewing import is_renewable
from server.identifiers.watching import Row
from server.portal import words
from server.portal.asked import asked, number
from server.portal.frame import Frame, led
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.records import store as records
from server.records.store import Stored

PATH = "/admin/identifiers/{id}"
LINES = 20


@dataclass(frozen=True, slots=True)
class _Known:
    row: Row
    profile: Profile | None
    stored: Stored | None
    sent: list[Sent]
    confirmed: Sent | None
    lines: list[Noted]
    renewable: bool
    """Whether it is another's, so that its work may take a new number."""
    differing: list[Difference]
    """In what the agency said otherwise when it was last compared."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of an agency now, and whether that is what it confirmed last."""

    desired: Desired
    digest: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class OneIdentifier:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [self.frame.get(PATH, Right.WORKS, self.detail)]

    async def detail(self, request: web.Request) -> web.StreamResponse:
        return await self.show(request)

    async def show(
        self,
        request: web.Request,
        status: int = 200,
        failure: SheafError | None = None,
        typed: str = "",
        compared: Comparison | None = None,
    ) -> web.Response:
        """Show an identifier; after a deed that failed with what hindered it and what was typed."""
        house = self.frame.house
        (before,) = asked(request, "before")
        found = await house.database.read(_known, identifier_of(request), number(before))
        older = found.sent[history.PAGE - 1].id if len(found.sent) > history.PAGE else 0
        return self.frame.page(
            request, "admin/identifiers/one.html", status, it=found, row=found.row, entry=found.row.entry, older=older,
            sent=found.sent[: history.PAGE], wanted=await asyncio.to_thread(_wanted, house, found), failure=failure, typed=typed,
            words=words, first=not before,
            compared=compared,
        )  # fmt: skip

    async def done(self, request: web.Request, deed: Awaitable[object], what: str, typed: str = "") -> web.StreamResponse:
        """Do it and lead back to the identifier, so that loading the page again does not repeat it; or show what hindered it."""
        try:
            await deed
        except (Conflict, Invalid) as error:
            return await self.show(request, 409, error, typed)
        self.frame.house.worker.call()
        raise led(f"/admin/identifiers/{identifier_of(request)}", what)


def identifier_of(request: web.Request) -> int:
    """Return the identifier an address names; raises NotFound for what cannot be one."""
    found = number(request.match_info["id"])
    if not found:
        raise NotFound("There is no such identifier.")
    return found


def _known(tx: Connection, wanted: int, before: int) -> _Known:
    row = watching.one(tx, wanted)
    if row is None:
        raise NotFound("There is no such identifier.")
    entry = row.entry
    return _Known(
        row,
        profiles.by_id(tx, entry.profile_id) if entry.profile_id is not None else None,
        records.find(tx, entry.record_id) if entry.record_id is not None else None,
        history.of_identifier(tx, wanted, before, history.PAGE + 1),
        history.confirmed(tx, wanted),
        audit.search(tx, audit.Asked(subject_kind="identifier", subject=str(wanted)), LINES),
        is_renewable(entry),
        drifts.of_identifier(tx, wanted),
    )


def _wanted(house: House, found: _Known) -> Wanted | None:
    """Write what is wanted of the agency; None where there is no agency, or nothing to tell it yet."""
    entry, profile, stored = found.row.entry, found.profile, found.stored
    agency = house.agencies.get(profile.kind) if profile is not None else None
    if profile is None or agency is None or agency.client is None or stored is None or not is_due(entry, stored):
        return None
    account = profiles.opened(profile, agency.account, house.seal)
    desired = desired_of(house.press.renderer, agency, account, stored, entry.value)
    digest = digest_of(desired)
    return Wanted(desired, digest, entry.acknowledged == digest)
