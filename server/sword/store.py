"""SWORD's rows: containers, deposits, events. Takes the transaction, returns values."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, bindparam, func, insert, or_, select, update
from ulid import ULID

from server.accounts.tables import accounts
from server.db.statement import Statement
from server.errors import Conflict
from server.sword.model import (
    CONTAINER_MOVES,
    DEPOSIT_MOVES,
    Container,
    ContainerState,
    Deposit,
    DepositState,
    Draft,
    Event,
    Operation,
    Problem,
)
from server.sword.tables import containers, deposits, events
from server.xml import clean

REPEAT = timedelta(days=7)
"""How long the same bytes from the same depositor count as a repetition of the same deposit."""


def add_container(tx: Connection, container: Container, fingerprint: str | None) -> None:
    row = {
        "id": container.id,
        "account_id": container.account_id,
        "collection": container.collection,
        "state": container.state.value,
        "slug": container.slug,
        "document": _encode(container.draft),
        "has_record": container.has_record,
        "fingerprint": fingerprint,
        "created": container.created,
        "changed": container.changed,
    }
    _ADD_CONTAINER.run(tx, row)


def container(tx: Connection, number: str, *, to_change: bool = False) -> Container | None:
    """Return a container, or None where there is none or it was deleted (404 ever after, SWORD 2.0 § 6.8).

    `to_change` lets nobody else change it before the transaction ends.
    """
    row = (_CONTAINER_TO_CHANGE if to_change else _CONTAINER).one(tx, {"its_id": number})
    return None if row is None else _container(row)


def lock_container(tx: Connection, number: str) -> None:
    """Let nobody else change a container before the transaction ends (SQLite has one writer)."""
    if tx.dialect.name == "postgresql":
        _CONTAINER_TO_CHANGE.rows(tx, {"its_id": number})


def lock(tx: Connection, fingerprint: str) -> None:
    """Let deposits of one fingerprint begin one after the other, so that the second finds the first (SQLite has one writer)."""
    if tx.dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(int(fingerprint[:15], 16))))


def repeated(tx: Connection, account_id: int, fingerprint: str, now: datetime) -> Container | None:
    """Return the container the very same deposit made a while ago: the client did not hear our answer."""
    wanted = {"its_account": account_id, "its_fingerprint": fingerprint, "after": now - REPEAT}
    row = _REPEATED.one(tx, wanted)
    return None if row is None else _container(row)


def change_container(tx: Connection, before: Container, now: datetime, **values: Any) -> None:
    """Change a container; raises Conflict where somebody else did since it was read. `changed` grows whatever the clock says."""
    now = max(now, before.changed + timedelta(microseconds=1))
    if "draft" in values:
        values["document"] = _encode(values.pop("draft"))
    if "state" in values:
        state = ContainerState(values["state"])
        if state is not before.state and state not in CONTAINER_MOVES[before.state]:
            raise Conflict(f"What is {before.state} cannot be {state} next.", code="state")
        values["state"] = state.value
    if _CHANGE_CONTAINER.run(tx, {"its_id": before.id, "was": before.changed, "changed": now, **values}) != 1:
        raise Conflict(
            "The deposit was changed by another request at the same moment.", remedy="Send the request again.", code="changed"
        )


def containers_of(
    tx: Connection, account_id: int, collection: str, limit: int = 100, *, after: tuple[datetime, str] | None = None
) -> list[Container]:
    """Return an account's containers in a collection, those that changed last first, from `after` one of them on."""
    query = (
        select(containers)
        .where(
            containers.c.account_id == account_id,
            containers.c.collection == collection,
            containers.c.state != ContainerState.DELETED.value,
        )
        .order_by(containers.c.changed.desc(), containers.c.id.desc())
        .limit(limit)
    )
    if after is not None:
        changed, number = after
        query = query.where(or_(containers.c.changed < changed, and_(containers.c.changed == changed, containers.c.id < number)))
    return [_container(row) for row in tx.execute(query).mappings()]


