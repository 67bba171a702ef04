"""What was counted of the harvesters, in the database: written down in heaps, and found again for the console."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, case, cast, delete, exists, func, or_, select, update

from server.audit import log as audit
from server.audit.log import Actor
from server.db.upsert import insert
from server.errors import NotFound
from server.oai.tables import harvester_months, harvesters, walks
from server.oai.walk import PATIENCE, STALLED, Count, Harvester, Listed, Month, Walk

KEPT = timedelta(days=400)
MOST = 5_000
"""So many harvesters are kept; of more those go first that never finished a list, the oldest first."""
MOST_WALKS = 20_000

_RECENT = timedelta(days=30)
_NAMES_KEPT = timedelta(days=7)
_LONGEST_TOKEN = 2_000
_KEYS = ("requests", "errors", "shed", "records", "lists", "seconds")


def add(tx: Connection, counted: Sequence[Count], now: datetime) -> None:
    """Add counts to those of earlier, and forget what is old or too much. In order of their keys, as others write the same."""
    counted = sorted(counted, key=lambda count: count.visitor.id)
    lists = _finished(tx, counted)
    _added(tx, harvesters, [_harvester_row(count, lists) for count in counted], ("id",), _known_better(), _sums(harvesters))
    walked = sorted((row for count in counted for row in _walk_rows(count)), key=lambda row: str(row["id"]))
    _added(tx, walks, walked, ("id",), _further(), ())
    months = [_month_row(count, lists) for count in counted]
    _added(tx, harvester_months, months, ("harvester_id", "month"), {}, _sums(harvester_months))
    _forget(tx, now)


def _added(
    tx: Connection, table: Table, rows: list[dict[str, Any]], key: tuple[str, ...], better: Mapping[str, Any], sums: Iterable[str]
) -> None:
    """Insert rows; where one is there, add what is summed up to it and set what is known better now."""
    if rows:
        added = insert(tx, table)
        values = {name: table.c[name] + added.excluded[name] for name in sums}
        values |= {name: make(table.c, added.excluded) for name, make in better.items()}
        tx.execute(added.on_conflict_do_update(index_elements=list(key), set_=values), rows)


def _sums(table: Table) -> tuple[str, ...]:
    return tuple(name for name in _KEYS if name in table.c)


def _later(mine: Any, new: Any) -> ColumnElement[Any]:
    return case((or_(mine.is_(None), new > mine), new), else_=mine)


def _known_better() -> dict[str, Any]:
    """Return how what is known of a harvester becomes what is known now, by column."""
    return {
        "address": lambda _, new: new.address,
        "sender": lambda old, new: case((new.sender == "", old.sender), else_=new.sender),
        "error": lambda old, new: case((new.error == "", old.error), else_=new.error),
        "last": lambda old, new: _later(old.last, new.last),
        "walked": lambda old, new: _later(old.walked, new.walked),
        "cycled": lambda old, new: _later(old.cycled, new.cycled),
    }


def _further() -> dict[str, Any]:
    """Return how a walk becomes what it is now, by column."""

    def ahead(name: str) -> Any:
        return lambda old, new: case((new.delivered > old.delivered, new[name]), else_=old[name])

    return {
        "token": ahead("token"),
        "delivered": ahead("delivered"),
        "last": lambda old, new: _later(old.last, new.last),
        "finished": lambda old, new: func.coalesce(old.finished, new.finished),
        "parts": lambda old, new: old.parts + new.parts,
        "seconds": lambda old, new: old.seconds + new.seconds,
    }


def _finished(tx: Connection, counted: Sequence[Count]) -> dict[str, int]:
    """Count the lists each harvester came to the end of now, and not before: a last part may be asked for again."""
    ends = {key: count.visitor.id for count in counted for key, walk in count.walks.items() if walk.finished}
    before = tx.execute(select(walks.c.id).where(walks.c.id.in_(ends), walks.c.finished.is_not(None))).scalars()
    for key in before:
        ends.pop(key)
    found = dict[str, int]()
    for harvester in ends.values():
        found[harvester] = found.get(harvester, 0) + 1
    return found


def _harvester_row(count: Count, lists: Mapping[str, int]) -> dict[str, Any]:
    who, walked = count.visitor, count.walks.values()
    return {
        "id": who.id, "agent": who.agent, "network": who.network, "address": who.address, "sender": who.sender, "host": "",
        "asked": None, "label": "", "patience": PATIENCE, "first": count.first, "last": count.last,
        "walked": max((walk.last for walk in walked), default=None),
        "cycled": max((walk.finished for walk in walked if walk.finished), default=None),
        "requests": count.requests, "errors": count.errors, "shed": count.shed, "records": count.records,
        "lists": lists.get(who.id, 0), "error": count.error,
    }  # fmt: skip


def _walk_rows(count: Count) -> list[dict[str, Any]]:
    return [
        {
            "id": key, "harvester_id": count.visitor.id, "context": walk.list.context, "verb": walk.list.verb,
            "prefix": walk.list.prefix[:64], "spec": walk.list.spec[:200], "since": walk.list.since, "until": walk.list.until,
            "begun": walk.list.begun, "last": walk.last, "delivered": walk.delivered, "size": walk.size, "parts": walk.parts,
            "token": walk.token[:_LONGEST_TOKEN], "finished": walk.finished, "seconds": walk.seconds,
        }
        for key, walk in count.walks.items()
    ]  # fmt: skip


def _month_row(count: Count, lists: Mapping[str, int]) -> dict[str, Any]:
    return {
        "harvester_id": count.visitor.id, "month": count.last.strftime("%Y-%m"), "requests": count.requests,
        "errors": count.errors, "shed": count.shed, "records": count.records, "lists": lists.get(count.visitor.id, 0),
        "seconds": count.seconds,
    }  # fmt: skip


def _forget(tx: Connection, now: datetime) -> None:
    """Remove who has not come for long, and the least of what is too much."""
    old = list(tx.execute(select(harvesters.c.id).where(harvesters.c.last < now - KEPT)).scalars())
    many = tx.execute(select(func.count()).select_from(harvesters)).scalar_one() - len(old) - MOST
    if many > 0:
        least = select(harvesters.c.id).where(harvesters.c.id.not_in(old))
        worth = (harvesters.c.label != "", harvesters.c.lists > 0, harvesters.c.last)
        old += tx.execute(least.order_by(*worth).limit(many)).scalars()
    if old:
        tx.execute(delete(walks).where(walks.c.harvester_id.in_(old)))
        tx.execute(delete(harvester_months).where(harvester_months.c.harvester_id.in_(old)))
        tx.execute(delete(harvesters).where(harvesters.c.id.in_(old)))
    tx.execute(delete(walks).where(walks.c.last < now - KEPT))
    many = tx.execute(select(func.count()).select_from(walks)).scalar_one() - MOST_WALKS
    if many > 0:
        least = select(walks.c.id).order_by(walks.c.finished.is_not(None), walks.c.last).limit(many)
        tx.execute(delete(walks).where(walks.c.id.in_(list(tx.execute(least).scalars()))))


def unnamed(tx: Connection, now: datetime, limit: int) -> list[str]:
    """Return addresses whose names should be looked up: of those who walked a list lately, and were not looked up lately."""
    due = or_(harvesters.c.asked.is_(None), harvesters.c.asked < now - _NAMES_KEPT)
    query = select(harvesters.c.address).where(harvesters.c.walked > now - _NAMES_KEPT, due)
    return list(tx.execute(query.order_by(harvesters.c.walked.desc()).limit(limit)).scalars())


def named(tx: Connection, names: Mapping[str, str], now: datetime) -> None:
    """Write down what addresses are called; an empty name is one that there is not."""
    for address, host in sorted(names.items()):
        tx.execute(update(harvesters).where(harvesters.c.address == address).values(host=host, asked=now))


def keep(tx: Connection, number: str, label: str, patience: int, actor: Actor, now: datetime) -> None:
    """Call a harvester by a name of ours, and say after how many days without a finished list to tell us. Raises NotFound."""
    found = get(tx, number)
    tx.execute(update(harvesters).where(harvesters.c.id == number).values(label=label, patience=patience))
    differs = audit.differences({"label": found.label, "patience": found.patience}, {"label": label, "patience": patience})
    if differs:
        audit.note(tx, actor, "harvester.changed", "harvester", number, now, summary=label or found.agent, changes=differs)


def get(tx: Connection, number: str) -> Harvester:
    """Return a harvester; raises NotFound."""
    row = tx.execute(select(*_COLUMNS).where(harvesters.c.id == number)).one_or_none()
    if row is None:
        raise NotFound("There is no such harvester.")
    return Harvester(*row)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which harvesters are wanted: with a text in what they are called, in a state of STATES; empty is any."""

    text: str = ""
    state: str = ""
    after: int = 0
    """So many are passed over."""


