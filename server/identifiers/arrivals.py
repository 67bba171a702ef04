"""What is to be taken over from another system: asked for line by line, and what is against each line. Takes the transaction."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection, delete, func, insert, select

from server.db import sequences
from server.errors import Conflict, Invalid
from server.identifiers.model import Agency, category_of
from server.identifiers.schemes import doi
from server.identifiers.tables import arrivals, identifiers
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.records import lists, store
from server.records.model import is_id
from server.runs import store as runs
from server.spreadsheet import MARK, bare

MIGRATE = "migrate-identifiers"
"""The task that takes over what was judged."""

_MANY = 500
_LONGEST_CELL = 2048
_ITEM = re.compile(r"/items/([0-9A-Z]{26})/?$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what is asked for: a DOI, and the work it is of as it was named (empty: whichever has the DOI)."""

    number: int
    doi: str
    work: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """One line as it was judged."""

    id: int
    line: int
    value: str
    record_id: str | None
    problem: str


@dataclass(frozen=True, slots=True)
class Name:
    """What the ledger knows of a DOI."""

    record_id: str | None
    own: bool


def read(text: str) -> list[Line]:
    """Read a spreadsheet of DOIs and works; raises Invalid where there is none. A first line without a DOI is a heading."""
    text = text.removeprefix(MARK)
    first = text.partition("\n")[0]
    mark = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=mark))
    except csv.Error as error:
        raise Invalid(f"The file is no spreadsheet: {error}.", place="file", remedy="Save it as CSV.") from error
    found = [Line(number, *_cells(row)) for number, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    if found and not any(mark.isdigit() for mark in found[0].doi):  # a DOI that is mistyped is none, and is said to be
        found = found[1:]
    if not found:
        raise Invalid("The file has no lines.", place="file", remedy="A line is a DOI, and the id or address of its work.")
    return found


def _cells(row: Sequence[str]) -> tuple[str, str]:
    cells = [bare(cell).strip()[:_LONGEST_CELL] for cell in row[:2]]
    return cells[0], cells[1] if len(cells) > 1 else ""


def of_set(tx: Connection, spec: str, prefix: str) -> list[Line]:
    """Return the DOIs of a prefix that the works of a set came with."""
    found: list[Line] = []
    after = ""
    while members := lists.members(tx, spec, after, _MANY):
        after = members[-1].id
        where = (identifiers.c.scheme == "doi", ~identifiers.c.own, identifiers.c.record_id.in_([each.id for each in members]))
        mine = identifiers.c.normal.startswith(f"{prefix.lower()}/", autoescape=True)
        rows = tx.execute(select(identifiers.c.value, identifiers.c.record_id).where(*where, mine).order_by(identifiers.c.id))
        found += [Line(len(found) + number, row.value, row.record_id) for number, row in enumerate(rows, 1)]
    return found


def plan(tx: Connection, profile: Profile, agency: Agency, lines: Iterable[Line]) -> None:
    """Judge lines and write them down in place of what was asked for before, as a new list; nothing else is changed.

    Raises Conflict while those before are being taken over.
    """
    profiles.hold(tx, profile.kind)
    at_work = next((run for run in runs.going_on(tx) if run.task == MIGRATE and run.profile_id == profile.id), None)
    if at_work is not None:
        raise Conflict(
            f"Job {at_work.id} is taking over what was looked through before.", place="file",
            remedy="Wait for its end, or cancel it; then look through these.",
        )  # fmt: skip
    sequences.take(tx, _plans(profile.id))
    tx.execute(delete(arrivals).where(arrivals.c.profile_id == profile.id))
    seen: dict[str, int] = {}
    rest = iter(lines)
    while some := list(islice(rest, _MANY)):
        rows = [{"profile_id": profile.id} | row for row in _judged(tx, profile, agency, some, seen)]
        tx.execute(insert(arrivals), rows)


def planned(tx: Connection, profile_id: int) -> int:
    """Return the number of a profile's list: another one for each that was looked through; 0 where none was."""
    return sequences.last(tx, _plans(profile_id))


def _plans(profile_id: int) -> str:
    return f"arrivals {profile_id}"


def _judged(
    tx: Connection, profile: Profile, agency: Agency, lines: Sequence[Line], seen: dict[str, int]
) -> Iterator[dict[str, object]]:
    normals = {line.number: _normal(line.doi) for line in lines}
    names = known(tx, [normal for normal in normals.values() if normal])
    works = _works(tx, lines, names)
    for line in lines:
        normal = normals[line.number]
        work = works.get(line.work) if line.work else works.get(str(names[normal].record_id) if normal in names else "")
        problem = "It is no DOI."
        if normal:
            problem = _doubled(normal, line, seen) or against(normal, names.get(normal), work, profile, agency, named=line.work)
        yield {
            "line": line.number,
            "value": normal or line.doi,
            "record_id": work.id if work else None,
            "problem": problem,
        }


def against(
    normal: str, name: Name | None, work: store.Stored | None, profile: Profile, agency: Agency, *, named: str = ""
) -> str:
    """Say what is against taking a DOI over for a work; empty where nothing is."""
    prefix = str(profile.document.get("prefix", ""))
    if not normal.startswith(f"{prefix.lower()}/"):
        return f"It does not begin with the prefix of the profile, {prefix}."
    if name is not None and name.own:
        return "It is ours already."
    if work is None:
        return f"There is no work {named[:200]!r}." if named else "No work came with it; name the work beside it."
    return _against_work(name, work, agency)


def _against_work(name: Name | None, work: store.Stored, agency: Agency) -> str:
    if name is not None and name.record_id not in {None, work.id}:
        return f"It belongs to the work {name.record_id}."
    if work.state.before:
        return "Its work is not published."
    if {work.record.type, category_of(work.record.type)} & agency.barred:
        return f"{agency.title} registers nothing of the type of its work."
    return ""


def _doubled(normal: str, line: Line, seen: dict[str, int]) -> str:
    before = seen.setdefault(normal, line.number)
    return "" if before == line.number else f"It stands in line {before} already."


def _normal(text: str) -> str:
    try:
        return doi.normal(text)
    except Invalid:
        return ""


def known(tx: Connection, normals: Sequence[str]) -> dict[str, Name]:
    """Return what the ledger knows of DOIs."""
    columns = (identifiers.c.normal, identifiers.c.record_id, identifiers.c.own)
    query = select(*columns).where(identifiers.c.scheme == "doi", identifiers.c.normal.in_(normals))
    return {row.normal: Name(row.record_id, row.own) for row in tx.execute(query)}


def _works(tx: Connection, lines: Sequence[Line], names: dict[str, Name]) -> dict[str, store.Stored]:
    """Find the works that are meant, by what they are called in the lines and by their ids."""
    ids = {line.work: _id(line.work) for line in lines if line.work}
    wanted = {number for number in ids.values() if number} | {name.record_id for name in names.values() if name.record_id}
    by_id = {work.id: work for work in store.some(tx, wanted)}
    by_origin = store.by_origins(tx, [text for text, number in ids.items() if not number])
    return by_id | by_origin | {text: by_id[number] for text, number in ids.items() if number in by_id}


def _id(text: str) -> str:
    if is_id(text):
        return text
    found = _ITEM.search(text)
    return found[1] if found else ""


def counts(tx: Connection, profile_id: int) -> tuple[int, int]:
    """Count the lines that can be taken over, and those something is against."""
    query = select(func.count(), func.count(func.nullif(arrivals.c.problem, ""))).where(arrivals.c.profile_id == profile_id)
    whole, wrong = tx.execute(query).one()
    return whole - wrong, wrong


def page(tx: Connection, profile_id: int, *, fine: bool, after: int = 0, limit: int) -> list[Arrival]:
    """Return lines in their order: those that can be taken over, or those something is against."""
    where = (arrivals.c.profile_id == profile_id, arrivals.c.id > after)
    which = arrivals.c.problem == "" if fine else arrivals.c.problem != ""
    rows = tx.execute(select(arrivals).where(*where, which).order_by(arrivals.c.id).limit(limit))
    return [Arrival(row.id, row.line, row.value, row.record_id, row.problem) for row in rows]


def get(tx: Connection, number: int) -> Arrival | None:
    row = tx.execute(select(arrivals).where(arrivals.c.id == number)).one_or_none()
    return None if row is None else Arrival(row.id, row.line, row.value, row.record_id, row.problem)
