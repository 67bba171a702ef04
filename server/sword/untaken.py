"""How a deposit ends that is not taken: held with its cause, or refused."""

from datetime import datetime

from sqlalchemy import Connection

from server.accounts.model import Account
from server.events.telling import tell
from server.jobs import queue
from server.sword import causes, problems, store
from server.sword.model import ContainerState, Deposit, DepositState, Operation, Problem
from server.sword.queued import READ
from server.sword.unfit import Unfit


def write_held(tx: Connection, deposit: Deposit, state: DepositState, unfit: Unfit, now: datetime) -> None:
    """Write down that a deposit is held, or refused, and why; its container waits for what mends it."""
    container, problem = store.container(tx, deposit.container_id or "", to_change=True), unfit.problems[0]
    record = unfit.content.record
    if not store.end_deposit(tx, deposit.id, state, problem, title=record.title.value if record is not None else None):
        return
    queue.drop(tx, READ, deposit.id)
    if deposit.replays:
        problems.forget(tx, deposit.id)
    problems.keep(tx, deposit.id, unfit.problems, unfit.warnings)
    problems.keep_content(tx, deposit.id, unfit.content)
    for sentence in unfit.notes:
        store.note(tx, deposit.id, now, "mapped", sentence)
    store.note(tx, deposit.id, now, state.value, problem.message)
    tell(tx, "import.failed", deposit.id, said_of(deposit, problem, state), now)
    if container is None or container.has_record:
        return
    if state is DepositState.HELD:
        store.change_container(tx, container, now, state=ContainerState.HELD)
    elif deposit.operation is Operation.CREATE:
        store.change_container(tx, container, now, state=ContainerState.DELETED)


def write_refused(tx: Connection, deposit: Deposit, account: Account | None) -> None:
    """Write down a refused deposit, of an account or of nobody."""
    store.add_deposit(tx, deposit, None if account is None else account.id)
    assert deposit.problem is not None  # noqa: S101 -- it was refused for it
    problems.keep(tx, deposit.id, (deposit.problem,), ())
    store.note(tx, deposit.id, deposit.received, deposit.state.value, deposit.problem.message)
    tell(tx, "import.refused", deposit.id, said_of(deposit, deposit.problem, deposit.state), deposit.received)


def said_of(deposit: Deposit, problem: Problem, state: DepositState) -> dict[str, str]:
    """Return what is told of a deposit that was held, refused or broken off: its cause, as a group is known by, and in words."""
    said = {"title": deposit.title or deposit.filename or "", "state": state.value, "problem": problem.code}
    said |= {"cause": causes.title(problem.code), "value": problem.value}
    return said | {"message": problem.message, "place": problem.place, "remedy": problem.remedy}
