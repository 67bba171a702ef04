"""What IRUS is told of: uses until they are delivered, what became of them by day, consents. Run before the new code."""

import sqlalchemy as sa
from alembic import op

from server.db.columns import Serial, Utc

revision = "0020"
down_revision = "0019"

_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "irus_events",
        sa.Column("id", Serial, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("referer", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due", Utc(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=26), nullable=True),
        sa.Column("reason", sa.String(length=10), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_irus_events")),
    )
    op.create_index("ix_irus_events_waiting", "irus_events", ["due", "id"], sqlite_where=_WAITING, postgresql_where=_WAITING)
    op.create_index("ix_irus_events_day", "irus_events", ["day", "state"])
    op.create_index("ix_irus_events_state", "irus_events", ["state", "at"])
    op.create_table(
        "irus_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "what", "reason", "kind", name=op.f("pk_irus_days")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "irus_consents",
        sa.Column("id", Serial, nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_irus_consents")),
    )
    op.create_index("ix_irus_consents_profile_id", "irus_consents", ["profile_id"])


def downgrade() -> None:
    for name in ("irus_consents", "irus_days", "irus_events"):
        op.drop_table(name)
