"""Who permitted to write on their ORCID record, what of the works is there, and what was found there. Run before the new code."""

import sqlalchemy as sa
from alembic import op

from server.db.columns import Utc

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "orcid_links",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("orcid", sa.String(19), nullable=False),
        sa.Column("server", sa.String(500), nullable=False),
        sa.Column("client_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("scope", sa.String(300), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("former", sa.Text(), nullable=False),
        sa.Column("granted", Utc(), nullable=False),
        sa.Column("changed", Utc(), nullable=False),
        sa.Column("expires", Utc(), nullable=True),
        sa.Column("looked", Utc(), nullable=True),
        sa.Column("slot", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_orcid_links_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_orcid_links")),
        sa.UniqueConstraint("server", "orcid", name=op.f("uq_orcid_links_server_orcid")),
    )
    op.create_index("ix_orcid_links_state", "orcid_links", ["state"])
    op.create_table(
        "orcid_works",
        sa.Column("record_id", sa.String(26), nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.String(600), nullable=False),
        sa.Column("put_code", sa.BigInteger(), nullable=True),
        sa.Column("wanted", sa.String(64), nullable=False),
        sa.Column("acked", sa.String(64), nullable=False),
        sa.Column("seen", Utc(), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("unwanted", sa.Boolean(), nullable=False),
        sa.Column("changed", Utc(), nullable=False),
        sa.Column("asked", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_orcid_works_record_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_orcid_works_person_id")),
        sa.PrimaryKeyConstraint("record_id", "person_id", name=op.f("pk_orcid_works")),
    )
    op.create_index("ix_orcid_works_person_id", "orcid_works", ["person_id", "state"])
    op.create_index("ix_orcid_works_state", "orcid_works", ["state", "changed"])
    op.create_table(
        "orcid_found",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("put_code", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("year", sa.String(4), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ids", sa.Text(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("record_id", sa.String(26), nullable=True),
        sa.Column("seen", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_orcid_found_person_id")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_orcid_found_record_id")),
        sa.PrimaryKeyConstraint("person_id", "put_code", name=op.f("pk_orcid_found")),
    )


def downgrade() -> None:
    for table in ("orcid_found", "orcid_works", "orcid_links"):
        op.drop_table(table)
