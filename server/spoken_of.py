"""Which kept files the database speaks of: the one list of the columns that name files."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Connection, select, tuple_

from server.records.tables import record_versions, records
from server.sword.tables import containers, deposits, members, segments

#: Columns that hold a file's SHA-256, or documents with some. What one lets go of stands in a later one by then (a draft becomes
#: a record, a record an earlier version), so whoever looks through them in this order, one after the other, misses none.
COLUMNS: tuple[Column[Any], ...] = (
    segments.c.sha256, deposits.c.sha256, members.c.sha256, containers.c.document, records.c.document, record_versions.c.document,
)  # fmt: skip

_SHA256 = re.compile(r'(?:"sha256":\s*"|^)([0-9a-f]{64})(?:"|$)')


def named_in(text: str) -> Iterator[str]:
    """Yield the SHA-256 of the files that a value of such a column names."""
    yield from _SHA256.findall(text)


def latest(tx: Connection, limit: int | None) -> Iterator[str]:
    """Yield the SHA-256 of the files the database speaks of, all or those of the latest rows of each column."""
    for column in COLUMNS:
        key = next(iter(column.table.primary_key))
        values = select(column).where(column.is_not(None)).order_by(key.desc()).limit(limit)
        for text in tx.execute(values.execution_options(yield_per=500)).scalars():
            yield from named_in(text)


def part(tx: Connection, column: Column[Any], after: tuple[Any, ...], size: int) -> tuple[list[str], tuple[Any, ...]]:
    """Return the next values of a column, and the key to go on behind; an empty key where there are no more."""
    keys = tuple(column.table.primary_key)
    query = select(*keys, column).order_by(*keys).limit(size)
    if after:
        query = query.where(tuple_(*keys) > tuple_(*after))
    rows = tx.execute(query).all()
    return [row[-1] for row in rows if row[-1]], tuple(rows[-1][:-1]) if len(rows) == size else ()
