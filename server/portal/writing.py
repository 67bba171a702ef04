"""Works written in the browser: all fields, files by upload, identifiers typed in. Nothing that was typed or sent is lost."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from aiohttp import web
from msgspec import structs
from sqlalchemy import Connection

from server.accounts.model import Account, Right
from server.errors import Conflict, Invalid, NotFound
from server.portal.asked import number, work_of
from server.portal.door import VISITOR
from server.portal.frame import Frame, led
from server.portal.upload import Sent
from server.records import store
from server.records.files import DiskStore
from server.records.model import File, Record
from server.records.store import State, Stored
from server.works import editing, saving
from server.works.advice import Advice, advice_stored, advice_unsaved
from server.works.differences import differences
from server.works.editing import UPLOADED, Basis, Sheet
from server.works.saving import Author, Then
from server.works.sections import SECTIONS

#: What a form says of itself: no field of a work may be called like that (`version` is one of a work's).
_OURS = frozenset({"csrf", "base", "replaces", "then", "look", UPLOADED})
_DONE = {Then.SAVE: "saved", Then.HAND_IN: "handed-in", Then.PUBLISH: "published"}


@dataclass(frozen=True, slots=True)
class Manner:
    """How works are written in one part of the house: who may, where, and which works."""

    right: Right
    works: str
    """The address below which the works stand."""
    back: str
    """The page they are listed on, and what it is called."""
    place: str
    allow: Callable[[Stored, Account], None]
    """Raises NotFound or Conflict for a work somebody may not write."""
    endings: frozenset[Then]
    """What may become of a work that is saved; anything else only saves it."""


@dataclass(frozen=True, slots=True)
class _Posted:
    """A form that came back: its texts, what it was made from, and what is to become of the work."""

    pairs: list[tuple[str, str]]
    basis: Basis
    base: int
    """The version the form was made from: its rows are rows of that one."""
    version: int
    """The version its sender has seen, and means to replace."""
    then: Then
    refused: tuple[str, ...]
    looks: bool
    """Whether it is only to be looked at, and nothing saved."""


@dataclass(frozen=True, slots=True)
class Writing:
    frame: Frame
    manner: Manner

    def routes(self) -> list[web.RouteDef]:
        right, new, edit = self.manner.right, f"{self.manner.works}/new", f"{self.manner.works}/{{id}}/edit"
        return [
            self.frame.get(new, right, self.new),
            self.frame.upload(new, right, self.create),
            self.frame.get(edit, right, self.edit),
            self.frame.upload(edit, right, self.save),
        ]

    async def new(self, request: web.Request) -> web.StreamResponse:
        return self._page(request, editing.blank(), None)

    async def create(self, request: web.Request) -> web.StreamResponse:
        posted = await self._posted(request, None)
        made = await self._read(posted, "")
        if isinstance(made, Sheet):
            return self._page(request, made, None, posted)
        if posted.looks:
            return await self._looked(request, made, None, posted)
        by = Author(request[VISITOR].actor, request[VISITOR].account.id)
        try:
            work = await saving.create(self.frame.house, made, by, posted.then)
        except (Conflict, Invalid) as error:
            return self._page(request, editing.again(posted.pairs, posted.basis, {"": _said(error)}), None, posted)
        raise led(f"{self.manner.works}/{work}", _DONE[posted.then])

    async def edit(self, request: web.Request) -> web.StreamResponse:
        stored = await self._stored(request)
        found = await self.frame.house.database.read(advice_stored, self.frame.house.press, stored)
        return self._page(request, editing.shown(stored.record).advise(found.faults), stored, advice=found)

    async def save(self, request: web.Request) -> web.StreamResponse:
        house = self.frame.house
        stored = await self._stored(request)
        posted = await self._posted(request, stored)
        made = await self._read(posted, stored.id)
        if isinstance(made, Sheet):
            return self._page(request, made, stored, posted)
        if posted.looks:
            return await self._looked(request, made, stored, posted)
        if posted.version != stored.version:
            return self._contradicted(request, stored, posted, made)
        try:
            await saving.save(
                house,
                stored.id,
                made,
                request[VISITOR].actor,
                version=posted.version,
                then=posted.then,
                allow=self._allow(request),
            )
        except Conflict as error:
            if error.code == "changed":
                return self._contradicted(request, await self._stored(request), posted, made)
            return self._page(request, editing.again(posted.pairs, posted.basis, {"": _said(error)}), stored, posted)
        except Invalid as error:
            return self._page(request, editing.again(posted.pairs, posted.basis, {"": _said(error)}), stored, posted)
        raise led(f"{self.manner.works}/{stored.id}", _DONE[posted.then])

    async def _looked(self, request: web.Request, made: Record, stored: Stored | None, posted: _Posted) -> web.Response:
        """Show a form that could be saved again, with what its agency would say of the work."""
        found = await self._advice(made, stored)
        sheet = editing.again(posted.pairs, posted.basis, {}).advise(found.faults)
        return self._page(request, sheet, stored, posted, advice=found, looked=True)

    async def _advice(self, record: Record, stored: Stored | None) -> Advice:
        house = self.frame.house
        return await house.database.read(advice_unsaved, house.press, record, stored, house.clock().date())

    async def _stored(self, request: web.Request) -> Stored:
        stored = await self.frame.house.database.read(store.get, work_of(request))
        self.manner.allow(stored, request[VISITOR].account)
        return stored

    def _allow(self, request: web.Request) -> Callable[[Stored], None]:
        """Return what asks once more, within the transaction, whether the work may still be written."""
        account = request[VISITOR].account
        return lambda stored: self.manner.allow(stored, account)

    def _contradicted(self, request: web.Request, stored: Stored, posted: _Posted, made: Record) -> web.Response:
        """Show what was typed and what somebody else made of the work meanwhile; saving again replaces that knowingly."""
        sheet = editing.again(posted.pairs, posted.basis, {})
        found = differences(stored.record, made)
        return self._page(request, sheet, stored, replace(posted, version=stored.version), status=409, theirs=found)

    def _page(
        self, request: web.Request, sheet: Sheet, stored: Stored | None, posted: _Posted | None = None, **more: object
    ) -> web.Response:
        status = int(str(more.pop("status", 422 if sheet.errors else 200)))
        version = posted.version if posted else (stored.version if stored else 0)
        base = posted.base if posted else version
        values = {"theirs": (), "refused": posted.refused if posted else (), "advice": None, "looked": False} | more
        published = stored is not None and stored.state is State.PUBLISHED
        return self.frame.page(
            request, "portal/writing.html", status, works=self.manner.works, back=self.manner.back,
            place=self.manner.place, endings=self.manner.endings, sheet=sheet, stored=stored, version=version, base=base,
            sections=SECTIONS, published=published, limit=self.frame.house.settings.max_upload_mb * 1_000_000, **values,
        )  # fmt: skip

    async def _posted(self, request: web.Request, stored: Stored | None) -> _Posted:
        sent = await self.frame.sent(request)
        texts = sent.texts
        base, version = number(texts.get("base", "")), number(texts.get("replaces", ""))
        record = None if stored is None else await self.frame.house.database.read(_at, stored, base or stored.version)
        basis = await self._basis(request, record, sent)
        asked_for = texts.get("then", "")
        then = Then(asked_for) if asked_for in self.manner.endings else Then.SAVE
        pairs = [(name, text) for name, text in texts.items() if name not in _OURS]
        return _Posted(pairs, basis, base, version, then, sent.refused, looks="look" in texts)

    async def _basis(self, request: web.Request, record: Record | None, sent: Sent) -> Basis:
        """Keep the bytes that came with the form, beside those that came with it before."""
        house, account = self.frame.house, request[VISITOR].account.id
        before = editing.noted(house.key, account, sent.texts.getall(UPLOADED, []))
        before = await asyncio.to_thread(_still_there, house.files, before)
        kept = []
        for each in sent.files:
            got = each.received
            kept.append(editing.described(each.name, each.head, got.bytes, got.sha256, got.md5))
            await asyncio.to_thread(house.files.keep, got)
        known = [text for name, text in sent.texts.items() if name.startswith("files.") and name.endswith(".name")]
        fresh = editing.apart(kept, known)
        notes = (*(note for note, _ in before), *(editing.note_of(house.key, account, file) for file in fresh))
        return Basis(record, (*(file for _, file in before), *fresh), notes, len(fresh))

    async def _read(self, posted: _Posted, work: str) -> Record | Sheet:
        """Return the work as it was posted; or the form, with what is wrong or because a button in it was pressed."""
        made = await asyncio.to_thread(editing.read, posted.pairs, posted.basis)
        if isinstance(made, Sheet):
            return made
        if posted.refused:
            return editing.again(posted.pairs, posted.basis, {"": " ".join(posted.refused)})
        taken = await self.frame.house.database.read(editing.taken_names, made, work)
        return editing.again(posted.pairs, posted.basis, taken) if taken else made


def _still_there(files: DiskStore, noted: Iterable[tuple[str, File]]) -> tuple[tuple[str, File], ...]:
    """Keep what was uploaded before from being collected; a file that was collected already is returned without its digest."""
    return tuple((note, file if files.touch(file.sha256) else structs.replace(file, sha256="")) for note, file in noted)


def _said(error: Conflict | Invalid) -> str:
    return f"{error.message} {error.remedy}".strip()


def _at(tx: Connection, stored: Stored, version: int) -> Record:
    if version == stored.version:
        return stored.record
    try:
        return store.version(tx, stored.id, version).record
    except NotFound as error:
        raise Invalid("This form is of a version the work never had. Load the page again.") from error
