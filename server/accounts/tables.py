"""Tables of the accounts and of their sessions."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, String, Table, Text

from server.db.columns import Serial, Utc, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("password", Text, nullable=False),  # argon2id, with its parameters
    Column("active", Boolean, nullable=False),
    Column("created", Utc, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the cookie; the cookie itself is kept nowhere
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("expires", Utc, nullable=False),
)
