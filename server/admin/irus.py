"""What IRUS was told: day by day as a page and as a table, what was given up, and who agreed to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from aiohttp import web
from sqlalchemy import Connection

from server import spreadsheet
from server.accounts.model import Right
from server.portal.asked import asked
from server.portal.frame import Frame
from server.portal.unused import UNTOLD
from server.usage.irus import reconciliation
from server.usage.irus.again import NAME
from server.usage.irus.definition import PRODUCTION, TEST
from server.usage.irus.reconciliation import Day, Standing

HOME = "/admin/usage/irus"
DAYS = 31
MOST = 400
"""So many days are shown, or put into a table, at a time."""

HEAD = ("day", "countable", "sent", "acknowledged", "waiting", "dead", "dropped", "missing", "dropped by reason", "not countable")


@dataclass(frozen=True, slots=True)
class IrusPage:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get(HOME, Right.WORKS, self.page),
            self.frame.get(HOME + "/days.csv", Right.WORKS, self.table),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        first, last = self._wanted(request)
        house = self.frame.house
        now = house.clock()
        found, days = await house.database.read(_seen, first, last)
        places = {TEST: "Test", PRODUCTION: "Production"}
        obstacle = found.settings.obstacle(now) if found.settings is not None else ""
        return self.frame.page(
            request, "admin/usage/irus.html", found=found, days=days, first=first, last=last, untold=UNTOLD, task=NAME,
            places=places, obstacle=obstacle, sums=_sums(days), now=now,
        )  # fmt: skip

    async def table(self, request: web.Request) -> web.StreamResponse:
        """Give the days as a table for spreadsheets."""
        first, last = self._wanted(request)
        days = await self.frame.house.database.read(reconciliation.by_day, first.isoformat(), last.isoformat())
        text = spreadsheet.MARK + spreadsheet.lines([HEAD, *map(_cells, days)])
        headers = {
            "Content-Disposition": f'attachment; filename="irus-{first}-{last}.csv"',
            "Content-Type": "text/csv; charset=utf-8",
            "Cache-Control": "no-store",
        }
        return web.Response(body=text.encode(), headers=headers)

    def _wanted(self, request: web.Request) -> tuple[date, date]:
        """Return the first and the last day that are asked for; a month back where nothing sensible is."""
        given = [_day(text) for text in asked(request, "begin", "end")]
        last = given[1] or self.frame.house.clock().date()
        first = given[0] or last - timedelta(days=DAYS - 1)
        return (max(first, last - timedelta(days=MOST - 1)), last) if first <= last else (last - timedelta(days=DAYS - 1), last)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year > 2000 else None  # noqa: PLR2004 -- before that nobody was counted


def _seen(tx: Connection, first: date, last: date) -> tuple[Standing, list[Day]]:
    return reconciliation.standing(tx), reconciliation.by_day(tx, first.isoformat(), last.isoformat())


def _sums(days: list[Day]) -> Mapping[str, int]:
    names = ("countable", "sent", "acknowledged", "waiting", "dead", "missing")
    return {name: sum(getattr(it, name) for it in days) for name in names} | {
        "dropped": sum(sum(it.dropped.values()) for it in days),
        "left_out": sum(sum(it.left_out.values()) for it in days),
    }


def _cells(it: Day) -> tuple[str, ...]:
    figures = (it.countable, it.sent, it.acknowledged, it.waiting, it.dead, sum(it.dropped.values()), it.missing)
    said = ("; ".join(f"{reason}: {many}" for reason, many in reasons.items()) for reasons in (it.dropped, it.left_out))
    return (it.day, *map(str, figures), *said)
