"""When an embargo has ended: from that day on the work counts as open, whatever its record still says."""

from calendar import monthrange
from datetime import date

import msgspec

from server.records.model import Record
from server.records.vocabulary import ACCESS

_EMBARGOED, _OPEN = "embargoed", "open"
_STRICTNESS = {code: place for place, code in enumerate(("", *ACCESS))}


def strictest(*accesses: str) -> str:
    """Return the access that gives least away; an empty one says nothing."""
    return max(accesses, key=_STRICTNESS.__getitem__)


def latest(*days: str) -> str:
    """Return the day that comes last; a year or a month counts to its end, an empty one says nothing."""
    return max(days, key=lambda day: day and day.ljust(10, "9"))


def closed_as(record: Record, other: Record) -> Record:
    """Return a record that is open to nobody to whom another description of the same work is closed."""
    dates = msgspec.structs.replace(record.dates, embargo_until=latest(record.dates.embargo_until, other.dates.embargo_until))
    return msgspec.structs.replace(record, access=strictest(record.access, other.access), dates=dates)


def end_of(record: Record) -> date | None:
    """Return the day on which a work's embargo ends; None where nothing of it is under an embargo that ends.

    A year or a month ends on its last day, for nothing may be opened too early.
    """
    until = record.dates.embargo_until
    if not until or until.startswith("-") or not any(access == _EMBARGOED for access in _accesses(record)):
        return None
    year, month, day = (*map(int, until.split("-")), 0, 0)[:3]
    if not year:
        return None
    return date(year, month or 12, day or monthrange(year, month or 12)[1])


def opened(record: Record, today: date) -> Record:
    """Return a record as it counts on a day: one whose embargo has ended by then is open, and its embargoed files are."""
    end = end_of(record)
    if end is None or end > today:
        return record
    files = tuple(msgspec.structs.replace(file, access=_OPEN) if file.access == _EMBARGOED else file for file in record.files)
    access = _OPEN if record.access == _EMBARGOED else record.access
    return msgspec.structs.replace(record, access=access, files=files)


def _accesses(record: Record) -> tuple[str, ...]:
    return (record.access, *(file.access for file in record.files))
