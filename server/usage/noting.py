"""Write hits down: each as a click of a visitor nobody can name, or as one more that is not counted, with the rule."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy import insert as plainly
from sqlalchemy.sql.dml import Insert

from server.accounts import sessions
from server.accounts.model import Account, Right
from server.db.upsert import insert, insert_in
from server.jobs import queue
from server.records.tables import records
from server.usage.irus.definition import Irus
from server.usage.irus.outbox import Told
from server.usage.model import Class, Drop, Hit
from server.usage.tables import clicks, dropped, suspects
from server.usage.visitors import Salted, day

#: The kind of job that counts the clicks of an hour.
COUNT = "usage.count"
GRACE = timedelta(minutes=2)
"""So long after an hour it is counted: clicks are written down a second after they happened, and clocks differ."""

LONGEST_RULE = 100

Dropped = Counter[tuple[str, Drop, str]]
"""How many hits were not counted: by day, reason and kind."""


def keep(tx: Connection, hits: Sequence[Hit], hours: Iterable[datetime], now: datetime, telling: Irus | None = None) -> None:
    """Write down what happened within a second, and ask that `hours` be counted once they are over.

    `telling` is how IRUS is told of it; what it is to be told stands and falls with the hits.
    """
    left_out, rows, salted = Dropped(), list[dict[str, Any]](), Salted(tx)
    told = None if telling is None else Told(telling)
    accounts = {cookie: _account(tx, cookie, now) for cookie in {hit.cookie for hit in hits if hit.cookie}}
    for hit in hits:
        visitor = salted.visitor(hit.at, hit.address, hit.agent)
        if not hit.record_id:
            tx.execute(insert(tx, suspects).values(visitor=visitor, at=hit.at).on_conflict_do_nothing())
            continue
        drop = hit.drop or _staff(tx, accounts.get(hit.cookie), hit.record_id)
        if drop is not None:
            left_out[day(hit.at), drop, hit.kind] += 1
            if told is not None:
                told.leave_out(hit, drop)
            continue
        if told is not None:
            told.take(hit)
        earlier = salted.earlier(hit.at, hit.address, hit.agent)
        rows.append({"at": hit.at, "visitor": visitor, "earlier": earlier, "record_id": hit.record_id, "file": hit.file})
    leave_out(tx, left_out)
    if rows:
        tx.execute(plainly(clicks), rows)
    if told is not None:
        told.write(tx, now)
    for hour in {hour for each in hours for hour in (each, each.replace(hour=23))}:  # after the last one the salt is forgotten
        queue.enqueue(tx, COUNT, f"{hour:%Y-%m-%dT%H}", hour + timedelta(hours=1) + GRACE)


def leave_out(tx: Connection, left_out: Dropped) -> None:
    """Add to what was not counted."""
    if left_out:
        rows = [
            {"day": of_day, "class": drop.cls.value, "rule": drop.rule[:LONGEST_RULE], "kind": kind, "hits": many}
            for (of_day, drop, kind), many in left_out.items()
        ]
        tx.execute(_leave_out(tx.dialect.name), rows)


@cache
def _leave_out(dialect: str) -> Insert:
    statement = insert_in(dialect, dropped)
    key = [dropped.c.day, dropped.c["class"], dropped.c.rule, dropped.c.kind]
    return statement.on_conflict_do_update(index_elements=key, set_={"hits": dropped.c.hits + statement.excluded.hits})


def _account(tx: Connection, cookie: str, now: datetime) -> Account | None:
    found = sessions.admitted(tx, cookie, now)
    return found.account if found is not None else None


def _staff(tx: Connection, account: Account | None, record_id: str) -> Drop | None:
    """Say why somebody who is logged in is no reader of this work."""
    if account is None:
        return None
    if account.may(Right.WORKS):
        return Drop(Class.STAFF, "keeps the repository")
    owner = tx.execute(select(records.c.owner).where(records.c.id == record_id)).scalar()
    return Drop(Class.STAFF, "own work") if owner == account.id else None
