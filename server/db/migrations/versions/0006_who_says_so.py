"""who says so. Run before the new code."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("person_ids", schema=None) as batch_op:
        batch_op.add_column(sa.Column("claimed", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("person_ids", schema=None) as batch_op:
        batch_op.drop_column("claimed")
