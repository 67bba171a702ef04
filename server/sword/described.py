"""What is held because it came without metadata, or with metadata that say too little: read again once its container has some."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from server.sword import store
from server.sword.causes import is_of_metadata
from server.sword.model import Content, Deposit, DepositState
from server.sword.queued import GRACE, ask_to_read


def reopen(
    tx: Connection,
    held: Iterable[Deposit],
    mended: Collection[str],
    deposit: Deposit,
    content: Content,
    read_now: int,
    now: datetime,
) -> list[Deposit]:
    """Set back, and return, what is held of a container for want of what a deposit has brought now: metadata.

    Its files need not be sent once more. What is larger than `read_now`, or is not read soon, the worker reads.
    """
    if content.record is None or deposit.replays:
        return []
    again = []
    for each in held:
        lacks = each.problem is not None and is_of_metadata(each.problem.code)
        if each.id in mended or each.sha256 is None or not lacks:
            continue
        if not store.end_deposit(tx, each.id, DepositState.RECEIVED, None, before=DepositState.HELD):
            continue
        store.count_replay(tx, each.id)
        store.note(tx, each.id, now, "reopened", f"Read again with the metadata of import {deposit.id}.")
        ask_to_read(tx, each.id, now if each.bytes > read_now else now + GRACE)
        again.append(replace(each, state=DepositState.RECEIVED, problem=None, replays=each.replays + 1))
    return again
