"""Tables of the identifiers: each name once, each exchange with its agency, and what was read there to be compared."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, false, text

from server.db.columns import Serial, Utc, metadata

identifiers = Table(
    "identifiers",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("record_id", String(26), ForeignKey("records.id"), index=True),  # null for one reserved before its work exists
    Column("scheme", String(20), nullable=False),
    Column("value", String(2048), nullable=False),  # as it is shown
    Column("normal", String(2048), nullable=False),  # as it is compared
    Column("own", Boolean, nullable=False),  # minted here, or taken over from another system of ours
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
    Column("migrated", Boolean, nullable=False, server_default=false()),  # minted by another system, taken over here
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

#: How far the list of an agency was read, by the name of who reads it.
agency_lists = Table(
    "agency_lists",
    metadata,
    Column("walk", String(40), primary_key=True),
    Column("cursor", Text, nullable=False),  # of the next page, in the agency's words
    Column("pages", Integer, nullable=False),
    Column("calls", Integer, nullable=False),  # those for one identifier included
    Column("seen", Integer, nullable=False),
    Column("begun", Utc, nullable=False),
    Column("ended", Utc),  # when the last page was read
)

#: What stood in the list.
sightings = Table(
    "sightings",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("walk", String(40), nullable=False),
    Column("normal", String(2048), nullable=False),
    Column("value", String(2048), nullable=False),
    Column("url", Text),  # null where the list does not say
    Column("state", String(60), nullable=False),
    Column("digest", String(64), nullable=False),  # of the metadata; empty where there are none
    Index("uq_sightings_normal", "walk", "normal", unique=True),
    Index("ix_sightings_walk", "walk", "id"),
)

#: In what an agency differed from us when it was last compared.
drifts = Table(
    "drifts",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("profile_id", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("identifier_id", BigInteger, ForeignKey("identifiers.id"), index=True),  # null for one that is not known here
    Column("value", String(2048), nullable=False),
    Column("wanted", Text, nullable=False),
    Column("told", Text, nullable=False),
    Column("seen", Utc, nullable=False),
    Column("asked", Utc),  # when it was sent again
    Index("ix_drifts_profile_id", "profile_id", "kind", "id"),
)

#: What is to be taken over from another system: what was asked for, line by line, and what is against it.
arrivals = Table(
    "arrivals",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("profile_id", BigInteger, nullable=False),
    Column("line", Integer, nullable=False),
    Column("value", String(2048), nullable=False),
    Column("record_id", String(26)),
    Column("problem", Text, nullable=False),  # empty where nothing is
    Index("ix_arrivals_profile_id", "profile_id", "id"),
)
