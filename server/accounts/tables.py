"""Tables of the accounts: who they are, what proves it, and what they hold open."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from server.db.columns import Serial, Utc, metadata

_LONG_AGO = text("'1970-01-01 00:00:00+00'")
"""What a session of the first release gets: it has been idle since then, so that everybody logs in anew."""

accounts = Table(
    "accounts",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("password", Text, nullable=False),  # argon2id, with its parameters; empty for who comes by OpenID Connect only
    Column("active", Boolean, nullable=False),
    Column("created", Utc, nullable=False),
    Column("display_name", String(200), nullable=False, server_default=text("''")),
    Column("email", String(254)),  # in lower case
    Column("email_proved", Boolean, nullable=False, server_default=text("false")),  # by an administrator or a mailed link
    Column("last_login", Utc),
    Column("code_secret", LargeBinary),  # of the one-time codes (RFC 6238), sealed
    Column("code_step", BigInteger),  # the last one used: none is taken twice
    Index("uq_accounts_email", "email", unique=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the cookie; the cookie itself is kept nowhere
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("expires", Utc, nullable=False),
    Column("started", Utc, nullable=False, server_default=_LONG_AGO),
    Column("seen", Utc, nullable=False, server_default=_LONG_AGO),  # to the minute or so
    Column("address", String(45), nullable=False, server_default=text("''")),
    Column("browser", String(200), nullable=False, server_default=text("''")),
    Column("method", String(120), nullable=False, server_default=text("''")),  # how its owner proved who they are
)

#: What opens something once: the link of a reset, the half of a login that is done, the way to a provider and back.
tickets = Table(
    "tickets",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of what the holder has
    Column("purpose", String(20), nullable=False),
    Column("account_id", BigInteger, ForeignKey("accounts.id")),
    Column("document", Text, nullable=False),
    Column("expires", Utc, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.id"), primary_key=True),
    Column("digest", String(64), primary_key=True),  # SHA-256; one that was used is no more
)

#: Failed logins of the last hour.
failures = Table(
    "login_failures",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("address", String(45), primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("last", Utc, nullable=False),
    Column("until", Utc, nullable=False),
)

tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("start", String(12), nullable=False),  # its first characters, by which its owner knows it
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256; the token itself is kept nowhere
    Column("scopes", Text, nullable=False),  # JSON
    Column("networks", Text, nullable=False),  # JSON; none means any
    Column("collections", Text, nullable=False, server_default=text("'[]'")),  # JSON; none means all of its account's
    Column("created", Utc, nullable=False),
    Column("expires", Utc, nullable=False),
    Column("used", Utc),  # to the minute or so
    Column("used_from", String(45), nullable=False),
    Column("revoked", Utc),
    Column("refused", Utc),  # when that was told last
    Index("ix_api_tokens_account", "account_id"),
)

#: Whom an OpenID Connect provider vouches for: its own address and its number for the person are never given again (Core § 2).
identities = Table(
    "openid_identities",
    metadata,
    Column("issuer", String(300), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("linked", Utc, nullable=False),
)

#: What holds for all accounts of a role; a role without a row is free.
role_rules = Table(
    "role_rules",
    metadata,
    Column("role", String(20), primary_key=True),
    Column("networks", Text, nullable=False),  # JSON; none means any
    Column("codes", Boolean, nullable=False),  # whether a one-time code is asked for
)
