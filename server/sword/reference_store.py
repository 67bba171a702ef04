"""The rows of files sent by reference: what a worker fetches by, and what keeps a container from being complete meanwhile."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, exists, insert, or_, select, update

from server.db.statement import Statement
from server.jobs import queue
from server.sword import store
from server.sword.model import Deposit, DepositState, Operation
from server.sword.reference import MOVES, OUTSTANDING, Dropped, Named, Reference, ReferenceState, number_of
from server.sword.tables import deposits, references
from server.xml import clean

FETCH = "fetch-references"
"""The kind of job that fetches what a deposit names by address; its subject is the deposit."""

FETCHED_BY = "GET"
"""The method of the deposit a fetched file is: the request was ours."""

_CLEARING = frozenset({
    Operation.REPLACE_ALL, Operation.REPLACE_OBJECT, Operation.REPLACE_CONTENT, Operation.DELETE_CONTENT, Operation.DELETE,
})  # fmt: skip
"""What takes all files away, and so those that have not come yet."""


def add(tx: Connection, deposit_id: str, named: Iterable[Reference], now: datetime) -> None:
    """Write down the files a deposit names, and ask a worker to fetch them."""
    rows = [
        {
            "deposit_id": deposit_id, "url": clean(each.url), "filename": each.filename, "content_type": clean(each.content_type),
            "bytes": each.bytes, "digest": clean(each.digest), "packaging": clean(each.packaging),
            "dereference": each.dereference, "got": 0, "message": "",
            "state": (ReferenceState.PENDING if each.dereference else ReferenceState.LINKED).value,
        }
        for each in named
    ]  # fmt: skip
    if rows:
        tx.execute(insert(references), rows)
        queue.enqueue(tx, FETCH, deposit_id, now)


def of_deposit(tx: Connection, deposit_id: str) -> list[Named]:
    """Return the files a deposit names, in the order it names them."""
    query = select(references).where(references.c.deposit_id == deposit_id).order_by(references.c.id)
    return [_named(row) for row in tx.execute(query).mappings()]


def of_container(tx: Connection, container_id: str) -> list[Named]:
    """Return the files the deposits of a container name, the oldest first."""
    query = select(references).join(deposits, deposits.c.id == references.c.deposit_id)
    mine = query.where(deposits.c.container_id == container_id).order_by(references.c.id)
    return [_named(row) for row in tx.execute(mine).mappings()]


def outstanding(tx: Connection, container_id: str, deposit_id: str = "") -> bool:
    """Whether a container waits for files: that have not come, or came as another deposit than `deposit_id` and are not read."""
    return bool(_OUTSTANDING.values(tx, {"container": container_id, "but": deposit_id})[0])


_MINE = deposits.c.container_id == bindparam("container")
_OUTSTANDING = Statement(
    select(
        or_(
            exists().where(
                _MINE,
                deposits.c.id == references.c.deposit_id,
                references.c.state.in_([state.value for state in OUTSTANDING]),
            ),
            exists().where(
                _MINE,
                deposits.c.id != bindparam("but"),
                deposits.c.method == FETCHED_BY,
                deposits.c.state == DepositState.RECEIVED.value,
            ),
        )
    )
)


def clear(tx: Connection, container_id: str, operation: Operation) -> None:
    """Let go of files that have not come yet, where an operation takes all files away."""
    if operation in _CLEARING:
        mine = select(deposits.c.id).where(deposits.c.container_id == container_id)
        waits = references.c.state.in_([state.value for state in OUTSTANDING])
        words = "The files were replaced or deleted before this one had come."
        tx.execute(
            update(references)
            .where(references.c.deposit_id.in_(mine), waits)
            .values(state=ReferenceState.DROPPED.value, message=words)
        )


def move(tx: Connection, number: int, state: ReferenceState, message: str = "", *, got: int = 0) -> bool:
    """Bring a reference into a state; return False, writing nothing, where it cannot come to it from where it stands."""
    before = [each.value for each, after in MOVES.items() if state in after or each is state]
    values = {"state": state.value, "message": clean(message), "got": got}
    mine = (references.c.id == number, references.c.state.in_(before))
    return tx.execute(update(references).where(*mine).values(values)).rowcount == 1


def arrived(tx: Connection, number: int, deposit: Deposit) -> Deposit:
    """Say of a file that it has come, in the transaction that writes down its own deposit; its container is locked.

    Whether more is expected is as the last request on the container says. Raises Dropped where nobody waits for it any more.
    """
    values = {"state": ReferenceState.FETCHED.value, "message": "", "got": deposit.bytes, "sha256": deposit.sha256}
    mine = (references.c.id == number, references.c.state == ReferenceState.DOWNLOADING.value)
    if tx.execute(update(references).where(*mine).values(values)).rowcount != 1:
        raise Dropped
    latest = store.latest(tx, deposit.container_id or "")
    return replace(deposit, in_progress=latest is not None and latest.in_progress)


def ask_again(tx: Connection, key: str, now: datetime) -> bool:
    """Have a file fetched once more whose deposit of this key says that it could not be had; False where there is none."""
    number = number_of(key)
    if number is None or not move(tx, number, ReferenceState.PENDING):
        return False
    deposit_id = tx.execute(select(references.c.deposit_id).where(references.c.id == number)).scalar_one()
    queue.enqueue(tx, FETCH, deposit_id, now)
    return True


def _named(row: RowMapping) -> Named:
    reference = Reference(
        row["url"], row["filename"], row["content_type"], row["bytes"], row["digest"], row["packaging"], row["dereference"]
    )
    return Named(row["id"], row["deposit_id"], reference, ReferenceState(row["state"]), row["got"], row["message"])
