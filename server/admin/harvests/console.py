"""The harvesters: all of them with their latest lists, and one with its lists and its months."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Meta, Struct
from sqlalchemy import Connection

from server.accounts.model import Right
from server.errors import NotFound
from server.forms.field import title
from server.forms.form import Form, Layout
from server.oai import harvested
from server.oai.harvested import Asked
from server.oai.walk import Harvester, Month, Walk
from server.portal import words
from server.portal.asked import asked, number
from server.portal.door import VISITOR, pairs
from server.portal.frame import Frame, led
from server.portal.spoken import lasting
from server.portal.words import Word

HOME = "/admin/harvests"
PAGE = 50
LISTS = 20
MOST_LISTS = 500
"""So many lists of one harvester are shown."""

_ID = re.compile(r"[0-9a-f]{32}")


class Known(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What our people say of a harvester."""

    label: Annotated[
        str, Meta(max_length=100), title("What it is called here", "BASE, say. It is watched as long as it has a name.")
    ] = ""
    patience: Annotated[
        int,
        Meta(ge=0, le=366),
        title("Days without a finished list", "After so many days the start page and the daily letter tell of it; 0 is never."),
    ] = 14


KNOWN = Layout.of(Known)


@dataclass(frozen=True, slots=True)
class Line:
    """A harvester in the list, with its latest walk."""

    it: Harvester
    walk: Walk | None
    now: datetime

    @property
    def word(self) -> Word | None:
        """Say in one word how it stands; what should worry somebody comes first."""
        if self.it.is_overdue(self.now):
            return words.WALKS["overdue"]
        return None if self.walk is None else stand(self.walk, self.now)


@dataclass(frozen=True, slots=True)
class One:
    """A harvester with all that its page shows."""

    it: Harvester
    walks: list[Walk]
    more: int
    """How many lists to show, to see further ones; 0 where all are shown."""
    months: list[Month]


@dataclass(frozen=True, slots=True)
class Console:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get(HOME, Right.WORKS, self.listed),
            self.frame.get(HOME + "/{id}", Right.WORKS, self.one),
            self.frame.post(HOME + "/{id}", Right.JOBS, self.keep),
        ]

    async def listed(self, request: web.Request) -> web.StreamResponse:
        text, state, after = asked(request, "q", "state", "after")
        wanted = Asked(text, state if state in words.HARVESTERS else "", number(after))
        house = self.frame.house
        now = house.clock()
        lines, months = await house.database.read(_listed, wanted, now)
        shown = lines[:PAGE]
        query = {"q": text, "state": wanted.state, "after": str(wanted.after + PAGE)}
        older = urlencode({name: value for name, value in query.items() if value}) if len(lines) > PAGE else ""
        url = f"{house.press.renderer.repository.url}/oai"
        return self._page(request, "console.html", lines=shown, monthly=months, wanted=wanted, older=older, url=url)

    async def one(self, request: web.Request) -> web.StreamResponse:
        (wanted,) = asked(request, "lists")
        found = await self.frame.house.database.read(_one, _id(request), min(max(number(wanted), LISTS), MOST_LISTS))
        form = KNOWN.show(Known(label=found.it.label, patience=found.it.patience))
        return self._one(request, found, form)

    async def keep(self, request: web.Request) -> web.StreamResponse:
        house, wanted = self.frame.house, _id(request)
        read = KNOWN.read((await pairs(request)).items())
        if isinstance(read, Form):
            return self._one(request, await house.database.read(_one, wanted, LISTS), read, 422)
        actor = request[VISITOR].actor
        await house.database.write(harvested.keep, wanted, read.label, read.patience, actor, house.clock())
        raise led(f"{HOME}/{wanted}", "saved")

    def _one(self, request: web.Request, found: One, form: Form, status: int = 200) -> web.Response:
        return self._page(request, "harvester.html", status, found=found, it=found.it, form=form, lasting=lasting)

    def _page(self, request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
        now = self.frame.house.clock()
        told: dict[str, Any] = {"words": words, "now": now, "stand": lambda walk: stand(walk, now)}
        return self.frame.page(request, f"admin/harvests/{template}", status, **(told | values))


def stand(walk: Walk, now: datetime) -> Word:
    """Say in one word how a walk stands."""
    if walk.finished is not None:
        return words.WALKS["finished"]
    return words.WALKS["stalled" if walk.is_stalled(now) else "walking"]


def _id(request: web.Request) -> str:
    """Return the harvester an address names; raises NotFound for what cannot be one."""
    wanted = request.match_info["id"]
    if not _ID.fullmatch(wanted):
        raise NotFound("There is no such harvester.")
    return wanted


def _listed(tx: Connection, wanted: Asked, now: datetime) -> tuple[list[Line], list[Month]]:
    found = harvested.search(tx, wanted, now, PAGE + 1)
    latest = harvested.latest(tx, [it.id for it in found])
    return [Line(it, latest.get(it.id), now) for it in found], harvested.months(tx)


def _one(tx: Connection, wanted: str, lists: int) -> One:
    found = harvested.walks_of(tx, wanted, lists + 1)
    more = min(lists + 5 * LISTS, MOST_LISTS) if lists < len(found) and lists < MOST_LISTS else 0
    return One(harvested.get(tx, wanted), found[:lists], more, harvested.months(tx, wanted))
