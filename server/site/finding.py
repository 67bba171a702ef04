"""The published works found: by words, type, year and author, with how many there are of each type and year.

A page begins behind a work, never at a number of works. Words are looked up by the database's full text; where not too many works
have them, those they fit best come first, and else, or where that is asked for, the newest.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, column, func, literal_column, select, table
from sqlalchemy.dialects.postgresql import TSVECTOR

from server.identifiers import ledger
from server.metadata.addresses import bare
from server.records import store
from server.records.store import State, Stored
from server.records.tables import FULL_TEXT, listed, listed_names, listed_words
from server.site.asked import Asked, Term

PAGE = 20
MOST_RANKED = 3_000
"""So many works are put in the order of how well the words fit them; to weigh more takes too long, and tells nobody anything."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many works there are of a value."""

    value: str
    works: int


@dataclass(frozen=True, slots=True)
class Found:
    """A page of works, and what it is a page of."""

    works: Sequence[Stored]
    total: int
    types: tuple[Count, ...]
    years: tuple[Count, ...]
    after: int
    """The number of the work behind which the next page begins; 0 where there is none."""
    is_ranked: bool


def find(tx: Connection, asked: Asked) -> Found:
    """Return a page of the works that fit."""
    pairs = _pairs(tx, asked)
    types, years, total = _facets(asked, pairs)
    ranked = bool(asked.terms) and asked.order != "newest" and total <= MOST_RANKED
    numbers = _best(tx, asked) if ranked else _newest(tx, asked)
    if not asked.after and (exact := _by_doi(tx, asked)):
        numbers = [exact, *(number for number in numbers if number != exact)]
        total = max(total, 1)
    page = numbers[:PAGE]
    return Found(_works(tx, page), total, types, years, page[-1] if len(numbers) > PAGE else 0, ranked)


def of_types(tx: Connection) -> list[Count]:
    """Count the published works by type."""
    rows = tx.execute(select(listed.c.type, func.count()).group_by(listed.c.type))
    return [Count(kind, works) for kind, works in rows]


def of_years(tx: Connection) -> list[Count]:
    """Count the published works by year, the latest first; those without one last."""
    rows = tx.execute(select(listed.c.year, func.count()).group_by(listed.c.year)).all()
    known = sorted(((year, works) for year, works in rows if year is not None), reverse=True)
    return [Count(str(year), works) for year, works in known]


def of_authors(tx: Connection, beginning: str, size: int) -> list[tuple[str, str, int]]:
    """Return names from one on, as (what it is put in order by, name, works)."""
    query = select(listed_names.c.sorted, func.min(listed_names.c.name), func.count()).where(listed_names.c.sorted >= beginning)
    query = query.group_by(listed_names.c.sorted).order_by(listed_names.c.sorted).limit(size)
    return [(key, name, works) for key, name, works in tx.execute(query)]


def _facets(asked: Asked, pairs: Counter[tuple[str, int | None]]) -> tuple[tuple[Count, ...], tuple[Count, ...], int]:
    """Count by type within the chosen year, by year within the chosen type, and all that fit both."""
    types: Counter[str] = Counter()
    years: Counter[int] = Counter()
    total = 0
    for (kind, year), works in pairs.items():
        of_type = not asked.type or asked.type in {kind, kind.partition(".")[0]}
        of_year = asked.number is None or year == asked.number
        if of_year:
            types[kind] += works
        if of_type and year is not None:
            years[year] += works
        if of_type and of_year:
            total += works
    by_type = tuple(Count(kind, works) for kind, works in types.most_common())
    return by_type, tuple(Count(str(year), years[year]) for year in sorted(years, reverse=True)), total


def _pairs(tx: Connection, asked: Asked) -> Counter[tuple[str, int | None]]:
    """Count what fits words and author by type and year together: from that all facets follow."""
    query = _fitting(tx, asked, select(listed.c.type, listed.c.year, func.count())).group_by(listed.c.type, listed.c.year)
    return Counter({(kind, year): works for kind, year, works in tx.execute(query)})


def _newest(tx: Connection, asked: Asked) -> list[int]:
    query = _narrowed(asked, _fitting(tx, asked, select(listed.c.number)))
    if asked.after:
        query = query.where(listed.c.number < asked.after)
    place = listed.c.number if not asked.terms or not _is_sqlite(tx) else literal_column(f"{FULL_TEXT}.rowid")
    return list(tx.execute(query.order_by(place.desc()).limit(PAGE + 1)).scalars())


