"""The lists of robots an operator installed: kept in the database, so that every process and every backup has them."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select

from server import observe
from server.audit.log import Actor, note
from server.db.upsert import insert
from server.errors import NotFound
from server.usage.robots import NAMES, RobotList, read
from server.usage.tables import robot_lists

log = observe.logger("usage")


def installed(tx: Connection) -> dict[str, RobotList]:
    """Return the installed lists by name; one that cannot be read any more is left out, and the shipped one counts."""
    found = {}
    for row in tx.execute(select(robot_lists)):
        try:
            found[row.name] = msgspec.json.decode(row.document, type=RobotList)
        except msgspec.DecodeError as error:
            log.warning("cannot use a list of robots", extra={"list": row.name, "reason": str(error)})
    return found


def install(tx: Connection, name: str, body: bytes, actor: Actor, now: datetime) -> RobotList:
    """Put a list in the place of the one there is. Raises NotFound for its name, Invalid for what is no list."""
    _named(name)
    found = read(name, body)
    row = {"name": name, "installed": now, "document": msgspec.json.encode(found).decode()}
    statement = insert(tx, robot_lists).values(row)
    tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))
    note(tx, actor, "robots.installed", "robots", name, now, summary=f"{found.dated or 'without a date'}, {len(found.patterns)}")
    return found


def remove(tx: Connection, name: str, actor: Actor, now: datetime) -> None:
    """Go back to the list that came with the release. Raises NotFound where no other is installed."""
    _named(name)
    if not tx.execute(delete(robot_lists).where(robot_lists.c.name == name)).rowcount:
        raise NotFound(f"No list {name!r} was installed: the one that came with this release is in use.", place="name")
    note(tx, actor, "robots.removed", "robots", name, now)


def _named(name: str) -> None:
    if name not in NAMES:
        raise NotFound(f"There is no list {name!r}.", place="name", remedy=f"Lists: {', '.join(NAMES)}.")
