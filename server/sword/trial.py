"""A deposit tried out: read, mapped and looked into as if it were taken, and nothing is kept of it."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

import msgspec
from lxml import etree

from server.errors import Conflict, Invalid, NotFound, TooLarge
from server.records.files import PIECE, DiskStore, Received
from server.records.model import Record
from server.sword import causes, duplicates, store
from server.sword.citable import missed
from server.sword.errors import SwordError
from server.sword.intake import Intake
from server.sword.mapping import finished, mapped, relevant, weighed
from server.sword.model import Content, Deposit, DepositState, Draft, Operation, Rules
from server.sword.operations import applied
from server.sword.package import Arrived
from server.sword.packagings.simplezip import IRI as SIMPLE_ZIP
from server.sword.problems import Known, Weight
from server.sword.profile.settings import Collection, Server
from server.sword.registrable import foreseen
from server.sword.scratch import Scratch, scratch
from server.sword.server import rules_of
from server.sword.understand import Opened
from server.sword.unfit import Unfit
from server.xml import clean, parse

LEAST_TRIED = 2**20
"""Bytes of a body that is tried out, however few are read at once."""

LARGEST_DOCUMENT = 16 * 2**20
_DOCUMENTS = frozenset({".xml", ".json", ".jsonld"})
_ARCHIVES = frozenset({".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz"})


@dataclass(frozen=True, slots=True)
class Tried:
    """What would become of a deposit."""

    becomes: str
    """accepted, pending, in-progress, held, refused or changed (a change of a work that is here already)."""
    record: Record | None
    problems: tuple[Known, ...]
    notes: tuple[str, ...] = ()
    """What was mapped, in sentences."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to try: an import by its number, or else a metadata document; into one of a server's collections."""

    number: str = ""
    document: str = ""
    into: str = ""
    file: Arrived | None = None
    """A package or a document, which goes before both."""

    def collection(self, server: Server) -> Collection:
        """Return the collection that is meant; the first where none of its name is there."""
        return next((each for each in server.collections if each.id == self.into), server.collections[0])


@dataclass(frozen=True, slots=True)
class Trial:
    """Takes deposits as the intake would, up to the moment at which something is written."""

    intake: Intake

    async def asked(self, wanted: "Wanted", server: Server, files: DiskStore, now: datetime) -> Tried:
        """Try what somebody wants to see by the settings of a server, saved or not. Raises SheafError where it cannot be read."""
        rules = rules_of(server, wanted.collection(server))
        async with scratch(files) as store_:
            if wanted.file is not None:
                return await self.sent(wanted.file, now, store_, rules)
            if wanted.number:
                return await self.again(wanted.number, store_, rules)
            return await self.pasted(wanted.document, now, store_, rules)

    async def received(self, deposit: Deposit, store_: Scratch, rules: Rules) -> Tried:
        """Try a request whose body is in a store. Raises SwordError for what would be refused whatever is in it."""
        opened = await asyncio.to_thread(self.intake.opens[deposit.protocol], deposit, store_)
        if opened.payload is not None:
            deposit = replace(deposit, payload=opened.payload.received.sha256)
        return await self._tried(deposit, opened, store_, rules)

    async def again(self, number: str, store_: Scratch, rules: Rules) -> Tried:
        """Try a deposit that came once, by these rules. Raises NotFound and SwordError."""
        deposit = await self.intake.database.read(store.deposit, number)
        if deposit is None or deposit.sha256 is None:
            raise NotFound("There is no import of this number whose bytes were kept.")
        return await self.received(replace(deposit, in_progress=False), store_, rules)

    async def pasted(self, document: str, now: datetime, store_: Scratch, rules: Rules) -> Tried:
        """Try a metadata document. Raises Invalid where it is neither well-formed XML nor a JSON object."""
        return await self._tried(_nobodys(now), _document_of(document.encode()), store_, rules)

    async def sent(self, file: Arrived, now: datetime, store_: Scratch, rules: Rules) -> Tried:
        """Try a package, a metadata document or any other file: an archive as a SimpleZip, unless what is in it says more.

        Raises Invalid as `pasted` does, and TooLarge for what the worker would read.
        """
        most = max(rules.read_now, LEAST_TRIED)
        if file.received.bytes > most:
            raise TooLarge(f"The file has {file.received.bytes} bytes; up to {most} are tried.", remedy="Deposit it, and look.")
        if PurePath(file.filename.lower()).suffix in _DOCUMENTS and file.received.bytes <= LARGEST_DOCUMENT:
            return await self._tried(_nobodys(now), _document_of(await asyncio.to_thread(file.path.read_bytes)), store_, rules)
        received = await asyncio.to_thread(_copied, file.path, store_)
        deposit = replace(_nobodys(now), filename=file.filename, payload=received.sha256)
        arrived = Arrived(received.path, received, file.filename, file.content_type)
        packaging = SIMPLE_ZIP if PurePath(file.filename.lower()).suffix in _ARCHIVES else ""
        return await self._tried(deposit, Opened(payload=arrived, packaging=packaging), store_, rules)

    async def _tried(self, deposit: Deposit, opened: Opened, store_: Scratch, rules: Rules) -> Tried:
        understanding = replace(self.intake.understanding, files=store_)
        understanding.refuse(opened, rules.packagings)
        try:
            content = await asyncio.to_thread(understanding.content, opened)
            return await self._taken(deposit, content, store_, rules)
        except (Invalid, TooLarge, Conflict, NotFound, SwordError) as error:
            return _unfit(Unfit.of(error), rules)

    async def _taken(self, deposit: Deposit, content: Content, store_: Scratch, rules: Rules) -> Tried:
        acceptance = replace(self.intake.acceptance, path=store_.path)
        content = await acceptance.look(content, rules)
        content, notes = mapped(content, rules)
        draft = applied(Draft(), Operation.CREATE, content)
        content = relevant(content, Operation.CREATE, Draft(), draft)
        record, remarks = draft.record, content.remarks
        if not deposit.in_progress:
            try:
                record, more = finished(draft, rules, deposit.received.date())
            except Invalid as error:
                raise Unfit.of(error, content, notes) from error
            remarks += more if draft.record is None else (*more, *missed(record, content.source.name))
            remarks += foreseen(acceptance.press.renderer, record, deposit.received, acceptance.agencies(()), acceptance.called)
        holding, warnings = weighed(remarks, draft.record, rules)
        if holding:
            raise Unfit(holding, warnings, replace(content, record=record), notes)
        known = tuple(Known(each, Weight.WARN) for each in warnings)
        if deposit.in_progress or record is None:
            return Tried("in-progress", record, known, notes)
        tried = Tried("accepted" if rules.approves else "pending", record, known, notes)
        return await self._compared(deposit, tried, rules)

    async def _compared(self, deposit: Deposit, tried: Tried, rules: Rules) -> Tried:
        """Say whether the work is here already."""
        assert tried.record is not None  # noqa: S101 -- it would be taken
        if not duplicates.asks(tried.record, rules.duplicates):
            return tried
        other = await self.intake.database.read(duplicates.find, deposit, tried.record, rules.duplicates)
        if other is None:
            return tried
        said = duplicates.problem(other, self.intake.acceptance.press.renderer.repository, deposit.sender_id or 0)
        becomes = {duplicates.VERSION: tried.becomes, duplicates.UPDATE: "changed", duplicates.REFUSE: "refused"}
        weight = Weight.WARN if other.policy in {duplicates.VERSION, duplicates.UPDATE} else Weight.HOLD
        return replace(tried, becomes=becomes.get(other.policy, "held"), problems=(Known(said, weight), *tried.problems))


