"""first tables. Run before the new code."""

import sqlalchemy as sa
from alembic import op

from server.db.columns import Utc

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
    )
    op.create_table(
        "formats",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("prefix", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_formats")),
        sa.UniqueConstraint("prefix", name=op.f("uq_formats_prefix")),
    )
    op.create_table(
        "fragments",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_fragments")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due", Utc(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("claim", sa.String(length=26), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("changed", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_jobs_due",
            ["due"],
            unique=False,
            sqlite_where=sa.text("state IN ('ready', 'deferred', 'active')"),
            postgresql_where=sa.text("state IN ('ready', 'deferred', 'active')"),
        )
        batch_op.create_index(
            "uq_jobs_open",
            ["kind", "subject"],
            unique=True,
            sqlite_where=sa.text("state NOT IN ('done', 'dead')"),
            postgresql_where=sa.text("state NOT IN ('done', 'dead')"),
        )

    op.create_table(
        "profiles",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("paused", sa.Text(), nullable=True),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("changed", Utc(), nullable=False),
        sa.Column("deleted", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiles")),
    )
    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.create_index(
            "uq_profiles_name",
            ["name"],
            unique=True,
            sqlite_where=sa.text("deleted IS NULL"),
            postgresql_where=sa.text("deleted IS NULL"),
        )

    op.create_table(
        "records",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("collection", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.Integer(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("modified", Utc(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
        sa.UniqueConstraint("origin", name=op.f("uq_records_origin")),
    )
    with op.batch_alter_table("records", schema=None) as batch_op:
        batch_op.create_index("ix_records_state_modified", ["state", "modified"], unique=False)

    op.create_table(
        "renderings",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_renderings")),
    )
    op.create_table(
        "sequences",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sequences")),
    )
    op.create_table(
        "sets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("spec", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sets")),
        sa.UniqueConstraint("spec", name=op.f("uq_sets_spec")),
    )
    op.create_table(
        "containers",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("collection", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("slug", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("has_record", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("changed", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_containers_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_containers")),
    )
    with op.batch_alter_table("containers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_containers_account_id"), ["account_id"], unique=False)
        batch_op.create_index("ix_containers_fingerprint", ["account_id", "fingerprint"], unique=False)

    op.create_table(
        "feed",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("datestamp", Utc(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("superseded", sa.BigInteger(), nullable=True),
        sa.Column("formats", sa.BigInteger(), nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_feed_record_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_feed")),
    )
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.create_index("ix_feed_datestamp", ["datestamp", "seq"], unique=False)
        batch_op.create_index(
            "ix_feed_ghosts",
            ["superseded"],
            unique=False,
            sqlite_where=sa.text("superseded IS NOT NULL"),
            postgresql_where=sa.text("superseded IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_feed_live",
            ["seq", "formats"],
            unique=False,
            sqlite_where=sa.text("superseded IS NULL"),
            postgresql_where=sa.text("superseded IS NULL"),
        )
        batch_op.create_index(
            "uq_feed_record_id",
            ["record_id"],
            unique=True,
            sqlite_where=sa.text("superseded IS NULL"),
            postgresql_where=sa.text("superseded IS NULL"),
        )

    op.create_table(
        "identifiers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=True),
        sa.Column("scheme", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=2048), nullable=False),
        sa.Column("normal", sa.String(length=2048), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=True),
        sa.Column("environment", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("fault", sa.String(length=12), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("acknowledged", sa.String(length=64), nullable=True),
        sa.Column("registered", Utc(), nullable=True),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("changed", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_identifiers_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identifiers")),
    )
    with op.batch_alter_table("identifiers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identifiers_record_id"), ["record_id"], unique=False)
        batch_op.create_index("ix_identifiers_state", ["state"], unique=False)
        batch_op.create_index("uq_identifiers_normal", ["scheme", "normal"], unique=True)

    op.create_table(
        "memberships",
        sa.Column("set_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["sets.id"], name=op.f("fk_memberships_set_id")),
        sa.PrimaryKeyConstraint("set_id", "seq", name=op.f("pk_memberships")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "record_versions",
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ended", Utc(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_record_versions_record_id")),
        sa.PrimaryKeyConstraint("record_id", "version", name=op.f("pk_record_versions")),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("expires", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_table(
        "deposits",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("container_id", sa.String(length=26), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("protocol", sa.String(length=10), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("operation", sa.String(length=20), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("received", Utc(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("md5", sa.String(length=32), nullable=True),
        sa.Column("filename", sa.Text(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("packaging", sa.Text(), nullable=True),
        sa.Column("in_progress", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("problem", sa.String(length=40), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("remedy", sa.Text(), nullable=True),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_deposits_account_id")),
        sa.ForeignKeyConstraint(["container_id"], ["containers.id"], name=op.f("fk_deposits_container_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposits")),
    )
    with op.batch_alter_table("deposits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deposits_container_id"), ["container_id"], unique=False)
        batch_op.create_index("ix_deposits_state_received", ["state", "received"], unique=False)

    op.create_table(
        "submissions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("identifier_id", sa.BigInteger(), nullable=False),
        sa.Column("agency", sa.String(length=40), nullable=False),
        sa.Column("environment", sa.String(length=12), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("sent", Utc(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("wanted", sa.String(length=12), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["identifier_id"], ["identifiers.id"], name=op.f("fk_submissions_identifier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
    )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submissions_identifier_id"), ["identifier_id"], unique=False)

    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deposit_id", sa.String(length=26), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposits.id"], name=op.f("fk_events_deposit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_events_deposit_id"), ["deposit_id"], unique=False)

    if op.get_bind().dialect.name == "postgresql":
        # The bytes are compressed when they are sealed into blocks; PostgreSQL must not try again with each read and write.
        op.execute("ALTER TABLE fragments ALTER COLUMN body SET STORAGE EXTERNAL")


def downgrade() -> None:
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_events_deposit_id"))

    op.drop_table("events")
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submissions_identifier_id"))

    op.drop_table("submissions")
    with op.batch_alter_table("deposits", schema=None) as batch_op:
        batch_op.drop_index("ix_deposits_state_received")
        batch_op.drop_index(batch_op.f("ix_deposits_container_id"))

    op.drop_table("deposits")
    op.drop_table("sessions")
    op.drop_table("record_versions")
    op.drop_table("memberships")
    with op.batch_alter_table("identifiers", schema=None) as batch_op:
        batch_op.drop_index("uq_identifiers_normal")
        batch_op.drop_index("ix_identifiers_state")
        batch_op.drop_index(batch_op.f("ix_identifiers_record_id"))

    op.drop_table("identifiers")
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_feed_record_id", sqlite_where=sa.text("superseded IS NULL"), postgresql_where=sa.text("superseded IS NULL")
        )
        batch_op.drop_index(
            "ix_feed_live", sqlite_where=sa.text("superseded IS NULL"), postgresql_where=sa.text("superseded IS NULL")
        )
        batch_op.drop_index(
            "ix_feed_ghosts", sqlite_where=sa.text("superseded IS NOT NULL"), postgresql_where=sa.text("superseded IS NOT NULL")
        )
        batch_op.drop_index("ix_feed_datestamp")

    op.drop_table("feed")
    with op.batch_alter_table("containers", schema=None) as batch_op:
        batch_op.drop_index("ix_containers_fingerprint")
        batch_op.drop_index(batch_op.f("ix_containers_account_id"))

    op.drop_table("containers")
    op.drop_table("sets")
    op.drop_table("sequences")
    op.drop_table("renderings")
    with op.batch_alter_table("records", schema=None) as batch_op:
        batch_op.drop_index("ix_records_state_modified")

    op.drop_table("records")
    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_profiles_name", sqlite_where=sa.text("deleted IS NULL"), postgresql_where=sa.text("deleted IS NULL")
        )

    op.drop_table("profiles")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_jobs_open",
            sqlite_where=sa.text("state NOT IN ('done', 'dead')"),
            postgresql_where=sa.text("state NOT IN ('done', 'dead')"),
        )
        batch_op.drop_index(
            "ix_jobs_due",
            sqlite_where=sa.text("state IN ('ready', 'deferred', 'active')"),
            postgresql_where=sa.text("state IN ('ready', 'deferred', 'active')"),
        )

    op.drop_table("jobs")
    op.drop_table("fragments")
    op.drop_table("formats")
    op.drop_table("accounts")
