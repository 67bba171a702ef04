"""Another secret key: everything sealed is opened with the old one and sealed with the new one, row by row.

Each batch is a transaction and each row says for itself under which key it is sealed: whatever interrupts this, it goes on where
it stopped, and a row that somebody writes meanwhile is under the new key already.
"""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, Table, select, tuple_, update

from server.db.engine import Database
from server.errors import Unavailable
from server.profiles.seal import Seal

SIZE = 200


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column whose values are sealed, and what it holds, in words."""

    table: Table
    column: Column[bytes | None]
    name: str


@dataclass(frozen=True, slots=True)
class Rotated:
    """What became of one column: sealed anew, under the present key already, and what no key of ours opens."""

    name: str
    anew: int
    already: int
    lost: int


async def rotate(database: Database, seal: Seal, columns: tuple[Sealed, ...]) -> list[Rotated]:
    """Seal everything under the present key. What no key opens stays as it is and is counted."""
    return [await _column(database, seal, column) for column in columns]


async def _column(database: Database, seal: Seal, column: Sealed) -> Rotated:
    total, after = Rotated(column.name, 0, 0, 0), None
    while True:
        part, after = await database.write(_batch, seal, column, after)
        total = Rotated(column.name, total.anew + part.anew, total.already + part.already, total.lost + part.lost)
        if after is None:
            return total


def _batch(
    tx: Connection, seal: Seal, column: Sealed, after: tuple[object, ...] | None
) -> tuple[Rotated, tuple[object, ...] | None]:
    """Seal the next rows anew, and return the key of the last of them; None at the end."""
    keys = list(column.table.primary_key.columns)
    query = select(*keys, column.column).where(column.column.is_not(None)).order_by(*keys).limit(SIZE).with_for_update()
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*after))
    rows = tx.execute(query).all()
    anew = already = lost = 0
    for row in rows:
        *key, sealed = row
        if not sealed:  # its profile was deleted
            continue
        try:
            fresh = seal.anew(sealed)
        except Unavailable:
            lost += 1
            continue
        if fresh is None:
            already += 1
            continue
        same = [column_ == value for column_, value in zip(keys, key, strict=True)]
        tx.execute(update(column.table).where(*same).values({column.column: fresh}))
        anew += 1
    last = tuple(rows[-1][:-1]) if len(rows) == SIZE else None
    return Rotated(column.name, anew, already, lost), last
