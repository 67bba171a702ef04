"""the administration. Run before the new code."""

import sqlalchemy as sa
from alembic import op

from server.db.columns import Utc
from server.db.migrations.moves import to_0002

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "role_rules",
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("networks", sa.Text(), nullable=False),
        sa.Column("codes", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("role", name=op.f("pk_role_rules")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("start", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("networks", sa.Text(), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("expires", Utc(), nullable=False),
        sa.Column("used", Utc(), nullable=True),
        sa.Column("used_from", sa.String(length=45), nullable=False),
        sa.Column("revoked", Utc(), nullable=True),
        sa.Column("refused", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_api_tokens_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
    )
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.create_index("ix_api_tokens_account", ["account_id"], unique=False)

    op.create_table(
        "openid_identities",
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("linked", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_openid_identities_account_id")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_openid_identities")),
    )
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
        "recovery_codes",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_recovery_codes_account_id")),
        sa.PrimaryKeyConstraint("account_id", "digest", name=op.f("pk_recovery_codes")),
    )
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
        batch_op.create_index("ix_searchable_owner", ["owner", "record_id"], unique=False)
        batch_op.create_index("ix_searchable_sorting", ["sorting", "record_id"], unique=False)
        batch_op.create_index("ix_searchable_state", ["state", "record_id"], unique=False)

    op.create_table(
        "tickets",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("expires", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_tickets_account_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_tickets")),
    )
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

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("display_name", sa.String(length=200), server_default=sa.text("('')"), nullable=False))
        batch_op.add_column(sa.Column("email", sa.String(length=254), nullable=True))
        batch_op.add_column(sa.Column("email_proved", sa.Boolean(), server_default=sa.text("(false)"), nullable=False))
        batch_op.add_column(sa.Column("last_login", Utc(), nullable=True))
        batch_op.add_column(sa.Column("code_secret", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("code_step", sa.BigInteger(), nullable=True))
        batch_op.create_index("uq_accounts_email", ["email"], unique=True)

    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.add_column(sa.Column("description", sa.Text(), server_default=sa.text("('')"), nullable=False))
        batch_op.add_column(sa.Column("contacts", sa.Text(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("sole", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("succeeded", Utc(), nullable=True))
        batch_op.add_column(sa.Column("succeeded_words", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("failed", Utc(), nullable=True))
        batch_op.add_column(sa.Column("failed_words", sa.Text(), nullable=True))
        batch_op.create_index(
            "uq_profiles_sole",
            ["sole"],
            unique=True,
            sqlite_where=sa.text("deleted IS NULL"),
            postgresql_where=sa.text("deleted IS NULL"),
        )

    with op.batch_alter_table("records", schema=None) as batch_op:
        batch_op.add_column(sa.Column("replacement", sa.Text(), nullable=True))

    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("started", Utc(), server_default=sa.text("'1970-01-01 00:00:00+00'"), nullable=False))
        batch_op.add_column(sa.Column("seen", Utc(), server_default=sa.text("'1970-01-01 00:00:00+00'"), nullable=False))
        batch_op.add_column(sa.Column("address", sa.String(length=45), server_default=sa.text("('')"), nullable=False))
        batch_op.add_column(sa.Column("browser", sa.String(length=200), server_default=sa.text("('')"), nullable=False))
        batch_op.add_column(sa.Column("method", sa.String(length=120), server_default=sa.text("('')"), nullable=False))

    to_0002(op.get_bind())


def downgrade() -> None:
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_column("method")
        batch_op.drop_column("browser")
        batch_op.drop_column("address")
        batch_op.drop_column("seen")
        batch_op.drop_column("started")

    with op.batch_alter_table("records", schema=None) as batch_op:
        batch_op.drop_column("replacement")

    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_profiles_sole", sqlite_where=sa.text("deleted IS NULL"), postgresql_where=sa.text("deleted IS NULL")
        )
        batch_op.drop_column("failed_words")
        batch_op.drop_column("failed")
        batch_op.drop_column("succeeded_words")
        batch_op.drop_column("succeeded")
        batch_op.drop_column("sole")
        batch_op.drop_column("contacts")
        batch_op.drop_column("description")

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_index("uq_accounts_email")
        batch_op.drop_column("code_step")
        batch_op.drop_column("code_secret")
        batch_op.drop_column("last_login")
        batch_op.drop_column("email_proved")
        batch_op.drop_column("email")
        batch_op.drop_column("display_name")

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
    op.drop_table("tickets")
    with op.batch_alter_table("searchable", schema=None) as batch_op:
        batch_op.drop_index("ix_searchable_state")
        batch_op.drop_index("ix_searchable_sorting")
        batch_op.drop_index("ix_searchable_owner")
        batch_op.drop_index("ix_searchable_modified")

    op.drop_table("searchable")
    op.drop_table("recovery_codes")
    with op.batch_alter_table("queries", schema=None) as batch_op:
        batch_op.drop_index("uq_queries_name")

    op.drop_table("queries")
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.drop_index("ix_people_sorted")
        batch_op.drop_index("ix_people_email")

    op.drop_table("people")
    op.drop_table("openid_identities")
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.drop_index("ix_api_tokens_account")

    op.drop_table("api_tokens")
    op.drop_table("role_rules")
