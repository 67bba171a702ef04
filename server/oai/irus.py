"""What IRUS reads: a task that asks our OAI for works by their rft.artnum, as IRUS does, and proves what comes.

Usage events name a work by its OAI identifier; IRUS harvests the rest later, by GetRecord. So each work must come, with one type
that IRUS can map, the address of its page first, and one DOI at most.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import Connection

from server.audit.log import Actor
from server.errors import Invalid
from server.forms.field import title
from server.metadata.fragments import Repository
from server.metadata.rules.irus import PLUGIN
from server.metadata.ruling import Facts, Weight
from server.oai.request import Pairs
from server.records import lists
from server.runs.model import ItemOutcome, Outcome, Subject
from server.runs.task import Choices, Task
from server.xml import parse, text_of

NAME = "check-irus"

Ask = Callable[[str, Pairs], Awaitable[bytes]]
"""Answers the arguments of a request at the base URL of a context, as everybody is answered."""

_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_SAID = 5
"""Faults of one work that its line names."""


class Check(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which works are asked for."""

    set: Annotated[str, title("Set", "Its works only.", none="All works")] = ""
    first: Annotated[
        int,
        Meta(ge=0, le=100_000_000),
        title("How many works", "So many at most, evenly spread over all there are; 0 is every work."),
    ] = 100


def task(ask: Ask, repository: Callable[[], Repository], specs: Callable[[Connection], Sequence[str]]) -> Task[Check]:
    """Return the task. `specs` finds the sets that are offered."""

    async def do(subject: Subject, _given: Check, _actor: Actor) -> ItemOutcome:
        ours = repository()
        artnum = ours.oai_id(subject.id)
        pairs = [("verb", "GetRecord"), ("metadataPrefix", "oai_dc"), ("identifier", artnum)]
        return judged(await ask("", pairs), artnum, Facts(ours.url))

    def choices(tx: Connection) -> Choices:
        return {"set": sorted(specs(tx))}

    description = "Asks our OAI for works as IRUS does once it was told of their use, and looks at what it reads of them."
    return Task(NAME, "Check what IRUS reads", description, Check, _count, _subjects, do, _checked, choices)


def judged(answer: bytes, artnum: str, facts: Facts) -> ItemOutcome:
    """Say what IRUS makes of an answer to GetRecord."""
    root = parse(answer)
    if (error := root.find(f"{_OAI}error")) is not None:
        return ItemOutcome(Outcome.FAILED, f"GetRecord for {artnum} answers {error.get('code', '')}: {text_of(error)}")
    record = next(root.iter(f"{_OAI}record"), None)
    header = None if record is None else record.find(f"{_OAI}header")
    if record is None or header is None:
        return ItemOutcome(Outcome.FAILED, f"GetRecord for {artnum} answers without a record.")
    if (given := text_of(header.find(f"{_OAI}identifier"))) != artnum:
        return ItemOutcome(Outcome.FAILED, f"GetRecord for {artnum} answers with {given}.")
    if header.get("status") == "deleted":
        return ItemOutcome(Outcome.FAILED, f"GetRecord for {artnum} says that it was deleted.")
    found = list(PLUGIN.check(record, facts))
    if not found:
        return ItemOutcome(Outcome.CHANGED)
    said = " ".join(fault.message for fault in found[:_SAID])
    broken = any(fault.weight is Weight.ERROR for fault in found)
    return ItemOutcome(Outcome.FAILED if broken else Outcome.WARNING, said)


def _checked(tx: Connection, given: Check) -> None:
    if given.set and given.set not in lists.sizes(tx):
        raise Invalid("There is no such set.", place="set")


def _count(tx: Connection, given: Check) -> int:
    many = lists.size(tx, given.set)
    return -(-many // _step(many, given))


def _subjects(tx: Connection, given: Check, after: str, limit: int) -> Sequence[Subject]:
    """Return the last of each so many works, as many as the sample leaves out between two."""
    step, found = _step(lists.size(tx, given.set), given), list[Subject]()
    while len(found) < limit and (part := lists.members(tx, given.set, after, step)):
        after = part[-1].id
        found.append(Subject(after, part[-1].title, f"/admin/works/{after}"))
    return found


def _step(many: int, given: Check) -> int:
    return max(1, -(-many // given.first)) if given.first else 1
