"""Tables of use: clicks until their hour is counted, the salts of the day, the months of each work, and what was left out."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text

from server.db.columns import Serial, Utc, metadata

#: Clicks of hours that are not counted yet. Nothing in here leads back to a person without the salt of that day.
clicks = Table(
    "usage_clicks",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("visitor", String(32), nullable=False),  # a salted digest of address and agent
    Column("earlier", String(32), nullable=False),  # the same with the salt of the day before, in the first half minute of a day
    Column("record_id", String(26), nullable=False),
    Column("file", Text, nullable=False),  # empty for the page
    Index("ix_usage_clicks_visitor", "visitor", "at"),
    Index("ix_usage_clicks_at", "at"),
)

salts = Table(
    "usage_salts",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("salt", LargeBinary(32), nullable=False),
)

#: Who asked for robots.txt: people do not.
suspects = Table(
    "usage_suspects",
    metadata,
    Column("visitor", String(32), primary_key=True),
    Column("at", Utc, nullable=False),
)

#: What COUNTER reports are made of.
months = Table(
    "usage_months",
    metadata,
    Column("record_id", String(26), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("access", String(12), primary_key=True),  # COUNTER's Access_Type at the time
    Column("total_investigations", BigInteger, nullable=False),
    Column("unique_investigations", BigInteger, nullable=False),
    Column("total_requests", BigInteger, nullable=False),
    Column("unique_requests", BigInteger, nullable=False),
    Index("ix_usage_months_month", "month"),
    sqlite_with_rowid=False,
)

#: What was not counted, by day and by the rule that said so.
dropped = Table(
    "usage_dropped",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("class", String(20), primary_key=True),
    Column("rule", String(100), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("hits", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: Lists of robots that an operator installed in place of those that came with the release.
robot_lists = Table(
    "usage_robot_lists",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("installed", Utc, nullable=False),
    Column("document", Text, nullable=False),
)
