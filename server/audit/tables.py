"""The table of the audit log."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from server.db.columns import Serial, Utc, metadata

audit = Table(
    "audit",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("account_id", BigInteger),  # null for the command line and for the house itself
    Column("actor", String(100), nullable=False),  # the name it had then
    Column("via", String(10), nullable=False),  # web, cli, token, sword, system
    Column("address", String(64), nullable=False),
    Column("deed", String(64), nullable=False),  # profile.saved, account.locked, …
    Column("subject_kind", String(32), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("summary", Text, nullable=False),
    Column("changes", Text, nullable=False),  # JSON: field → [before, after]; secrets never enter
    Index("ix_audit_subject", "subject_kind", "subject"),
)
