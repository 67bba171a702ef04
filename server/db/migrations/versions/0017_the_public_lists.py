"""What the public searches and browses: the published works by words, names, type and year. Run before the new code."""

import sqlalchemy as sa
from alembic import op

from server.db.columns import Serial, Utc
from server.db.migrations.listing import to_the_lists

revision = "0017"
down_revision = "0016"

#: SQLite: an index of words over the rows of listed_words, which triggers keep; PostgreSQL: an index over their vectors.
_FTS5 = (
    (
        "CREATE VIRTUAL TABLE listed_found USING fts5(title, names, words, content='listed_words', content_rowid='number',"
        " tokenize='porter unicode61 remove_diacritics 2')"
    ),
    (
        "CREATE TRIGGER listed_words_in AFTER INSERT ON listed_words BEGIN"
        " INSERT INTO listed_found(rowid, title, names, words) VALUES (new.number, new.title, new.names, new.words); END"
    ),
    (
        "CREATE TRIGGER listed_words_out AFTER DELETE ON listed_words BEGIN INSERT INTO listed_found(listed_found, rowid, title,"
        " names, words) VALUES ('delete', old.number, old.title, old.names, old.words); END"
    ),
    (
        "CREATE TRIGGER listed_words_anew AFTER UPDATE ON listed_words BEGIN"
        " INSERT INTO listed_found(listed_found, rowid, title, names, words)"
        " VALUES ('delete', old.number, old.title, old.names, old.words);"
        " INSERT INTO listed_found(rowid, title, names, words) VALUES (new.number, new.title, new.names, new.words); END"
    ),
)
_GIN = (
    "CREATE INDEX listed_found ON listed_words USING gin ((setweight(to_tsvector('english', title), 'A') ||"
    " setweight(to_tsvector('english', names), 'B') || to_tsvector('english', words)))"
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:  # as one: a flush for each of a hundred thousand works would take half an hour
        op.execute("BEGIN IMMEDIATE")
    op.create_table(
        "listed",
        sa.Column("number", Serial, nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("modified", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_listed_record_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_listed")),
        sa.UniqueConstraint("record_id", name=op.f("uq_listed_record_id")),
    )
    op.create_index("ix_listed_type", "listed", ["type", "number"])
    op.create_index("ix_listed_year", "listed", ["year", "number"])
    op.create_table(
        "listed_words",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["listed.number"], name=op.f("fk_listed_words_number")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_listed_words")),
    )
    op.create_table(
        "listed_names",
        sa.Column("sorted", sa.String(length=200), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["listed.number"], name=op.f("fk_listed_names_number")),
        sa.PrimaryKeyConstraint("sorted", "number", name=op.f("pk_listed_names")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_listed_names_number", "listed_names", ["number"])
    for statement in _FTS5 if sqlite else (_GIN,):
        op.execute(statement)
    to_the_lists(op.get_bind())
    if sqlite:
        op.execute("COMMIT")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in ("DROP TRIGGER listed_words_in", "DROP TRIGGER listed_words_out", "DROP TRIGGER listed_words_anew"):
            op.execute(statement)
        op.execute("DROP TABLE listed_found")
    for name in ("listed_names", "listed_words", "listed"):
        op.drop_table(name)
