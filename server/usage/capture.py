"""Capture what is seen and downloaded, beside the requests: a hit is noted in memory once its answer was sent whole.

Each second what was noted is written down in one transaction, so that a crash loses the hits of the last second at most.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from server import observe
from server.clock import Clock
from server.db.engine import Database
from server.errors import SheafError, Unavailable
from server.middleware import remote_address
from server.seen import SEEN, Seen
from server.usage import noting
from server.usage.definition import Counting
from server.usage.installed import installed
from server.usage.irus.definition import Irus
from server.usage.model import Class, Drop, Hit
from server.usage.robots import Robots
from server.usage.sessions import hour_of

PAUSE = 1.0
"""Seconds between two writes."""
MOST = 200_000
"""So many hits are kept while the database is away; what comes then is lost, and said."""
AT_ONCE = 2_000
"""Hits of one transaction."""

_LOOKS = 60
"""Every so many writes it is looked whether the lists of robots are still the same."""

_SUSPECT = Seen("")
"""Whoever asks for robots.txt: no work, but worth knowing."""

_WHOLE = frozenset({200, 304})
_PART = 206
_LONGEST_AGENT = 2_000
_LONGEST_REFERER = 8_000

#: What browsers say of whoever does not want to be followed (Tracking Preference Expression; Global Privacy Control).
_LEFT_ALONE = ("DNT", "Sec-GPC")

#: What browsers say of what they fetch in case somebody wants it.
_FETCHED_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
_AHEAD = ("prefetch", "preview", "prerender")

log = observe.logger("usage")


class Capture:
    """Notes hits in memory; `flush` writes them down.

    `cookie` reads the session's cookie off a request; `counting` says how use is counted now, and `telling` how IRUS is told of
    it, None for not at all.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        cookie: Callable[[web.Request], str],
        counting: Callable[[], Counting],
        telling: Callable[[], Irus | None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._robots = Robots()
        self._cookie = cookie
        self._counting = counting
        self._telling = telling
        self._hits: list[Hit] = []
        self._lost = 0
        self._asked: set[datetime] = set()

    def middleware(self) -> Middleware:
        """Return the middleware that notes; it stands around all others, as it sends the answers that count itself.

        So an answer that broke off half-way is not noted.
        """

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await handler(request)
            seen = request.get(SEEN) or (_SUSPECT if request.path == "/robots.txt" else None)
            if seen is None or request.method != "GET" or not (response.status in _WHOLE or response.status == _PART):
                return response
            try:
                await response.prepare(request)
                await response.write_eof()
            except ConnectionError:  # whoever asked is gone; aiohttp ends the request without a word
                return response
            self.note(request, response, seen)
            return response

        return middleware

    def note(self, request: web.Request, response: web.StreamResponse, seen: Seen) -> None:
        """Note one answer."""
        if not self._counting().counting:
            return
        if len(self._hits) >= MOST:
            self._lost += 1
            return
        agent = request.headers.get("User-Agent", "")[:_LONGEST_AGENT]
        address, cookie = remote_address(request), self._cookie(request)
        drop = self._against(request, response)
        referer = request.headers.get("Referer", "")[:_LONGEST_REFERER]
        private = any(request.headers.get(name, "").strip() == "1" for name in _LEFT_ALONE)
        self._hits.append(Hit(self._clock(), seen.record_id, seen.file, address, agent, cookie, drop, referer, private))

    def _against(self, request: web.Request, response: web.StreamResponse) -> Drop | None:
        """Say what speaks against counting an answer, by the request alone."""
        for name in _FETCHED_AHEAD:
            if any(word in request.headers.get(name, "").lower() for word in _AHEAD):
                return Drop(Class.PREFETCH)
        if response.status == _PART:
            begins = response.headers.get("Content-Range", "").startswith("bytes 0-")
            return None if begins and self._counting().parts else Drop(Class.PART)
        return None

    async def flush(self) -> None:
        """Write down what was noted; what cannot be written now is kept for the next time."""
        if self._lost:
            log.error("lost hits while the database was away", extra={"hits": self._lost})
            self._lost = 0
        while hits := self._hits[:AT_ONCE]:
            judged = await asyncio.to_thread(self._judged, hits)
            hours = {hour_of(hit.at) for hit in hits if hit.record_id} - self._asked
            try:
                await self._database.write(noting.keep, judged, hours, self._clock(), self._telling())
            except Unavailable as error:
                log.warning("could not write down what was seen", extra={"reason": error.message})
                return
            except SheafError as error:  # a value no column takes would be refused again and again
                log.error("forgot what was seen", extra={"reason": error.message})  # noqa: TRY400 - it names the value
            del self._hits[: len(hits)]
            self._asked = {hour for hour in self._asked | hours if hour >= max(self._asked | hours)}

    def _judged(self, hits: list[Hit]) -> list[Hit]:
        return [
            hit if hit.drop is not None or (drop := self._robots.drop(hit.agent)) is None else replace(hit, drop=drop)
            for hit in hits
        ]

    async def flushing(self, _application: web.Application) -> AsyncIterator[None]:
        """Flush while the server runs, and once more at its end.

        A write that is under way is never broken off, or it would be done twice.
        """
        stop = asyncio.Event()
        task = asyncio.create_task(self._flush_until(stop), name="usage")
        yield
        stop.set()
        await task

    async def _flush_until(self, stop: asyncio.Event) -> None:
        rounds = 0
        while not stop.is_set():
            if rounds % _LOOKS == 0:
                await self._look()
            rounds += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), PAUSE)
            await self.flush()

    async def _look(self) -> None:
        """See whether somebody installed other lists of robots."""
        try:
            self._robots.use(await self._database.read(installed))
        except Unavailable as error:
            log.warning("could not look for lists of robots", extra={"reason": error.message})
