"""The ledger: which names exist, whose they are, and how far the agency agrees. Takes the transaction, returns values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, or_, select, update

from server.db.statement import Statement
from server.errors import Conflict
from server.identifiers.causes import cause_of
from server.identifiers.model import MOVES, Confirmed, Desired, Failed, Fault, Pending, State, Ticket
from server.identifiers.tables import identifiers, submissions
from server.metadata.work import NAMELESS, Names

CONFIRMED = "confirmed"
"""The outcome of a submission the agency agreed to."""
_QUOTED = 300
_DIGITS = 18
"""A number of so many digits is not an identifier's: it would not fit into the column."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One identifier as the ledger knows it."""

    id: int
    record_id: str | None
    scheme: str
    value: str
    own: bool
    profile_id: int | None
    environment: str
    state: State
    fault: str | None
    message: str | None
    acknowledged: str | None
    registered: datetime | None
    stamp: int = 0
    """The greatest that was sent with it: agencies take the greater for the later."""
    waiting: int | None = None
    """The submission its agency is working at."""
    slot: datetime | None = None
    """The moment that is kept for asking its agency."""
    held_by: str | None = None
    """Whoever lets nothing be sent of it."""
    held_why: str | None = None
    migrated: bool = False
    """Whether another system minted it, and it was taken over."""


#: Which state a fault leads to. A transient or unknown one leaves the identifier on its way.
AFTER = {
    Fault.TRANSIENT: State.SUBMITTED,
    Fault.UNKNOWN: State.SUBMITTED,
    Fault.REJECTED: State.REJECTED,
    Fault.CREDENTIALS: State.BLOCKED,
}


def add(tx: Connection, entry: Mapping[str, object], now: datetime) -> int:
    """Write a name down, reserved or external; the caller has seen that it is free."""
    row = {"created": now, "changed": now, "environment": "", **entry}
    return int(tx.execute(insert(identifiers).values(row).returning(identifiers.c.id)).scalar_one())


def is_taken(tx: Connection, scheme: str, normal: str) -> bool:
    return (
        tx.execute(select(identifiers.c.id).where(identifiers.c.scheme == scheme, identifiers.c.normal == normal)).scalar()
        is not None
    )


def owner_of(tx: Connection, scheme: str, normal: str) -> str | None:
    """Return the id of the work a name belongs to, or None."""
    return tx.execute(
        select(identifiers.c.record_id).where(identifiers.c.scheme == scheme, identifiers.c.normal == normal)
    ).scalar()


def owners_of(tx: Connection, scheme: str, normals: list[str]) -> dict[str, str | None]:
    """Return whose the names are that are known, by normal form."""
    query = select(identifiers.c.normal, identifiers.c.record_id).where(
        identifiers.c.scheme == scheme, identifiers.c.normal.in_(normals)
    )
    return {row.normal: row.record_id for row in tx.execute(query)}


def add_external(tx: Connection, names: list[tuple[str, str, str]], scheme: str, now: datetime) -> None:
    """Note names that works came with (record, value, normal form); the caller has seen that they are free."""
    common = {"scheme": scheme, "own": False, "state": State.EXTERNAL.value, "environment": "", "created": now, "changed": now}
    rows = [{"record_id": record, "value": value, "normal": normal, **common} for record, value, normal in names]
    if rows:
        tx.execute(insert(identifiers), rows)


def keep_external(tx: Connection, record_id: str, scheme: str, value: str, normal: str, now: datetime) -> None:
    """Note a name a work came with, so that it is never minted again; raises Conflict where it is another work's."""
    owner = owner_of(tx, scheme, normal)
    if owner == record_id:
        return
    if owner is not None:
        raise Conflict(
            f"The {scheme.upper()} {value} belongs to work {owner} already.",
            place="identifier",
            remedy="Check whether this is the same work; if so, change that one instead.",
            code="duplicate",
        )
    state = State.EXTERNAL.value
    here = (identifiers.c.scheme == scheme, identifiers.c.normal == normal, identifiers.c.state == State.GIVEN_UP.value)
    given_up = update(identifiers).where(*here).values(record_id=record_id, value=value, state=state, message=None, changed=now)
    if tx.execute(given_up).rowcount:
        return
    add(tx, {"record_id": record_id, "scheme": scheme, "value": value, "normal": normal, "own": False, "state": state}, now)


