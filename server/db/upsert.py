"""An INSERT that can say what happens where the row is there already, in the words of either database."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert(tx: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT with `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return insert_in(tx.dialect.name, table)


def insert_in(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return it for a kind of database: for statements that are written once and kept."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
