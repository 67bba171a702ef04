"""What is wrong with a deposit, what was guessed, what was in it and how it was understood: as of the last time it was read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from server.db.statement import Statement
from server.records.model import Record, decode, encode
from server.sword.model import Content, Held, Problem, Source
from server.sword.tables import deposits, members, problems, understood
from server.xml import clean

VIRUS = "virus"
"""The code of a virus that was found."""

MOST = 500
"""Remarks kept of one deposit: a document may be wrong in a thousand places, nobody reads them all."""

MOST_MEMBERS = 5_000
"""Files of one package that are listed; the package itself is kept whole."""


class Weight(StrEnum):
    """What a problem does to its deposit."""

    HOLD = "hold"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Known:
    """A problem of a deposit, and what it does to it."""

    problem: Problem
    weight: Weight


def keep(tx: Connection, deposit_id: str, holding: Iterable[Problem], warnings: Iterable[Problem]) -> None:
    """Write down all that is wrong with a deposit of which nothing is known yet."""
    found = [(problem, Weight.HOLD) for problem in holding] + [(problem, Weight.WARN) for problem in warnings]
    found.sort(key=lambda each: (each[1] is Weight.WARN, each[0].code != VIRUS))  # one that is cut off would be given out
    if rows := [_row(deposit_id, problem, weight) for problem, weight in found[:MOST]]:
        _ADD_PROBLEMS.run_each(tx, rows)
    if count := sum(weight is Weight.WARN for _, weight in found):
        _COUNT.run(tx, {"its_id": deposit_id, "warnings": count})


def forget(tx: Connection, deposit_id: str) -> None:
    """Forget what is known of a deposit, before it is said anew."""
    for statement in (_FORGET_PROBLEMS, _FORGET_MEMBERS, _FORGET_UNDERSTOOD):
        statement.run(tx, {"its_id": deposit_id})
    _COUNT.run(tx, {"its_id": deposit_id, "warnings": 0})


# What every deposit asks, written down once: building a statement costs more than running it.
_FORGET_PROBLEMS = Statement(delete(problems).where(problems.c.deposit_id == bindparam("its_id")))
_FORGET_MEMBERS = Statement(delete(members).where(members.c.deposit_id == bindparam("its_id")))
_FORGET_UNDERSTOOD = Statement(delete(understood).where(understood.c.deposit_id == bindparam("its_id")))
_COUNT = Statement(update(deposits).where(deposits.c.id == bindparam("its_id")))
_ADD_PROBLEMS, _ADD_MEMBERS = Statement(insert(problems)), Statement(insert(members))
_ADD_UNDERSTOOD = Statement(insert(understood))
_INFECTED = select(problems.c.id).where(problems.c.deposit_id == bindparam("its_id"), problems.c.code == VIRUS).limit(1)
_REMARKS = Statement(
    select(problems.c.message)
    .join(deposits, deposits.c.id == problems.c.deposit_id)
    .where(
        deposits.c.container_id == bindparam("its_id"),
        problems.c.weight == Weight.WARN.value,
        ~problems.c.code.startswith("quirk-"),
    )
    .order_by(problems.c.id)
)


def _row(deposit_id: str, problem: Problem, weight: Weight) -> dict[str, str]:
    return {
        "deposit_id": deposit_id, "code": problem.code, "weight": weight.value, "value": clean(problem.value),
        "message": clean(problem.message), "place": clean(problem.place), "remedy": clean(problem.remedy),
    }  # fmt: skip


def of(tx: Connection, deposit_id: str) -> list[Known]:
    """Return what is wrong with a deposit, what holds it first."""
    query = select(problems).where(problems.c.deposit_id == deposit_id).order_by(problems.c.weight, problems.c.id)
    return [
        Known(Problem(row.code, row.message, row.place, row.remedy, row.value), Weight(row.weight)) for row in tx.execute(query)
    ]


def infected(tx: Connection, deposit_id: str) -> bool:
    """Whether a virus was found in a deposit, whatever else is wrong with it."""
    return tx.execute(_INFECTED, {"its_id": deposit_id}).first() is not None


def remarks_of(tx: Connection, container_id: str) -> tuple[str, ...]:
    """Return what was remarked of a container's deposits, each sentence once; not how their client writes them."""
    return tuple(dict.fromkeys(_REMARKS.values(tx, {"its_id": container_id})))


def keep_content(tx: Connection, deposit_id: str, content: Content) -> None:
    """Write down what was in a deposit and the record it was understood as, where nothing is known of that yet."""
    if rows := [_member(deposit_id, each) for each in content.members[:MOST_MEMBERS]]:
        _ADD_MEMBERS.run_each(tx, rows)
    if content.record is not None:
        row = {"deposit_id": deposit_id, "document": encode(content.record).decode()}
        _ADD_UNDERSTOOD.run(tx, row | {"source": clean(content.source.name), "reader": content.source.reader})


def _member(deposit_id: str, each: Held) -> dict[str, object]:
    return {
        "deposit_id": deposit_id, "name": clean(each.name), "bytes": each.bytes, "sha256": each.sha256, "mime": each.mime[:255],
        "role": each.role,
    }  # fmt: skip


def members_of(tx: Connection, deposit_id: str) -> Sequence[Held]:
    """Return the files that were in a deposit, by name."""
    query = select(members).where(members.c.deposit_id == deposit_id).order_by(members.c.name)
    return [Held(row.name, row.bytes, row.sha256, row.mime, row.role) for row in tx.execute(query)]


def understood_of(tx: Connection, deposit_id: str) -> tuple[Record, Source] | None:
    """Return the record a deposit was understood as, and what it was read from."""
    row = tx.execute(select(understood).where(understood.c.deposit_id == deposit_id)).one_or_none()
    return None if row is None else (decode(row.document.encode()), Source(row.source, row.reader))
