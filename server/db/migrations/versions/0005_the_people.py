"""the people. Run before the new code."""

import sqlalchemy as sa
from alembic import op

from server.db.columns import Utc

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sorted", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("sought", Utc(), nullable=True),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("modified", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_people_account_id")),
        sa.ForeignKeyConstraint(["merged_into"], ["people.id"], name=op.f("fk_people_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("account_id", name=op.f("uq_people_account_id")),
    )
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.create_index("ix_people_email", ["email"], unique=False)
        batch_op.create_index("ix_people_sorted", ["sorted", "id"], unique=False)

    op.create_table(
        "person_ids",
        sa.Column("scheme", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("proved", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_ids_person_id")),
        sa.PrimaryKeyConstraint("scheme", "value", name=op.f("pk_person_ids")),
    )
    with op.batch_alter_table("person_ids", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_ids_person_id"), ["person_id"], unique=False)

    op.create_table(
        "person_links",
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("part", sa.String(length=12), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("made", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_links_person_id")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_person_links_record_id")),
        sa.PrimaryKeyConstraint("record_id", "part", "position", "person_id", name=op.f("pk_person_links")),
    )
    with op.batch_alter_table("person_links", schema=None) as batch_op:
        batch_op.create_index("ix_person_links_person", ["person_id", "state"], unique=False)

    op.create_table(
        "person_merges",
        sa.Column("gone_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kept_id", sa.BigInteger(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after_version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("links", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["gone_id"], ["people.id"], name=op.f("fk_person_merges_gone_id")),
        sa.ForeignKeyConstraint(["kept_id"], ["people.id"], name=op.f("fk_person_merges_kept_id")),
        sa.PrimaryKeyConstraint("gone_id", name=op.f("pk_person_merges")),
    )
    op.create_table(
        "person_names",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=420), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_names_person_id")),
        sa.PrimaryKeyConstraint("person_id", "position", name=op.f("pk_person_names")),
    )
    with op.batch_alter_table("person_names", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_names_key"), ["key"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("person_names", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_names_key"))

    op.drop_table("person_names")
    op.drop_table("person_merges")
    with op.batch_alter_table("person_links", schema=None) as batch_op:
        batch_op.drop_index("ix_person_links_person")

    op.drop_table("person_links")
    with op.batch_alter_table("person_ids", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_ids_person_id"))

    op.drop_table("person_ids")
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.drop_index("ix_people_sorted")
        batch_op.drop_index("ix_people_email")

    op.drop_table("people")
