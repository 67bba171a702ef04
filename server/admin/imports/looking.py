"""Everything the house knows of one import, read in one go; and the documents in it, written so that a person can read them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from lxml import etree
from sqlalchemy import Connection

from server.errors import Invalid, NotFound, SheafError, TooLarge
from server.house import House
from server.identifiers import ledger
from server.identifiers.ledger import Entry
from server.records import store as records
from server.records.files import DiskStore
from server.records.model import Record
from server.records.store import State, Stored
from server.sword import duplicates, problems, store
from server.sword.causes import CAUSES, Cause
from server.sword.model import Container, ContainerState, Deposit, DepositState, Event, Held, Operation, Source
from server.sword.problems import Known, Weight
from server.sword.profile.settings import HOLDABLE
from server.xml import clean, parse

LARGEST_SHOWN = 256 * 1024
"""Bytes of a document that are shown; the whole can be downloaded."""

LARGEST_OPENED = 16 * 2**20
"""Bytes of a request that is opened again to show the entry in it."""

_MOST_DOCUMENTS = 3
_READABLE = ("text/", "application/json", "application/ld+json", "application/xml")


@dataclass(frozen=True, slots=True)
class Detail:
    """A deposit with all that belongs to it."""

    deposit: Deposit
    events: Sequence[Event]
    known: Sequence[Known]
    members: Sequence[Held]
    understood: tuple[Record, Source] | None
    container: Container | None
    siblings: Sequence[Deposit]
    """The other deposits of the same container."""
    work: Stored | None
    identifiers: Sequence[Entry]
    other: Stored | None = None
    """The work a held deposit would make a second time."""
    may_join: bool = False
    """Whether it can be taken as a change of that work."""

    @property
    def later(self) -> Deposit | None:
        """The latest request that changed the same work after this one: what waits is what that made of it."""
        after = [each for each in self.siblings if each.state is DepositState.TAKEN and each.id > self.deposit.id]
        return after[-1] if after else None

    @property
    def may_judge(self) -> bool:
        waits = self.container is not None and self.container.state is ContainerState.PENDING
        return waits and self._work_is(State.PENDING) and self.later is None

    @property
    def may_take(self) -> bool:
        """Whether it can be taken as it is: nothing holds it but what its metadata lack or say in unknown words."""
        codes = {each.problem.code for each in self.known if each.weight is Weight.HOLD}
        return self.may_read_again and bool(codes) and codes <= set(HOLDABLE)

    @property
    def may_reopen(self) -> bool:
        return self._work_is(State.DECLINED)

    @property
    def may_withdraw(self) -> bool:
        return self.work is not None and self.work.state is not State.WITHDRAWN

    @property
    def infected(self) -> bool:
        """Whether a virus was found in it: nothing of it is given out then, not even to those who keep the repository."""
        return any(each.problem.code == "virus" for each in self.known)

    @property
    def may_close(self) -> bool:
        return self.deposit.state is DepositState.HELD

    @property
    def may_resolve(self) -> bool:
        """Whether it ended badly without being held, so that nothing but a word of somebody's can settle it."""
        ended = self.deposit.state in {DepositState.REFUSED, DepositState.BROKEN_OFF}
        return ended and not any(event.what == "resolved" for event in self.events)

    @property
    def may_read_again(self) -> bool:
        return self.deposit.state is DepositState.HELD and self.deposit.sha256 is not None and self.container is not None

    @property
    def needs_somebody(self) -> bool:
        return self.may_close or self.may_resolve or self.may_judge

    def _work_is(self, state: State) -> bool:
        return self.work is not None and self.work.state is state


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it is shown."""

    name: str
    text: str
    cut: bool = False


def detail(tx: Connection, number: str) -> Detail:
    """Return a deposit with all that belongs to it; raises NotFound."""
    deposit = store.deposit(tx, number)
    if deposit is None:
        raise NotFound(f"There is no import {number[:40]}.")
    mine = deposit.container_id
    work = records.find(tx, mine) if mine else None
    understood = problems.understood_of(tx, number)
    twice = duplicates.again(tx, deposit, understood[0]) if understood and deposit.state is DepositState.HELD and mine else None
    siblings = [each for each in store.deposits_of(tx, mine) if each.id != number] if mine else []
    return Detail(
        deposit,
        store.events_of(tx, number),
        problems.of(tx, number),
        problems.members_of(tx, number),
        understood,
        store.container(tx, mine) if mine else None,
        siblings,
        work,
        ledger.of_record(tx, work.id) if work is not None else [],
        records.find(tx, twice.id) if twice is not None else None,
        may_join=_may_join(deposit, twice, siblings),
    )


def _may_join(deposit: Deposit, other: duplicates.Other | None, siblings: Sequence[Deposit]) -> bool:
    """Whether a deposit can be taken as a change of another work: nothing else stands in its container, as that goes."""
    alone = deposit.operation is Operation.CREATE and deposit.sha256 is not None and not siblings
    return alone and other is not None and replace(other, decided=True).may_change(0)


def cause_of(code: str) -> Cause | None:
    return CAUSES.get(code)


def as_work(found: Detail, now: datetime) -> Stored | None:
    """Return the record an import was understood as, as if it were a work: to be shown like one."""
    if found.understood is None or found.container is None:
        return None
    it = found.container
    record = found.understood[0]
    return Stored(it.id, State.PENDING, 1, it.collection, it.account_id, None, None, it.created, now, record)


async def documents(house: House, found: Detail) -> list[Document]:
    """Return the metadata of an import as they came: the entry of the request, and the metadata documents of the package."""
    return await asyncio.to_thread(_documents, house, found)


def _documents(house: House, found: Detail) -> list[Document]:
    described = [member for member in found.members if member.role == "metadata"][:_MOST_DOCUMENTS]
    shown = [_entry(house, found.deposit)]
    for member in described:
        try:
            shown.append(shown_member(house.files, member))
        except SheafError:  # its bytes are not there any more: the other documents are
            continue
    return [each for each in shown if each is not None]


def _entry(house: House, deposit: Deposit) -> Document | None:
    """Return the metadata a kept request brought outside a package, XML or JSON; None where it has none, or is too large."""
    opens = house.intake.opens.get(deposit.protocol)
    kind = (deposit.content_type or "").lower()
    if opens is None or deposit.sha256 is None or deposit.bytes > LARGEST_OPENED:
        return None
    try:
        opened = opens(deposit, house.files)
    except SheafError:
        return _raw(house.files, deposit) if kind.startswith("application/atom") or "json" in kind else None
    try:
        if opened.document is not None:
            return Document("metadata", _written(opened.document))
        return None if opened.entry is None else Document("entry", _pretty(opened.entry))
    finally:
        opened.discard(house.files.path(deposit.sha256))


def _written(document: Mapping[str, Any]) -> str:
    """Write a document in JSON as it can be read; one that is nested too deep is not indented."""
    data = msgspec.json.encode(document)
    return clean(_indented(data) or data.decode())[:LARGEST_SHOWN]


def _raw(files: DiskStore, deposit: Deposit) -> Document | None:
    """Return an entry that cannot be parsed, as it came."""
    try:
        with files.path(deposit.sha256 or "").open("rb") as file:
            data = file.read(LARGEST_SHOWN)
    except (SheafError, OSError):
        return None
    return Document("entry", clean(data.decode("utf-8", "replace")), cut=deposit.bytes > LARGEST_SHOWN)


def readable(member: Held) -> bool:
    """Whether a file of a package can be shown as text."""
    return member.mime.startswith(_READABLE) or member.mime.endswith(("+xml", "+json")) or member.role in {"metadata", "manifest"}


def shown_member(files: DiskStore, member: Held) -> Document:
    """Return a file of a package as text: XML and JSON indented, anything else as it is. Raises NotFound where it is not kept."""
    path = files.path(member.sha256)
    with path.open("rb") as file:
        data = file.read(LARGEST_SHOWN + 1)
    cut = len(data) > LARGEST_SHOWN
    text = clean(data[:LARGEST_SHOWN].decode("utf-8", "replace"))
    if not cut:
        text = _indented(data) or text
    return Document(member.name, text, cut)


def _indented(data: bytes) -> str:
    if data.lstrip()[:1] in {b"{", b"["}:
        try:
            return msgspec.json.format(data).decode("utf-8", "replace")
        except (msgspec.DecodeError, RecursionError):
            return ""
    try:
        return _pretty(parse(data))
    except (Invalid, TooLarge):
        return ""


def _pretty(root: etree._Element) -> str:
    etree.indent(root, "  ")
    return clean(etree.tostring(root, encoding="unicode"))[:LARGEST_SHOWN]
