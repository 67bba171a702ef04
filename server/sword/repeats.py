"""Requests that come again, because their clients did not hear our answer: one deposit, counted retries.

A request is known again by the key its client gave it (`Idempotency-Key`), or, where a deposit begins, by who sent which bytes
where, under which name. A key is its request's alone: with another body, or sent elsewhere, it is refused and nothing is done.
"""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from server.sword import store
from server.sword.errors import KeyReused
from server.sword.model import Container, ContainerState, Deposit, DepositState
from server.sword.tables import deposits
from server.sword.understand import Opened, names_a_work

MOMENT = timedelta(seconds=30)
"""Within this time the same few words that begin a deposit are one deposit."""

_ENDED_IN_NOTHING = (DepositState.REFUSED.value, DepositState.BROKEN_OFF.value)
"""What was refused may be sent again under its key: nothing came of it."""

_KEYED = (
    select(deposits.c.id, deposits.c.container_id, deposits.c.sha256, deposits.c.url, deposits.c.method)
    .where(
        deposits.c.account_id == bindparam("its_account"),
        deposits.c.key == bindparam("its_key"),
        deposits.c.received > bindparam("after"),
        deposits.c.state.not_in(_ENDED_IN_NOTHING),
    )
    .order_by(deposits.c.id)
    .limit(1)
)


def keyed(tx: Connection, deposit: Deposit, account_id: int, mark: str, now: datetime) -> Container | None:
    """Return the container the very request of this key went into, and count the retry; None where the key is new.

    Whoever comes with the same key at the same moment waits. A key is forgotten with its container, and after REPEAT. Raises
    KeyReused where it was another request.
    """
    if not deposit.key:
        return None
    store.lock(tx, hashlib.sha256(f"{account_id}\0{deposit.key}".encode("utf-8", "replace")).hexdigest())
    wanted = {"its_account": account_id, "its_key": deposit.key, "after": now - store.REPEAT}
    row = tx.execute(_KEYED, wanted).one_or_none()
    found = None if row is None else store.container(tx, row.container_id or "")
    if row is None or found is None:
        return None
    known = store.repeated(tx, account_id, mark, now)  # in parts, and both at once
    same = known is not None and known.id == found.id and deposit.container_id is None
    if (row.method, row.url, row.sha256) != (deposit.method, deposit.url, deposit.sha256) and not same:
        raise KeyReused(
            "This Idempotency-Key was sent before with another request.",
            place="Idempotency-Key",
            remedy="Send each request under a key of its own; only the very same request, sent again, keeps its key.",
        )
    count(tx, row.id, now)
    return found


def begun(tx: Connection, deposit: Deposit, account_id: int, mark: str, opened: Opened, now: datetime) -> Container | None:
    """Return the container the same deposit of this `fingerprint` made a while ago, and count the retry; None for a new one.

    Whoever comes with the same at the same moment waits.
    """
    store.lock(tx, mark)
    known = store.repeated(tx, account_id, mark, now)
    if known is None or not _repeats(tx, deposit, opened, known, now):
        return None
    first = store.deposits_of(tx, known.id)
    if first:
        count(tx, first[0].id, now)
    return known


def count(tx: Connection, deposit_id: str, now: datetime) -> None:
    """Count a repetition on the deposit it repeats."""
    tx.execute(update(deposits).where(deposits.c.id == deposit_id).values(retries=deposits.c.retries + 1))
    store.note(tx, deposit_id, now, "repeated", "The same deposit came again and was answered with the existing receipt.")


def in_parts(deposit: Deposit) -> bool:
    """Whether a body came in parts: its bytes then differ each time it is sent, as clients make up a new boundary."""
    return (deposit.content_type or "").strip().lower().startswith("multipart/")


def before(tx: Connection, deposit: Deposit, account_id: int, now: datetime) -> Deposit | None:
    """Return the request that came in parts under the key of this one, to the same address, where there is one."""
    wanted = {"its_account": account_id, "its_key": deposit.key, "after": now - store.REPEAT}
    row = tx.execute(_KEYED, wanted).one_or_none() if deposit.key and in_parts(deposit) else None
    found = store.deposit(tx, row.id) if row is not None else None
    same = found is not None and in_parts(found) and (found.method, found.url) == (deposit.method, deposit.url)
    return found if same else None


def fingerprint(account: str, deposit: Deposit, opened: Opened) -> str:
    """Return what a deposit is known again by; one whose client calls it by a key is none that it calls otherwise."""
    parts = (
        account,
        deposit.collection,
        *(("multipart", opened.sent()) if in_parts(deposit) else (deposit.sha256, deposit.content_type)),
        deposit.key,
        deposit.packaging,
        deposit.filename,
        str(deposit.in_progress),
        deposit.slug,
    )
    return hashlib.sha256("\0".join(part or "" for part in parts).encode("utf-8", "replace")).hexdigest()


def _repeats(tx: Connection, deposit: Deposit, opened: Opened, known: Container, now: datetime) -> bool:
    """Whether a deposit whose fingerprint is known is the known one again: its client did not hear our answer.

    Clients begin many deposits with the same few words; those are the same one only where it was begun a moment ago.
    """
    if not deposit.in_progress:
        return True
    if known.state not in {ContainerState.IN_PROGRESS, ContainerState.RECEIVED, ContainerState.HELD}:
        return False
    if opened.payload is not None or deposit.slug or (opened.entry is not None and names_a_work(opened.entry)):
        return True
    return now - known.created < MOMENT and len(store.deposits_of(tx, known.id)) == 1
