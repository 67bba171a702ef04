"""The day on which an embargo ends, on the card of each work: of a single file's, too. Run before the new code."""

import sqlalchemy as sa
from alembic import op

from server.db.migrations.moves import to_the_embargoes

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("searchable", sa.Column("opens", sa.String(length=10), nullable=True))
    to_the_embargoes(op.get_bind())
    some = sa.text("opens IS NOT NULL")
    op.create_index("ix_searchable_opens", "searchable", ["record_id", "opens"], sqlite_where=some, postgresql_where=some)


def downgrade() -> None:
    op.drop_index("ix_searchable_opens", "searchable")
    op.drop_column("searchable", "opens")
