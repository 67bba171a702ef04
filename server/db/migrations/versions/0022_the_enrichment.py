"""ORCID iDs looked for and chosen: what ORCID said, the names, the answers, what was written. Run before the new code."""

import sqlalchemy as sa
from alembic import op

from server.db.columns import Serial, Utc

revision = "0022"
down_revision = "0021"

_TABLES = (
    "enrichment_writings",
    "enrichment_answers",
    "enrichment_candidates",
    "enrichment_places",
    "enrichments",
    "orcid_facts",
    "orcid_searches",
)


def upgrade() -> None:
    op.create_table(
        "orcid_searches",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("asked", Utc(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_orcid_searches")),
    )
    op.create_table(
        "orcid_facts",
        sa.Column("registry", sa.String(length=300), nullable=False),
        sa.Column("orcid", sa.String(length=19), nullable=False),
        sa.Column("asked", Utc(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("registry", "orcid", name=op.f("pk_orcid_facts")),
    )
    op.create_table(
        "enrichments",
        sa.Column("id", Serial, nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("chosen", sa.Text(), nullable=False),
        sa.Column("registry", sa.String(length=300), nullable=False),
        sa.Column("gathered", sa.BigInteger(), nullable=False),
        sa.Column("written", sa.BigInteger(), nullable=True),
        sa.Column("undone", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrichments")),
    )
    op.create_table(
        "enrichment_places",
        sa.Column("enrichment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("part", sa.String(length=12), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("similar", sa.String(length=400), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("orcid", sa.String(length=19), nullable=False),
        sa.ForeignKeyConstraint(["enrichment_id"], ["enrichments.id"], name=op.f("fk_enrichment_places_enrichment_id")),
        sa.PrimaryKeyConstraint("enrichment_id", "record_id", "part", "position", name=op.f("pk_enrichment_places")),
    )
    op.create_index("ix_enrichment_places_similar", "enrichment_places", ["enrichment_id", "similar"])
    op.create_table(
        "enrichment_candidates",
        sa.Column("enrichment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("similar", sa.String(length=400), nullable=False),
        sa.Column("orcid", sa.String(length=19), nullable=False),
        sa.ForeignKeyConstraint(["enrichment_id"], ["enrichments.id"], name=op.f("fk_enrichment_candidates_enrichment_id")),
        sa.PrimaryKeyConstraint("enrichment_id", "similar", "orcid", name=op.f("pk_enrichment_candidates")),
    )
    op.create_table(
        "enrichment_answers",
        sa.Column("enrichment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("similar", sa.String(length=400), nullable=False),
        sa.Column("orcid", sa.String(length=19), nullable=False),
        sa.Column("left_out", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["enrichment_id"], ["enrichments.id"], name=op.f("fk_enrichment_answers_enrichment_id")),
        sa.PrimaryKeyConstraint("enrichment_id", "similar", name=op.f("pk_enrichment_answers")),
    )
    op.create_table(
        "enrichment_writings",
        sa.Column("id", Serial, nullable=False),
        sa.Column("enrichment_id", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("part", sa.String(length=12), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("orcid", sa.String(length=19), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("undone", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["enrichment_id"], ["enrichments.id"], name=op.f("fk_enrichment_writings_enrichment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrichment_writings")),
    )
    op.create_index("ix_enrichment_writings_record_id", "enrichment_writings", ["enrichment_id", "record_id"])


def downgrade() -> None:
    for name in _TABLES:
        op.drop_table(name)
