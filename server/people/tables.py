"""Tables of the researchers: who they are, by what they are known, and which creators of the works they are."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from server.db.columns import Serial, Utc, metadata

people = Table(
    "people",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("sorted", Text, nullable=False),  # the name folded, family name first
    Column("document", Text, nullable=False),  # the person as JSON
    Column("version", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), unique=True),
    Column("merged_into", BigInteger, ForeignKey("people.id")),  # who this turned out to be
    Column("email", String(254), nullable=False),
    Column("sought", Utc),  # when the works were last looked through for them; null where that is to be done
    Column("created", Utc, nullable=False),
    Column("modified", Utc, nullable=False),
    Index("ix_people_sorted", "sorted", "id"),
    Index("ix_people_email", "email"),
)

person_ids = Table(
    "person_ids",
    metadata,
    Column("scheme", String(20), primary_key=True),
    Column("value", String(200), primary_key=True),  # as a record holds it
    Column("person_id", BigInteger, ForeignKey("people.id"), nullable=False, index=True),
    Column("proved", Boolean, nullable=False),  # whether its registry said so, and not only a person who typed it
    Column("claimed", Boolean, nullable=False, server_default=text("false")),  # whether only the person says that it is theirs
)

person_names = Table(
    "person_names",
    metadata,
    Column("person_id", BigInteger, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),  # 0 is the name that is shown
    Column("key", String(420), nullable=False, index=True),  # what all spellings share
    Column("folded", Text, nullable=False),
    Column("given", Text, nullable=False),
)

#: Who a creator is, may be, or is not: see server.people.linking.
person_links = Table(
    "person_links",
    metadata,
    Column("record_id", String(26), ForeignKey("records.id"), primary_key=True),
    Column("part", String(12), primary_key=True),  # creators or contributors
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("person_id", BigInteger, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("state", String(10), nullable=False),
    Column("made", String(10), nullable=False),  # by id, by name, by hand
    Column("by", String(100), nullable=False),  # whose hand
    Column("at", Utc, nullable=False),
    Column("name", Text, nullable=False),  # the creator's name folded, by which it is found when creators move
    Index("ix_person_links_person", "person_id", "state"),
)

person_merges = Table(
    "person_merges",
    metadata,
    Column("gone_id", BigInteger, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("kept_id", BigInteger, ForeignKey("people.id"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("by", String(100), nullable=False),
    Column("before", Text, nullable=False),  # the kept one's document as it was
    Column("after_version", Integer, nullable=False),  # the kept one's version that the merging made
    Column("account_id", BigInteger),  # the account that came with the one that is gone
    Column("links", Text, nullable=False),  # the links that came with it, JSON
)