def _nobodys(now: datetime) -> Deposit:
    return Deposit(
        id="", container_id=None, account=None, protocol="", method="", operation=Operation.CREATE, url="", headers=(),
        state=DepositState.RECEIVED, received=now, bytes=0, sha256=None, md5=None, filename=None, content_type=None,
        packaging=None, in_progress=False, title=None, problem=None, retries=0,
    )  # fmt: skip


def _document_of(data: bytes) -> Opened:
    """Open a metadata document in XML or JSON. Raises Invalid."""
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return Opened(entry=parse(data, place="document"))
    try:
        return Opened(document=msgspec.json.decode(data, type=dict[str, Any]))
    except (msgspec.DecodeError, RecursionError) as error:
        raise Invalid(
            f"The JSON cannot be read: {error}.", place="document", remedy="Send a JSON object.", code="json"
        ) from error


def _copied(path: Path, store_: Scratch) -> Received:
    """Copy a file into a store, which may be on another disk."""
    spool = store_.spool()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            spool.write(piece)
    received = spool.finish(flush=False)
    return replace(received, path=store_.path(store_.keep(received)))


def _unfit(error: Unfit, rules: Rules) -> Tried:
    holding = (Known(each, Weight.HOLD) for each in error.problems)
    known = (*holding, *(Known(each, Weight.WARN) for each in error.warnings))
    return Tried("refused" if rules.refuses else "held", error.content.record, known, error.notes)


def as_json(tried: Tried) -> bytes:
    """Write what would become of a deposit as JSON."""
    return msgspec.json.encode(_document(tried))


def as_xml(tried: Tried) -> bytes:
    """Write the same as XML: an element for each name, one for each of a list."""
    root = etree.Element("trial")
    _write(root, _document(tried))
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _document(tried: Tried) -> dict[str, Any]:
    problems = [
        {"code": known.problem.code, "title": causes.title(known.problem.code), "weight": known.weight.value}
        | {"message": known.problem.message, "place": known.problem.place, "remedy": known.problem.remedy}
        | {"value": known.problem.value}
        for known in tried.problems
    ]
    record = msgspec.to_builtins(tried.record) if tried.record is not None else None
    return {"becomes": tried.becomes, "stored": False, "record": record, "problems": problems, "notes": list(tried.notes)}


def _write(parent: etree._Element, value: Any) -> None:
    for name, item in value.items():
        for each in item if isinstance(item, list | tuple) else [item]:
            child = etree.SubElement(parent, name)
            if isinstance(each, dict):
                _write(child, each)
            elif each is not None:
                child.text = clean(str(each).lower() if isinstance(each, bool) else str(each))
