"""The table of the job queue."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, text

from server.db.columns import Serial, Utc, metadata

OPEN = text("state NOT IN ('done', 'dead')")
_CLAIMABLE = text("state IN ('ready', 'deferred', 'active')")

jobs = Table(
    "jobs",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("state", String(10), nullable=False),
    Column("due", Utc, nullable=False),  # not before; for an active job the end of its lease
    Column("attempts", Integer, nullable=False),
    Column("again", Boolean, nullable=False),  # asked for once more while it was active
    Column("claim", String(26)),
    Column("note", Text),  # why it waits or ended
    Column("created", Utc, nullable=False),
    Column("changed", Utc, nullable=False),
    Index("uq_jobs_open", "kind", "subject", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
    Index("ix_jobs_due", "due", sqlite_where=_CLAIMABLE, postgresql_where=_CLAIMABLE),
)
