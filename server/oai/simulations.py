"""The walks we did ourselves, in the database: what was asked for, how far it came, what was proved and what was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from server.errors import NotFound
from server.metadata.ruling import Weight
from server.oai.proving import Finding, Verdict
from server.oai.tables import simulation_faults, simulations
from server.runs.model import RunState
from server.runs.tables import runs

KEPT = timedelta(days=180)
MOST = 200
"""So many walks are kept."""

MOST_FAULTS = 10_000
"""So many faults of a walk are kept one by one; the others are only counted."""

BROKEN_OFF = "Its job ended before it did; the log of the job says more."

_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Simulation:
    """One walk, as it is kept: one list of one run."""

    run_id: int
    prefix: str
    context: str
    spec: str
    first: int
    begun: datetime
    ended: datetime | None
    delivered: int
    size: int
    errors: int
    advice: int
    verdicts: tuple[Verdict, ...]
    message: str
    """Why it broke off; empty where it did not."""

    @property
    def href(self) -> str:
        return f"/admin/harvests/simulations/{self.run_id}/{self.prefix}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A finding with its place in the report."""

    seq: int
    finding: Finding


def begin(tx: Connection, begun: Simulation) -> None:
    """Begin a walk; one of the same list in the same run, which broke off with its process, is forgotten, and so are old ones."""
    edge = select(simulations.c.begun).order_by(simulations.c.begun.desc()).offset(MOST - 1).limit(1)
    oldest = max(tx.execute(edge).scalar() or begun.begun - KEPT, begun.begun - KEPT)
    gone = select(simulations.c.run_id, simulations.c.prefix).where(simulations.c.begun < oldest)
    for run_id, prefix in [*tx.execute(gone), (begun.run_id, begun.prefix)]:
        for table in (simulation_faults, simulations):
            tx.execute(delete(table).where(table.c.run_id == run_id, table.c.prefix == prefix))
    row = {name: getattr(begun, name) for name in Simulation.__slots__} | {"verdicts": ""}
    tx.execute(insert(simulations).values(row))


def further(tx: Connection, number: tuple[int, str], delivered: int, size: int, found: Sequence[Finding]) -> None:
    """Write down how far a walk came and what was found since."""
    mine = (simulations.c.run_id == number[0], simulations.c.prefix == number[1])
    errors, advice = tx.execute(select(simulations.c.errors, simulations.c.advice).where(*mine)).one()
    first = errors + advice + 1
    rows = [
        {
            "run_id": number[0], "prefix": number[1], "seq": seq, "identifier": each.identifier[:_LONGEST],
            "rule": each.rule[:150], "place": each.place, "message": each.message, "weight": each.weight.value,
        }
        for seq, each in enumerate(found, first)
        if seq <= MOST_FAULTS
    ]  # fmt: skip
    if rows:
        tx.execute(insert(simulation_faults), rows)
    wrong = sum(each.weight is Weight.ERROR for each in found)
    values = {"delivered": delivered, "size": size, "errors": errors + wrong, "advice": advice + len(found) - wrong}
    tx.execute(update(simulations).where(*mine).values(values))


def end(tx: Connection, number: tuple[int, str], verdicts: Sequence[Verdict], message: str, now: datetime) -> None:
    """Write down what was proved, or why it broke off."""
    mine = (simulations.c.run_id == number[0], simulations.c.prefix == number[1])
    values = {"verdicts": msgspec.json.encode(verdicts).decode(), "message": message, "ended": now}
    tx.execute(update(simulations).where(*mine).values(values))


#: The walks, each with how its run stands.
_WALKS = select(simulations, runs.c.state, runs.c.ended.label("over")).outerjoin(runs, runs.c.id == simulations.c.run_id)


def get(tx: Connection, run_id: int, prefix: str) -> Simulation:
    """Return a walk; raises NotFound."""
    query = _WALKS.where(simulations.c.run_id == run_id, simulations.c.prefix == prefix)
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no such walk, or it is no longer kept.")
    return _simulation(row)


def every(tx: Connection, limit: int) -> list[Simulation]:
    """Return the walks, the newest first."""
    query = _WALKS.order_by(simulations.c.begun.desc(), simulations.c.run_id.desc(), simulations.c.prefix)
    return [_simulation(row) for row in tx.execute(query.limit(limit))]


def faults(tx: Connection, run_id: int, prefix: str, *, rule: str = "", after: int = 0, limit: int) -> list[Fault]:
    """Return what was found in a walk, in the order of the list: all of it, or what one rule says."""
    table = simulation_faults.c
    query = select(simulation_faults).where(table.run_id == run_id, table.prefix == prefix, table.seq > after)
    if rule:
        query = query.where(table.rule == rule)
    return [_fault(row) for row in tx.execute(query.order_by(table.seq).limit(limit))]


def by_rule(tx: Connection, run_id: int, prefix: str) -> list[tuple[str, Weight, int]]:
    """Count what was found and kept by rule, the most frequent first."""
    table = simulation_faults.c
    query = select(table.rule, table.weight, func.count()).where(table.run_id == run_id, table.prefix == prefix)
    query = query.group_by(table.rule, table.weight).order_by(func.count().desc(), table.rule)
    return [(rule, Weight(weight), count) for rule, weight, count in tx.execute(query)]


def _simulation(row: Row[tuple[object, ...]]) -> Simulation:
    known = row._asdict()
    known["verdicts"] = msgspec.json.decode(row.verdicts, type=tuple[Verdict, ...]) if row.verdicts else ()
    if row.ended is None and row.state != RunState.RUNNING.value:  # whatever ended its run left it where it was
        known |= {"ended": row.over or row.begun, "message": BROKEN_OFF}
    return Simulation(**{name: known[name] for name in Simulation.__slots__})


def _fault(row: Row[tuple[object, ...]]) -> Fault:
    return Fault(row.seq, Finding(row.identifier, row.rule, row.place, row.message, Weight(row.weight)))
