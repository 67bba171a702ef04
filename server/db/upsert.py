"""An INSERT that can say what happens where the row is there already, in the words of either database."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert(tx: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT with `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)
