"""Records in the formats that are written when somebody asks for them, from the record as it is now.

What cannot be written is left out and named, so that one bad record never breaks a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from server.identifiers import ledger
from server.metadata.format import Format
from server.metadata.fragments import Renderer, cause_of
from server.metadata.work import NAMELESS, Work
from server.records import store
from server.records.headers import buried, datestamp_in, whole
from server.records.lists import Entry
from server.records.store import State


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be written in a format, and why."""

    record_id: str
    format_id: int
    cause: str


@dataclass(frozen=True, slots=True)
class Disseminated:
    """`<record>` elements in the order asked for, None where one cannot be written, and why not."""

    records: list[bytes | None]
    broken: tuple[Broken, ...] = ()


def disseminate(tx: Connection, renderer: Renderer, form: Format, entries: Sequence[Entry]) -> Disseminated:
    """Return the records of a list in a format.

    A list begun earlier may still name a state of a record that was overtaken: it gets the record as it is now under the header
    it had then, and with the next harvest under its new one; a deletion where the format does not apply any more.
    """
    records = [entry.record for entry in entries]
    asked = [at for at, record in enumerate(records) if record is None]
    if not asked:
        return Disseminated(records)
    broken = []
    works = _works(tx, renderer, [entries[at].record_id for at in asked])
    for at in asked:
        entry = entries[at]
        work = works.get(entry.record_id)
        if work is None or not form.applies(work.record):
            records[at] = whole(buried(entry.header))
            continue
        try:
            told = replace(work, modified=datestamp_in(entry.header))
            records[at] = whole(entry.header, renderer.body(form, told))
        except Exception as error:  # noqa: BLE001 - whatever it is, the others must be given; it is named to the administrator
            broken.append(Broken(entry.record_id, renderer.ids[form.name], cause_of(error)))
    return Disseminated(records, tuple(broken))


def _works(tx: Connection, renderer: Renderer, ids: Sequence[str]) -> dict[str, Work]:
    names = ledger.shown_of(tx, list(ids))
    return {
        stored.id: renderer.kept(stored, names=names.get(stored.id, NAMELESS))
        for stored in store.some(tx, ids)
        if stored.state is State.PUBLISHED
    }
