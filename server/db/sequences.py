"""Numbers without gaps: a row a sequence, taken inside the transaction that uses them, given back when it rolls back."""

from sqlalchemy import BigInteger, Column, Connection, String, Table, case, select

from server.db.columns import metadata
from server.db.upsert import insert

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
    statement = insert(tx, sequences).values(name=name, value=start + count - 1)
    larger = statement.excluded.value - count
    current = sequences.c.value
    statement = statement.on_conflict_do_update(
        index_elements=[sequences.c.name], set_={"value": case((current >= larger, current), else_=larger) + count}
    )
    return int(tx.execute(statement.returning(sequences.c.value)).scalar_one())


def last(tx: Connection, name: str) -> int:
    """Return the last number taken, 0 if none was."""
    return int(tx.execute(select(sequences.c.value).where(sequences.c.name == name)).scalar() or 0)
