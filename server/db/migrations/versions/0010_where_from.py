"""Where a harvested work came from. Run before the new code."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("records", sa.Column("provenance", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("records", "provenance")
