"""Whether the metadata say what a work is found and cited by. Pure."""

from collections.abc import Callable

from server.metadata.reading import Remark
from server.records.model import Record


def _dated(record: Record) -> bool:
    return bool(record.dates.issued or record.dates.available or record.dates.created or record.thesis.date_awarded)


#: What is wanted besides a title, without which no reader makes a record: what it is called, and whether it is there.
_WANTED: dict[str, tuple[str, Callable[[Record], bool]]] = {
    "creators": ("creator", lambda record: bool(record.creators or record.contributors)),
    "dates": ("date", _dated),
}


def missed(record: Record, place: str) -> tuple[Remark, ...]:
    """Return a remark on each field that a whole work lacks, however many requests it came in."""
    return tuple(
        Remark(f"The metadata names no {word}.", code="field-missing", place=place, value=field)
        for field, (word, is_there) in _WANTED.items()
        if not is_there(record)
    )
