"""Usage statistics: the repository's use, that of a work, what stands out, and the reports of COUNTER to take away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.portal.asked import asked as queried
from server.portal.asked import work_of
from server.portal.frame import Frame
from server.portal.unused import LEFT_OUT
from server.records import store as records
from server.usage import figures
from server.usage.chart import Chart, chart
from server.usage.counter.asked import REPORTS, Asked, read
from server.usage.counter.described import Platform
from server.usage.counter.exceptions import RefusedReport
from server.usage.counter.reports import Window, report, window
from server.usage.counter.routes import platform_of
from server.usage.counter.tabular import FILES, table
from server.usage.definition import counting_of
from server.usage.figures import LeftOut, Spike, Used
from server.usage.installed import installed
from server.usage.robots import RobotList, shipped

HOME = "/admin/usage"
TOP = 20
MOST_SPIKES = 200
DAYS = 30

#: What an item report shows when it is taken away as a table: all there is.
_ALL = {"ir": {"attributes_to_show": "|".join(REPORTS["ir"].shows), "include_parent_details": "True"}}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the first page shows."""

    chart: Chart
    top: list[Used]
    left_out: list[LeftOut]
    lists: dict[str, RobotList]
    ready: Window


@dataclass(frozen=True, slots=True)
class Usage:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get = self.frame.get
        return [
            get(HOME, Right.WORKS, self.whole),
            get(HOME + "/spikes", Right.WORKS, self.spikes),
            get(HOME + "/report", Right.WORKS, self.taken),
            get(HOME + "/works/{id}", Right.WORKS, self.work),
        ]

    async def whole(self, request: web.Request) -> web.StreamResponse:
        return await self._whole(request)

    async def _whole(self, request: web.Request, wrong: str = "", status: int = 200) -> web.Response:
        house = self.frame.house
        seen = await house.database.read(_seen, house.clock())
        chosen = dict(zip(("report", "begin", "end"), queried(request, "report", "begin", "end"), strict=True))
        values: dict[str, Any] = {
            "seen": seen,
            "reports": REPORTS,
            "chosen": chosen,
            "wrong": wrong,
            "left_out": LEFT_OUT,
            "days": DAYS,
        }
        return self.frame.page(request, "admin/usage/whole.html", status, **values)

    async def spikes(self, request: web.Request) -> web.StreamResponse:
        (wanted,) = queried(request, "month")
        house = self.frame.house
        month, found = await house.database.read(_spikes, wanted, house.clock())
        return self.frame.page(request, "admin/usage/spikes.html", month=month, spikes=found)

    async def work(self, request: web.Request) -> web.StreamResponse:
        number, house = work_of(request), self.frame.house
        title, drawn = await house.database.read(_work, number, house.clock())
        return self.frame.page(request, "admin/usage/work.html", number=number, title=title, chart=drawn)

    async def taken(self, request: web.Request) -> web.StreamResponse:
        """Give a report as a file; what cannot be made of the form is said on the page it came from."""
        name, begin, end, kind = queried(request, "report", "begin", "end", "format")
        it, house = REPORTS.get(name), self.frame.house
        if it is None or kind not in FILES:
            return await self._whole(request, "Choose a report and a format.", 400)
        platform = platform_of(house.press.renderer.repository, counting_of(house.keeper.live))
        try:
            asked = read(it, {"begin_date": begin, "end_date": end} | _ALL.get(name, {}), platform.name)
        except RefusedReport:
            return await self._whole(request, "Give the first and the last month as YYYY-MM, the first not after the last.", 400)
        record = counting_of(house.keeper.live).registry_record
        text = await house.database.read_hot(_table, asked, platform, record, house.clock(), kind)
        headers = {
            "Content-Disposition": f'attachment; filename="{it.id}-{asked.begin}-{asked.end}.{kind}"',
            "Content-Type": f"{FILES[kind][0]}; charset=utf-8",
        }
        return web.Response(body=text.encode("utf-8-sig"), headers=headers)


def _seen(tx: Connection, now: datetime) -> Seen:
    drawn = chart(figures.by_month(tx, now))
    lists = shipped() | installed(tx)
    return Seen(drawn, figures.most_used(tx, now, TOP), figures.left_out(tx, now, DAYS), lists, window(tx, now))


def _spikes(tx: Connection, wanted: str, now: datetime) -> tuple[str, list[Spike]]:
    last = window(tx, now).last
    month = wanted if len(wanted) == len(last) and wanted[:4].isdecimal() and wanted[5:].isdecimal() else last
    return month, figures.spikes(tx, month, MOST_SPIKES)


def _work(tx: Connection, number: str, now: datetime) -> tuple[str, Chart]:
    return records.get(tx, number).record.title.value, chart(figures.by_month(tx, now, record_id=number))


def _table(tx: Connection, asked: Asked, platform: Platform, record: str, now: datetime, kind: str) -> str:
    return table(report(tx, asked, platform, record, now), asked, kind)
