"""Tables of the identifiers: each name once, what its agency acknowledged, each exchange with it, how fast it may be asked."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, text

from server.db.columns import Serial, Utc, metadata

identifiers = Table(
    "identifiers",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("record_id", String(26), ForeignKey("records.id"), index=True),  # null for one reserved before its work exists
    Column("scheme", String(20), nullable=False),
    Column("value", String(2048), nullable=False),  # as it is shown
    Column("normal", String(2048), nullable=False),  # as it is compared
    Column("own", Boolean, nullable=False),  # minted here
    Column("profile_id", BigInteger),  # whose rules it was minted by; null for one that came with the work
    Column("environment", String(12), nullable=False),  # test or production; empty where no agency is
    Column("state", String(12), nullable=False),
    Column("fault", String(12)),  # why the agency does not agree
    Column("message", Text),  # in words, the agency's own included
    Column("acknowledged", String(64)),  # digest of what the agency confirmed last
    Column("registered", Utc),  # when the agency first confirmed it
    Column("stamp", BigInteger, nullable=False, server_default=text("0")),  # the greatest that was ever sent with it
    Column("waiting", BigInteger),  # the submission the agency is working at
    Column("slot", Utc),  # the moment that is kept for asking its agency
    Column("created", Utc, nullable=False),
    Column("changed", Utc, nullable=False),
    Column("cause", String(200)),  # the message without what belongs to this identifier only; null where there is no fault
    Column("held_by", String(100)),  # the name of whoever lets nothing be sent of it
    Column("held_why", Text),
    Index("uq_identifiers_normal", "scheme", "normal", unique=True),
    Index("ix_identifiers_state", "state", "changed"),
    Index("ix_identifiers_waiting", "profile_id", "waiting"),
    Index("ix_identifiers_facets", "profile_id", "state", "scheme", "environment", "fault", "held_by"),
    Index("ix_identifiers_cause", "cause", "profile_id", "state"),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("identifier_id", BigInteger, ForeignKey("identifiers.id"), nullable=False, index=True),
    Column("agency", String(40), nullable=False),
    Column("environment", String(12), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("sent", Utc, nullable=False),
    Column("digest", String(64), nullable=False),  # of what was sent
    Column("url", Text, nullable=False),
    Column("wanted", String(12), nullable=False),  # findable or hidden
    Column("status", Integer),  # HTTP; null while unanswered
    Column("outcome", String(12)),  # confirmed or a fault; null while unanswered
    Column("answer", Text),  # verbatim, secrets redacted
    Column("seconds", Float),
    Column("version", Integer),  # of the record, as it was sent
)

#: How each profile's agency may be asked, see gate.py.
gates = Table(
    "gates",
    metadata,
    Column("profile_id", BigInteger, primary_key=True, autoincrement=False),
    Column("next", Utc, nullable=False),  # when the next call is due
    Column("failures", Integer, nullable=False, server_default=text("0")),  # calls in a row that nobody answered
    Column("since", Utc),  # when the first of them was
    Column("until", Utc),  # when somebody may try again
    Column("words", Text, nullable=False, server_default=text("''")),
)
