"""Tables of SWORD: the containers clients edit, the deposits they sent, and what happened to each."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from server.db.columns import Serial, Utc, metadata

containers = Table(
    "containers",
    metadata,
    Column("id", String(26), primary_key=True),  # also the id of the record it becomes
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("collection", String(64), nullable=False),
    Column("state", String(12), nullable=False),
    Column("slug", Text),
    Column("document", Text),  # the draft as JSON, while there is one; a record takes its place
    Column("has_record", Boolean, nullable=False),
    Column("fingerprint", String(64)),  # of the bytes and headers that made it, so that a repeated deposit is known
    Column("created", Utc, nullable=False),
    Column("changed", Utc, nullable=False),
    Index("ix_containers_fingerprint", "account_id", "fingerprint"),
)

deposits = Table(
    "deposits",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("container_id", String(26), ForeignKey("containers.id"), index=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id")),
    Column("protocol", String(10), nullable=False),
    Column("method", String(8), nullable=False),
    Column("operation", String(20), nullable=False),
    Column("url", Text, nullable=False),
    Column("headers", Text, nullable=False),  # as received, credentials left out, JSON pairs
    Column("state", String(12), nullable=False),
    Column("received", Utc, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64)),  # of the body, which the file store keeps
    Column("md5", String(32)),
    Column("filename", Text),
    Column("content_type", Text),
    Column("packaging", Text),
    Column("in_progress", Boolean, nullable=False),
    Column("title", Text),
    Column("problem", String(40)),  # the class of what is wrong
    Column("message", Text),
    Column("place", Text),
    Column("remedy", Text),
    Column("retries", Integer, nullable=False),  # how often the same bytes came again
    Index("ix_deposits_state_received", "state", "received"),
)

events = Table(
    "events",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("deposit_id", String(26), ForeignKey("deposits.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("what", String(40), nullable=False),
    Column("detail", Text, nullable=False),
)
