"""the administration. Run before the new code."""

import sqlalchemy as sa
from alembic import op

from server.db.columns import Utc

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
        "recovery_codes",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_recovery_codes_account_id")),
        sa.PrimaryKeyConstraint("account_id", "digest", name=op.f("pk_recovery_codes")),
    )
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

    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("started", Utc(), server_default=sa.text("'1970-01-01 00:00:00+00'"), nullable=False))
        batch_op.add_column(sa.Column("seen", Utc(), server_default=sa.text("'1970-01-01 00:00:00+00'"), nullable=False))
        batch_op.add_column(sa.Column("address", sa.String(length=45), server_default=sa.text("('')"), nullable=False))
        batch_op.add_column(sa.Column("browser", sa.String(length=200), server_default=sa.text("('')"), nullable=False))
        batch_op.add_column(sa.Column("method", sa.String(length=120), server_default=sa.text("('')"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_column("method")
        batch_op.drop_column("browser")
        batch_op.drop_column("address")
        batch_op.drop_column("seen")
        batch_op.drop_column("started")

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

    op.drop_table("tickets")
    op.drop_table("recovery_codes")
    op.drop_table("openid_identities")
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.drop_index("ix_api_tokens_account")

    op.drop_table("api_tokens")
    op.drop_table("role_rules")
