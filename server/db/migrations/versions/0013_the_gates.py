"""How fast each agency may be asked, and which of them are down. Run before the new code."""

import sqlalchemy as sa
from alembic import op

from server.db.columns import Utc

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "gates",
        sa.Column("profile_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next", Utc(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("since", Utc(), nullable=True),
        sa.Column("until", Utc(), nullable=True),
        sa.Column("words", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("profile_id", name=op.f("pk_gates")),
    )
    op.add_column("identifiers", sa.Column("slot", Utc(), nullable=True))


def downgrade() -> None:
    op.drop_column("identifiers", "slot")
    op.drop_table("gates")
