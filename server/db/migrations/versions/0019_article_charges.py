"""Requests for article processing charges. Run before the new code."""

import sqlalchemy as sa
from alembic import op

from server.db.columns import Utc

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "oable_requests",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=26), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("changed", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_oable_requests_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oable_requests")),
    )
    op.create_index("ix_oable_requests_account", "oable_requests", ["account_id", "id"])
    op.create_index("ix_oable_requests_state", "oable_requests", ["state", "id"])


def downgrade() -> None:
    op.drop_table("oable_requests")
