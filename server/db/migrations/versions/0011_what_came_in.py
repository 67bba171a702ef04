"""What came in: problems, members, staged uploads, references. Run before the new code.

Going back loses what the release before has no words for: searches of other rooms than that of the works, uploads in segments,
files that were to be fetched. Deposits by SWORD 3.0 stay in the monitor, those of them that were not read set aside; works that
were declined are withdrawn.
"""

import sqlalchemy as sa
from alembic import op

from server.db.columns import Utc

revision = "0011"
down_revision = "0010"

_UNKNOWN = "(protocol <> 'sword2' OR operation IN ('replace object', 'clear metadata', 'replace file'))"
"""Which deposits the release before cannot read."""

#: What the release before would stumble over, put into its words or ended.
_BEFORE_GOING_BACK = (
    "DELETE FROM queries WHERE room <> 'works'",
    "DELETE FROM jobs WHERE kind = 'fetch-references'",
    f"DELETE FROM jobs WHERE kind = 'read-deposit' AND subject IN (SELECT id FROM deposits WHERE {_UNKNOWN})",  # noqa: S608 -- ours
    f"UPDATE deposits SET state = 'closed' WHERE state IN ('received', 'held') AND {_UNKNOWN}",  # noqa: S608 -- ours
    "UPDATE deposits SET operation = 'replace all' WHERE operation = 'replace object'",
    "UPDATE deposits SET operation = 'replace metadata' WHERE operation = 'clear metadata'",
    "UPDATE deposits SET operation = 'replace content' WHERE operation = 'replace file'",
    "UPDATE containers SET state = 'withdrawn' WHERE state = 'declined'",
    "UPDATE records SET state = 'withdrawn' WHERE state = 'declined'",
    "UPDATE searchable SET state = 'withdrawn' WHERE state = 'declined'",
)


def upgrade() -> None:
    op.create_table(
        "staged",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("segment_bytes", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("touched", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_staged_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staged")),
    )
    op.create_index(op.f("ix_staged_account_id"), "staged", ["account_id"], unique=False)
    op.create_index(op.f("ix_staged_touched"), "staged", ["touched"], unique=False)

    op.create_table(
        "segments",
        sa.Column("staged_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["staged_id"], ["staged.id"], name=op.f("fk_segments_staged_id")),
        sa.PrimaryKeyConstraint("staged_id", "number", name=op.f("pk_segments")),
    )
    op.create_table(
        "members",
        sa.Column("deposit_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("mime", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposits.id"], name=op.f("fk_members_deposit_id")),
        sa.PrimaryKeyConstraint("deposit_id", "name", name=op.f("pk_members")),
    )
    op.create_table(
        "problems",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deposit_id", sa.String(length=26), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("weight", sa.String(length=4), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposits.id"], name=op.f("fk_problems_deposit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problems")),
    )
    op.create_index("ix_problems_code", "problems", ["code", "weight"], unique=False)
    op.create_index(op.f("ix_problems_deposit_id"), "problems", ["deposit_id"], unique=False)

    op.create_table(
        "references_",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deposit_id", sa.String(length=26), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("packaging", sa.Text(), nullable=False),
        sa.Column("dereference", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("got", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposits.id"], name=op.f("fk_references__deposit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_references_")),
    )
    op.create_index(op.f("ix_references__deposit_id"), "references_", ["deposit_id"], unique=False)

    op.create_table(
        "understood",
        sa.Column("deposit_id", sa.String(length=26), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposits.id"], name=op.f("fk_understood_deposit_id")),
        sa.PrimaryKeyConstraint("deposit_id", name=op.f("pk_understood")),
    )
    op.add_column("deposits", sa.Column("sender_id", sa.BigInteger(), nullable=True))
    op.add_column("deposits", sa.Column("on_behalf_of", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("deposits", sa.Column("server", sa.String(length=64), server_default=sa.text("''"), nullable=False))
    op.add_column("deposits", sa.Column("collection", sa.String(length=64), server_default=sa.text("''"), nullable=False))
    op.add_column("deposits", sa.Column("key", sa.String(length=255), nullable=True))
    op.add_column("deposits", sa.Column("slug", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("deposits", sa.Column("value", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("deposits", sa.Column("warnings", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("deposits", sa.Column("replays", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("deposits", sa.Column("claimed_by", sa.BigInteger(), nullable=True))
    op.add_column("deposits", sa.Column("payload", sa.String(length=64), nullable=True))
    op.execute("UPDATE deposits SET payload = sha256 WHERE sha256 IS NOT NULL")
    op.execute(
        "INSERT INTO problems (deposit_id, code, weight, value, message, place, remedy) SELECT id, problem, 'hold', '', "
        "COALESCE(message, ''), COALESCE(place, ''), COALESCE(remedy, '') FROM deposits WHERE problem IS NOT NULL"
    )
    op.execute(
        "UPDATE deposits SET collection = (SELECT containers.collection FROM containers WHERE containers.id = container_id) "
        "WHERE container_id IS NOT NULL"
    )
    op.create_index("ix_deposits_collection", "deposits", ["collection", "received"], unique=False)
    op.create_index("ix_deposits_key", "deposits", ["account_id", "key"], unique=False)
    op.create_index("ix_deposits_problem", "deposits", ["problem", "state"], unique=False)
    op.create_index("ix_deposits_received", "deposits", ["received"], unique=False)
    op.create_index("ix_deposits_sha256", "deposits", ["sha256"], unique=False)
    op.create_index("ix_deposits_payload", "deposits", ["payload"], unique=False)

    op.add_column("queries", sa.Column("room", sa.String(length=20), server_default=sa.text("'works'"), nullable=False))
    op.drop_index(op.f("uq_queries_name"), "queries")
    op.create_index("uq_queries_name", "queries", ["account_id", "room", "name"], unique=True)


def downgrade() -> None:
    for statement in _BEFORE_GOING_BACK:
        op.execute(statement)
    op.drop_index("uq_queries_name", "queries")
    op.create_index(op.f("uq_queries_name"), "queries", ["account_id", "name"], unique=True)
    op.drop_column("queries", "room")

    op.drop_index("ix_deposits_payload", "deposits")
    op.drop_index("ix_deposits_sha256", "deposits")
    op.drop_index("ix_deposits_received", "deposits")
    op.drop_index("ix_deposits_problem", "deposits")
    op.drop_index("ix_deposits_key", "deposits")
    op.drop_index("ix_deposits_collection", "deposits")
    op.drop_column("deposits", "payload")
    op.drop_column("deposits", "claimed_by")
    op.drop_column("deposits", "replays")
    op.drop_column("deposits", "warnings")
    op.drop_column("deposits", "value")
    op.drop_column("deposits", "slug")
    op.drop_column("deposits", "key")
    op.drop_column("deposits", "collection")
    op.drop_column("deposits", "server")
    op.drop_column("deposits", "on_behalf_of")
    op.drop_column("deposits", "sender_id")

    op.drop_table("understood")
    op.drop_index(op.f("ix_references__deposit_id"), "references_")

    op.drop_table("references_")
    op.drop_index(op.f("ix_problems_deposit_id"), "problems")
    op.drop_index("ix_problems_code", "problems")

    op.drop_table("problems")
    op.drop_table("members")
    op.drop_table("segments")
    op.drop_index(op.f("ix_staged_touched"), "staged")
    op.drop_index(op.f("ix_staged_account_id"), "staged")

    op.drop_table("staged")
