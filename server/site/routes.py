"""The public site over HTTP: the front page, search, the ways to browse, the sitemap, and what robots are told."""

from dataclasses import dataclass, field

from aiohttp import hdrs, web
from sqlalchemy import Connection

from server.db.engine import Database
from server.db.recent import Recent
from server.errors import NotFound
from server.items.routes import kept
from server.metadata.fragments import Renderer
from server.pages import Pages
from server.records import store as records
from server.records.searchable import normal
from server.records.store import State
from server.site import browsing, finding, sitemap
from server.site.asked import LONGEST, Asked, asked_of
from server.site.browsing import LETTERS, NAMES
from server.site.finding import Count
from server.site.robots import robots
from server.site.rows import row_of

NEWEST = 10
MANY = 10_000
"""So many works take a moment to count."""

_VARIES = {"Vary": f"{hdrs.ACCEPT_LANGUAGE}, {hdrs.COOKIE}"}
_LASTING = {"Cache-Control": "public, max-age=3600"}


@dataclass(frozen=True, slots=True)
class Site:
    """The public pages that are no work's."""

    database: Database
    renderer: Renderer
    pages: Pages
    services: tuple[tuple[str, str, str], ...]
    """Relation, address and media type of the links by which programs find where they can deposit."""
    _count: Recent[int] = field(init=False)
    _types: Recent[list[Count]] = field(init=False)
    _years: Recent[list[Count]] = field(init=False)

    def __post_init__(self) -> None:
        """Count the works of a large repository anew only every few seconds."""
        read = self.database.read
        object.__setattr__(self, "_count", Recent(lambda: read(_published), lambda found: found >= MANY))
        object.__setattr__(self, "_types", Recent(lambda: read(finding.of_types), _is_much))
        object.__setattr__(self, "_years", Recent(lambda: read(finding.of_years), _is_much))

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.front),
            web.get("/search", self.search),
            web.get("/browse", self.browse),
            web.get("/browse/type", self.by_type),
            web.get("/browse/year", self.by_year),
            web.get("/browse/author", self.by_author),
            web.get("/sitemap.xml", self.sitemap),
            web.get(r"/sitemap/{part:\d{1,6}}.xml", self.part),
            web.get("/robots.txt", self.robots),
        ]

    async def front(self, request: web.Request) -> web.StreamResponse:
        count, newest = await self._count.get(), await self.database.read(records.newest, NEWEST)
        repository = self.renderer.repository
        body = self.pages.write(
            "site/front.html", count=count, works=[row_of(work) for work in newest], url=repository.url, email=repository.email,
            services=self.services, kinds=[kind for kind, _ in browsing.kinds(await self._types.get())],
        )  # fmt: skip
        latest = max((work.modified for work in newest), default=None)
        return kept(request, body, latest, _VARIES)

    async def search(self, request: web.Request) -> web.StreamResponse:
        """Show the works that fit, twenty at a time."""
        asked = asked_of(request.url.raw_query_string)
        found = await self.database.read_hot(finding.find, asked)
        return self.pages.answer(
            "site/search.html", 200, {"Cache-Control": "no-cache", **_VARIES}, asked=asked, found=found,
            works=[row_of(self.renderer.current(work)) for work in found.works], types=browsing.types(asked, found.types),
            years=browsing.years(asked, found.years), chosen=browsing.chosen(asked),
        )  # fmt: skip

    async def browse(self, request: web.Request) -> web.StreamResponse:
        body = self.pages.write("site/browse.html", count=await self._count.get())
        return kept(request, body, None, _VARIES)

    async def by_type(self, request: web.Request) -> web.StreamResponse:
        body = self.pages.write("site/types.html", kinds=browsing.kinds(await self._types.get()))
        return kept(request, body, None, _VARIES)

    async def by_year(self, request: web.Request) -> web.StreamResponse:
        body = self.pages.write("site/years.html", years=browsing.years(Asked(), await self._years.get()))
        return kept(request, body, None, _VARIES)

    async def by_author(self, request: web.Request) -> web.StreamResponse:
        """Show a hundred names from one on."""
        beginning = normal(request.query.get("from", "")[:LONGEST])
        names = await self.database.read_hot(finding.of_authors, beginning, NAMES + 1)
        ways = [browsing.Way(name, Asked(author=key).to(), works) for key, name, works in names[:NAMES]]
        further = names[NAMES][0] if len(names) > NAMES else ""
        body = self.pages.write("site/authors.html", names=ways, beginning=beginning, further=further, letters=LETTERS)
        return kept(request, body, None, _VARIES)

    async def sitemap(self, _request: web.Request) -> web.StreamResponse:
        found = await self.database.read(sitemap.parts)
        text = sitemap.index(self.renderer.repository.url, found)
        return web.Response(text=text, content_type="application/xml", headers=_LASTING)

    async def part(self, request: web.Request) -> web.StreamResponse:
        """Send a part as it is read."""
        number = int(request.match_info["part"])
        changed = dict(await self.database.read(sitemap.parts)).get(number)
        if changed is None:
            raise NotFound("The sitemap has no such part.")
        response = web.StreamResponse(headers={"Content-Type": "application/xml; charset=utf-8", **_LASTING})
        response.last_modified = changed
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            async for lines in sitemap.part(self.database, self.renderer.repository.url, number):
                await response.write(lines.encode())
        await response.write_eof()
        return response

    async def robots(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(text=robots(self.renderer.repository.url))


def _published(tx: Connection) -> int:
    return records.counts(tx).get(State.PUBLISHED.value, 0)


def _is_much(counts: list[Count]) -> bool:
    return sum(each.works for each in counts) >= MANY
