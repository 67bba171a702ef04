"""A work's page: all there is to know of it, its versions and what differs between them, and what can be decided about it."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.admin.works.looking import looked
from server.clock import to_wire
from server.errors import Conflict, Invalid, NotFound, SheafError
from server.items.page import item_page
from server.portal import words
from server.portal.asked import asked, number, work_of
from server.portal.attachment import send_attachment
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame, led
from server.records import store
from server.records.model import Record
from server.records.sniff import differs
from server.records.store import Stored
from server.records.vocabulary import CATEGORIES, TYPES
from server.works import deeds, saving
from server.works.differences import differences
from server.works.preview import preview

PATH = "/admin/works/{id}"


@dataclass(frozen=True, slots=True)
class WorkRoom:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get(PATH, Right.WORKS, self.work),
            get(f"{PATH}/versions", Right.WORKS, self.versions),
            get(f"{PATH}/versions/{{number}}", Right.WORKS, self.version),
            get(f"{PATH}/formats/{{prefix}}", Right.WORKS, self.format),
            get(f"{PATH}/files/{{place}}", Right.WORKS, self.file),
            post(f"{PATH}/approve", Right.REVIEW, self.approve),
            post(f"{PATH}/return", Right.REVIEW, self.hand_back),
            post(f"{PATH}/decline", Right.REVIEW, self.decline),
            post(f"{PATH}/reopen", Right.REVIEW, self.reopen),
            post(f"{PATH}/withdraw", Right.WITHDRAW, self.withdraw),
            post(f"{PATH}/restore", Right.WITHDRAW, self.restore),
            post(f"{PATH}/versions/{{number}}/restore", Right.EDIT, self.bring_back),
            post(f"{PATH}/reserve", Right.EDIT, self.reserve),
        ]

    async def work(self, request: web.Request) -> web.StreamResponse:
        return await self._work(request)

    async def _work(
        self, request: web.Request, status: int = 200, failure: SheafError | None = None, typed: dict[str, str] | None = None
    ) -> web.Response:
        house = self.frame.house
        seen = await house.database.read(looked, self.frame.house.press, work_of(request))
        renderer = house.press.renderer
        item = item_page(renderer.current(seen.stored), seen.identifiers, renderer.repository)
        kind = TYPES[seen.stored.record.type]
        odd = {file.name: claimed for file in seen.stored.record.files if (claimed := differs(file.name, file.mime))}
        return self.frame.page(
            request, "admin/works/work.html", status, it=seen, item=item, kind=kind, category=CATEGORIES[kind.category],
            odd=odd, failure=failure, typed=typed or {}, formats=list(renderer.formats), words=words,
        )  # fmt: skip

    async def versions(self, request: web.Request) -> web.StreamResponse:
        """Show what differs between two versions; without a choice, between the last two."""
        work, (before, after) = work_of(request), (number(text) for text in asked(request, "from", "to"))
        stored, ended = await self.frame.house.database.read(_versions, work)
        after = after or stored.version
        before = before or max(1, after - 1)
        old, new = await self.frame.house.database.read(_two, stored, before, after)
        found = await asyncio.to_thread(differences, old, new)
        return self.frame.page(
            request, "admin/works/versions.html", stored=stored, ended=ended, before=before, after=after, found=found
        )

    async def version(self, request: web.Request) -> web.StreamResponse:
        """Show a work as it was."""
        work, place = work_of(request), number(request.match_info["number"])
        stored, _ = await self.frame.house.database.read(_versions, work)
        record, _ = await self.frame.house.database.read(_two, stored, place, place)
        renderer = self.frame.house.press.renderer
        past = Stored(
            stored.id, stored.state, place, stored.collection, stored.owner, stored.origin, None, stored.created, stored.modified,
            record,
        )  # fmt: skip
        item = item_page(renderer.current(past), (), renderer.repository)
        return self.frame.page(request, "admin/works/version.html", stored=stored, number=place, item=item)

    async def format(self, request: web.Request) -> web.StreamResponse:
        """Show the work as a harvester gets it, or would."""
        renderer = self.frame.house.press.renderer
        form = renderer.formats.get(request.match_info["prefix"])
        if form is None:
            raise NotFound("There is no such format.")
        seen = await self.frame.house.database.read(looked, self.frame.house.press, work_of(request))
        work = renderer.kept(seen.stored, names=seen.names)
        if seen.stamped is not None:
            work = replace(work, modified=to_wire(seen.stamped))
        found = await asyncio.to_thread(preview, renderer, form, work)
        return self.frame.page(request, "admin/works/format.html", it=seen, found=found, formats=list(renderer.formats))

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Send a file of any work, open or not, to be kept and never shown."""
        stored = await self.frame.house.database.read(store.get, work_of(request))
        return await send_attachment(request, self.frame.house, stored, request.match_info["place"])

    async def approve(self, request: web.Request) -> web.StreamResponse:
        deed = deeds.carried_out(self.frame.house, work_of(request), request[VISITOR].actor, deeds.approve)
        return await self._done(request, deed, "published")

    async def hand_back(self, request: web.Request) -> web.StreamResponse:
        given = await fields(request)
        return await self._done(request, self._reasoned(request, given, deeds.returned), "returned", given)

    async def decline(self, request: web.Request) -> web.StreamResponse:
        given = await fields(request)
        return await self._done(request, self._reasoned(request, given, deeds.declined), "declined", given)

    async def reopen(self, request: web.Request) -> web.StreamResponse:
        """Let a declined work wait for approval again."""
        deed = deeds.carried_out(self.frame.house, work_of(request), request[VISITOR].actor, deeds.reopen)
        return await self._done(request, deed, "reopened")

    async def withdraw(self, request: web.Request) -> web.StreamResponse:
        given = await fields(request)
        return await self._done(request, self._reasoned(request, given, deeds.taken_away), "withdrawn", given)

    async def _reasoned(self, request: web.Request, given: dict[str, str], deed: deeds.Reasoned) -> None:
        made = deed(deeds.reason_of(given.get("reason", "")), given.get("replacement", ""))
        await deeds.carried_out(self.frame.house, work_of(request), request[VISITOR].actor, made)

    async def restore(self, request: web.Request) -> web.StreamResponse:
        """Publish a withdrawn work again."""
        deed = deeds.carried_out(self.frame.house, work_of(request), request[VISITOR].actor, deeds.restore)
        return await self._done(request, deed, "restored")

    async def bring_back(self, request: web.Request) -> web.StreamResponse:
        """Make an earlier version the next one."""
        house, place = self.frame.house, number(request.match_info["number"])
        old = await house.database.read(store.version, work_of(request), place)
        deed = deeds.carried_out(house, work_of(request), request[VISITOR].actor, deeds.brought_back(place), old.record)
        return await self._done(request, deed, "version-restored")

    async def reserve(self, request: web.Request) -> web.StreamResponse:
        deed = saving.reserve_doi(self.frame.house, work_of(request), request[VISITOR].actor)
        return await self._done(request, deed, "reserved")

    async def _done(
        self, request: web.Request, deed: Awaitable[object], what: str, typed: dict[str, str] | None = None
    ) -> web.StreamResponse:
        """Do it and lead back to the work; or show what hindered it, with what was typed."""
        try:
            await deed
        except NotFound as error:
            if error.code == "record":
                raise
            return await self._work(request, 409, error, typed)
        except (Conflict, Invalid) as error:
            return await self._work(request, 409, error, typed)
        raise led(f"/admin/works/{work_of(request)}", what)


def _versions(tx: Connection, work: str) -> tuple[Stored, list[tuple[int, object]]]:
    return store.get(tx, work), list(store.versions(tx, work))


def _two(tx: Connection, stored: Stored, before: int, after: int) -> tuple[Record, Record]:
    first, second = (
        stored.record if place == stored.version else store.version(tx, stored.id, place).record for place in (before, after)
    )
    return first, second
