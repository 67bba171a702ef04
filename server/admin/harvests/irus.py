"""What IRUS reads of our works when it was told of their use: the latest check, and the works it would not count rightly."""

from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.oai.irus import NAME
from server.portal import words
from server.portal.frame import Frame
from server.portal.spoken import lasting
from server.runs import store as runs
from server.runs.model import Item, Outcome, Run
from server.runs.store import Wanted

HOME = "/admin/harvests/irus"
WORKS = 200
"""Works that are named; the report of the run names all."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The check that is at work, if one is, and the latest that ended with the works that were found wanting."""

    going: Run | None
    latest: Run | None
    works: list[Item]


@dataclass(frozen=True, slots=True)
class WhatIrusReads:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [self.frame.get(HOME, Right.WORKS, self.page)]

    async def page(self, request: web.Request) -> web.StreamResponse:
        found = await self.frame.house.database.read(_checked)
        return self.frame.page(
            request,
            "admin/harvests/irus.html",
            found=found,
            task=NAME,
            words=words,
            lasting=lasting,
            outcomes=words.outcomes(NAME),
        )


def _checked(tx: Connection) -> Checked:
    going = next((run for run in runs.going_on(tx) if run.task == NAME), None)
    latest = next(iter(runs.ended(tx, Wanted(task=NAME), 1)), None)
    works = [] if latest is None else [
        item
        for outcome in (Outcome.FAILED, Outcome.WARNING)
        for item in runs.items(tx, latest.id, outcome=outcome.value, limit=WORKS)
    ]  # fmt: skip
    return Checked(going, latest, works[:WORKS])