def of_record(tx: Connection, record_id: str) -> list[Entry]:
    """Return a work's identifiers, the oldest first."""
    return [read_entry(row) for row in _OF_RECORD.mappings(tx, {"id": record_id})]


_OF_RECORD = Statement(select(identifiers).where(identifiers.c.record_id == bindparam("id")).order_by(identifiers.c.id))


def get(tx: Connection, number: int) -> Entry | None:
    row = _GET.one(tx, {"id": number})
    return None if row is None else read_entry(row)


_GET = Statement(select(identifiers).where(identifiers.c.id == bindparam("id")))
_CHANGE = Statement(update(identifiers).where(identifiers.c.id == bindparam("its_id")))


def number_of(tx: Connection, value: str) -> int | None:
    """Return the number of an identifier that is named by its number or as it is written, or None."""
    named = identifiers.c.value == value
    if value.isascii() and value.isdecimal() and len(value) < _DIGITS:
        named = identifiers.c.id == int(value)
    return tx.execute(select(identifiers.c.id).where(or_(named, identifiers.c.normal == value.lower()))).scalar()


def touched(tx: Connection, record_id: str) -> datetime | None:
    """Return when one of a work's identifiers last changed."""
    return tx.execute(select(func.max(identifiers.c.changed)).where(identifiers.c.record_id == record_id)).scalar()


def hold(tx: Connection, record_id: str) -> None:
    """Wait for whoever confirms another name of the work, and let nobody do so before the transaction ends."""
    _HOLD.values(tx, {"id": record_id})


_HOLD = Statement(
    select(identifiers.c.id).where(identifiers.c.record_id == bindparam("id")).order_by(identifiers.c.id).with_for_update()
)


def shown(tx: Connection, record_id: str) -> Names:
    """Return the work's own names, each once its agency has confirmed it: so harvesters get no link that leads nowhere."""
    return shown_of(tx, [record_id]).get(record_id, NAMELESS)


def shown_of(tx: Connection, record_ids: list[str]) -> dict[str, Names]:
    """Return the confirmed names of ours by work; the oldest where a work has several of a scheme."""
    found: dict[str, dict[str, str]] = {}
    for record_id, scheme, value in _SHOWN.rows(tx, {"ids": record_ids}):
        found.setdefault(record_id, {})[scheme] = value
    return {number: Names(**names) for number, names in found.items()}


_SHOWN = Statement(
    select(identifiers.c.record_id, identifiers.c.scheme, identifiers.c.value)
    .where(
        identifiers.c.record_id.in_(bindparam("ids", expanding=True)),
        identifiers.c.own,
        identifiers.c.registered.is_not(None),
    )
    .order_by(identifiers.c.id.desc())
)


def names_among(entries: Iterable[Entry]) -> Names:
    """Return the confirmed names of ours among a work's identifiers, the oldest of each scheme; none that is hidden."""
    ours = [each for each in entries if each.own and each.registered is not None and each.state is not State.WITHDRAWN]
    return Names(**{each.scheme: each.value for each in reversed(ours)})


def begin(tx: Connection, entry: Entry, desired: Desired, digest: str, agency: str, attempt: int, now: datetime) -> Ticket:
    """Write down that something is about to be sent, and return its ticket: its stamp grows whatever the clock says."""
    [current] = _STAMP.values(tx, {"id": entry.id})
    stamp = max(int(now.strftime("%Y%m%d%H%M%S%f")[:17]), current + 1)
    # From now on the agency may hold this or what it confirmed before, until it answers.
    _move(tx, entry, State.SUBMITTED, now, stamp=stamp, acknowledged=None)
    row = {
        "identifier_id": entry.id,
        "agency": agency,
        "environment": entry.environment,
        "attempt": attempt,
        "sent": now,
        "digest": digest,
        "url": desired.url,
        "wanted": desired.state.value,
        "version": desired.version,
    }
    sent = _addresses(tx, entry) if current else frozenset[str]()
    number = int(_BEGIN.values(tx, row)[0])
    return Ticket(number, stamp, addresses=sent, known=is_known(entry))


