"""The table of the integration profiles."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, Text, text

from server.db.columns import Serial, Utc, metadata

_KEPT = text("deleted IS NULL")

profiles = Table(
    "profiles",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("version", Integer, nullable=False),  # of the kind's document, so that a later release can read an older one
    Column("name", String(100), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("document", Text, nullable=False),  # the settings as JSON, without secrets
    Column("secrets", LargeBinary, nullable=False),  # the secrets as JSON, sealed
    Column("paused", Text),  # why its work stands still (wrong credentials), until it is changed
    Column("created", Utc, nullable=False),
    Column("changed", Utc, nullable=False),
    Column("deleted", Utc),  # what it did stays readable, and its number is never another's
    Column("description", Text, nullable=False, server_default=text("''")),
    Column("contacts", Text, nullable=False, server_default="[]"),  # the people to ask, as JSON
    Column("sole", String(40)),  # its kind, where there may be only one of it
    Column("succeeded", Utc),  # when the other side last agreed, and its words
    Column("succeeded_words", Text),
    Column("failed", Utc),  # when it last did not, and its words
    Column("failed_words", Text),
    Index("uq_profiles_name", "name", unique=True, sqlite_where=_KEPT, postgresql_where=_KEPT),
    Index("uq_profiles_sole", "sole", unique=True, sqlite_where=_KEPT, postgresql_where=_KEPT),
)
