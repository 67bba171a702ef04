"""The index card of a work: what it is searched and filtered by, in a narrow row that is written whenever the work is.

The works themselves are wide rows; to look through a hundred thousand of them would mean to read all their documents.
"""

import re
import unicodedata
from datetime import datetime
from typing import Any

from server.records.embargo import end_of
from server.records.model import Record
from server.xml import clean

LONGEST_KEY = 80
"""Characters of a title by which works are put in order."""

LONGEST_TEXT = 4000
"""Characters of the text that is searched; a work with a thousand creators is found by the first of them."""

_YEAR = re.compile(r"(-?)(\d{4})")
_ARTICLE = re.compile(r"(?:the|an?) ")


def normal(text: str) -> str:
    """Return a text as it is compared: lower case, without accents, white space folded, of what every database can hold."""
    text = clean(text)
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def year_of(record: Record) -> int | None:
    """Return the year a work is dated by, or None."""
    dates = record.dates
    found = _YEAR.match(dates.issued or record.thesis.date_awarded or dates.created)
    return None if found is None else int(found[1] + found[2])


def sorting(title: str) -> str:
    """Return what a title is put in order by: without its article and the marks before it."""
    plain = normal(title).lstrip("\"'«»„“”‘’‚()[]{}¿¡.… -")
    return _ARTICLE.sub("", plain, count=1)[:LONGEST_KEY]


def card(record_id: str, record: Record, origin: str | None) -> dict[str, Any]:
    """Return the part of a card that follows from the record alone."""
    words = [record_id, origin or "", record.title.value, record.subtitle]
    words += [title.value for title in record.alt_titles]
    words += [identifier.value for identifier in record.identifiers]
    for agent in (*record.creators, *record.contributors):
        words.append(f"{agent.given} {agent.family} {agent.name}")
        words += [each.value for each in agent.ids]
    end = end_of(record)
    return {
        "record_id": record_id,
        "type": record.type,
        "year": year_of(record),
        "access": record.access,
        "opens": end and end.isoformat(),
        "files": bool(record.files),
        "sorting": sorting(record.title.value),
        "text": normal(" ".join(filter(None, words)))[:LONGEST_TEXT],
    }


def full(
    record_id: str, record: Record, *, state: str, collection: str, owner: int | None, origin: str | None, modified: datetime
) -> dict[str, Any]:
    """Return the whole card of a work."""
    kept = {"state": state, "collection": collection, "owner": owner, "modified": modified}
    return card(record_id, record, origin) | kept
