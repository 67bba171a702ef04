"""Searches that somebody keeps, for themselves or for all who may see the works."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, or_, select

from server.accounts.tables import accounts
from server.errors import Conflict, Invalid, NotFound
from server.works.find import Wanted
from server.works.tables import queries
from server.xml import clean

MOST = 200
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Saved:
    """A search somebody keeps."""

    id: int
    name: str
    query: str
    shared: bool
    account_id: int
    owner: str


def seen_by(tx: Connection, account_id: int) -> list[Saved]:
    """Return an account's searches and those others share, by name."""
    query = select(queries, accounts.c.name.label("owner_name")).join(accounts, accounts.c.id == queries.c.account_id)
    query = query.where(or_(queries.c.account_id == account_id, queries.c.shared)).order_by(queries.c.name, queries.c.id)
    return [Saved(row.id, row.name, row.query, row.shared, row.account_id, row.owner_name) for row in tx.execute(query)]


def keep(tx: Connection, account_id: int, name: str, wanted: Wanted, now: datetime, *, shared: bool) -> None:
    """Keep a search under a name. Raises Invalid for no name, Conflict for one that is taken and for too many."""
    name = " ".join(clean(name).split())[:LONGEST_NAME]
    if not name:
        raise Invalid("A search needs a name.", place="name")
    mine = queries.c.account_id == account_id
    if tx.execute(select(queries.c.id).where(mine, queries.c.name == name)).scalar() is not None:
        raise Conflict("You keep a search of this name already.", place="name", remedy="Delete it first, or choose another name.")
    if int(tx.execute(select(func.count()).where(mine)).scalar_one()) >= MOST:
        raise Conflict(f"You keep {MOST} searches already.", remedy="Delete one that is not needed any more.")
    row = {"account_id": account_id, "name": name, "query": wanted.query, "shared": shared, "created": now}
    tx.execute(insert(queries).values(row))


def forget(tx: Connection, account_id: int, number: int) -> None:
    """Delete one of an account's own searches; raises NotFound."""
    if tx.execute(delete(queries).where(queries.c.id == number, queries.c.account_id == account_id)).rowcount != 1:
        raise NotFound("You keep no such search.")