def add_deposit(tx: Connection, deposit: Deposit, account_id: int | None) -> None:
    problem = deposit.problem
    row = {
        "id": deposit.id,
        "container_id": deposit.container_id,
        "account_id": account_id,
        "protocol": deposit.protocol,
        "method": deposit.method,
        "operation": deposit.operation.value,
        "url": deposit.url,
        "headers": msgspec.json.encode(deposit.headers).decode(),
        "state": deposit.state.value,
        "received": deposit.received,
        "bytes": deposit.bytes,
        "sha256": deposit.sha256,
        "md5": deposit.md5,
        "filename": deposit.filename,
        "content_type": deposit.content_type,
        "packaging": deposit.packaging,
        "in_progress": deposit.in_progress,
        "title": deposit.title,
        "problem": problem and problem.code,
        "message": problem and problem.message,
        "place": problem and problem.place,
        "remedy": problem and problem.remedy,
        "value": problem.value if problem is not None else "",
        "retries": deposit.retries,
        "sender_id": deposit.sender_id,
        "on_behalf_of": deposit.on_behalf_of,
        "server": deposit.server,
        "collection": deposit.collection,
        "key": deposit.key,
        "slug": deposit.slug,
        "warnings": deposit.warnings,
        "replays": deposit.replays,
        "payload": deposit.payload,
    }
    _ADD_DEPOSIT.run(tx, _kept(row))


def end_deposit(
    tx: Connection,
    number: str,
    state: DepositState,
    problem: Problem | None,
    *,
    title: str | None = None,
    before: DepositState = DepositState.RECEIVED,
) -> bool:
    """Write down how a deposit ended; return False, writing nothing, where it is not in the state `before` any more."""
    if state not in DEPOSIT_MOVES[before]:
        raise Conflict(f"What is {before} cannot be {state} next.", code="state")
    values: dict[str, Any] = dict.fromkeys(("problem", "message", "place", "remedy")) | {"state": state.value, "value": ""}
    if problem is not None:
        values |= {name: getattr(problem, name) for name in ("message", "place", "remedy", "value")} | {"problem": problem.code}
    if title is not None:
        values["title"] = title
    return _END_DEPOSIT.run(tx, {"its_id": number, "was": before.value, **_kept(values)}) == 1


def close_held(tx: Connection, container_id: str, now: datetime, why: str, only: Collection[str] | None = None) -> None:
    """Close what is held of a container, or of that `only` some: its problem stays readable, and waits for nobody any more."""
    mine = [deposits.c.container_id == container_id, deposits.c.state == DepositState.HELD.value]
    if only is not None:
        mine.append(deposits.c.id.in_(only))
    closed = update(deposits).where(*mine).values(state=DepositState.CLOSED.value).returning(deposits.c.id)
    for number in tx.execute(closed).scalars().all():
        note(tx, number, now, "closed", why)


def close(tx: Connection, number: str, now: datetime, why: str) -> None:
    """Set one held deposit aside; raises Conflict where it is not held."""
    mine = (deposits.c.id == number, deposits.c.state == DepositState.HELD.value)
    if tx.execute(update(deposits).where(*mine).values(state=DepositState.CLOSED.value)).rowcount != 1:
        raise Conflict("This import is not held any more.", code="state")
    note(tx, number, now, "closed", why)


def claim(tx: Connection, number: str, account_id: int | None) -> None:
    """Write down who sees to a deposit's problem."""
    tx.execute(update(deposits).where(deposits.c.id == number).values(claimed_by=account_id))


def count_replay(tx: Connection, number: str) -> None:
    """Count that a deposit is read once more."""
    tx.execute(update(deposits).where(deposits.c.id == number).values(replays=deposits.c.replays + 1))


def note(tx: Connection, deposit_id: str, at: datetime, what: str, detail: str = "") -> None:
    """Add an event to a deposit's history."""
    _NOTE.run(tx, {"deposit_id": deposit_id, "at": at, "what": what, "detail": clean(detail)})


def deposit(tx: Connection, number: str) -> Deposit | None:
    row = _DEPOSIT.one(tx, {"its_id": number})
    return None if row is None else read_deposit(row)


