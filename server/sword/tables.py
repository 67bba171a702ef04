"""Tables of SWORD: the containers clients edit, the deposits they sent, what was in them, and what happened to each."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from server.db.columns import Serial, Utc, metadata

containers = Table(
    "containers",
    metadata,
    Column("id", String(26), primary_key=True),  # also the id of the record it becomes
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("collection", String(64), nullable=False),
    Column("state", String(12), nullable=False),
    Column("slug", Text),
    Column("document", Text),  # the draft as JSON, while there is one; a record takes its place
    Column("has_record", Boolean, nullable=False),
    Column("fingerprint", String(64)),  # of the bytes and headers that made it, so that a repeated deposit is known
    Column("created", Utc, nullable=False),
    Column("changed", Utc, nullable=False),
    Index("ix_containers_fingerprint", "account_id", "fingerprint"),
)

deposits = Table(
    "deposits",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("container_id", String(26), ForeignKey("containers.id"), index=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id")),
    Column("protocol", String(10), nullable=False),
    Column("method", String(8), nullable=False),
    Column("operation", String(20), nullable=False),
    Column("url", Text, nullable=False),
    Column("headers", Text, nullable=False),  # as received, credentials left out, JSON pairs
    Column("state", String(12), nullable=False),
    Column("received", Utc, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64)),  # of the body, which the file store keeps
    Column("md5", String(32)),
    Column("filename", Text),
    Column("content_type", Text),
    Column("packaging", Text),
    Column("in_progress", Boolean, nullable=False),
    Column("title", Text),
    Column("problem", String(40)),  # the class of what is wrong
    Column("message", Text),
    Column("place", Text),
    Column("remedy", Text),
    Column("retries", Integer, nullable=False),  # how often the same bytes came again
    Column("sender_id", BigInteger),  # who logged in; account_id is whose deposit it is
    Column("on_behalf_of", Text, nullable=False, server_default=text("''")),  # as the header said
    Column("server", String(64), nullable=False, server_default=text("''")),  # the code of the profile it came by
    Column("collection", String(64), nullable=False, server_default=text("''")),
    Column("key", String(255)),  # Idempotency-Key
    Column("slug", Text, nullable=False, server_default=text("''")),
    Column("value", Text, nullable=False, server_default=text("''")),  # what its problem is about
    Column("warnings", Integer, nullable=False, server_default=text("0")),
    Column("replays", Integer, nullable=False, server_default=text("0")),
    Column("claimed_by", BigInteger),  # who sees to its problem
    Column("payload", String(64)),  # the SHA-256 of its package, also of one within a multipart
    Index("ix_deposits_state_received", "state", "received"),
    Index("ix_deposits_problem", "problem", "state"),
    Index("ix_deposits_collection", "collection", "received"),
    Index("ix_deposits_received", "received"),
    Index("ix_deposits_sha256", "sha256"),
    Index("ix_deposits_payload", "payload"),
    Index("ix_deposits_key", "account_id", "key"),
)

#: All that is wrong with a deposit, and what was guessed or tolerated: as of the last time it was read.
problems = Table(
    "problems",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("deposit_id", String(26), ForeignKey("deposits.id"), nullable=False, index=True),
    Column("code", String(40), nullable=False),
    Column("weight", String(4), nullable=False),  # hold or warn
    Column("value", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Index("ix_problems_code", "code", "weight"),
)

#: What was in a package, file by file.
members = Table(
    "members",
    metadata,
    Column("deposit_id", String(26), ForeignKey("deposits.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("mime", String(255), nullable=False),
    Column("role", String(16), nullable=False),  # file, metadata or manifest
)

#: The record a deposit was understood as, beside what it was read from.
understood = Table(
    "understood",
    metadata,
    Column("deposit_id", String(26), ForeignKey("deposits.id"), primary_key=True),
    Column("document", Text, nullable=False),  # a record, JSON
    Column("source", Text, nullable=False),  # the name of the metadata document
    Column("reader", String(64), nullable=False),
)

#: Uploads in segments, before they are deposits (SWORD 3.0 § 11).
staged = Table(
    "staged",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("bytes", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("segment_bytes", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),  # as the header said
    Column("created", Utc, nullable=False),
    Column("touched", Utc, nullable=False, index=True),
)

segments = Table(
    "segments",
    metadata,
    Column("staged_id", String(26), ForeignKey("staged.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
)

#: Files a deposit names by their address, to be fetched by a worker (SWORD 3.0 § 10).
references = Table(
    "references_",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("deposit_id", String(26), ForeignKey("deposits.id"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("filename", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("bytes", BigInteger),  # as announced
    Column("digest", Text, nullable=False),
    Column("packaging", Text, nullable=False),
    Column("dereference", Boolean, nullable=False),
    Column("state", String(12), nullable=False),
    Column("got", BigInteger, nullable=False),  # bytes so far
    Column("sha256", String(64)),  # of what was fetched, which the file store keeps
    Column("message", Text, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("deposit_id", String(26), ForeignKey("deposits.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("what", String(40), nullable=False),
    Column("detail", Text, nullable=False),
)
