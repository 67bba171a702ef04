"""Bringing people in from a spreadsheet: what it would come to, and doing it. Nobody is made twice; all or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, NotFound, SheafError
from server.people import keeping, store
from server.people.model import spoken
from server.people.seeking import seek
from server.people.spreadsheet import Fault, Read, Row
from server.people.store import Kept


@dataclass(frozen=True, slots=True)
class Plan:
    """What bringing a file in comes to."""

    new: tuple[Row, ...]
    changed: tuple[tuple[Row, Kept], ...]
    unchanged: int
    faults: tuple[Fault, ...]


def plan(tx: Connection, read: Read) -> Plan:
    """Find who of the lines is known here (by number, else by an identifier) and what would change; changes nothing."""
    new, changed, unchanged, faults = [], [], 0, list(read.faults)
    met: dict[int, int] = {}
    owners = store.owners_of(tx, ((one.scheme, one.value) for row in read.rows for one in row.person.ids))
    numbers = {*owners.values(), *(row.number for row in read.rows if row.number is not None)}
    there = store.some(tx, numbers)
    for row in read.rows:
        try:
            kept = _known(row, owners, there)
            if kept is not None and met.setdefault(kept.id, row.line) != row.line:
                faults.append(Fault(row.line, "", f"is the same person as line {met[kept.id]}"))
            elif kept is None:
                new.append(row)
            elif row.onto(kept.person) == kept.person:
                unchanged += 1
            else:
                changed.append((row, kept))
        except SheafError as error:
            faults.append(Fault(row.line, error.place, error.message))
        except ValueError as error:  # what the line says contradicts what is there
            faults.append(Fault(row.line, "", str(error)))
    return Plan(tuple(new), tuple(changed), unchanged, tuple(sorted(faults, key=lambda fault: fault.line)))


def _known(row: Row, owners: Mapping[tuple[str, str], int], there: Mapping[int, Kept]) -> Kept | None:
    mine = {owners.get((one.scheme, one.value)) for one in row.person.ids}
    numbers = {number for number in (row.number, *mine) if number is not None}
    if not numbers:
        return None
    if row.number is not None and row.number not in there:
        raise NotFound(f"there is no person with the number {row.number}", place="number")
    if len(numbers) > 1:
        raise Conflict("speaks of two people: its number or identifiers belong to different ones here")
    kept = there[numbers.pop()]
    if kept.merged_into is not None:
        raise Conflict(f"speaks of somebody who was merged into number {kept.merged_into}", place="number")
    return kept


def bring(tx: Connection, read: Read, actor: Actor, now: datetime) -> tuple[int, int]:
    """Bring a file in; return how many are new and how many changed.

    Raises Conflict, writing nothing, where one line is wrong.
    """
    found = plan(tx, read)
    if found.faults:
        raise Conflict("Something is wrong with the file, so nothing was brought in.", remedy="Look at the lines named.")
    persons = [row.person for row in found.new]
    for number, person in zip(store.add_all(tx, persons, now), persons, strict=True):
        audit.note(tx, actor, "person.added", keeping.KIND, str(number), now, summary=person.label)
    for row, kept in found.changed:
        after = store.replace(tx, kept, row.onto(kept.person), now)
        changes = audit.differences(spoken(kept.person), spoken(after.person))
        audit.note(tx, actor, "person.changed", keeping.KIND, str(kept.id), now, summary=after.person.label, changes=changes)
    if found.new or found.changed:
        seek(tx, now)
    return len(found.new), len(found.changed)
