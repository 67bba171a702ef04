"""In what agencies differ from us, as the last comparison found it. Takes the transaction, returns values.

A difference is settled once the agency has confirmed the identifier after it was found; so the report says what is true now, and
a repair counts as done by the agency's word alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, delete, func, insert, not_, or_, select, update

from server.identifiers import ledger
from server.identifiers.comparing import Difference, Drift
from server.identifiers.tables import drifts, identifiers
from server.profiles.tables import profiles

OPEN, ASKED, SETTLED = "open", "asked", "settled"

_SETTLED = and_(
    drifts.c.identifier_id.is_not(None), identifiers.c.acknowledged.is_not(None), identifiers.c.changed > drifts.c.seen
)
_STANDING = case((_SETTLED, SETTLED), (drifts.c.asked.is_not(None), ASKED), else_=OPEN)


@dataclass(frozen=True, slots=True)
class Found:
    """One difference, and what became of it."""

    id: int
    kind: Drift
    identifier_id: int | None
    record_id: str | None
    value: str
    wanted: str
    told: str
    seen: datetime
    standing: str
    """open, asked (it was sent again and the agency has not confirmed it) or settled."""
    asked: datetime | None
    message: str
    """What is said of the identifier now."""

    @property
    def repairable(self) -> bool:
        return self.identifier_id is not None and self.standing == OPEN


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which differences are asked for; empty means any. `after` is the number to go on behind."""

    kind: str = ""
    standing: str = ""
    after: int = 0


def record(
    tx: Connection, profile_id: int, entry: ledger.Entry | None, value: str, found: Iterable[Difference], now: datetime
) -> None:
    """Write down in what an agency differs about one identifier, in place of what was found before."""
    if entry is not None:
        tx.execute(delete(drifts).where(drifts.c.identifier_id == entry.id))
    number = entry.id if entry is not None else None
    row = {"profile_id": profile_id, "identifier_id": number, "value": value, "seen": now}
    rows = [row | {"kind": each.kind.value, "wanted": each.wanted, "told": each.told} for each in found]
    if rows:
        tx.execute(insert(drifts), rows)


def is_noted(tx: Connection, number: int) -> bool:
    """Whether something is written down of an identifier."""
    return tx.execute(select(drifts.c.id).where(drifts.c.identifier_id == number).limit(1)).scalar() is not None


def forget_strangers(tx: Connection, profile_id: int) -> None:
    """Forget which names of an agency were not known here."""
    tx.execute(delete(drifts).where(drifts.c.profile_id == profile_id, drifts.c.identifier_id.is_(None)))


def asked(tx: Connection, number: int, now: datetime) -> None:
    """Note that an identifier is sent again."""
    tx.execute(update(drifts).where(drifts.c.identifier_id == number).values(asked=now))


def waiting(tx: Connection) -> dict[str, tuple[int, datetime]]:
    """Count the differences nothing was done about, with the moment the oldest was found; names not known here by themselves."""
    kind = case((drifts.c.kind == Drift.UNKNOWN_HERE.value, Drift.UNKNOWN_HERE.value), else_=OPEN)
    there = drifts.c.profile_id.in_(select(profiles.c.id).where(profiles.c.deleted.is_(None)))
    query = _joined(select(kind.label("kind"), func.count(), func.min(drifts.c.seen)))
    found = tx.execute(query.where(there, drifts.c.asked.is_(None), not_(_SETTLED)).group_by("kind"))
    return {state: (count, oldest) for state, count, oldest in found}


def of_identifier(tx: Connection, number: int) -> list[Difference]:
    """Return in what the agency differs about one identifier, as far as that is not settled."""
    columns = (drifts.c.kind, drifts.c.wanted, drifts.c.told)
    query = _joined(select(*columns)).where(drifts.c.identifier_id == number, not_(_SETTLED)).order_by(drifts.c.id)
    return [Difference(Drift(row.kind), row.wanted, row.told) for row in tx.execute(query)]


def counts(tx: Connection) -> dict[int, dict[tuple[str, str], int]]:
    """Count differences by profile, kind and standing."""
    each = _joined(select(drifts.c.profile_id, drifts.c.kind, _STANDING.label("standing"))).subquery()
    found: dict[int, dict[tuple[str, str], int]] = {}
    for row in tx.execute(select(*each.c, func.count().label("number")).group_by(*each.c)):
        found.setdefault(row.profile_id, {})[row.kind, row.standing] = row.number
    return found


def page(tx: Connection, profile_id: int, wanted: Wanted, limit: int) -> list[Found]:
    """Return differences in the order in which they were found."""
    columns = (drifts, identifiers.c.record_id, identifiers.c.message, _STANDING.label("standing"))
    query = _joined(select(*columns)).where(drifts.c.profile_id == profile_id, drifts.c.id > wanted.after)
    if wanted.kind:
        query = query.where(drifts.c.kind == wanted.kind)
    if wanted.standing:
        query = query.where(_STANDING == wanted.standing)  # noqa: SIM300 -- the other way round it is compared by Python
    rows = tx.execute(query.order_by(drifts.c.id).limit(limit))
    return [
        Found(
            row.id, Drift(row.kind), row.identifier_id, row.record_id, row.value, row.wanted, row.told, row.seen, row.standing,
            row.asked, row.message or "",
        )
        for row in rows
    ]  # fmt: skip


def repairable(tx: Connection, profile_id: int, kind: str, after: int, limit: int) -> list[tuple[int, str]]:
    """Return the identifiers (number, name) whose differences of a kind, or of any, are not settled."""
    query = _repairable(select(drifts.c.identifier_id, drifts.c.value).distinct(), profile_id, kind)
    query = query.where(drifts.c.identifier_id > after).order_by(drifts.c.identifier_id).limit(limit)
    return [(row.identifier_id, row.value) for row in tx.execute(query)]


def count_repairable(tx: Connection, profile_id: int, kind: str) -> int:
    number: int = tx.execute(_repairable(select(func.count(drifts.c.identifier_id.distinct())), profile_id, kind)).scalar_one()
    return number


def _repairable(query: Select[Any], profile_id: int, kind: str) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [drifts.c.profile_id == profile_id, drifts.c.identifier_id.is_not(None)]
    unsettled = or_(identifiers.c.acknowledged.is_(None), not_(identifiers.c.changed > drifts.c.seen))
    if kind:
        conditions.append(drifts.c.kind == kind)
    return _joined(query).where(unsettled, *conditions)


def _joined(query: Select[Any]) -> Select[Any]:
    return query.select_from(drifts).join(identifiers, identifiers.c.id == drifts.c.identifier_id, isouter=True)