def search(tx: Connection, asked: Asked, now: datetime, limit: int) -> list[Harvester]:
    """Return harvesters, those who came last first."""
    query = select(*_COLUMNS).order_by(harvesters.c.last.desc(), harvesters.c.id)
    columns = (harvesters.c.agent, harvesters.c.label, harvesters.c.host, harvesters.c.network, harvesters.c.sender)
    if asked.text:
        query = query.where(or_(*(column.icontains(asked.text, autoescape=True) for column in columns)))
    if asked.state == "overdue":
        return overdue(tx, now, asked.text)[asked.after : asked.after + limit]
    if asked.state:
        query = query.where(_STATES[asked.state](now))
    return [Harvester(*row) for row in tx.execute(query.offset(asked.after).limit(limit))]


def overdue(tx: Connection, now: datetime, text: str = "") -> list[Harvester]:
    """Return the harvesters that should have finished a list by now, those who have waited longest first."""
    edge = now - timedelta(days=1)  # nobody's patience is shorter
    quiet = func.coalesce(harvesters.c.cycled, harvesters.c.first) < edge
    query = select(*_COLUMNS).where(harvesters.c.patience > 0, harvesters.c.walked.is_not(None), quiet)
    found = [Harvester(*row) for row in tx.execute(query)]
    low = text.lower()
    due = [it for it in found if it.is_overdue(now) and low in f"{it.agent} {it.label} {it.host} {it.network}".lower()]
    return sorted(due, key=lambda it: it.cycled or it.first)


