"""The public pages of works over HTTP: a page a work, its other forms, its files, and the tombstone of a withdrawn one."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from aiohttp import hdrs, web
from markupsafe import Markup
from sqlalchemy import Connection

from server.clock import to_wire
from server.db.engine import Database
from server.errors import NotFound
from server.identifiers import ledger
from server.identifiers.ledger import Entry
from server.items import exports, signposting
from server.items.cited import FIRST, STYLES, cited
from server.items.csl import csl
from server.items.exports import Export
from server.items.files import protection
from server.items.highwire import tags
from server.items.negotiation import choose
from server.items.page import ItemPage, item_page, own_doi, tombstone
from server.items.schema_org import in_page
from server.items.signposting import LINKSETS, Link, header, links, within
from server.metadata.fragments import Renderer
from server.metadata.work import Work
from server.middleware import INSIDE
from server.pages import Pages, sent
from server.people import store as people
from server.records import changes
from server.records import store as records
from server.records.embargo import end_of
from server.records.files import DiskStore
from server.records.model import File, is_id
from server.records.store import State, Stored
from server.records.vocabulary import ACCESS
from server.seen import SEEN, Seen
from server.sending import send_file, unchanged

#: Kept by anybody, but asked for again each time: a work may be withdrawn.
_KEPT = "public, no-cache"
#: As it stands for whoever is logged in: kept by their own browser only.
_OWN = "private, no-cache"
_PAGE = ("text/html", "application/xhtml+xml")
_VARIES = f"{hdrs.ACCEPT}, {hdrs.ACCEPT_LANGUAGE}, {hdrs.COOKIE}"

Edits = Callable[[Connection, str], tuple[tuple[str, str, str], ...]]
Drawn = Callable[[Connection, str], object]
"""Draws something of a work that only its template looks into; None for nothing."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the public may know of a work."""

    stored: Stored
    entries: list[Entry]
    touched: datetime
    """When any of it last changed."""
    proved: set[str]
    """The ORCID iDs of its people that ORCID vouches for."""
    editable: tuple[tuple[str, str, str], ...] = ()
    """Relation, address and media type of the links by which programs find what they can edit of it."""
    use: object = None
    """The chart of its use, where that is shown."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A published work as it counts today, with all its page is made of."""

    known: Known
    page: ItemPage
    work: Work
    forms: tuple[Export, ...]
    touched: datetime

    @property
    def links(self) -> list[Link]:
        return links(self.page, self.work.record.type, own_doi(self.known.entries), self.forms)


