"""The walks we did ourselves: their reports as pages, as tables for spreadsheets and as JSON."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec
from aiohttp import web
from sqlalchemy import Connection

from server import spreadsheet
from server.accounts.model import Right
from server.errors import NotFound
from server.metadata.ruling import Weight
from server.oai import simulations
from server.oai.simulating import NAME
from server.oai.simulations import MOST_FAULTS, Fault, Simulation
from server.pages import PROTECTION
from server.portal import words
from server.portal.asked import asked, number
from server.portal.frame import Frame
from server.portal.spoken import lasting

HOME = "/admin/harvests/simulations"
PAGE = 100
CHUNK = 1_000
"""Rows of a report sent at a time."""

HEAD = ("number", "weight", "rule", "identifier", "place", "message", "work")

_ONE = HOME + "/{run}/{prefix}"


@dataclass(frozen=True, slots=True)
class Simulations:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get(HOME, Right.JOBS, self.listed),
            self.frame.get(_ONE, Right.JOBS, self.one),
            self.frame.get(_ONE + "/report.csv", Right.JOBS, self.table),
            self.frame.get(_ONE + "/report.json", Right.JOBS, self.document),
        ]

    async def listed(self, request: web.Request) -> web.StreamResponse:
        found = await self.frame.house.database.read(simulations.every, PAGE)
        return self.frame.page(
            request, "admin/harvests/simulations.html", simulations=found, words=words, task=NAME, word=words.of_simulation
        )

    async def one(self, request: web.Request) -> web.StreamResponse:
        rule, after = asked(request, "rule", "after")
        house, (run, prefix) = self.frame.house, _number(request)
        it, rules, faults = await house.database.read(_seen, run, prefix, rule, number(after))
        shown = faults[:PAGE]
        query = {"rule": rule, "after": str(shown[-1].seq)} if len(faults) > PAGE else {}
        more = urlencode({name: value for name, value in query.items() if value})
        took = (it.ended or house.clock()) - it.begun
        return self.frame.page(
            request, "admin/harvests/simulation.html", it=it, rules=rules, faults=shown, rule=rule, more=more, words=words,
            word=words.of_simulation(it), took=took, lasting=lasting, work=self._work, kept=MOST_FAULTS, weights=words.WEIGHTS,
        )  # fmt: skip

    async def table(self, request: web.Request) -> web.StreamResponse:
        """Send the faults as rows, some at a time."""
        response = await self._download(request, "text/csv", "csv")
        await response.write((spreadsheet.MARK + spreadsheet.lines([HEAD])).encode())
        async for part in self._faults(request):
            await response.write(spreadsheet.lines(self._cells(each) for each in part).encode())
        await response.write_eof()
        return response

    async def document(self, request: web.Request) -> web.StreamResponse:
        """Send the whole report: what was asked for, what was proved, and every fault that is kept."""
        it = await self.frame.house.database.read(simulations.get, *_number(request))
        response = await self._download(request, "application/json", "json")
        head = {name: getattr(it, name) for name in Simulation.__slots__}
        await response.write(msgspec.json.encode(head)[:-1] + b',"faults":[')
        between = b""
        async for part in self._faults(request):
            for each in part:
                await response.write(between + msgspec.json.encode(dict(zip(HEAD, self._cells(each), strict=True))))
                between = b",\n"
        await response.write(b"]}\n")
        await response.write_eof()
        return response

    def _cells(self, fault: Fault) -> tuple[str, ...]:
        it = fault.finding
        work = self._work(it.identifier)
        url = f"{self.frame.house.press.renderer.repository.url}{work}" if work else ""
        return (str(fault.seq), it.weight.value, it.rule, it.identifier, it.place, it.message, url)

    def _work(self, identifier: str) -> str:
        """Return where the work of an identifier is mended; empty for what is none of ours."""
        local = self.frame.house.press.renderer.repository.local_id(identifier)
        return f"/admin/works/{local}/edit" if local else ""

    async def _faults(self, request: web.Request) -> AsyncIterator[list[Fault]]:
        (run, prefix), after = _number(request), 0
        while found := await self.frame.house.database.read(simulations.faults, run, prefix, after=after, limit=CHUNK):
            yield found
            after = found[-1].seq

    async def _download(self, request: web.Request, kind: str, ending: str) -> web.StreamResponse:
        it = await self.frame.house.database.read(simulations.get, *_number(request))
        response = web.StreamResponse(headers=PROTECTION)
        response.content_type, response.charset = kind, "utf-8"
        response.headers["Content-Disposition"] = f'attachment; filename="harvest-{it.run_id}-{_plain(it.prefix)}.{ending}"'
        response.headers["Cache-Control"] = "no-store"
        await response.prepare(request)
        return response


def _plain(prefix: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in prefix)


def _number(request: web.Request) -> tuple[int, str]:
    """Return the run and the format an address names; raises NotFound for what cannot be one."""
    run = number(request.match_info["run"])
    if not run:
        raise NotFound("There is no such walk.")
    return run, request.match_info["prefix"]


def _seen(
    tx: Connection, run: int, prefix: str, rule: str, after: int
) -> tuple[Simulation, list[tuple[str, Weight, int]], list[Fault]]:
    it = simulations.get(tx, run, prefix)
    found = simulations.faults(tx, run, prefix, rule=rule, after=after, limit=PAGE + 1)
    return it, simulations.by_rule(tx, run, prefix), found
