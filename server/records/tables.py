"""Tables of the records: the work as it is, as it was, and the feed of its changes with the bytes harvesters get."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from server.db.columns import Serial, Utc, metadata

records = Table(
    "records",
    metadata,
    Column("id", String(26), primary_key=True),  # ULID
    Column("state", String(10), nullable=False),  # draft, pending, returned, declined, published, withdrawn
    Column("type", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("collection", String(64), nullable=False),
    Column("owner", Integer),  # account that brought it; null for imports
    Column("origin", Text, unique=True),  # its name where it came from, so that an import can run again
    Column("provenance", Text),  # which record of which repository it was harvested from, as JSON
    Column("reason", Text),  # why it was withdrawn or returned
    Column("replacement", Text),  # what took a withdrawn work's place: the id of a work, a DOI or an address
    Column("created", Utc, nullable=False),
    Column("modified", Utc, nullable=False),
    Column("document", Text, nullable=False),  # the record as JSON
    Index("ix_records_state_modified", "state", "modified"),
)

record_versions = Table(
    "record_versions",
    metadata,
    Column("record_id", String(26), ForeignKey("records.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("ended", Utc, nullable=False),  # when the next version took its place
    Column("document", Text, nullable=False),
)

_OWNED = text("owner IS NOT NULL")  # what an import brings has no owner, and costs nothing here
_OPENS = text("opens IS NOT NULL")

#: What a work is searched and filtered by: see searchable.py. Kept in the order of the ids, as lists are read from its end.
searchable = Table(
    "searchable",
    metadata,
    Column("record_id", String(26), ForeignKey("records.id"), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("type", String(64), nullable=False),
    Column("collection", String(64), nullable=False),
    Column("owner", Integer),
    Column("year", Integer),
    Column("access", String(16), nullable=False),
    Column("opens", String(10)),  # the day on which an embargo ends, of the work or of a file; YYYY-MM-DD
    Column("files", Boolean, nullable=False),
    Column("modified", Utc, nullable=False),
    Column("sorting", String(80), nullable=False),  # the title as it is put in order
    Column("text", Text, nullable=False),  # titles, names, identifiers: lower case, without accents
    Index("ix_searchable_modified", "modified", "record_id"),
    Index("ix_searchable_sorting", "sorting", "record_id"),
    Index("ix_searchable_state", "state", "record_id"),
    Index("ix_searchable_owner", "owner", "record_id", sqlite_where=_OWNED, postgresql_where=_OWNED),
    Index("ix_searchable_opens", "record_id", "opens", sqlite_where=_OPENS, postgresql_where=_OPENS),
    sqlite_with_rowid=False,
)

#: The published works as the public finds them: see listed.py. The words of `listed_words` are indexed by the database's own full
#: text, under FULL_TEXT, in tables and indices of its own that only migrations name.
listed = Table(
    "listed",
    metadata,
    Column("number", Serial, primary_key=True),  # the order in which they were published
    Column("record_id", String(26), ForeignKey("records.id"), nullable=False, unique=True),
    Column("type", String(64), nullable=False),
    Column("year", Integer),
    Column("modified", Utc, nullable=False),
    Index("ix_listed_type", "type", "number"),
    Index("ix_listed_year", "year", "number"),
)

listed_words = Table(
    "listed_words",
    metadata,
    Column("number", Serial, ForeignKey("listed.number"), primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("names", Text, nullable=False),
    Column("words", Text, nullable=False),
)

listed_names = Table(
    "listed_names",
    metadata,
    Column("sorted", String(200), primary_key=True),
    Column("number", BigInteger, ForeignKey("listed.number"), primary_key=True, autoincrement=False),
    Column("name", String(200), nullable=False),
    Index("ix_listed_names_number", "number"),
    sqlite_with_rowid=False,
)

FULL_TEXT = "listed_found"

_LIVE = text("superseded IS NULL")
_GHOST = text("superseded IS NOT NULL")

feed = Table(
    "feed",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),  # the order in which harvesters see changes
    Column("record_id", String(26), ForeignKey("records.id"), nullable=False),
    Column("datestamp", Utc, nullable=False),  # whole seconds, never falling
    Column("deleted", Boolean, nullable=False),
    Column("superseded", BigInteger),  # the seq that took this one's place; kept while a list begun before it may still be walked
    Column("formats", BigInteger, nullable=False),  # bit n is set where it can be given in format n
    Column("left", BigInteger, nullable=False, server_default="0"),  # where it could be once, and is announced as deleted now
    Column("header", LargeBinary, nullable=False),  # <header>…</header> as every verb shows it
    Index("ix_feed_live", "seq", "formats", "left", sqlite_where=_LIVE, postgresql_where=_LIVE),
    Index("uq_feed_record_id", "record_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    Index("ix_feed_ghosts", "superseded", sqlite_where=_GHOST, postgresql_where=_GHOST),
    Index("ix_feed_datestamp", "datestamp", "seq"),
)

formats = Table(
    "formats",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("prefix", String(64), nullable=False, unique=True),
)

#: What is written when a work changes: oai_dc, as everybody asks for it. One clustered table in harvest order:
#: key = format << 44 | seq. All other formats are written when somebody asks for them.
fragments = Table(
    "fragments",
    metadata,
    Column("key", Serial, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),  # <record>…</record>, complete
)

sets = Table(
    "sets",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("spec", String(200), nullable=False, unique=True),  # one that begins with a slash is no set but a base URL's choice
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=text("''")),
)

memberships = Table(
    "memberships",
    metadata,
    Column("set_id", BigInteger, ForeignKey("sets.id"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("left", Boolean, nullable=False, server_default=false()),  # it was a member once, and is announced as deleted now
    sqlite_with_rowid=False,
)

#: The lists somebody has walked, and so are worth sealing. 0 stands for no set, and for a base URL that offers every record.
lists = Table(
    "lists",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("format_id", SmallInteger, nullable=False),
    Column("set_id", BigInteger, nullable=False),
    Column("filter_id", BigInteger, nullable=False),
    Column("shown", String(32), nullable=False),  # which sets its headers name; empty where all
    Column("read", Utc, nullable=False),  # when somebody last walked it, give or take a day
    UniqueConstraint("format_id", "set_id", "filter_id", "shown"),
)

#: Sealed blocks: about a hundred records of a list, deflated; all its members with `after` < seq <= `last`.
blocks = Table(
    "blocks",
    metadata,
    Column("list_id", BigInteger, ForeignKey("lists.id"), primary_key=True, autoincrement=False),
    Column("last", BigInteger, primary_key=True, autoincrement=False),
    Column("after", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("lived", BigInteger, nullable=False),  # the seq that took the place of its latest ghost: older lists cannot use it
    Column("raw", Integer, nullable=False),  # bytes before they were deflated
    Column("crc", BigInteger, nullable=False),  # CRC-32 of those bytes
    Column("operator", BigInteger, nullable=False),  # what joins that CRC to one before it, where no library does
    Column("body", LargeBinary, nullable=False),
)

#: What cannot be written in a format, and is left out of its lists until it can.
quarantine = Table(
    "quarantine",
    metadata,
    Column("record_id", String(26), ForeignKey("records.id"), primary_key=True),
    Column("format_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("cause", Text, nullable=False),
    Column("since", Utc, nullable=False),
)

#: What the bytes of the feed were rendered with: the address, the OAI domain, the formats. One row a name.
renderings = Table(
    "renderings",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
