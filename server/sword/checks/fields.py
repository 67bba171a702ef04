"""Whether the metadata say what a work is found and cited by."""

from collections.abc import Callable, Iterator

from server.metadata.reading import Remark
from server.records.model import Record
from server.sword.check import Check, Looked


def _dated(record: Record) -> bool:
    return bool(record.dates.issued or record.dates.available or record.dates.created or record.thesis.date_awarded)


#: What is wanted besides a title, without which no reader makes a record: what it is called, and whether it is there.
_WANTED: dict[str, tuple[str, Callable[[Record], bool]]] = {
    "creators": ("creator", lambda record: bool(record.creators or record.contributors)),
    "dates": ("date", _dated),
}


def _run(looked: Looked) -> Iterator[Remark]:
    record = looked.content.record
    if record is None or looked.in_progress:
        return
    for field, (word, is_there) in _WANTED.items():
        if not is_there(record) and not (field == "dates" and looked.rules.dates):
            yield Remark(f"The metadata names no {word}.", code="field-missing", place=looked.content.source.name, value=field)


PLUGIN = Check("fields", "Fields a work is cited by", _run)