def deposits_of(tx: Connection, container_id: str) -> list[Deposit]:
    """Return a container's deposits, the oldest first."""
    return [read_deposit(row) for row in _DEPOSITS_OF.mappings(tx, {"of": container_id})]


def unread(tx: Connection, container_id: str) -> list[str]:
    """Return the deposits of a container that are received and not read yet, the oldest first."""
    return _UNREAD.values(tx, {"of": container_id})


def held(tx: Connection, container_id: str) -> list[Deposit]:
    """Return the deposits of a container that are held, the oldest first."""
    return [read_deposit(row) for row in _HELD.mappings(tx, {"of": container_id})]


def latest(tx: Connection, container_id: str, state: DepositState | None = None) -> Deposit | None:
    """Return a container's latest deposit, or its latest in a state."""
    wanted = {"of": container_id} | ({} if state is None else {"its_state": state.value})
    row = (_LATEST if state is None else _LATEST_IN).one(tx, wanted)
    return None if row is None else read_deposit(row)


def events_of(tx: Connection, deposit_id: str) -> list[Event]:
    query = select(events.c.at, events.c.what, events.c.detail).where(events.c.deposit_id == deposit_id).order_by(events.c.id)
    return [Event(*row) for row in tx.execute(query)]


def search(
    tx: Connection,
    *,
    state: str = "",
    text: str = "",
    before: str = "",
    account_id: int | None = None,
    number: str = "",
    limit: int = 50,
) -> list[Deposit]:
    """Return deposits for the monitor, the newest first; `before` is the id to go on from, `account_id` whose they are."""
    state, text, before = clean(state), clean(text), clean(before)
    query = DEPOSITS.order_by(deposits.c.id.desc()).limit(limit)
    if state == ContainerState.PENDING:  # of the work, not of the request that brought it
        query = query.where(deposits.c.container_id.in_(select(containers.c.id).where(containers.c.state == state)))
    elif state:
        query = query.where(deposits.c.state == state)
    if before:
        query = query.where(deposits.c.id < before)
    if account_id is not None:
        query = query.where(deposits.c.account_id == account_id)
    if number:
        query = query.where(deposits.c.id == clean(number))
    if text:
        fields = (
            deposits.c.title,
            deposits.c.filename,
            deposits.c.message,
            deposits.c.problem,
            accounts.c.name,
            deposits.c.id,
            deposits.c.container_id,
        )
        query = query.where(or_(*(field.icontains(text, autoescape=True) for field in fields)))
    return [read_deposit(row) for row in tx.execute(query).mappings()]


def counts(tx: Connection) -> dict[str, int]:
    return {row[0]: row[1] for row in tx.execute(select(deposits.c.state, func.count()).group_by(deposits.c.state))}


def waiting(tx: Connection) -> dict[str, tuple[int, datetime]]:
    """Count the deposits that are not at an end, by state, with the oldest one's time."""
    states = [DepositState.RECEIVED.value, DepositState.HELD.value]
    query = (
        select(deposits.c.state, func.count(), func.min(deposits.c.received))
        .where(deposits.c.state.in_(states))
        .group_by(deposits.c.state)
    )
    return {state: (count, oldest) for state, count, oldest in tx.execute(query)}


def states_of(tx: Connection, numbers: Iterable[str]) -> dict[str, ContainerState]:
    """Return the states of containers, deleted ones too."""
    query = select(containers.c.id, containers.c.state).where(containers.c.id.in_(list(numbers)))
    return {number: ContainerState(state) for number, state in tx.execute(query)}


def new_id() -> str:
    """Return a ULID: the time it was made, then chance."""
    return str(ULID())


_SENDERS, _CLAIMERS = accounts.alias("senders"), accounts.alias("claimers")
DEPOSITS = (
    select(deposits, accounts.c.name.label("account"), _SENDERS.c.name.label("sender"), _CLAIMERS.c.name.label("claimer"))
    .join(accounts, accounts.c.id == deposits.c.account_id, isouter=True)
    .join(_SENDERS, _SENDERS.c.id == deposits.c.sender_id, isouter=True)
    .join(_CLAIMERS, _CLAIMERS.c.id == deposits.c.claimed_by, isouter=True)
)