def waiting(tx: Connection, now: datetime) -> dict[str, tuple[int, datetime]]:
    """Count who stopped in the middle of a list lately and who finished none for too long, each with the time of the oldest."""
    found = dict[str, tuple[int, datetime]]()
    query = select(func.count(walks.c.harvester_id.distinct()), func.min(walks.c.last)).where(_stalled(now))
    count, oldest = tx.execute(query).one()
    if count:
        found["stalled"] = (count, oldest)
    if due := overdue(tx, now):
        found["overdue"] = (len(due), due[0].cycled or due[0].first)
    return found


def _stalled(now: datetime) -> ColumnElement[bool]:
    """Return what holds of a walk that stands still, unless the same program went on with it from elsewhere."""
    other, its, mine = walks.alias("other"), harvesters.alias("its"), harvesters.alias("mine")
    same = and_(*(other.c[name] == walks.c[name] for name in ("context", "verb", "prefix", "spec", "begun")))
    kin = and_(its.c.id == other.c.harvester_id, mine.c.id == walks.c.harvester_id, its.c.agent == mine.c.agent)
    taken_on = exists(select(other.c.id).where(same, kin, other.c.delivered > walks.c.delivered).correlate(walks))
    recent = walks.c.last.between(now - _RECENT, now - STALLED)
    return and_(recent, walks.c.finished.is_(None), ~taken_on)


def _under_way(now: datetime) -> ColumnElement[bool]:
    return and_(walks.c.finished.is_(None), walks.c.last > now - STALLED)


#: What holds of the harvesters in a state.
_STATES: dict[str, Callable[[datetime], ColumnElement[bool]]] = {
    "walking": lambda now: harvesters.c.id.in_(select(walks.c.harvester_id).where(_under_way(now))),
    "stalled": lambda now: harvesters.c.id.in_(select(walks.c.harvester_id).where(_stalled(now))),
    "refused": lambda _now: or_(harvesters.c.errors > 0, harvesters.c.shed > 0),
}


def walks_of(tx: Connection, number: str, limit: int) -> list[Walk]:
    """Return the lists of a harvester, the latest first."""
    query = select(walks).where(walks.c.harvester_id == number).order_by(walks.c.last.desc(), walks.c.id).limit(limit)
    return [_walk(row) for row in tx.execute(query)]


def latest(tx: Connection, numbers: Sequence[str]) -> dict[str, Walk]:
    """Return the latest list of each harvester."""
    place = func.row_number().over(partition_by=walks.c.harvester_id, order_by=(walks.c.last.desc(), walks.c.id))
    each = select(walks, place.label("place")).where(walks.c.harvester_id.in_(numbers)).subquery()
    return {row.harvester_id: _walk(row) for row in tx.execute(select(each).where(each.c.place == 1))}


def months(tx: Connection, number: str = "", limit: int = 14) -> list[Month]:
    """Return what was counted by month, the latest first: of one harvester, or of all together."""
    table = harvester_months.c
    query = select(table.month, *(cast(func.sum(table[name]), table[name].type) for name in _KEYS)).group_by(table.month)
    if number:
        query = query.where(table.harvester_id == number)
    found = tx.execute(query.order_by(table.month.desc()).limit(limit))
    return [Month(*row) for row in found]


_COLUMNS = [harvesters.c[each.name] for each in fields(Harvester)]


def _walk(row: Row[Any]) -> Walk:
    listed = Listed(row.context, row.verb, row.prefix, row.spec, row.begun, row.since, row.until)
    return Walk(listed, row.last, row.delivered, row.size, row.parts, row.token, row.finished, row.seconds)
