"""The table of requests for article processing charges."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from server.db.columns import Utc, metadata

oable_requests = Table(
    "oable_requests",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("asked", Text, nullable=False),  # what was typed, as JSON
    Column("key", String(26), nullable=False),  # by which OABLE knows a repetition
    Column("document", Text, nullable=False),  # what is sent, to the byte
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("since", Utc, nullable=False),  # from when its life counts
    Column("words", Text, nullable=False),
    Column("reference", String(200), nullable=False),
    Column("created", Utc, nullable=False),
    Column("changed", Utc, nullable=False),
    Index("ix_oable_requests_account", "account_id", "id"),
    Index("ix_oable_requests_state", "state", "id"),
)
