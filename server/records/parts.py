"""One part of a list: sealed blocks as they are where there are any, rows for the rest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from server.records import blocks, lists
from server.records.blocks import Name
from server.records.deflated import Text
from server.records.lists import Entry, Range

Write = Callable[[Connection, Sequence[Entry]], list[bytes]]
"""Writes the elements of a list; what cannot be written it leaves out."""

LOOKS = 10
"""How often a part is gone on with where what was read cannot be written; whoever asks again comes further, as that is held."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a part read as rows: all between two places of a list. `closed` where a block follows."""

    after: int
    last: int
    count: int
    closed: bool

    @property
    def is_worth_sealing(self) -> bool:
        return self.closed or self.count >= blocks.COUNT


@dataclass(slots=True)
class Part:
    """What was read: the elements in order, how many could be written, the `seq` they end at, and whether the list goes on."""

    after: int
    texts: list[Text] = field(default_factory=list)
    count: int = 0
    more: bool = False
    stretches: list[Stretch] = field(default_factory=list)


def name_of(wanted: Range) -> Name:
    """Return which list a range is of."""
    return Name(wanted.format_id, wanted.set_id or 0, wanted.filter_id or 0, wanted.shown)


def records(tx: Connection, wanted: Range, size: int, write: Write) -> Part:
    """Read up to `size` complete `<record>` elements after `wanted.after`.

    Where a block would be cut by the end of the part, the part ends before it: so there are a few less, but never none.
    """
    part, whole = Part(wanted.after), size // blocks.COUNT
    found = blocks.sent(tx, name_of(wanted), wanted.last, wanted.after, wanted.end, whole + 1) if whole else []
    for number, block in enumerate(found):
        place = block.place
        if place.after != part.after:  # what lies before it; or it lies around where the part begins, and is read as rows
            closed = place.after > part.after
            _rows(tx, part, replace(wanted, until=place.after if closed else place.last), size, write, closed=closed)
            if part.more:
                return part
            if not closed:
                continue
        if number == whole or part.count + place.count > size:
            part.more = True
            break
        part.texts.append(block.piece)
        part.after, part.count = place.last, part.count + place.count
    if not (part.more and part.count):
        _rows(tx, part, wanted, size, write)
    return part


def sealed(tx: Connection, wanted: Range, size: int) -> Part | None:
    """Return the same part where sealed blocks alone make it up; None where rows belong to it, or it is the last of its list."""
    part, most = Part(wanted.after), size // blocks.COUNT
    for block in blocks.sent(tx, name_of(wanted), wanted.last, wanted.after, wanted.end, most + 1) if most else ():
        place = block.place
        if place.after != part.after:
            break
        if len(part.texts) == most or part.count + place.count > size:
            part.more = True
            break
        part.texts.append(block.piece)
        part.after, part.count = place.last, part.count + place.count
    return part if part.more and part.count else None


def headers(tx: Connection, wanted: Range, size: int, write: Write) -> Part:
    """Read up to `size` `<header>` elements after `wanted.after`."""
    part = Part(wanted.after)
    _take(tx, part, lists.headers(tx, wanted, size + 1), size, write)
    return part


def _rows(tx: Connection, part: Part, wanted: Range, size: int, write: Write, *, closed: bool = False) -> None:
    """Go on with rows to the end of a range, or to where something follows that can be written: a list never ends in nothing.

    What cannot be written is passed over, and no part looks for what can without end: it may be given with nothing in it.
    """
    begun, before = part.after, part.count
    for _ in range(LOOKS):
        ahead = _take(
            tx, part, lists.page(tx, replace(wanted, after=part.after), size - part.count + 1), size - part.count, write
        )
        if ahead is None:
            break
        if not write(tx, [ahead]):
            part.after = ahead.seq
        elif part.texts:
            break
    if not part.more:
        part.after = wanted.end
    part.stretches.append(Stretch(begun, part.after, part.count - before, closed=closed and not part.more))


def _take(tx: Connection, part: Part, entries: list[Entry], left: int, write: Write) -> Entry | None:
    """Take the first `left` of some elements, and return the one that follows."""
    ahead = entries[left] if len(entries) > left else None
    part.more = ahead is not None
    del entries[left:]
    if entries:
        texts = write(tx, entries)
        part.texts += texts
        part.after, part.count = entries[-1].seq, part.count + len(texts)
    return ahead
