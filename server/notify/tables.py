"""The tables of what goes out: deliveries, their attempts, what is remembered of each endpoint."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint, text

from server.db.columns import Serial, Utc, metadata

_WAITING = text("state = 'waiting'")

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("profile_id", BigInteger, nullable=False),
    Column("event_id", String(26)),  # null for a letter
    Column("type", String(40), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("document", Text, nullable=False),  # JSON; a webhook's body to the byte
    Column("sealed", LargeBinary),  # secret values of a letter; dropped when it is sent or given up
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Utc, nullable=False),
    Column("note", Text, nullable=False),
    Column("created", Utc, nullable=False),
    Column("changed", Utc, nullable=False),
    UniqueConstraint("event_id", "profile_id"),  # an event is handed to a subscriber once
    Index("ix_deliveries_waiting", "profile_id", "due", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("ix_deliveries_profile", "profile_id", "state", "id"),
    Index("ix_deliveries_changed", "changed"),
)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("delivery_id", BigInteger, ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("status", Integer),
    Column("answer", Text, nullable=False),  # its beginning, secrets redacted
    Column("note", Text, nullable=False),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("profile_id", BigInteger, primary_key=True, autoincrement=False),
    Column("failures", Integer, nullable=False),
    Column("window", Integer, nullable=False),
    Column("retry_at", Utc),
    Column("succeeded", Utc),
    Column("failed", Utc),
    Column("words", Text, nullable=False),
    Column("answered", Text, nullable=False),
    Column("digested", Utc),
    Column("sealed", LargeBinary),  # the profile's secrets as they were sealed last, to know when they are replaced
)

endpoint_secrets = Table(
    "endpoint_secrets",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("profile_id", BigInteger, nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("until", Utc, nullable=False),  # till then what was replaced still signs
)
