"""The tasks of the identifiers, in the order in which they are offered."""

from typing import Any

from server.identifiers import register_set, repairing, retrying, update
from server.identifiers.comparing import Comparer
from server.identifiers.migrate import Migrator
from server.identifiers.reconcile import Reconciler
from server.identifiers.repairing import Repairer
from server.runs.task import Task


def tasks(comparer: Comparer, repairer: Repairer) -> tuple[Task[Any], ...]:
    """Return them."""
    database, shelf = repairer.database, repairer.agencies
    return (
        update.task(database, shelf, repairer.register),
        retrying.task(database, repairer.clock, repairer.register),
        Reconciler(comparer, repairer).task(),
        register_set.task(database, shelf, repairer),
        repairing.task(repairer),
        Migrator(comparer.caller, comparer.renderer).task(),
    )
