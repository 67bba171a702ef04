"""Tables of the links to ORCID: whose permission we have, what of the works is on whose record, and what was found there."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from server.db.columns import Utc, metadata

orcid_links = Table(
    "orcid_links",
    metadata,
    Column("person_id", BigInteger, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("orcid", String(19), nullable=False),  # bare
    Column("server", String(500), nullable=False),  # the system that handed out the token; it goes to no other
    Column("client_id", String(40), nullable=False),
    Column("name", String(300), nullable=False),  # as ORCID says it
    Column("scope", String(300), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the tokens
    Column("state", String(12), nullable=False),
    Column("status", Integer),  # the HTTP status that says so
    Column("words", Text, nullable=False),  # ORCID's words with it
    Column("source", String(10), nullable=False),  # consent, or import from another system
    Column("former", Text, nullable=False),  # the iDs that led to this one
    Column("granted", Utc, nullable=False),
    Column("changed", Utc, nullable=False),
    Column("expires", Utc),
    Column("looked", Utc),  # when the record was last looked through for works we do not hold
    Column("slot", Utc),  # the moment that is kept for it at the gate
    UniqueConstraint("server", "orcid"),
    Index("ix_orcid_links_state", "state"),
)

orcid_works = Table(
    "orcid_works",
    metadata,
    Column("record_id", String(26), ForeignKey("records.id"), primary_key=True),
    Column("person_id", BigInteger, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("account", String(600), nullable=False),  # the record the put-code is of: the system's address and the iD
    Column("put_code", BigInteger),
    Column("wanted", String(64), nullable=False),  # digest of what should be there; empty: nothing should
    Column("acked", String(64), nullable=False),  # digest of what ORCID confirmed; ? where its answer is still to come
    Column("seen", Utc),  # when the work had last changed as this was written
    Column("state", String(10), nullable=False),
    Column("status", Integer),
    Column("words", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("unwanted", Boolean, nullable=False),  # the person does not want it there
    Column("changed", Utc, nullable=False),
    Column("asked", Utc),
    Index("ix_orcid_works_person_id", "person_id", "state"),
    Index("ix_orcid_works_state", "state", "changed"),
)

orcid_found = Table(
    "orcid_found",
    metadata,
    Column("person_id", BigInteger, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("put_code", BigInteger, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("type", String(64), nullable=False),  # ORCID's word
    Column("year", String(4), nullable=False),
    Column("source", Text, nullable=False),  # who put it there
    Column("ids", Text, nullable=False),  # scheme and value, JSON
    Column("state", String(10), nullable=False),  # new, dismissed or taken
    Column("record_id", String(26), ForeignKey("records.id")),  # what it became here
    Column("seen", Utc, nullable=False),
)
