"""Sealing: what was read as rows is deflated in blocks of a hundred, so that the next reader is given those.

In three steps, as none must keep anybody waiting: the records are read as of one moment, deflated outside of any transaction, and
kept where nothing of them has changed meanwhile.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, select

from server.records import blocks, changes, lists
from server.records.blocks import COUNT, LARGEST, Block, Place
from server.records.deflated import seal
from server.records.lists import Entry, Range
from server.records.parts import Stretch, Write, name_of
from server.records.tables import feed

STEP = 2 * COUNT
"""Records read at once: more would keep others waiting for the reader, as some have to be written first."""


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What somebody was given of a list as rows, if anything, and how its elements are written."""

    wanted: Range
    stretches: tuple[Stretch, ...]
    write: Write


@dataclass(frozen=True, slots=True)
class Bundle:
    """The records of a block to be; `lived` is the latest `seq` that took the place of one there."""

    after: int
    last: int
    count: int
    lived: int
    texts: list[bytes]


@dataclass(frozen=True, slots=True)
class Found:
    """Bundles of a list as of the last `seq` there was when they were read; none where nothing is left to seal."""

    bundles: list[Bundle]
    seen: int


def collect(tx: Connection, wanted: Range, stretch: Stretch, write: Write) -> Found:
    """Read what comes next of a stretch: whole hundreds, and what is left over before a block."""
    seen = int(tx.execute(select(func.max(feed.c.seq))).scalar() or 0)
    wanted, after = replace(wanted, last=seen, until=None), stretch.after
    before, following = blocks.neighbours(tx, name_of(wanted), after)
    while following is not None and following.after <= after:  # sealed already
        before, after = following, following.last
        following = blocks.neighbours(tx, name_of(wanted), after)[1]
    if after >= stretch.last:
        return Found([], seen)
    if before is not None and before.last < after and _is_short(tx, replace(wanted, after=before.last, until=after)):
        after = before.last
    gap = following if following is not None and following.after <= stretch.last else None
    entries = lists.page(tx, replace(wanted, after=after, until=stretch.last if gap is None else gap.after), STEP)
    groups = [entries[start : start + COUNT] for start in range(0, len(entries), COUNT)]
    end = None
    if gap is not None and len(entries) < STEP:
        end = _close(tx, groups, replace(wanted, after=gap.after, until=gap.last), gap)
    elif groups and len(groups[-1]) < COUNT:
        groups.pop()
    bundles = []
    for group in groups:
        last = end if end is not None and group is groups[-1] else group[-1].seq
        bundles.append(Bundle(after, last, len(group), blocks.lived(tx, after, last), write(tx, group)))
        after = last
    return Found(bundles, seen)


def _close(tx: Connection, groups: list[list[Entry]], wanted: Range, following: Place) -> int:
    """Put what is left over before a block into it where there is room; return the `seq` the last group reaches to."""
    rest = len(groups[-1]) % COUNT if groups else 0
    if (groups and not rest) or rest + following.count > LARGEST:
        return following.after
    taken = lists.page(tx, wanted, LARGEST)
    groups[-1:] = [[*(groups[-1] if groups else ()), *taken]]
    return following.last


def _is_short(tx: Connection, wanted: Range) -> bool:
    """Whether less than a block lies between two places, for which nobody will come back."""
    return len(lists.headers(tx, wanted, COUNT)) < COUNT


def deflate(found: Found) -> list[Block]:
    """Deflate what was read; the costly part, which needs no database."""
    return [Block(Place(each.after, each.last, each.count), seal(b"".join(each.texts)), each.lived) for each in found.bundles]


def keep(tx: Connection, wanted: Range, made: list[Block], seen: int, now: datetime) -> int:
    """Keep blocks of what was there at `seen`; return how many of them nothing has overtaken."""
    changes.lock(tx)
    return blocks.keep(tx, name_of(wanted), made, seen, now)
