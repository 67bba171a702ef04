"""the works. Run before the new code."""

import sqlalchemy as sa
from alembic import op

from server.db.columns import Utc
from server.db.migrations.moves import back_from_the_works, to_the_works

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "queries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_queries_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queries")),
    )
    with op.batch_alter_table("queries", schema=None) as batch_op:
        batch_op.create_index("uq_queries_name", ["account_id", "name"], unique=True)

    op.create_table(
        "searchable",
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("collection", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.Integer(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("access", sa.String(length=16), nullable=False),
        sa.Column("files", sa.Boolean(), nullable=False),
        sa.Column("modified", Utc(), nullable=False),
        sa.Column("sorting", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_searchable_record_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_searchable")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("searchable", schema=None) as batch_op:
        batch_op.create_index("ix_searchable_modified", ["modified", "record_id"], unique=False)
        batch_op.create_index(
            "ix_searchable_owner",
            ["owner", "record_id"],
            unique=False,
            sqlite_where=sa.text("owner IS NOT NULL"),
            postgresql_where=sa.text("owner IS NOT NULL"),
        )
        batch_op.create_index("ix_searchable_sorting", ["sorting", "record_id"], unique=False)
        batch_op.create_index("ix_searchable_state", ["state", "record_id"], unique=False)

    with op.batch_alter_table("records", schema=None) as batch_op:
        batch_op.add_column(sa.Column("replacement", sa.Text(), nullable=True))

    to_the_works(op.get_bind())


def downgrade() -> None:
    back_from_the_works(op.get_bind())
    with op.batch_alter_table("records", schema=None) as batch_op:
        batch_op.drop_column("replacement")

    with op.batch_alter_table("searchable", schema=None) as batch_op:
        batch_op.drop_index("ix_searchable_state")
        batch_op.drop_index("ix_searchable_sorting")
        batch_op.drop_index(
            "ix_searchable_owner", sqlite_where=sa.text("owner IS NOT NULL"), postgresql_where=sa.text("owner IS NOT NULL")
        )
        batch_op.drop_index("ix_searchable_modified")

    op.drop_table("searchable")
    with op.batch_alter_table("queries", schema=None) as batch_op:
        batch_op.drop_index("uq_queries_name")

    op.drop_table("queries")