_STAMP = Statement(select(identifiers.c.stamp).where(identifiers.c.id == bindparam("id")))
_BEGIN = Statement(insert(submissions).returning(submissions.c.id))


def is_known(entry: Entry) -> bool:
    """Whether an agency knows a name as ours: it confirmed it, or said so when it was taken over."""
    return entry.registered is not None or entry.migrated


def _addresses(tx: Connection, entry: Entry) -> frozenset[str]:
    """Return where an identifier was to lead by what was sent of it until now."""
    return frozenset(tx.execute(select(submissions.c.url).where(submissions.c.identifier_id == entry.id).distinct()).scalars())


def keep_slot(tx: Connection, entry: Entry, slot: datetime | None) -> None:
    """Keep a moment for asking an identifier's agency, or let go of it."""
    if entry.slot != slot:
        _CHANGE.run(tx, {"its_id": entry.id, "slot": slot})


def under_way(tx: Connection, entry: Entry, now: datetime) -> tuple[Ticket, str] | None:
    """Return the submission the agency is working at, and the digest of what was sent with it."""
    if entry.waiting is None:
        return None
    row = tx.execute(select(submissions).where(submissions.c.id == entry.waiting)).one()
    return Ticket(row.id, entry.stamp, waiting=True, age=now - row.sent, known=is_known(entry)), row.digest


def are_waiting(tx: Connection, profile_id: int) -> int:
    """Count the submissions the agency of a profile is working at."""
    waits = (identifiers.c.state == State.SUBMITTED.value, identifiers.c.waiting.is_not(None))
    query = select(func.count()).select_from(identifiers).where(identifiers.c.profile_id == profile_id, *waits)
    return int(tx.execute(query).scalar_one())


def wait(tx: Connection, entry: Entry, submission: int, outcome: Pending, now: datetime) -> None:
    """Note that the agency is working at what was sent."""
    _answer(tx, submission, outcome.status, "pending", outcome.answer or outcome.message, now)
    _move(tx, entry, State.SUBMITTED, now, waiting=submission, fault=None, message=outcome.message)


def confirm(
    tx: Connection, entry: Entry, submission: int, digest: str, outcome: Confirmed, *, hidden: bool, now: datetime
) -> bool:
    """Note that the agency agrees; return whether this made the identifier registered for the first time."""
    _answer(tx, submission, outcome.status, CONFIRMED, outcome.answer, now)
    current = get(tx, entry.id)
    first = current is not None and current.registered is None and not hidden
    values: dict[str, object] = {"acknowledged": digest, "fault": None, "message": outcome.remark or None, "waiting": None}
    values |= {"registered": now} if first else {}
    _move(tx, entry, State.WITHDRAWN if hidden else State.REGISTERED, now, **values)
    return first


def fail(tx: Connection, entry: Entry, submission: int, outcome: Failed, now: datetime) -> None:
    """Note that the agency does not agree; the reason is kept in its own words."""
    _answer(tx, submission, outcome.status, outcome.fault.value, outcome.answer or outcome.message, now)
    lost = outcome.fault is Fault.TRANSIENT and entry.waiting is not None  # it was only asked after, and may be asked again
    waiting = entry.waiting if lost else None
    stamp = max(entry.stamp, outcome.above)
    values = {"fault": outcome.fault.value, "message": outcome.message, "waiting": waiting}
    _move(tx, entry, AFTER[outcome.fault], now, **values, **({"stamp": stamp} if outcome.above else {}))


def refuse(tx: Connection, entry: Entry, message: str, now: datetime) -> None:
    """Note that the agency would refuse the work as it is, so that nothing was sent."""
    _move(tx, entry, State.REJECTED, now, fault=Fault.REJECTED.value, message=message, acknowledged=None)


def give_up(tx: Connection, entry: Entry, now: datetime) -> None:
    """Keep a name that is another's as nobody's here: it belongs to no work any more, and is never minted again."""
    gone: dict[str, object] = {"own": False, "record_id": None, "fault": None, "cause": None, "slot": None}
    _move(tx, entry, State.GIVEN_UP, now, **gone, message=entry.message)


def doubt(tx: Connection, entry: Entry, why: str, now: datetime) -> None:
    """Note that the agency says otherwise, so that all is sent again when it is asked."""
    _move(tx, entry, State.SUBMITTED, now, acknowledged=None, fault=None, message=why)