# What every deposit asks, written down once: building a statement costs more than running it.
_ADD_CONTAINER, _ADD_DEPOSIT, _NOTE = Statement(insert(containers)), Statement(insert(deposits)), Statement(insert(events))
_THERE = select(containers).where(containers.c.id == bindparam("its_id"), containers.c.state != ContainerState.DELETED.value)
_CONTAINER, _CONTAINER_TO_CHANGE = Statement(_THERE), Statement(_THERE.with_for_update())
_CHANGE_CONTAINER = Statement(
    update(containers).where(containers.c.id == bindparam("its_id"), containers.c.changed == bindparam("was"))
)
_END_DEPOSIT = Statement(update(deposits).where(deposits.c.id == bindparam("its_id"), deposits.c.state == bindparam("was")))
_DEPOSIT = Statement(DEPOSITS.where(deposits.c.id == bindparam("its_id")))
_OF = DEPOSITS.where(deposits.c.container_id == bindparam("of"))
_DEPOSITS_OF = Statement(_OF.order_by(deposits.c.id))
_LAST = _OF.order_by(deposits.c.id.desc()).limit(1)
_LATEST, _LATEST_IN = Statement(_LAST), Statement(_LAST.where(deposits.c.state == bindparam("its_state")))
_HELD = Statement(_OF.where(deposits.c.state == DepositState.HELD.value).order_by(deposits.c.id))
_UNREAD = Statement(
    select(deposits.c.id)
    .where(deposits.c.container_id == bindparam("of"), deposits.c.state == DepositState.RECEIVED.value)
    .order_by(deposits.c.id)
)
_REPEATED = Statement(
    select(containers)
    .where(
        containers.c.account_id == bindparam("its_account"),
        containers.c.fingerprint == bindparam("its_fingerprint"),
        containers.c.state != ContainerState.DELETED.value,
        containers.c.created > bindparam("after"),
    )
    .order_by(containers.c.created.desc())
    .limit(1)
)


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without the characters no XML and not every database can keep, NUL among them."""
    return {name: clean(value) if isinstance(value, str) else value for name, value in row.items()}


def _encode(draft: Draft) -> str:
    return msgspec.json.encode(draft).decode()


def _container(row: Mapping[Any, Any]) -> Container:
    return Container(
        id=row["id"],
        account_id=row["account_id"],
        collection=row["collection"],
        state=ContainerState(row["state"]),
        slug=row["slug"],
        draft=msgspec.json.decode(row["document"] or "{}", type=Draft),
        has_record=row["has_record"],
        created=row["created"],
        changed=row["changed"],
    )


def read_deposit(row: Mapping[Any, Any]) -> Deposit:
    problem = None
    if row["problem"]:
        problem = Problem(row["problem"], row["message"] or "", row["place"] or "", row["remedy"] or "", row["value"])
    return Deposit(
        id=row["id"],
        container_id=row["container_id"],
        account=row["account"],
        protocol=row["protocol"],
        method=row["method"],
        operation=Operation(row["operation"]),
        url=row["url"],
        headers=tuple(tuple(pair) for pair in msgspec.json.decode(row["headers"])),
        state=DepositState(row["state"]),
        received=row["received"],
        bytes=row["bytes"],
        sha256=row["sha256"],
        md5=row["md5"],
        filename=row["filename"],
        content_type=row["content_type"],
        packaging=row["packaging"],
        in_progress=row["in_progress"],
        title=row["title"],
        problem=problem,
        retries=row["retries"],
        sender_id=row["sender_id"],
        sender=row["sender"] or "",
        on_behalf_of=row["on_behalf_of"],
        server=row["server"],
        collection=row["collection"],
        key=row["key"],
        slug=row["slug"],
        warnings=row["warnings"],
        replays=row["replays"],
        claimed_by=row["claimer"] or "",
        payload=row["payload"],
    )
