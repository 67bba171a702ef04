"""Who clicked, as a number that leads back to nobody: address and agent under a salt that is forgotten when its day is over."""

import secrets
from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import Connection, delete, select

from server.db.upsert import insert
from server.usage.tables import salts

DOUBLE_CLICK = timedelta(seconds=30)
"""COUNTER R5.1, 7.2: so long after a click another one at the same address is the same use."""


def day(moment: datetime) -> str:
    return moment.date().isoformat()


def salt_of(tx: Connection, of_day: str) -> bytes:
    """Return the salt of a day, which all processes share; make it where there is none."""
    found = tx.execute(select(salts.c.salt).where(salts.c.day == of_day)).scalar()
    if found is None:
        tx.execute(insert(tx, salts).values(day=of_day, salt=secrets.token_bytes(32)).on_conflict_do_nothing())
        found = tx.execute(select(salts.c.salt).where(salts.c.day == of_day)).scalar_one()
    return bytes(found)


def forget(tx: Connection, now: datetime) -> int:
    """Forget the salts of the days that are over; for its first minute a day still knows the one before.

    A double click at midnight is found by it.
    """
    edge = day(now - timedelta(minutes=1))
    return tx.execute(delete(salts).where(salts.c.day < edge)).rowcount


class Salted:
    """Turns addresses and agents into visitors, in one transaction."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        self._salts: dict[str, bytes] = {}

    def visitor(self, at: datetime, address: str, agent: str) -> str:
        """Return who clicked. The same address and agent are the same visitor until midnight UTC."""
        return self._digest(day(at), address, agent)

    def earlier(self, at: datetime, address: str, agent: str) -> str:
        """Return who that was before midnight, for clicks so soon after it that they may belong to one before it; else empty."""
        before = day(at - DOUBLE_CLICK)
        return self._digest(before, address, agent) if before != day(at) else ""

    def _digest(self, of_day: str, address: str, agent: str) -> str:
        salt = self._salts.get(of_day)
        if salt is None:
            salt = self._salts[of_day] = salt_of(self._tx, of_day)
        said = f"{address}\0{agent}".encode("utf-8", "surrogateescape")
        return blake2b(said, key=salt, digest_size=16).hexdigest()
