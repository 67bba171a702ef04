"""How works are used: clicks of the hour, months of each work, what was not counted, lists of robots. Run before the new code."""

import sqlalchemy as sa
from alembic import op

from server.db.columns import Serial, Utc

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "usage_clicks",
        sa.Column("id", Serial, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("visitor", sa.String(length=32), nullable=False),
        sa.Column("earlier", sa.String(length=32), nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_clicks")),
    )
    op.create_index("ix_usage_clicks_visitor", "usage_clicks", ["visitor", "at"])
    op.create_index("ix_usage_clicks_at", "usage_clicks", ["at"])
    op.create_table(
        "usage_salts",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_usage_salts")),
    )
    op.create_table(
        "usage_suspects",
        sa.Column("visitor", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("visitor", name=op.f("pk_usage_suspects")),
    )
    op.create_table(
        "usage_months",
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("access", sa.String(length=12), nullable=False),
        sa.Column("total_investigations", sa.BigInteger(), nullable=False),
        sa.Column("unique_investigations", sa.BigInteger(), nullable=False),
        sa.Column("total_requests", sa.BigInteger(), nullable=False),
        sa.Column("unique_requests", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "month", "access", name=op.f("pk_usage_months")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_usage_months_month", "usage_months", ["month"])
    op.create_table(
        "usage_dropped",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("class", sa.String(length=20), nullable=False),
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "class", "rule", "kind", name=op.f("pk_usage_dropped")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_robot_lists",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("installed", Utc(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_usage_robot_lists")),
    )


def downgrade() -> None:
    for name in ("usage_robot_lists", "usage_dropped", "usage_months", "usage_suspects", "usage_salts", "usage_clicks"):
        op.drop_table(name)
