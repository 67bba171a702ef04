"""One import: what came, what was made of it, what is wrong with it and what that means, and what is in it."""

import asyncio
import mimetypes
from collections.abc import Awaitable
from dataclasses import dataclass

from aiohttp import web

from server.accounts.model import Right
from server.admin.imports import looking
from server.admin.imports.looking import Detail, as_work, cause_of, detail, documents, readable, shown_member
from server.admin.imports.reasons import Reasons
from server.errors import Conflict, Invalid, NotFound, Refused, SheafError
from server.items.files import disposition
from server.items.page import item_page
from server.portal import words
from server.portal.asked import number as digits
from server.portal.attachment import HEADERS
from server.portal.frame import Frame, led
from server.portal.notices import NOTICES
from server.records.model import is_id
from server.records.vocabulary import TYPES
from server.sending import send_file
from server.sword.explaining import TABLES
from server.sword.model import Deposit, DepositState, Held
from server.works.differences import differences, spelled

PATH = "/admin/imports/{id}"


@dataclass(frozen=True, slots=True)
class OneImport:
    frame: Frame
    reasons: Reasons

    def routes(self) -> list[web.RouteDef]:
        get = self.frame.get
        return [
            get(PATH, Right.WORKS, self.detail),
            get(f"{PATH}/original", Right.IMPORTS, self.original),
            get(f"{PATH}/files/{{place}}", Right.WORKS, self.file),
            get(f"{PATH}/text/{{place}}", Right.WORKS, self.text),
        ]

    async def detail(self, request: web.Request) -> web.StreamResponse:
        return await self.show(request)

    async def show(
        self, request: web.Request, status: int = 200, failure: SheafError | None = None, typed: dict[str, str] | None = None
    ) -> web.Response:
        """Show an import; after a deed that failed with what hindered it and what was typed."""
        house = self.frame.house
        found = await house.database.read(detail, import_of(request))
        source = await documents(house, found)
        work, renderer = as_work(found, house.clock()), house.press.renderer
        item = None if work is None else item_page(renderer.current(work), (), renderer.repository)
        differ = differences(found.other.record, found.understood[0]) if found.other and found.understood else ()
        collection = found.container.collection if found.container is not None else found.deposit.collection
        return self.frame.page(
            request, "admin/imports/one.html", status, it=found, notice=_outcome(request, found), failure=failure,
            typed=typed or {}, words=words, source=source, item=item, cause_of=cause_of, readable=readable, tables=TABLES,
            differ=differ, kinds=TYPES, fields=spelled(found.understood[0]) if found.understood else [],
            reasons=self.reasons.of(collection),
        )  # fmt: skip

    async def original(self, request: web.Request) -> web.StreamResponse:
        """Send the bytes as they were received, to be kept and never shown."""
        house = self.frame.house
        deposit = clean_only(await house.database.read(detail, import_of(request))).deposit
        if deposit.sha256 is None:
            raise NotFound("Nothing was kept of this import.")
        path = await asyncio.to_thread(house.files.path, deposit.sha256)
        headers = HEADERS | {"Content-Disposition": disposition(_file_name(deposit), "attachment")}
        return await send_file(request, path, deposit.sha256, deposit.received, headers)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Send a file of the package, to be kept and never shown."""
        house = self.frame.house
        found = clean_only(await house.database.read(detail, import_of(request)))
        member = _member(request, found)
        path = await asyncio.to_thread(house.files.path, member.sha256)
        headers = HEADERS | {"Content-Disposition": disposition(member.name, "attachment")}
        return await send_file(request, path, member.sha256, found.deposit.received, headers)

    async def text(self, request: web.Request) -> web.StreamResponse:
        """Show a file of the package as text."""
        house = self.frame.house
        found = clean_only(await house.database.read(detail, import_of(request)))
        member = _member(request, found)
        if not readable(member):
            raise NotFound("This file is no text; it can be downloaded.")
        document = await asyncio.to_thread(shown_member, house.files, member)
        return self.frame.page(
            request, "admin/imports/text.html", it=found, member=member, document=document, largest=looking.LARGEST_SHOWN,
            place=request.match_info["place"],
        )  # fmt: skip

    async def done(
        self, request: web.Request, deed: Awaitable[object], what: str, typed: dict[str, str] | None = None
    ) -> web.StreamResponse:
        """Do it and lead back to the import, so that loading the page again does not repeat it; or show what hindered it."""
        try:
            await deed
        except (Conflict, Invalid) as error:
            return await self.show(request, 409, error, typed)
        raise led(f"/admin/imports/{import_of(request)}", what)


def import_of(request: web.Request) -> str:
    """Return the import an address names; raises NotFound for what cannot be one."""
    number = request.match_info["id"]
    if not is_id(number):
        raise NotFound("There is no such import.")
    return number


def clean_only(found: Detail) -> Detail:
    """Return an import whose bytes may be had; raises Refused where a virus was found in them."""
    if found.infected:
        raise Refused("A virus was found in it; it is given to nobody.", code="virus")
    return found


def _member(request: web.Request, found: Detail) -> Held:
    at = digits(request.match_info["place"])
    if not 0 < at <= len(found.members):
        raise NotFound("There is no such file in this package.")
    return found.members[at - 1]


def _file_name(deposit: Deposit) -> str:
    """Return the name bytes are kept under: the client's own, or the import's number and what the type says."""
    if deposit.filename:
        return deposit.filename
    kind = (deposit.content_type or "").partition(";")[0].strip().lower()
    ending = ".xml" if kind.endswith("xml") else mimetypes.guess_extension(kind) or ".bin"
    return f"{deposit.id}{ending}"


def _outcome(request: web.Request, found: Detail) -> str:
    """Return what the page says after a deed; an import that is held again speaks for itself."""
    done = NOTICES.get(request.query.get("done", ""), "")
    again = found.deposit.state is DepositState.HELD and request.query.get("done") == "read"
    return f"{done} It is held again; what is wrong stands below." if again else done
