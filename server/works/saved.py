"""Searches that somebody keeps, for themselves or for all who may see the works."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, and_, delete, func, insert, or_, select

from server.accounts.tables import accounts
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, Invalid, NotFound
from server.works.tables import queries
from server.xml import clean

MOST = 200

WORKS = "works"
"""The room the searches of works are kept in."""

LONGEST_NAME = 100


class Asked(Protocol):
    """What was searched for, as it stands in the address."""

    @property
    def query(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Saved:
    """A search somebody keeps."""

    id: int
    name: str
    query: str
    shared: bool
    account_id: int
    owner: str


def seen_by(tx: Connection, account_id: int, room: str = WORKS) -> list[Saved]:
    """Return an account's searches in a room and those others share, by name."""
    query = select(queries, accounts.c.name.label("owner_name")).join(accounts, accounts.c.id == queries.c.account_id)
    query = query.where(queries.c.room == room, or_(queries.c.account_id == account_id, queries.c.shared)).order_by(
        queries.c.name, queries.c.id
    )
    return [Saved(row.id, row.name, row.query, row.shared, row.account_id, row.owner_name) for row in tx.execute(query)]


def keep(
    tx: Connection, account_id: int, name: str, wanted: Asked, by: Actor, now: datetime, *, shared: bool, room: str = WORKS
) -> None:
    """Keep a search under a name, and note it. Raises Invalid for no name, Conflict for one that is taken and for too many."""
    name = " ".join(clean(name).split())[:LONGEST_NAME]
    if not name:
        raise Invalid("A search needs a name.", place="name")
    mine = and_(queries.c.account_id == account_id, queries.c.room == room)
    if tx.execute(select(queries.c.id).where(mine, queries.c.name == name)).scalar() is not None:
        raise Conflict("You keep a search of this name already.", place="name", remedy="Delete it first, or choose another name.")
    if int(tx.execute(select(func.count()).where(mine)).scalar_one()) >= MOST:
        raise Conflict(f"You keep {MOST} searches already.", remedy="Delete one that is not needed any more.")
    row = {"account_id": account_id, "name": name, "query": wanted.query, "shared": shared, "created": now, "room": room}
    tx.execute(insert(queries).values(row))
    audit.note(tx, by, "search.kept", "search", name, now, summary=clean(wanted.query))


def forget(tx: Connection, account_id: int, number: int, by: Actor, now: datetime) -> None:
    """Delete one of an account's own searches, and note it; raises NotFound."""
    if tx.execute(delete(queries).where(queries.c.id == number, queries.c.account_id == account_id)).rowcount != 1:
        raise NotFound("You keep no such search.")
    audit.note(tx, by, "search.deleted", "search", str(number), now)
