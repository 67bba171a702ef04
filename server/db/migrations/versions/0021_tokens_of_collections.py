"""API tokens that are good for some collections alone. Run before the new code."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("api_tokens", sa.Column("collections", sa.Text(), server_default=sa.text("'[]'"), nullable=False))


def downgrade() -> None:
    # The older release would let them into every collection of their accounts.
    op.execute(sa.text("UPDATE api_tokens SET revoked = created WHERE collections != '[]' AND revoked IS NULL"))
    with op.batch_alter_table("api_tokens") as table:
        table.drop_column("collections")