def counts(tx: Connection) -> dict[str, int]:
    return {row[0]: row[1] for row in tx.execute(select(identifiers.c.state, func.count()).group_by(identifiers.c.state))}


def search(tx: Connection, text: str, limit: int) -> list[Entry]:
    """Return identifiers by a part of them or of what was said of them, the newest first."""
    said = or_(identifiers.c.value.icontains(text, autoescape=True), identifiers.c.message.icontains(text, autoescape=True))
    query = select(identifiers).where(said).order_by(identifiers.c.id.desc()).limit(limit)
    return [read_entry(row) for row in tx.execute(query).mappings()]


def of_profile(tx: Connection, profile_id: int, states: Sequence[State], after: int, limit: int) -> list[Entry]:
    """Return identifiers of works that were minted by a profile, with numbers behind `after`, in their order."""
    query = select(identifiers).where(*_minted_by(profile_id, states), identifiers.c.id > after)
    return [read_entry(row) for row in tx.execute(query.order_by(identifiers.c.id).limit(limit)).mappings()]


def count_of_profile(tx: Connection, profile_id: int, states: Sequence[State] = ()) -> int:
    """Count the identifiers minted by a profile: all of them, or those of works in some states."""
    where = _minted_by(profile_id, states) if states else (identifiers.c.profile_id == profile_id,)
    return int(tx.execute(select(func.count()).select_from(identifiers).where(*where)).scalar_one())


def _minted_by(profile_id: int, states: Sequence[State]) -> tuple[ColumnElement[bool], ...]:
    wanted = identifiers.c.state.in_([state.value for state in states])
    return (identifiers.c.profile_id == profile_id, identifiers.c.own, identifiers.c.record_id.is_not(None), wanted)


@dataclass(frozen=True, slots=True)
class Submission:
    """One request to an agency, as a profile's history shows it."""

    id: int
    value: str
    record_id: str | None
    sent: datetime
    attempt: int
    status: int | None
    outcome: str | None
    answer: str


def submissions_of(tx: Connection, profile_id: int, *, before: int = 0, limit: int = 50) -> list[Submission]:
    """Return what was sent to the agency for a profile's identifiers, the latest first; `before` is the number to go on from."""
    columns = (submissions.c.id, identifiers.c.value, identifiers.c.record_id, submissions.c.sent, submissions.c.attempt)
    query = select(*columns, submissions.c.status, submissions.c.outcome, submissions.c.answer)
    query = query.join(identifiers, identifiers.c.id == submissions.c.identifier_id).where(identifiers.c.profile_id == profile_id)
    if before:
        query = query.where(submissions.c.id < before)
    rows = tx.execute(query.order_by(submissions.c.id.desc()).limit(limit))
    return [Submission(*row[:-1], answer=(row[-1] or "")[:_QUOTED]) for row in rows]


def _move(tx: Connection, entry: Entry, state: State, now: datetime, **values: object) -> None:
    if state not in MOVES[entry.state]:
        raise AssertionError(f"{entry.value}: {entry.state} → {state} is not a move")
    if "fault" in values:
        values["cause"] = cause_of(str(values["message"])) if values["fault"] else None
    _CHANGE.run(tx, {"its_id": entry.id, "state": state.value, "changed": now, **values})


def _answer(tx: Connection, submission: int, status: int | None, outcome: str, answer: str, now: datetime) -> None:
    [sent] = _SENT.values(tx, {"id": submission})
    values = {"status": status, "outcome": outcome, "answer": answer[:20000], "seconds": (now - sent).total_seconds()}
    _ANSWER.run(tx, {"its_id": submission, **values})


_SENT = Statement(select(submissions.c.sent).where(submissions.c.id == bindparam("id")))
_ANSWER = Statement(update(submissions).where(submissions.c.id == bindparam("its_id")))


def read_entry(row: Mapping[Any, Any]) -> Entry:
    return Entry(
        row["id"], row["record_id"], row["scheme"], row["value"], row["own"], row["profile_id"], row["environment"],
        State(row["state"]), row["fault"], row["message"], row["acknowledged"], row["registered"], row["stamp"], row["waiting"],
        row["slot"], row["held_by"], row["held_why"], row["migrated"],
    )  # fmt: skip
