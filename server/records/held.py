"""What cannot be written in a format: which records, in which format, why, and since when."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from server.records.tables import formats, quarantine, records


@dataclass(frozen=True, slots=True)
class Held:
    """A record that is left out of a format."""

    record_id: str
    title: str
    format: str
    cause: str
    since: datetime


def held(tx: Connection, after: tuple[str, str] = ("", ""), limit: int = 100) -> list[Held]:
    """Return what cannot be written, in the order of records and formats; `after` is the last record id and format seen."""
    columns = (quarantine.c.record_id, records.c.title, formats.c.prefix, quarantine.c.cause, quarantine.c.since)
    query = select(*columns).join(records, records.c.id == quarantine.c.record_id)
    query = query.join(formats, formats.c.id == quarantine.c.format_id)
    same = and_(quarantine.c.record_id == after[0], formats.c.prefix > after[1])
    query = query.where(or_(quarantine.c.record_id > after[0], same))
    rows = tx.execute(query.order_by(quarantine.c.record_id, formats.c.prefix).limit(limit))
    return [Held(row.record_id, row.title, row.prefix, row.cause, row.since) for row in rows]


def of_record(tx: Connection, record_id: str) -> dict[str, str]:
    """Return by format why a record cannot be written in it."""
    query = select(formats.c.prefix, quarantine.c.cause).join(formats, formats.c.id == quarantine.c.format_id)
    return {row.prefix: row.cause for row in tx.execute(query.where(quarantine.c.record_id == record_id))}


def ids(tx: Connection, after: str, limit: int) -> list[str]:
    """Return the ids of up to `limit` records behind `after` that cannot be written in some format."""
    query = select(quarantine.c.record_id).distinct().where(quarantine.c.record_id > after)
    return list(tx.execute(query.order_by(quarantine.c.record_id).limit(limit)).scalars())


def count(tx: Connection) -> int:
    """Count the records that cannot be written in some format."""
    return int(tx.execute(select(func.count(quarantine.c.record_id.distinct()))).scalar_one())


def waiting(tx: Connection) -> dict[str, tuple[int, datetime]]:
    """Count them under the word `held`, with the time of the oldest."""
    oldest = tx.execute(select(func.min(quarantine.c.since))).scalar()
    return {"held": (count(tx), oldest)} if oldest is not None else {}
