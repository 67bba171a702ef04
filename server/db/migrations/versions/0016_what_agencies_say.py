"""What agencies say of our identifiers, in what it differs, and what came from another system. Run before the new code."""

import sqlalchemy as sa
from alembic import op

from server.db.columns import Serial, Utc

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("identifiers", sa.Column("migrated", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "agency_lists",
        sa.Column("walk", sa.String(40), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("begun", Utc(), nullable=False),
        sa.Column("ended", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("walk", name=op.f("pk_agency_lists")),
    )
    op.create_table(
        "sightings",
        sa.Column("id", Serial, nullable=False),
        sa.Column("walk", sa.String(40), nullable=False),
        sa.Column("normal", sa.String(2048), nullable=False),
        sa.Column("value", sa.String(2048), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("state", sa.String(60), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sightings")),
    )
    op.create_index("uq_sightings_normal", "sightings", ["walk", "normal"], unique=True)
    op.create_index("ix_sightings_walk", "sightings", ["walk", "id"])
    op.create_table(
        "drifts",
        sa.Column("id", Serial, nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("identifier_id", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.String(2048), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("seen", Utc(), nullable=False),
        sa.Column("asked", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["identifier_id"], ["identifiers.id"], name=op.f("fk_drifts_identifier_id_identifiers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drifts")),
    )
    op.create_index(op.f("ix_drifts_identifier_id"), "drifts", ["identifier_id"])
    op.create_index("ix_drifts_profile_id", "drifts", ["profile_id", "kind", "id"])
    op.create_table(
        "arrivals",
        sa.Column("id", Serial, nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(2048), nullable=False),
        sa.Column("record_id", sa.String(26), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrivals")),
    )
    op.create_index("ix_arrivals_profile_id", "arrivals", ["profile_id", "id"])


def downgrade() -> None:
    for table in ("arrivals", "drifts", "sightings", "agency_lists"):
        op.drop_table(table)
    op.drop_column("identifiers", "migrated")
