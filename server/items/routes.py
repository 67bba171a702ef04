"""The public pages over HTTP: the front page, a page a work, its files, and the tombstone of a withdrawn one."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from aiohttp import web
from sqlalchemy import Connection

from server.db.engine import Database
from server.db.recent import Recent
from server.errors import NotFound
from server.identifiers import ledger
from server.identifiers.ledger import Entry
from server.items.citation import names
from server.items.files import protection
from server.items.page import item_page, own_doi, tombstone
from server.items.signposting import Link, header, links
from server.items.spoken import year
from server.metadata.fragments import Renderer
from server.pages import Pages, sent
from server.records import changes
from server.records import store as records
from server.records.embargo import end_of
from server.records.files import DiskStore
from server.records.model import File, is_id
from server.records.store import State, Stored
from server.records.vocabulary import ACCESS, TYPES
from server.seen import SEEN, Seen
from server.sending import send_file, unchanged

NEWEST = 10
MANY = 10_000
"""So many works take a moment to count."""


#: What robots may look at: the works, their files and all records by OAI-PMH; not what searches or pages through them (RFC 9309).
#: The same for every robot, as aggregators ask. What is closed comes first, for those who take the first line that fits.
_ROBOTS = "User-agent: *\n" + "".join(
    f"{word}: {path}\n"
    for word, paths in (
        ("Disallow", ("/oai/explore", "/admin", "/my", "/account", "/login", "/sword")),
        ("Allow", ("/items/", "/oai")),
    )
    for path in paths
)

#: Kept by anybody, but asked for again each time: a work may be withdrawn.
_KEPT = "public, no-cache"


@dataclass(frozen=True, slots=True)
class Items:
    """The public pages of the works."""

    database: Database
    files: DiskStore
    renderer: Renderer
    pages: Pages
    services: tuple[tuple[str, str, str], ...]
    """Relation, address and media type of the links by which programs find where they can deposit."""
    editable: Callable[[Connection, str], tuple[tuple[str, str, str], ...]]
    """The same for what a program can edit of a work."""
    _count: Recent[int] = field(init=False)

    def __post_init__(self) -> None:
        """Count the works of a large repository anew only every few seconds."""
        count = Recent(lambda: self.database.read(_published), lambda found: found >= MANY)
        object.__setattr__(self, "_count", count)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.front),
            web.get("/items/{id}", self.item),
            web.get("/items/{id}/files/{name:.+}", self.file),
            web.get("/robots.txt", self.robots),
        ]

    async def front(self, request: web.Request) -> web.StreamResponse:
        count, newest = await self._count.get(), await self.database.read(records.newest, NEWEST)
        works = [
            (work, TYPES[work.record.type].label, year(work.record.dates.issued), names(work.record.creators)) for work in newest
        ]
        body = self.pages.write(
            "items/front.html",
            count=count,
            works=works,
            url=self.renderer.repository.url,
            email=self.renderer.repository.email,
            services=self.services,
        )
        latest = max((work.modified for work in newest), default=None)
        return _kept(request, body, latest, {})

    async def item(self, request: web.Request) -> web.StreamResponse:
        """Show a published work, or the tombstone of one that was; a draft does not exist for the public."""
        number = _number(request)
        (stored, entries, touched), editable = await self.database.read(
            lambda tx: (_shown(tx, number), self.editable(tx, number))
        )
        if stored.state is State.WITHDRAWN:
            return await self._tombstone(stored, entries)
        request[SEEN] = Seen(number)
        today = self.renderer.current(stored)
        if today.record != stored.record and (end := end_of(stored.record)):  # the page changed by itself that day
            touched = max(touched, datetime.combine(end, time(), UTC))
        page = item_page(today, entries, self.renderer.repository, self.renderer.formats.values())
        found = links(page, stored.record.type, own_doi(entries))
        body = self.pages.write("items/item.html", item=page, links=found, editable=editable)
        return _kept(request, body, touched, {"Link": header(found)})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Send an open file; say in words why one is not."""
        number, name = _number(request), request.match_info["name"]
        stored, entries, _ = await self.database.read(_shown, number)
        if stored.state is State.WITHDRAWN:
            return await self._tombstone(stored, entries)
        stored = self.renderer.current(stored)
        file = next((each for each in stored.record.files if each.name == name), None)
        if file is None:
            raise NotFound("This work has no such file.")
        landing = Link(self.renderer.repository.item(number), "collection", "text/html")
        access = stored.record.access_to(file)
        if access != "open":
            return self._closed(stored, file, access, landing)
        if file.role != "metadata":  # COUNTER counts content
            request[SEEN] = Seen(number, file.name)
        path = await asyncio.to_thread(self.files.path, file.sha256)
        headers = protection(file) | {"Link": str(landing), "Cache-Control": _KEPT}
        return await send_file(request, path, file.sha256, stored.modified, headers)

    async def robots(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(text=_ROBOTS)

    async def _tombstone(self, stored: Stored, entries: list[Entry]) -> web.Response:
        title = await self.database.read(_title, stored.replacement or "", self.renderer.repository.url)
        said = tombstone(stored, entries, self.renderer.repository, title)
        return self.pages.answer("items/tombstone.html", 410, {"Cache-Control": "no-cache"}, item=said, gone=stored.modified)

    def _closed(self, stored: Stored, file: File, access: str, landing: Link) -> web.Response:
        headers = {"Cache-Control": "no-store", "Link": str(landing)}
        page = item_page(stored, (), self.renderer.repository, ())
        return self.pages.answer(
            "items/closed.html", 403, headers, item=page, name=file.name, access=access, label=ACCESS[access].label
        )


def _number(request: web.Request) -> str:
    """Return the work an address names; raises NotFound for what cannot be one."""
    number = request.match_info["id"]
    if not is_id(number):
        raise NotFound("There is no work at this address.")
    return number


def _title(tx: Connection, replacement: str, url: str) -> str:
    """Return the title of the published work a replacement names by its number or address; empty where it is none of ours."""
    number = replacement.removeprefix(f"{url}/items/")
    found = records.find(tx, number) if is_id(number) else None
    return found.record.title.value if found is not None and found.state is State.PUBLISHED else ""


def _published(tx: Connection) -> int:
    return records.counts(tx).get(State.PUBLISHED.value, 0)


def _shown(tx: Connection, number: str) -> tuple[Stored, list[Entry], datetime]:
    """Return what the public may know of a work, and when that last changed. Raises NotFound for a work never published."""
    stored = records.find(tx, number)
    if stored is None or stored.state.before or (stored.state is State.WITHDRAWN and not changes.was_shown(tx, number)):
        raise NotFound("There is no work at this address.")
    touched = ledger.touched(tx, number)
    return stored, ledger.of_record(tx, number), max(stored.modified, touched or stored.modified)


def _kept(request: web.Request, body: str, modified: datetime | None, headers: dict[str, str]) -> web.StreamResponse:
    """Answer with a page that may be kept, or with 304 to somebody who has it."""
    etag = hashlib.sha256(body.encode()).hexdigest()[:32]
    headers = headers | {"Cache-Control": _KEPT, "ETag": f'"{etag}"'}
    fresh = modified is not None and unchanged(request, etag, modified)
    response = web.Response(status=304, headers=headers) if fresh else sent(body, headers=headers)
    response.last_modified = modified
    return response
