"""Tables of the enrichment: what ORCID said, with its age; each enrichment with its names, the answers, what was written."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from server.db.columns import Serial, Utc, metadata

#: What ORCID answered to a search. The key is the registry and the query, digested.
orcid_searches = Table(
    "orcid_searches",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("asked", Utc, nullable=False),
    Column("document", Text, nullable=False),
)

#: What ORCID shows everybody of one person.
orcid_facts = Table(
    "orcid_facts",
    metadata,
    Column("registry", String(300), primary_key=True),
    Column("orcid", String(19), primary_key=True),
    Column("asked", Utc, nullable=False),
    Column("document", Text, nullable=False),
)

#: One choice of works whose creators are looked for.
enrichments = Table(
    "enrichments",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("by", String(100), nullable=False),
    Column("created", Utc, nullable=False),
    Column("chosen", Text, nullable=False),  # which works, as JSON
    Column("registry", String(300), nullable=False),  # whom was asked
    Column("gathered", BigInteger, nullable=False),  # the run that searched
    Column("written", BigInteger),  # the last run that wrote into works
    Column("undone", BigInteger),  # the last run that took back what was written
)

#: Where the works name somebody, with the iD that stands there already.
enrichment_places = Table(
    "enrichment_places",
    metadata,
    Column("enrichment_id", BigInteger, ForeignKey("enrichments.id"), primary_key=True, autoincrement=False),
    Column("record_id", String(26), primary_key=True),
    Column("part", String(12), primary_key=True),  # creators or contributors
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("similar", String(400), nullable=False),  # what similar values share
    Column("family", Text, nullable=False),
    Column("given", Text, nullable=False),
    Column("orcid", String(19), nullable=False),  # empty where there is none
    Index("ix_enrichment_places_similar", "enrichment_id", "similar"),
)

#: Who somebody of a name may be.
enrichment_candidates = Table(
    "enrichment_candidates",
    metadata,
    Column("enrichment_id", BigInteger, ForeignKey("enrichments.id"), primary_key=True, autoincrement=False),
    Column("similar", String(400), primary_key=True),
    Column("orcid", String(19), primary_key=True),
)

#: What somebody answered: one iD for all similar values but those left out, or (empty) that it is none of them.
enrichment_answers = Table(
    "enrichment_answers",
    metadata,
    Column("enrichment_id", BigInteger, ForeignKey("enrichments.id"), primary_key=True, autoincrement=False),
    Column("similar", String(400), primary_key=True),
    Column("orcid", String(19), nullable=False),
    Column("left_out", Text, nullable=False),  # the places it is not for, as JSON
    Column("by", String(100), nullable=False),
    Column("at", Utc, nullable=False),
)

#: What was written into works: who chose which iD for whom, when, and when it was taken back.
enrichment_writings = Table(
    "enrichment_writings",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("enrichment_id", BigInteger, ForeignKey("enrichments.id"), nullable=False),
    Column("record_id", String(26), nullable=False),
    Column("part", String(12), nullable=False),
    Column("family", Text, nullable=False),
    Column("given", Text, nullable=False),
    Column("orcid", String(19), nullable=False),
    Column("by", String(100), nullable=False),
    Column("at", Utc, nullable=False),
    Column("undone", Utc),
    Index("ix_enrichment_writings_record_id", "enrichment_id", "record_id"),
)