@dataclass(frozen=True, slots=True)
class Items:
    """The public pages of the works. What counts as use is said (SEEN) by `_page` and `file`."""

    database: Database
    files: DiskStore
    renderer: Renderer
    pages: Pages
    editable: Edits
    use: Drawn
    """Draws the use of a work for its page."""
    told: Callable[[], bool]
    """Whether readers are shown that their use is told to IRUS."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/items/{id:[^./]+}.{form}", self.form),
            web.get("/items/{id}", self.item),
            web.get("/items/{id}/files/{name:.+}", self.file),
        ]

    async def item(self, request: web.Request) -> web.StreamResponse:
        """Show a published work in the form the client likes best, or the tombstone of one that was.

        A draft does not exist for the public.
        """
        known = await self._known(request)
        if known.stored.state is State.WITHDRAWN:
            return await self._tombstone(known.stored, known.entries)
        shown = self._shown(known)
        offered = _offered(shown.forms)
        chosen = choose(request.headers.getall(hdrs.ACCEPT, []), offered)
        if chosen is None:
            return _not_acceptable(shown)
        ending = offered[chosen.media]
        if not ending:
            return await self._page(request, shown)
        style = chosen.parameters.get("style", "")
        return await self._form(request, shown, ending, style, {"Vary": hdrs.ACCEPT})

    async def form(self, request: web.Request) -> web.StreamResponse:
        """Give a work in the form its address names."""
        known = await self._known(request)
        if known.stored.state is State.WITHDRAWN:
            return await self._tombstone(known.stored, known.entries)
        return await self._form(request, self._shown(known), request.match_info["form"], request.query.get("style", ""), {})

    async def _known(self, request: web.Request) -> Known:
        number = _number(request)
        return await self.database.read(_look, number, self.editable, self.use)

    def _shown(self, known: Known) -> _Shown:
        today = self.renderer.current(known.stored)
        touched = known.touched
        if today.record != known.stored.record and (end := end_of(known.stored.record)):  # the page changed by itself that day
            touched = max(touched, datetime.combine(end, time(), UTC))
        work = replace(self.renderer.kept(today, names=ledger.names_among(known.entries)), modified=to_wire(touched))
        page = item_page(today, known.entries, self.renderer.repository, known.proved)
        forms = exports.of(exports.exports(self.renderer.formats).values(), today.record)
        return _Shown(known, page, work, forms, touched)

    async def _page(self, request: web.Request, shown: _Shown) -> web.StreamResponse:
        request[SEEN] = Seen(shown.page.id)
        asked = request.query.get("style", "")
        style = asked if asked in STYLES else FIRST
        reference = Markup() if shown.work.record.citation_text and not asked else await asyncio.to_thread(
            cited, csl(shown.work), style
        )  # fmt: skip
        found = within(shown.links)
        body = self.pages.write(
            "items/item.html", item=shown.page, links=found, editable=shown.known.editable, meta=tags(shown.work),
            json_ld=in_page(shown.work), reference=reference, style=style, styles=STYLES, forms=shown.forms,
            changed=shown.known.stored.modified, use=shown.known.use, told=self.told(),
        )  # fmt: skip
        return kept(request, body, shown.touched, {"Link": header(found), "Vary": _VARIES})

    async def _form(
        self, request: web.Request, shown: _Shown, ending: str, style: str, headers: dict[str, str]
    ) -> web.StreamResponse:
        url = shown.page.url
        if ending in LINKSETS:
            write = signposting.as_json if ending.endswith("json") else signposting.as_text
            body, kind, more = write(signposting.linked(url, shown.links)), LINKSETS[ending], {}
        else:
            form = next((each for each in shown.forms if each.ending == ending), None)
            if form is None:
                raise NotFound("This work is not given in that form.")
            if style in STYLES and form.media == exports.REFERENCE:
                body = exports.reference(shown.work, style).encode() + b"\n"
            else:
                body = await asyncio.to_thread(form.write, self.renderer, shown.work)
            kind = form.content_type
            name = f"{shown.page.id}.{form.ending}"
            more = {"Content-Disposition": f'attachment; filename="{name}"'} if form.attached else {}
        etag = hashlib.sha256(body).hexdigest()[:32]
        headers = headers | more | {
            "Content-Type": kind, "Link": str(Link(url, "describes", "text/html")), "Cache-Control": _KEPT, "ETag": f'"{etag}"',
        }  # fmt: skip
        fresh = unchanged(request, etag, shown.touched)
        response = web.Response(status=304, headers=headers) if fresh else web.Response(body=body, headers=headers)
        response.last_modified = shown.touched
        return response

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Send an open file; say in words why one is not."""
        known, name = await self._known(request), request.match_info["name"]
        if known.stored.state is State.WITHDRAWN:
            return await self._tombstone(known.stored, known.entries)
        stored = self.renderer.current(known.stored)
        file = next((each for each in stored.record.files if each.name == name), None)
        if file is None:
            raise NotFound("This work has no such file.")
        landing = Link(self.renderer.repository.item(stored.id), "collection", "text/html")
        access = stored.record.access_to(file)
        if access != "open":
            return self._closed(stored, file, access, landing)
        if file.role != "metadata":  # COUNTER counts content
            request[SEEN] = Seen(stored.id, file.name)
        path = await asyncio.to_thread(self.files.path, file.sha256)
        headers = protection(file) | {"Link": str(landing), "Cache-Control": _KEPT}
        return await send_file(request, path, file.sha256, stored.modified, headers)

    async def _tombstone(self, stored: Stored, entries: list[Entry]) -> web.Response:
        title = await self.database.read(_title, stored.replacement or "", self.renderer.repository.url)
        said = tombstone(stored, entries, self.renderer.repository, title)
        headers = {"Cache-Control": "no-cache", "Vary": _VARIES}
        return self.pages.answer("items/tombstone.html", 410, headers, item=said, gone=stored.modified)

    def _closed(self, stored: Stored, file: File, access: str, landing: Link) -> web.Response:
        headers = {"Cache-Control": "no-store", "Link": str(landing)}
        page = item_page(stored, (), self.renderer.repository)
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


def _look(tx: Connection, number: str, editable: Edits, use: Drawn) -> Known:
    """Return what the public may know of a work. Raises NotFound for a work never published."""
    stored = records.find(tx, number)
    if stored is None or stored.state.before or (stored.state is State.WITHDRAWN and not changes.was_shown(tx, number)):
        raise NotFound("There is no work at this address.")
    agents = (*stored.record.creators, *stored.record.contributors)
    iris = {orcid for agent in agents if (orcid := agent.id_of("orcid"))}
    touched = ledger.touched(tx, number)
    return Known(
        stored, ledger.of_record(tx, number), max(stored.modified, touched or stored.modified),
        people.vouched(tx, "orcid", iris), editable(tx, number), use(tx, number),
    )  # fmt: skip


def _offered(forms: tuple[Export, ...]) -> dict[str, str]:
    """Return the ending of the form for each media type a work is given in, the page's first; that has none."""
    found = dict.fromkeys(_PAGE, "")
    for form in forms:
        if form.negotiable:
            found |= dict.fromkeys((form.media, *form.also), form.ending)
    return found | {media: ending for ending, media in LINKSETS.items()}


def _not_acceptable(shown: _Shown) -> web.Response:
    """Say which forms there are (RFC 9110 § 15.5.7)."""
    offered = {media: ending for media, ending in _offered(shown.forms).items() if media != _PAGE[1]}
    lines = [f"{media}  {shown.page.url}{'.' if ending else ''}{ending}\n" for media, ending in offered.items()]
    text = "This work is not given in any of the media types you accept. It is given in these:\n\n" + "".join(lines)
    return web.Response(status=406, text=text, headers={"Vary": _VARIES, "Cache-Control": "no-store"})


def kept(request: web.Request, body: str, modified: datetime | None, headers: dict[str, str]) -> web.StreamResponse:
    """Answer with a page that may be kept, or with 304 to somebody who has it."""
    etag = hashlib.sha256(body.encode()).hexdigest()[:32]
    headers = headers | {"Cache-Control": _OWN if INSIDE.get() else _KEPT, "ETag": f'"{etag}"'}
    fresh = modified is not None and unchanged(request, etag, modified)
    response = web.Response(status=304, headers=headers) if fresh else sent(body, headers=headers)
    response.last_modified = modified
    return response
