"""Numbers without gaps: a row a sequence, taken inside the transaction that uses them, given back when it rolls back."""

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, String, Table, bindparam, case, select
from sqlalchemy.sql.dml import ReturningInsert

from server.db.columns import metadata
from server.db.prepared import Prepared
from server.db.statement import Statement
from server.db.upsert import insert_in

sequences = Table(
    "sequences",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("value", BigInteger, nullable=False),  # the last number taken
)


def take(tx: Connection, name: str, count: int = 1, *, start: int = 1) -> int:
    """Take `count` numbers and return the last of them.

    `start` is the lowest number the caller wants; a sequence already beyond it goes on where it is. On PostgreSQL the row
    stays locked until the commit.
    """
    values = {"name": name, "value": start + count - 1, "count": count}
    return int(_TAKE.values(tx, values)[0])


def _take(dialect: str) -> ReturningInsert[Any]:
    """Write the statement, once for each kind of database: what is built anew each time costs more than it does."""
    statement = insert_in(dialect, sequences)
    count = bindparam("count", type_=BigInteger)
    larger = statement.excluded.value - count
    current = sequences.c.value
    statement = statement.on_conflict_do_update(
        index_elements=[sequences.c.name], set_={"value": case((current >= larger, current), else_=larger) + count}
    )
    return statement.returning(sequences.c.value)


_TAKE = Statement(write=_take)
_LAST = Prepared(select(sequences.c.value).where(sequences.c.name == bindparam("name")))


def last(tx: Connection, name: str) -> int:
    """Return the last number taken, 0 if none was."""
    found = _LAST.rows(tx, {"name": name})
    return int(found[0][0]) if found else 0