def _best(tx: Connection, asked: Asked) -> list[int]:
    """Return the works behind one in the order of how well they fit; they are few enough to be weighed again for each page."""
    rank: ColumnElement[Any] = literal_column(f"bm25({FULL_TEXT}, 10.0, 6.0, 1.0)")
    if not _is_sqlite(tx):
        rank = func.ts_rank(_VECTOR, _vector_query(asked.terms)).desc()
    query = _narrowed(asked, _fitting(tx, asked, select(listed.c.number))).order_by(rank, listed.c.number.desc())
    numbers = list(tx.execute(query).scalars())
    begin = numbers.index(asked.after) + 1 if asked.after in numbers else 0
    return numbers[begin : begin + PAGE + 1]


def _fitting(tx: Connection, asked: Asked, query: Select[Any]) -> Select[Any]:
    """Let a query be about the works that fit words and author."""
    source: FromClause = listed
    conditions: list[ColumnElement[bool]] = []
    if asked.terms and _is_sqlite(tx):
        found = table(FULL_TEXT, column("rowid"))
        source = found.join(listed, listed.c.number == found.c.rowid)
        query = query.where(literal_column(FULL_TEXT).op("MATCH")(_fts5(asked.terms)))
    elif asked.terms:
        source = listed_words.join(listed, listed.c.number == listed_words.c.number)
        conditions.append(_VECTOR.op("@@")(_vector_query(asked.terms)))
    if asked.author:
        source = source.join(listed_names, and_(listed_names.c.number == listed.c.number, listed_names.c.sorted == asked.author))
    return query.select_from(source).where(*conditions)


def _narrowed(asked: Asked, query: Select[Any]) -> Select[Any]:
    if asked.type:
        one = "." in asked.type
        query = query.where(listed.c.type == asked.type if one else listed.c.type.startswith(f"{asked.type}.", autoescape=True))
    if asked.number is not None:
        query = query.where(listed.c.year == asked.number)
    return query


def _is_sqlite(tx: Connection) -> bool:
    return tx.dialect.name == "sqlite"


def _fts5(terms: Sequence[Term]) -> str:
    """Write the terms as FTS5 has them: each quoted, so that nothing in it is an operator."""
    said = ['"{}"{}'.format(term.words.replace('"', ""), "*" if term.is_beginning else "") for term in terms]
    wanted = " AND ".join(each for each, term in zip(said, terms, strict=True) if not term.unwanted)
    unwanted = "".join(f" NOT {each}" for each, term in zip(said, terms, strict=True) if term.unwanted)
    return f"({wanted}){unwanted}"


#: What PostgreSQL's index is over, letter by letter as the migration wrote it.
_VECTOR = literal_column(
    "(setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', names), 'B') ||"
    " to_tsvector('english', words))",
    TSVECTOR,
)
_ENGLISH: ColumnElement[Any] = literal_column("'english'::regconfig")


def _vector_query(terms: Sequence[Term]) -> ColumnElement[Any]:
    """Write the terms as PostgreSQL has them; words that stand everywhere count for nothing there."""
    query: ColumnElement[Any] | None = None
    for term in terms:
        if term.is_beginning:
            letters = "".join(letter if letter.isalnum() else " " for letter in term.words).split()
            said: ColumnElement[Any] = func.to_tsquery(_ENGLISH, " <-> ".join((*letters[:-1], f"{letters[-1]}:*")))
        else:
            said = func.phraseto_tsquery(_ENGLISH, term.words)
        said = func.tsquery_not(said) if term.unwanted else said
        query = said if query is None else func.tsquery_and(query, said)
    assert query is not None  # noqa: S101 -- those who call have terms
    return query


def _by_doi(tx: Connection, asked: Asked) -> int | None:
    """Return the number of the published work whose DOI the words are; None where they are none, or it is not public."""
    doi = bare("doi", asked.q)
    if not doi.startswith("10.") or "/" not in doi:
        return None
    owner = ledger.owner_of(tx, "doi", doi.lower())
    return None if owner is None else tx.execute(select(listed.c.number).where(listed.c.record_id == owner)).scalar()


def _works(tx: Connection, numbers: Sequence[int]) -> list[Stored]:
    """Return published works in the order of their numbers."""
    rows = tx.execute(select(listed.c.number, listed.c.record_id).where(listed.c.number.in_(numbers)))
    ids = {row.number: row.record_id for row in rows}
    found = {work.id: work for work in store.some(tx, ids.values())}
    works = [found[ids[number]] for number in numbers if number in ids]
    return [work for work in works if work.state is State.PUBLISHED]
