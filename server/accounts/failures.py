"""Failed logins in the database, so that all processes make a guesser wait the same (`throttle` has the figures)."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, select, tuple_, update

from server.accounts import throttle
from server.accounts.tables import failures
from server.accounts.throttle import FORGOTTEN, WITH_A_NAME, WITH_A_NAME_ANYWHERE, WITH_AN_ADDRESS, Patience, Tries
from server.db.statement import Statement

MOST = 10_000
"""Rows that are kept: a flood of names makes those be forgotten that failed least, it does not fill the disk."""

ANYBODY = "any:"
"""The name under which all failures of an address are counted together; nobody can have it."""


def wait(tx: Connection, name: str, address: str, now: datetime) -> timedelta:
    """Return how long this name at this address must wait, by its own failures or all of the address; zero for not at all."""
    return max(throttle.wait(tries(tx, spelled, address), now) for spelled in (name, ANYBODY))


def tries(tx: Connection, name: str, address: str, *, counts: bool = False) -> Tries | None:
    """Return how often this name failed at this address lately, or None; whoever `counts` lets no other count meanwhile."""
    name, address = throttle.key(name, address)
    row = (_TRIES_TO_COUNT if counts else _TRIES).one(tx, {"of": name, "at": address})
    return None if row is None else Tries(row["tries"], row["last"], row["until"])


_OF = select(failures).where(failures.c.name == bindparam("of"), failures.c.address == bindparam("at"))
_TRIES, _TRIES_TO_COUNT = Statement(_OF), Statement(_OF.with_for_update())


def guessed(tx: Connection, name: str, address: str, now: datetime) -> Tries:
    """Count a wrong password, for the name and for the address it came from; return how many there are of the name."""
    if address:
        failed(tx, ANYBODY, address, now, WITH_AN_ADDRESS)
    return failed(tx, name, address, now)


def failed(tx: Connection, name: str, address: str, now: datetime, patience: Patience | None = None) -> Tries:
    """Count a failure and return how many there are now."""
    name, address = throttle.key(name, address)
    before = tries(tx, name, address, counts=True)
    counted = throttle.after(before, patience or (WITH_A_NAME if address else WITH_A_NAME_ANYWHERE), now)
    values = {"tries": counted.count, "last": counted.last, "until": counted.until}
    if before is None:
        _make_room(tx, now)
        tx.execute(insert(failures).values(name=name, address=address, **values))
    else:
        tx.execute(update(failures).where(failures.c.name == name, failures.c.address == address).values(values))
    return counted


def succeeded(tx: Connection, name: str, address: str) -> None:
    """Forget the failures of a name at an address."""
    name, address = throttle.key(name, address)
    tx.execute(delete(failures).where(failures.c.name == name, failures.c.address == address))


def forget(tx: Connection, name: str) -> None:
    """Forget all failures of a name: an administrator unlocks it, or its owner has a new password."""
    names = [throttle.key(spelled, "")[0] for spelled in (name, step_of(name))]
    tx.execute(delete(failures).where(failures.c.name.in_(names)))


def worst(tx: Connection, name: str, now: datetime) -> Tries | None:
    """Return the longest wait a name has anywhere, or None: what the list of accounts shows as locked."""
    names = [throttle.key(spelled, "")[0] for spelled in (name, step_of(name))]
    query = select(failures).where(failures.c.name.in_(names), failures.c.until > now).order_by(failures.c.until.desc()).limit(1)
    row = tx.execute(query).one_or_none()
    return None if row is None else Tries(row.tries, row.last, row.until)


def step_of(name: str) -> str:
    """Return under which name wrong one-time codes are counted: a right password must not make room for more of them."""
    return f"code:{name}"


def _make_room(tx: Connection, now: datetime) -> None:
    """Forget what is old and, where there is too much, who failed least; whoever waits is never let off by a flood of names."""
    tx.execute(delete(failures).where(failures.c.last < now - FORGOTTEN))
    if tx.execute(select(func.count()).select_from(failures)).scalar_one() >= MOST:
        named = (failures.c.name, failures.c.address)
        lightest = select(*named).where(failures.c.until <= now).order_by(failures.c.tries, failures.c.last).limit(MOST // 10)
        tx.execute(delete(failures).where(tuple_(*named).in_(lightest)))
