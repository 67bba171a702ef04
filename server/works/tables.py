"""The table of the searches somebody keeps."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table, Text, text

from server.db.columns import Serial, Utc, metadata

queries = Table(
    "queries",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("query", Text, nullable=False),  # as in the address
    Column("shared", Boolean, nullable=False),
    Column("created", Utc, nullable=False),
    Column("room", String(20), nullable=False, server_default=text("'works'")),  # what is searched
    Index("uq_queries_name", "account_id", "room", "name", unique=True),
)
