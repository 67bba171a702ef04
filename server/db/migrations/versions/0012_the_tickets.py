"""What an agency is working at, and the greatest stamp that was sent. Run before the new code."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("identifiers", sa.Column("stamp", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("identifiers", sa.Column("waiting", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("identifiers", "waiting")
    op.drop_column("identifiers", "stamp")
