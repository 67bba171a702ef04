"""Sealing: what was read as rows is deflated in blocks of a hundred, so that the next reader is given those.

In three steps, as none must keep anybody waiting: the records are read as of one moment, deflated outside of any transaction, and
kept where nothing of them has changed meanwhile.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from server.records import blocks, changes, lists
from server.records.blocks import Block, Place
from server.records.deflated import seal
from server.records.lists import Entry, Range
from server.records.parts import Stretch, Write, name_of

STEP = 2
"""Blocks read at once: more would keep others waiting for the reader, as some records have to be written first."""

_EVER = 2**62
"""A horizon after which nothing can have changed: what counts is what is there now."""


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What somebody was given of a list as rows, if anything, and how its elements are written."""

    wanted: Range
    stretches: tuple[Stretch, ...]
    write: Write


@dataclass(frozen=True, slots=True)
class Bundle:
    """The records of a block to be, by their `seq`s; `lived` is the latest that took the place of one there."""

    after: int
    last: int
    seqs: tuple[int, ...]
    lived: int
    texts: list[bytes]


def collect(tx: Connection, wanted: Range, stretch: Stretch, write: Write) -> list[Bundle]:
    """Read what comes next of a stretch: whole hundreds, and what is left over before a block; nothing where all is sealed."""
    wanted, after = replace(wanted, last=_EVER, until=None), stretch.after
    before, following = blocks.neighbours(tx, name_of(wanted), after)
    while following is not None and following.after <= after:  # sealed already
        before, after = following, following.last
        following = blocks.neighbours(tx, name_of(wanted), after)[1]
    if after >= stretch.last:
        return []
    edge = 0 if before is None else before.last
    if edge < after and _is_short(tx, replace(wanted, after=edge, until=after)):
        after = edge
    step = STEP * blocks.COUNT
    gap = following if following is not None and following.after <= stretch.last else None
    entries = lists.page(tx, replace(wanted, after=after, until=stretch.last if gap is None else gap.after), step)
    groups = [entries[start : start + blocks.COUNT] for start in range(0, len(entries), blocks.COUNT)]
    end = None
    if gap is not None and len(entries) < step:
        end = _close(tx, groups, replace(wanted, after=gap.after, until=gap.last), gap)
    elif groups and len(groups[-1]) < blocks.COUNT:
        groups.pop()
    bundles = []
    for group in groups:
        last = end if end is not None and group is groups[-1] else group[-1].seq
        texts = write(tx, group)
        if len(texts) == len(group):  # else what cannot be written is held soon, and the rest is sealed without it
            bundles.append(Bundle(after, last, tuple(entry.seq for entry in group), blocks.lived(tx, after, last), texts))
        after = last
    return bundles


def _close(tx: Connection, groups: list[list[Entry]], wanted: Range, following: Place) -> int:
    """Put what is left over before a block into it where there is room; return the `seq` the last group reaches to."""
    rest = len(groups[-1]) % blocks.COUNT if groups else 0
    if (groups and not rest) or rest + following.count > blocks.LARGEST:
        return following.after
    taken = lists.page(tx, wanted, blocks.LARGEST)
    groups[-1:] = [[*(groups[-1] if groups else ()), *taken]]
    return following.last


def _is_short(tx: Connection, wanted: Range) -> bool:
    """Whether less than a block lies between two places, for which nobody will come back."""
    return len(lists.headers(tx, wanted, blocks.COUNT)) < blocks.COUNT


def deflate(bundles: list[Bundle]) -> list[Block]:
    """Deflate what was read; the costly part, which needs no database."""
    return [
        Block(Place(each.after, each.last, len(each.seqs)), seal(b"".join(each.texts)), each.lived, each.seqs) for each in bundles
    ]


def keep(tx: Connection, wanted: Range, made: list[Block], now: datetime) -> int:
    """Keep blocks that follow one on the other; return how many of them nothing has overtaken since they were read.

    A format that is newly offered puts records into the midst of a list, while others leave it: so each member is looked at.
    """
    changes.lock(tx)
    edges = replace(wanted, last=_EVER, after=made[0].place.after, until=made[-1].place.last)
    there = [entry.seq for entry in lists.headers(tx, edges, _EVER)]
    made = [each for each in made if each.seqs == tuple(seq for seq in there if each.place.after < seq <= each.place.last)]
    return blocks.keep(tx, name_of(wanted), made, now) if made else 0
