"""What came after a held deposit: read again, it must not undo what was taken, or edited here, meanwhile."""

from datetime import datetime

from sqlalchemy import Connection, select

from server.audit.tables import audit
from server.errors import Invalid
from server.sword.model import ENTRY_TYPES, JSON_TYPES, Deposit, DepositState, Operation
from server.sword.tables import deposits, understood

_METADATA, _FILES = frozenset({"metadata"}), frozenset({"files"})
_BOTH = _METADATA | _FILES

#: What an operation overwrites; those that are missing leave what is there as it is.
_REPLACED: dict[Operation, frozenset[str]] = {
    Operation.REPLACE_METADATA: _METADATA,
    Operation.REPLACE_CONTENT: _FILES,
    Operation.REPLACE_FILE: _FILES,
    Operation.REPLACE_ALL: _BOTH,
    Operation.REPLACE_OBJECT: _BOTH,
}

#: What an operation changes, where it does not depend on what it brought.
_CHANGED: dict[Operation, frozenset[str]] = _REPLACED | {
    Operation.CLEAR_METADATA: _METADATA,
    Operation.DELETE_CONTENT: _FILES,
    Operation.DELETE_FILE: _FILES,
}

_EDITS = ("record.changed", "record.version-restored")


def newer(tx: Connection, deposit: Deposit) -> str:
    """Return what a deposit that is read again would undo, in a sentence; empty where there is nothing."""
    replaced = _REPLACED.get(deposit.operation, frozenset()) if deposit.replays else frozenset()
    if not replaced:
        return ""
    if number := _taken_after(tx, deposit, replaced):
        return f"Import {number}, which came later, has changed the same since."
    if _edited_since(tx, deposit.container_id or "", deposit.received):
        return "The work was edited here since this came."
    return ""


def refuse_superseded(said: str) -> None:
    """Raise Invalid where there is something a deposit would undo."""
    if said:
        raise Invalid(said, place="deposit", remedy="If it shall hold all the same, send it once more.", code="superseded")


def _taken_after(tx: Connection, deposit: Deposit, replaced: frozenset[str]) -> str:
    """Return the first deposit taken after one that changed what it replaces."""
    query = (
        select(deposits.c.id, deposits.c.operation, deposits.c.content_type, understood.c.deposit_id)
        .outerjoin(understood, understood.c.deposit_id == deposits.c.id)
        .where(deposits.c.container_id == deposit.container_id, deposits.c.id > deposit.id)
        .where(deposits.c.state == DepositState.TAKEN.value)
        .order_by(deposits.c.id)
    )
    for number, operation, kind, described in tx.execute(query):
        changed = _CHANGED.get(Operation(operation), frozenset())
        if operation == Operation.ADD.value:
            changed = _added(kind or "", described=described is not None)
        if changed & replaced:
            return str(number)
    return ""


def _added(kind: str, *, described: bool) -> frozenset[str]:
    files = frozenset[str]() if kind.partition(";")[0].strip().lower() in ENTRY_TYPES | JSON_TYPES else _FILES
    return files | _METADATA if described else files


def _edited_since(tx: Connection, number: str, since: datetime) -> bool:
    """Whether somebody changed a work otherwise than by a deposit."""
    query = select(audit.c.id).where(audit.c.subject_kind == "record", audit.c.subject == number, audit.c.deed.in_(_EDITS))
    return tx.execute(query.where(audit.c.via != "sword", audit.c.at >= since).limit(1)).first() is not None
