"""The tasks of the identifiers, in the order in which they are offered."""

from collections.abc import Awaitable, Callable
from typing import Any

from server.identifiers import register_set, repairing, retrying, update
from server.identifiers.comparing import Comparer
from server.identifiers.migrate import Migrator
from server.identifiers.reconcile import Reconciler
from server.identifiers.repairing import Repairer
from server.runs.task import Task


def tasks(comparer: Comparer, register: Callable[[str, str], Awaitable[bool]]) -> tuple[Task[Any], ...]:
    """Return them; `register` has the queue's own worker ask about one identifier at once."""
    database, shelf, clock = comparer.caller.database, comparer.caller.agencies, comparer.caller.clock
    repairer = Repairer(database, shelf, register, clock)
    return (
        *update.tasks(database, shelf, register),
        retrying.task(database, clock, register),
        Reconciler(comparer, repairer).task(),
        register_set.task(database, shelf, repairer),
        repairing.task(repairer),
        Migrator(comparer.caller, comparer.renderer).task(),
    )
