"""Tables of the harvest console: who harvests, which lists, how much a month, and the walks we did ourselves."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Table, Text

from server.db.columns import Utc, metadata

harvesters = Table(
    "harvesters",
    metadata,
    Column("id", String(32), primary_key=True),  # a digest of agent and network, so that processes agree without asking
    Column("agent", String(200), nullable=False),  # the client's name as it gave it
    Column("network", String(64), nullable=False),
    Column("address", String(64), nullable=False),  # the latest
    Column("sender", String(200), nullable=False),  # the header From: whom to write to
    Column("host", String(255), nullable=False),  # the name of the address, confirmed by the name itself
    Column("asked", Utc),  # when that was looked up
    Column("label", String(100), nullable=False),  # what our people call it
    Column("patience", Integer, nullable=False),  # days without a finished list after which they are told; 0 is never
    Column("first", Utc, nullable=False),
    Column("last", Utc, nullable=False),
    Column("walked", Utc),  # when it last got a part of a list
    Column("cycled", Utc),  # when it last came to the end of one
    Column("requests", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),  # answered with an OAI-PMH error
    Column("shed", BigInteger, nullable=False),  # answered with 503
    Column("records", BigInteger, nullable=False),
    Column("lists", BigInteger, nullable=False),  # walked to their ends
    Column("error", String(300), nullable=False),  # the latest
    Index("ix_harvesters_last", "last"),
)

walks = Table(
    "walks",
    metadata,
    Column("id", String(32), primary_key=True),  # a digest of whose and what is in front of `last`
    Column("harvester_id", String(32), ForeignKey("harvesters.id"), nullable=False),
    Column("context", String(32), nullable=False),
    Column("verb", String(20), nullable=False),
    Column("prefix", String(64), nullable=False),
    Column("spec", String(200), nullable=False),
    Column("since", String(20), nullable=False),  # as it was asked for
    Column("until", String(20), nullable=False),
    Column("begun", Utc, nullable=False),  # its horizon
    Column("last", Utc, nullable=False),
    Column("delivered", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("parts", BigInteger, nullable=False),
    Column("token", Text, nullable=False),  # that goes on behind `delivered`
    Column("finished", Utc),
    Column("seconds", Float, nullable=False),  # of ours
    Index("ix_walks_harvester_id", "harvester_id", "last"),
    Index("ix_walks_last", "last"),
)

harvester_months = Table(
    "harvester_months",
    metadata,
    Column("harvester_id", String(32), ForeignKey("harvesters.id"), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
    Column("shed", BigInteger, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("lists", BigInteger, nullable=False),
    Column("seconds", Float, nullable=False),
)

simulations = Table(
    "simulations",
    metadata,
    Column("run_id", BigInteger, primary_key=True, autoincrement=False),
    Column("prefix", String(64), primary_key=True),
    Column("context", String(32), nullable=False),
    Column("spec", String(200), nullable=False),
    Column("first", BigInteger, nullable=False),  # so many records at most; 0 is all
    Column("begun", Utc, nullable=False),
    Column("ended", Utc),
    Column("delivered", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
    Column("advice", BigInteger, nullable=False),
    Column("verdicts", Text, nullable=False),  # JSON: what was proved, empty before the end
    Column("message", Text, nullable=False),  # why it broke off
    Index("ix_simulations_begun", "begun"),
)

simulation_faults = Table(
    "simulation_faults",
    metadata,
    Column("run_id", BigInteger, primary_key=True, autoincrement=False),
    Column("prefix", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("identifier", String(300), nullable=False),  # empty where the list is at fault, not a record
    Column("rule", String(150), nullable=False),
    Column("place", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("weight", String(8), nullable=False),
    ForeignKeyConstraint(["run_id", "prefix"], ["simulations.run_id", "simulations.prefix"]),
)
