"""Tables of the runs: each run, what became of its items, its log, and the schedules."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from server.db.columns import Serial, Utc, metadata

_RUNNING = text("state = 'running'")
_OPEN = text("state IN ('waiting', 'running')")

runs = Table(
    "runs",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("task", String(60), nullable=False),
    Column("lane", String(100), nullable=False),  # the task with its profile: one run of a lane at a time
    Column("parameters", Text, nullable=False),  # JSON of the task's own class
    Column("profile_id", BigInteger),
    Column("account_id", BigInteger),  # who asked for it
    Column("actor", String(100), nullable=False),
    Column("via", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("total", Integer),  # how many items there were when it began
    Column("changed", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("warning", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("cursor", String(200), nullable=False),  # the last item that is done
    Column("cancel", Boolean, nullable=False),  # somebody wants it to stop
    Column("message", Text, nullable=False),
    Column("parent_id", BigInteger),  # the run whose failed items it does again
    Column("schedule_id", BigInteger),
    Column("created", Utc, nullable=False),
    Column("started", Utc),
    Column("ended", Utc),
    Index("uq_runs_lane", "lane", unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    Index("ix_runs_open", "lane", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_runs_profile_id", "profile_id"),
    Index("ix_runs_ended", "ended"),
)

run_items = Table(
    "run_items",
    metadata,
    Column("run_id", BigInteger, ForeignKey("runs.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),  # its place in the run
    Column("subject", String(200), nullable=False),
    Column("title", Text, nullable=False),
    Column("href", Text, nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("message", Text, nullable=False),
    Index("uq_run_items_subject", "run_id", "subject", unique=True),
    Index("ix_run_items_outcome", "run_id", "outcome", "seq"),
)

run_log = Table(
    "run_log",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("run_id", BigInteger, ForeignKey("runs.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("level", String(8), nullable=False),  # info, warning, error
    Column("line", Text, nullable=False),
)

schedules = Table(
    "schedules",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("task", String(60), nullable=False),
    Column("parameters", Text, nullable=False),
    Column("cron", String(100), nullable=False),  # in UTC
    Column("enabled", Boolean, nullable=False),
    Column("next", Utc),  # when it is due; null while it is paused
    Column("last", Utc),  # when it was last due
    Column("run_id", BigInteger),  # the last run it began
    Column("problem", Text, nullable=False),  # why it could not begin the last time
    Column("created", Utc, nullable=False),
    Column("changed", Utc, nullable=False),
    Index("ix_schedules_next", "next"),
)
