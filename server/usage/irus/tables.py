"""Tables of what IRUS is told: uses until they are delivered, what became of them by day, and who consented to which text."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, text

from server.db.columns import Serial, Utc, metadata

_WAITING = text("state = 'waiting'")

#: Uses that are to be delivered, or could not be. A row goes, and all in it that leads to a person, once IRUS has taken it.
events = Table(
    "irus_events",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("at", Utc, nullable=False),  # of the use
    Column("day", String(10), nullable=False),
    Column("record_id", String(26), nullable=False),
    Column("file", Text, nullable=False),  # empty for the page
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("referer", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("due", Utc, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("mark", String(26)),  # whose sending it is in: written before, so that it is known after a crash
    Column("reason", String(10), nullable=False),  # why it was given up; of what waits: refused, and nothing was taken since
    Column("words", Text, nullable=False),  # what was said to it last
    Index("ix_irus_events_waiting", "due", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("ix_irus_events_day", "day", "state"),
    Index("ix_irus_events_state", "state", "at"),
)

#: How many uses of a day came to what.
days = Table(
    "irus_days",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("what", String(16), primary_key=True),
    Column("reason", String(20), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("events", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: Each time consent was given or withdrawn.
consents = Table(
    "irus_consents",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("profile_id", BigInteger, nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("account_id", BigInteger),  # null for the operator at the command line
    Column("who", String(200), nullable=False),
    Column("given", Boolean, nullable=False),  # or withdrawn
    Column("version", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("endpoint", Text, nullable=False),  # where messages went when it was given
)
