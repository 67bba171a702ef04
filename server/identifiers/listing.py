"""Reading what an agency says it knows, page by page, so that a run can stop after each and go on."""

from dataclasses import dataclass

from server.errors import Conflict, Invalid
from server.identifiers import sightings
from server.identifiers.calling import Caller, Counter
from server.identifiers.model import Listed
from server.runs.model import ItemOutcome, Outcome, Subject

PATIENCE = 5
"""So many times more than there are pages the list is asked for; then it cannot be read."""
_LEAD = "a-"


@dataclass(frozen=True, slots=True)
class Lister:
    """Reads the lists of agencies, as items of a run."""

    caller: Caller

    async def read(self, walk: str, counter: Counter, number: int) -> ItemOutcome:
        """Read a page of a list, the first from its start; a page that was read already is not read again."""
        database, clock = self.caller.database, self.caller.clock
        if number == 1:
            await database.write(sightings.begin, walk, clock())
        stand = await database.read(sightings.find, walk)
        if stand is None or stand.ended is not None:
            return ItemOutcome(Outcome.UNCHANGED, "The list was read already.")
        try:
            page = await self.caller.ask(counter, lambda: counter.reader.every(stand.cursor))
        except Invalid as error:
            if not stand.cursor:
                raise
            await database.write(sightings.again, walk)
            return ItemOutcome(Outcome.UNCHANGED, f"{error.message} The list is read from its start again.")
        await database.write(sightings.keep, walk, page, _normals(counter, page), clock())
        return ItemOutcome(Outcome.UNCHANGED, _said(page))


def _said(page: Listed) -> str:
    total = f" of {page.total:,}" if page.total is not None else ""
    return f"{len(page.told):,}{total} names read."


def _normals(counter: Counter, page: Listed) -> list[str]:
    """Return the names of a page as they are compared here; what we could not have named ourselves as it stands there."""
    found = []
    for told in page.told:
        try:
            found.append(counter.agency.scheme.normal(told.value))
        except Invalid:
            found.append(told.value.lower())
    return found


def is_page(subject: str) -> bool:
    """Whether an item is a page of a list."""
    return subject.startswith(_LEAD)


def number_of(subject: str) -> int:
    return int(subject.removeprefix(_LEAD))


def next_page(stand: sightings.Walk | None, after: str) -> Subject | None:
    """Return the page to be read behind an item; None once the list is read. Raises Conflict where it cannot be."""
    if after and (not is_page(after) or (stand is not None and stand.ended is not None)):
        return None
    done = number_of(after) if after else 0
    if done > PATIENCE + (stand.pages if stand is not None else 0):
        raise Conflict("The list of the agency cannot be read; what was found before stays.", code="list")
    return Subject(f"{_LEAD}{done + 1:08}", f"Page {done + 1} of the agency's list")
