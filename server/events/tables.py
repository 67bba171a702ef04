"""The table of the events that are still to be told or were told lately."""

from sqlalchemy import Boolean, Column, Index, String, Table, Text, text

from server.db.columns import Serial, Utc, metadata

_WAITING = text("NOT sent")

outbox = Table(
    "outbox",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("id", String(26), nullable=False, unique=True),
    Column("type", String(40), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("at", Utc, nullable=False),
    Column("data", Text, nullable=False),  # JSON
    Column("sent", Boolean, nullable=False),  # whether it was handed to its subscribers
    Index("ix_outbox_waiting", "seq", sqlite_where=_WAITING, postgresql_where=_WAITING),
)
