"""What identifiers fail for, who holds one back, and which version an agency was sent. Run before the new code.

Going back forgets who holds an identifier: it is sent when its work or its profile changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("identifiers", sa.Column("cause", sa.String(length=200), nullable=True))
    op.add_column("identifiers", sa.Column("held_by", sa.String(length=100), nullable=True))
    op.add_column("identifiers", sa.Column("held_why", sa.Text(), nullable=True))
    op.add_column("submissions", sa.Column("version", sa.Integer(), nullable=True))
    op.execute("UPDATE identifiers SET cause = substr(message, 1, 200) WHERE fault IS NOT NULL")
    op.drop_index("ix_identifiers_state", table_name="identifiers")
    op.create_index("ix_identifiers_state", "identifiers", ["state", "changed"], unique=False)
    op.create_index("ix_identifiers_waiting", "identifiers", ["profile_id", "waiting"], unique=False)
    op.create_index(
        "ix_identifiers_facets", "identifiers", ["profile_id", "state", "scheme", "environment", "fault", "held_by"], unique=False
    )
    op.create_index("ix_identifiers_cause", "identifiers", ["cause", "profile_id", "state"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_identifiers_cause", table_name="identifiers")
    op.drop_index("ix_identifiers_facets", table_name="identifiers")
    op.drop_index("ix_identifiers_waiting", table_name="identifiers")
    op.drop_index("ix_identifiers_state", table_name="identifiers")
    op.create_index("ix_identifiers_state", "identifiers", ["state"], unique=False)
    op.drop_column("submissions", "version")
    op.drop_column("identifiers", "held_why")
    op.drop_column("identifiers", "held_by")
    op.drop_column("identifiers", "cause")
