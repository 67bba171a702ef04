"""The table of those who harvest."""

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table

from server.db.columns import Utc, metadata

harvesters = Table(
    "harvesters",
    metadata,
    Column("agent", String(200), primary_key=True),  # the client's name as it gave it
    Column("address", String(64), primary_key=True),
    Column("first", Utc, nullable=False),
    Column("last", Utc, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("verb", String(20), nullable=False),  # of the latest list; the rest too
    Column("prefix", String(64), nullable=False),
    Column("delivered", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("finished", Boolean, nullable=False),
    Index("ix_harvesters_last", "last"),
)
