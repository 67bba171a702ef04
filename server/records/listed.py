"""What the public finds a work by: its words, its names, its year, in rows that are there while it is published.

The words are looked up by the database's own full text: FTS5 on SQLite, text search vectors on PostgreSQL.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from server.db.statement import Statement
from server.records.model import Agent, Record
from server.records.searchable import normal, year_of
from server.records.tables import listed, listed_names, listed_words
from server.xml import clean

LONGEST_WORDS = 20_000
"""Characters of the text that is searched."""

LONGEST_NAME = 200
MOST_NAMES = 500
"""Names of one work; papers of large collaborations have thousands."""

_LISTED = insert(listed).returning(listed.c.number, listed.c.record_id)
# What every deposit asks, written down once: building a statement costs more than running it.
_LIST, _WORDS, _NAMES = Statement(_LISTED), Statement(insert(listed_words)), Statement(insert(listed_names))

Entry = tuple[str, Record, datetime]
"""The id of a work, its record, and when it changed."""


def enter(tx: Connection, works: Sequence[Entry]) -> None:
    """List works that were not listed."""
    rows = [_row(record_id, record, modified) for record_id, record, modified in works]
    if not rows:
        return
    if len(rows) == 1:  # a deposit
        numbers = {record_id: number for number, record_id in _LIST.rows(tx, rows[0])}
    else:
        numbers = {record_id: number for number, record_id in tx.execute(_LISTED, rows)}
    _WORDS.run_each(tx, [words(record) | {"number": numbers[record_id]} for record_id, record, _ in works])
    _name(tx, ((numbers[record_id], record) for record_id, record, _ in works))


def change(tx: Connection, record_id: str, record: Record, modified: datetime) -> None:
    """List a work as it is now; it keeps its place."""
    number = tx.execute(select(listed.c.number).where(listed.c.record_id == record_id)).scalar()
    if number is None:
        enter(tx, [(record_id, record, modified)])
        return
    tx.execute(update(listed).where(listed.c.number == number).values(_row(record_id, record, modified)))
    tx.execute(update(listed_words).where(listed_words.c.number == number).values(words(record)))
    tx.execute(delete(listed_names).where(listed_names.c.number == number))
    _name(tx, [(number, record)])


def leave(tx: Connection, record_id: str) -> None:
    """List a work no more."""
    number = tx.execute(select(listed.c.number).where(listed.c.record_id == record_id)).scalar()
    for table in (listed_names, listed_words, listed) if number is not None else ():
        tx.execute(delete(table).where(table.c.number == number))


def words(record: Record) -> dict[str, str]:
    """Return the words a work is found by: of its titles, of its people, and all others."""
    place = record.container
    others = [place.title, place.series, record.conference.name, record.publisher.name, record.thesis.grantor, record.toc]
    others += [text.value for text in record.abstracts] + [subject.value for subject in record.subjects]
    others += [each.value for each in record.identifiers] + [place.issn_print, place.issn_online, place.isbn]
    others += [f"{fund.funder_name} {fund.award_no} {fund.acronym}" for fund in record.funding]
    titles = [record.title.value, record.subtitle, *(title.value for title in record.alt_titles)]
    agents = (*record.creators, *record.contributors)
    names = [f"{agent.given} {agent.family} {agent.name}" for agent in agents] + [each.value for a in agents for each in a.ids]
    return {"title": _joined(titles), "names": _joined(names), "words": _joined(others)}


def _joined(texts: Iterable[str]) -> str:
    return normal(" ".join(filter(None, texts)))[:LONGEST_WORDS]


def key(name: str) -> str:
    """Return what a name is put in order and looked up by."""
    return normal(name)[:LONGEST_NAME]


def _row(record_id: str, record: Record, modified: datetime) -> dict[str, Any]:
    return {"record_id": record_id, "type": record.type, "year": year_of(record), "modified": modified}


def _name(tx: Connection, works: Iterable[tuple[int, Record]]) -> None:
    rows = [
        {"sorted": sorted_by, "number": number, "name": name}
        for number, record in works
        for sorted_by, name in _names(record.creators[:MOST_NAMES]).items()
    ]
    if rows:
        _NAMES.run_each(tx, rows)


def _names(agents: Sequence[Agent]) -> dict[str, str]:
    """Return the names of the creators by what they are put in order by, each once."""
    return {key(agent.label): clean(agent.label)[:LONGEST_NAME] for agent in agents if key(agent.label)}
