"""How many members a list has: counted once, and from then on kept up with what has changed since, which is little.

Every list that begins says how long it is, and to count a hundred thousand rows takes longer than to give a thousand of them.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from server.records import changes, lists
from server.records.changes import Horizon
from server.records.lists import Range

WORTH = 1_000
"""Places in the feed a list must span to be worth remembering."""

NEAR = 0.25
"""What has changed since may be this part of a list; where it is more, counting anew costs no more."""

REMEMBERED = 500
"""Lists remembered at most."""

LASTING = timedelta(days=1)
"""For so long a number can be kept up: much shorter than ghosts are kept, which tell who was a member then and is none now."""

_Key = tuple[int, int | None, int | None, int, int | None]


class Sizes:
    """The sizes of lists as of the horizons they were begun with. Each process has its own; threads may share it."""

    def __init__(self) -> None:
        self._known: dict[_Key, tuple[Horizon, int, int]] = {}

    def of(self, tx: Connection, wanted: Range, at: datetime) -> int:
        """Return the number of members of a list that begins at its horizon `wanted.last`, at a moment; exact."""
        if wanted.end - wanted.after < WORTH:
            return lists.count(tx, wanted)
        corrections = changes.corrections(tx)
        key = (wanted.format_id, wanted.set_id, wanted.filter_id, wanted.after, wanted.until)
        known = self._known.get(key)
        if known is not None and known[1] == corrections and _is_near(known[0], wanted, at):
            before, _, size = known
            size += _difference(tx, wanted, before.seq)
        else:
            size = lists.count(tx, wanted)
        self._keep(key, (Horizon(wanted.last, at), corrections, size))
        return size

    def _keep(self, key: _Key, found: tuple[Horizon, int, int]) -> None:
        if key not in self._known and len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[key] = found


def _is_near(before: Horizon, wanted: Range, at: datetime) -> bool:
    return 0 <= wanted.last - before.seq < NEAR * (wanted.end - wanted.after) and before.at <= at < before.at + LASTING


def _difference(tx: Connection, wanted: Range, seq: int) -> int:
    """Return by how many a list is longer at its horizon than it was at an earlier one."""
    if seq == wanted.last:
        return 0
    came = lists.count(tx, replace(wanted, after=max(wanted.after, seq)))
    return came - lists.left_since(tx, wanted, seq)
