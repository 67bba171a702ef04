"""A held deposit set back, to be read once more from its kept bytes."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, NotFound
from server.sword import reference_store, store
from server.sword.model import ContainerState, Deposit, DepositState
from server.sword.queued import ask_to_read


def reopen(tx: Connection, deposit_id: str, by: Actor, now: datetime, read_now: int, grace: timedelta) -> Deposit:
    """Set a held deposit back to received; should we break down while reading it, the worker does after a time of `grace`.

    A file that could not be had is asked for once more instead, and its deposit closed.
    Raises NotFound and Conflict (it is not held).
    """
    deposit = store.deposit(tx, deposit_id)
    container = store.container(tx, deposit.container_id or "", to_change=True) if deposit is not None else None
    if deposit is None or container is None:
        raise NotFound("There is no such deposit, or it was deleted.")
    if deposit.state is not DepositState.HELD:
        raise Conflict("This deposit is not held any more.", code="state")
    bare = deposit.sha256 is None
    if bare and not reference_store.ask_again(tx, deposit.key or "", now):
        raise Conflict("Nothing of this deposit was kept that could be read.", code="state")
    if not bare and not store.end_deposit(tx, deposit.id, DepositState.RECEIVED, None, before=DepositState.HELD):
        raise Conflict("This deposit is not held any more.", code="state")
    store.count_replay(tx, deposit.id)
    store.note(tx, deposit.id, now, "reopened", f"Read again, asked for by {by.name}.")
    audit.note(tx, by, "import.read-again", "import", deposit.id, now)
    if not container.has_record:
        store.change_container(tx, container, now, state=ContainerState.RECEIVED)
    if bare:
        store.close(tx, deposit.id, now, "Its file is fetched again, and comes as a deposit of its own.")
        return replace(deposit, state=DepositState.CLOSED)
    ask_to_read(tx, deposit.id, now if deposit.bytes > read_now else now + grace)
    return replace(deposit, state=DepositState.RECEIVED, problem=None, replays=deposit.replays + 1)
