"""What somebody here decided of one held deposit: an event of it, so that it holds whatever reads it again."""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import Connection, select

from server.sword.model import Rules
from server.sword.tables import events

OWN, VERSION, CHANGE = "own", "version", "update"

#: What a deposit is that seems to be here already: a work of its own, the next version of the other, or a change of it.
DECIDED = {"as-own": OWN, "as-version": VERSION, "as-change": CHANGE}

AS_IT_IS = "as-it-is"
"""Whatever its metadata lack, it is taken; somebody looks at it before it is published."""

_ALWAYS = frozenset({"virus", "scan-unavailable"})


def decision(tx: Connection, number: str) -> str:
    """Return what somebody decided of a deposit that seems to be here already: OWN, VERSION, CHANGE, or an empty string."""
    return DECIDED.get(_latest(tx, number, DECIDED), "")


def is_taken_as_it_is(tx: Connection, number: str) -> bool:
    """Whether somebody decided that a deposit is taken whatever its metadata lack."""
    return bool(_latest(tx, number, (AS_IT_IS,)))


def lenient(rules: Rules) -> Rules:
    """Return rules by which a deposit is taken as it is: only a virus holds it, and its work waits for approval."""
    return replace(rules, holds=rules.holds & _ALWAYS, approves=False)


def _latest(tx: Connection, number: str, words: Collection[str]) -> str:
    query = select(events.c.what).where(events.c.deposit_id == number, events.c.what.in_(words)).order_by(events.c.id.desc())
    return tx.execute(query.limit(1)).scalar() or ""
