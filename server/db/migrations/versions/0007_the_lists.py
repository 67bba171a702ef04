"""The lists: what left them, what is sealed of them, what cannot be written. Run before the new code."""

import sqlalchemy as sa
from alembic import op

from server.db.columns import Utc

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "lists",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("format_id", sa.SmallInteger(), nullable=False),
        sa.Column("set_id", sa.BigInteger(), nullable=False),
        sa.Column("filter_id", sa.BigInteger(), nullable=False),
        sa.Column("shown", sa.String(length=32), nullable=False),
        sa.Column("read", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lists")),
        sa.UniqueConstraint("format_id", "set_id", "filter_id", "shown", name=op.f("uq_lists_format_id_set_id_filter_id_shown")),
    )
    op.create_table(
        "blocks",
        sa.Column("list_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("lived", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.Integer(), nullable=False),
        sa.Column("crc", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_blocks_list_id")),
        sa.PrimaryKeyConstraint("list_id", "last", name=op.f("pk_blocks")),
    )
    op.create_table(
        "quarantine",
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("format_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_quarantine_record_id")),
        sa.PrimaryKeyConstraint("record_id", "format_id", name=op.f("pk_quarantine")),
    )
    op.add_column("feed", sa.Column("left", sa.BigInteger(), server_default="0", nullable=False))
    _index("seq", "formats", "left")
    op.add_column("memberships", sa.Column("left", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("sets", sa.Column("description", sa.Text(), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    # The release before knows of no leaving: what stayed would be a member again. A tombstone is a deletion all the same.
    op.execute('DELETE FROM memberships WHERE "left" AND seq IN (SELECT seq FROM feed WHERE NOT deleted)')
    _index("seq", "formats")
    for table, column in (("sets", "description"), ("memberships", "left"), ("feed", "left")):
        op.drop_column(table, column)
    op.drop_table("quarantine")
    op.drop_table("blocks")
    op.drop_table("lists")


def _index(*columns: str) -> None:
    op.drop_index("ix_feed_live", "feed")
    live = sa.text("superseded IS NULL")
    op.create_index("ix_feed_live", "feed", list(columns), sqlite_where=live, postgresql_where=live)
