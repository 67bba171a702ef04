"""What migrations do with rows that are there already. Frozen as it was then: later code may see the same rows otherwise."""

import json
import re
import unicodedata
from calendar import monthrange
from typing import Any

from sqlalchemy import Connection, text

BATCH = 500


def to_the_works(tx: Connection) -> None:
    """Write a card for each work, and let what waited for approval say so."""
    tx.execute(text("UPDATE records SET state = 'pending' WHERE state = 'draft'"))  # all of them waited for approval
    _write_cards(tx)


def back_from_the_works(tx: Connection) -> None:
    """Take back the states there was no word for."""
    tx.execute(text("UPDATE records SET state = 'draft' WHERE state IN ('pending', 'returned')"))


_READ = text(
    "SELECT id, state, collection, owner, origin, modified, document FROM records WHERE id > :after ORDER BY id LIMIT :size"
)
_WRITE = text(
    "INSERT INTO searchable (record_id, state, type, collection, owner, year, access, files, modified, sorting, text)"
    " VALUES (:id, :state, :type, :collection, :owner, :year, :access, :files, :modified, :sorting, :text)"
)


def _write_cards(tx: Connection) -> None:
    """Write the index card of every work, a few hundred at a time."""
    after = ""
    while rows := tx.execute(_READ, {"after": after, "size": BATCH}).mappings().all():
        tx.execute(_WRITE, [_card(dict(row)) for row in rows])
        after = rows[-1]["id"]


def _card(row: dict[str, Any]) -> dict[str, Any]:
    record = json.loads(row.pop("document"))
    identifiers, agents = record.get("identifiers", ()), [*record.get("creators", ()), *record.get("contributors", ())]
    words = [row["id"], row.pop("origin") or "", record["title"]["value"], record.get("subtitle", "")]
    words += [title["value"] for title in record.get("alt_titles", ())] + [each["value"] for each in identifiers]
    for agent in agents:
        words.append(" ".join(agent.get(name, "") for name in ("given", "family", "name")))
        words += [each["value"] for each in agent.get("ids", ())]
    dates = record.get("dates", {})
    year = re.match(
        r"(-?)(\d{4})", dates.get("issued") or record.get("thesis", {}).get("date_awarded") or dates.get("created") or ""
    )
    title = normal(record["title"]["value"]).lstrip("\"'«»„“”‘’‚()[]{}¿¡.… -")
    return row | {
        "type": record["type"],
        "year": year and int(year[1] + year[2]),
        "access": record.get("access", "open"),
        "files": bool(record.get("files")),
        "sorting": re.sub(r"^(?:the|an?) ", "", title, count=1)[:80],
        "text": normal(" ".join(filter(None, words)))[:4000],
    }


_EMBARGOES = text(
    "SELECT id, document FROM records WHERE id > :after AND document LIKE '%embargo_until%' ORDER BY id LIMIT :size"
)
_OPENS = text("UPDATE searchable SET opens = :opens WHERE record_id = :id")


def to_the_embargoes(tx: Connection) -> None:
    """Write on the cards when the embargo of a work or of one of its files ends, a few hundred at a time."""
    after = ""
    while rows := tx.execute(_EMBARGOES, {"after": after, "size": BATCH}).all():
        ends = [{"id": row.id, "opens": _opens(json.loads(row.document))} for row in rows]
        if known := [each for each in ends if each["opens"]]:
            tx.execute(_OPENS, known)
        after = rows[-1].id


def _opens(record: dict[str, Any]) -> str:
    until = record.get("dates", {}).get("embargo_until", "")
    shut = "embargoed" in {record.get("access"), *(file.get("access") for file in record.get("files", ()))}
    if not shut or not until or until.startswith(("-", "0000")):
        return ""
    year, month, day = (*map(int, until.split("-")), 0, 0)[:3]
    month = month or 12
    return f"{year:04}-{month:02}-{day or monthrange(year, month)[1]:02}"


def normal(words: str) -> str:
    if words.isascii():
        return " ".join(words.lower().split())
    plain = unicodedata.normalize("NFKD", words.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())
