"""A work as the lists of the public site name it. Pure."""

from dataclasses import dataclass

from server.items.citation import full_title, names
from server.items.spoken import year
from server.records.store import Stored
from server.records.vocabulary import TYPES


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list."""

    id: str
    title: str
    lang: str
    type: str
    year: str
    who: str
    access: str
    has_files: bool


def row_of(work: Stored) -> Row:
    record = work.record
    when = year(record.dates.issued or record.thesis.date_awarded or record.dates.created)
    kind = TYPES[record.type].label
    return Row(
        work.id, full_title(record), record.title.lang, kind, when, names(record.creators), record.access, bool(record.files)
    )
