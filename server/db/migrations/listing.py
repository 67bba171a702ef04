"""What migration 0017 does with the works that are there already. Frozen as it was then, as `moves` is."""

import json
from typing import Any

from sqlalchemy import Connection, text

from server.db.migrations.moves import normal

BATCH = 500

#: By the cards, which are kept in this order within a state: by the works' own index each batch would be all of them, sorted.
_READ = text(
    "SELECT r.id, r.modified, r.document, s.year, r.type FROM searchable s JOIN records r ON r.id = s.record_id"
    " WHERE s.record_id > :after AND s.state = 'published' ORDER BY s.record_id LIMIT :size"
)
_ROW = text("INSERT INTO listed (record_id, type, year, modified) VALUES (:id, :type, :year, :modified) RETURNING number")
_WORDS = text("INSERT INTO listed_words (number, title, names, words) VALUES (:number, :title, :names, :words)")
_NAMES = text("INSERT INTO listed_names (sorted, number, name) VALUES (:sorted, :number, :name)")


def to_the_lists(tx: Connection) -> None:
    """List every published work, in the order they came; a few hundred at a time."""
    after = ""
    while rows := tx.execute(_READ, {"after": after, "size": BATCH}).mappings().all():
        words, names = [], []
        for row in rows:
            record = json.loads(row["document"])
            number = tx.execute(_ROW, dict(row) | {"document": None}).scalar_one()
            words.append(_words(record) | {"number": number})
            names += [{"sorted": key, "number": number, "name": name} for key, name in _names(record).items()]
        tx.execute(_WORDS, words)
        if names:
            tx.execute(_NAMES, names)
        after = rows[-1]["id"]


def _words(record: dict[str, Any]) -> dict[str, str]:
    def values(name: str) -> list[str]:
        return [each["value"] for each in record.get(name, ())]

    place = record.get("container", {})
    others = [place.get("title", ""), place.get("series", ""), record.get("conference", {}).get("name", "")]
    others += [record.get("publisher", {}).get("name", ""), record.get("thesis", {}).get("grantor", ""), record.get("toc", "")]
    others += values("abstracts") + values("subjects") + values("identifiers")
    others += [place.get(name, "") for name in ("issn_print", "issn_online", "isbn")]
    others += [
        " ".join(fund.get(name, "") for name in ("funder_name", "award_no", "acronym")) for fund in record.get("funding", ())
    ]
    agents = [*record.get("creators", ()), *record.get("contributors", ())]
    names = [" ".join(agent.get(name, "") for name in ("given", "family", "name")) for agent in agents]
    names += [each["value"] for agent in agents for each in agent.get("ids", ())]
    titles = [record["title"]["value"], record.get("subtitle", ""), *values("alt_titles")]
    parts = {"title": titles, "names": names, "words": others}
    return {name: normal(_held(" ".join(filter(None, texts))))[:20_000] for name, texts in parts.items()}


def _names(record: dict[str, Any]) -> dict[str, str]:
    labels = [_held(_label(agent)) for agent in record.get("creators", ())[:500]]
    return {key: label[:200] for label in labels if (key := normal(label)[:200])}


def _label(agent: dict[str, Any]) -> str:
    family, given, name = (str(agent.get(part, "")) for part in ("family", "given", "name"))
    if agent.get("kind") == "org" or not family:
        return name or family
    return f"{family}, {given}" if given else family


def _held(text: str) -> str:
    """Drop what PostgreSQL holds in no text."""
    return text.replace("\0", "")
