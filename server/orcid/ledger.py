"""The ledger: of each work and each person who linked an iD what should be on their ORCID record, and what is. Takes `tx`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, func, or_, select, update

from server.db import upsert
from server.orcid.model import PASSING, UNKNOWN, Linked, Row, Said, WorkState
from server.orcid.tables import orcid_links, orcid_works
from server.people.tables import people, person_links
from server.records.tables import records

_AT_ONCE = 500
_OPEN = tuple(one.value for one in (WorkState.WAITING, WorkState.SILENT, WorkState.UNCLEAR, WorkState.STOPPED))


@dataclass(frozen=True, slots=True)
class Wanted:
    """One work that should be on a record, known by its digest, and when the work last changed."""

    record_id: str
    digest: str
    modified: datetime


def of_person(tx: Connection, person_id: int) -> dict[str, Row]:
    """Return the lines of a person, by work."""
    rows = tx.execute(select(orcid_works).where(orcid_works.c.person_id == person_id)).mappings()
    return {row["record_id"]: row_of(row) for row in rows}


def of_work(tx: Connection, record_id: str) -> list[Row]:
    """Return the lines of a work, one for each person."""
    query = select(orcid_works).where(orcid_works.c.record_id == record_id).order_by(orcid_works.c.person_id)
    return [row_of(row) for row in tx.execute(query).mappings()]


def works_of(tx: Connection, person_id: int) -> list[str]:
    """Return the published works that name a person for sure."""
    query = (
        select(person_links.c.record_id)
        .join(records, records.c.id == person_links.c.record_id)
        .where(person_links.c.person_id == person_id, person_links.c.state == "linked", records.c.state == "published")
        .distinct()
    )
    return list(tx.execute(query.order_by(person_links.c.record_id)).scalars())


def plan(tx: Connection, link: Linked, wanted: Sequence[Wanted], now: datetime) -> list[Row]:
    """Write down what should be on a record, and return every line of it that is not settled.

    A line that ORCID refused waits until what should be there is something else. On another record than before nothing is yet.
    """
    before = of_person(tx, link.person_id)
    should = {one.record_id: one for one in wanted}
    for record_id in sorted(should.keys() | before.keys()):
        row = before.get(record_id) or _new(record_id, link, now)
        one = should.get(record_id)
        after = _planned(row, link, "" if one is None or row.unwanted else one.digest, one)
        if record_id not in before and after.wanted:
            values = {name: getattr(after, name) for name in Row.__dataclass_fields__}
            statement = upsert.insert(tx, orcid_works).values(values)
            tx.execute(statement.on_conflict_do_nothing(index_elements=["record_id", "person_id"]))
        elif record_id in before and after != row:
            values = {name: getattr(after, name) for name in _PLANNED}
            tx.execute(update(orcid_works).where(*_key(record_id, link.person_id)).values(values))
    return [row for row in of_person(tx, link.person_id).values() if not row.settled and row.state is not WorkState.REFUSED]


_PLANNED = ("account", "put_code", "wanted", "acked", "state", "status", "words", "seen")


def _new(record_id: str, link: Linked, now: datetime) -> Row:
    return Row(
        record_id=record_id, person_id=link.person_id, account=link.account, put_code=None, wanted="", acked="",
        state=WorkState.GONE, status=None, words="", attempts=0, unwanted=False, changed=now, asked=None, seen=None,
    )  # fmt: skip


def _planned(row: Row, link: Linked, want: str, one: Wanted | None) -> Row:
    row = replace(row, seen=one.modified if one is not None else None)
    if row.account != link.account:
        row = replace(row, account=link.account, put_code=None, acked="", state=WorkState.STOPPED)
    is_over = row.state is WorkState.STOPPED or (row.state is WorkState.REMOVED and not row.unwanted)
    if row.wanted == want and not is_over:
        return row
    state = WorkState.WAITING
    if want == row.acked:
        state = WorkState.CURRENT if want else WorkState.GONE
    return replace(row, wanted=want, state=state, status=None, words="")


def begin(tx: Connection, link: Linked, record_ids: Iterable[str], now: datetime) -> None:
    """Write down that something is about to be sent: until ORCID answers, nobody knows what it has."""
    mine = (orcid_works.c.person_id == link.person_id, orcid_works.c.record_id.in_(list(record_ids)))
    tx.execute(update(orcid_works).where(*mine).values(acked=UNKNOWN, asked=now))


def confirm(tx: Connection, link: Linked, row: Row, put_code: int | None, status: int | None, now: datetime) -> None:
    """Note that ORCID has a work as it should, or that it is gone as it should be."""
    values = {
        "put_code": put_code if row.wanted else None, "acked": row.wanted, "status": status, "words": "", "attempts": 0,
        "state": (WorkState.CURRENT if row.wanted else WorkState.GONE).value, "changed": now,
    }  # fmt: skip
    tx.execute(update(orcid_works).where(*_key(row.record_id, link.person_id)).values(values))


def told(tx: Connection, link: Linked, row: Row, said: Said, now: datetime) -> None:
    """Note what ORCID said of a work instead of taking it."""
    state = PASSING.get(said.verdict, WorkState.REFUSED)
    values = {
        "state": state.value, "status": said.status, "words": said.words, "attempts": orcid_works.c.attempts + 1, "changed": now,
    }  # fmt: skip
    tx.execute(update(orcid_works).where(*_key(row.record_id, link.person_id)).values(values))


def forget_put_code(tx: Connection, link: Linked, row: Row, now: datetime) -> None:
    """Let go of a number that is somebody else's."""
    values = {"put_code": None, "acked": "", "changed": now}
    tx.execute(update(orcid_works).where(*_key(row.record_id, link.person_id)).values(values))


def taken_away(tx: Connection, link: Linked, row: Row, status: int | None, now: datetime) -> None:
    """Note that the person took a work away at ORCID: that is their wish, until they say otherwise here."""
    values = {
        "unwanted": True, "wanted": "", "acked": "", "put_code": None, "state": WorkState.REMOVED.value, "status": status,
        "words": "", "changed": now,
    }  # fmt: skip
    tx.execute(update(orcid_works).where(*_key(row.record_id, link.person_id)).values(values))


def taken(tx: Connection, link: Linked) -> dict[int, str]:
    """Return under which numbers ORCID holds works of ours on a record."""
    mine = (orcid_works.c.person_id == link.person_id, orcid_works.c.account == link.account)
    rows = tx.execute(select(orcid_works.c.put_code, orcid_works.c.record_id).where(*mine, orcid_works.c.put_code.is_not(None)))
    return {row.put_code: row.record_id for row in rows}


def remember(tx: Connection, link: Linked, row: Row, put_code: int, now: datetime) -> None:
    """Keep under which number ORCID holds a work of ours."""
    values = {"put_code": put_code, "changed": now}
    tx.execute(update(orcid_works).where(*_key(row.record_id, link.person_id)).values(values))


def missing(tx: Connection, link: Linked, there: Iterable[int], now: datetime) -> int:
    """Note which works of ours a record seems to have no more, by what ORCID says is there; return how many are to be looked at.

    A list may be short, and may have been read before something was put there: what became of each is asked by its number.
    """
    gone = set(taken(tx, link)) - set(there)
    mine = (orcid_works.c.person_id == link.person_id, orcid_works.c.put_code.in_(gone), orcid_works.c.wanted != "")
    values = {"acked": UNKNOWN, "state": WorkState.WAITING.value, "words": "", "status": None, "changed": now}
    return tx.execute(update(orcid_works).where(*mine).values(values)).rowcount if gone else 0


def stop(tx: Connection, person_id: int, words: str, status: int | None, now: datetime) -> int:
    """Note of all that is not settled that it waits for the person; return how many lines there are."""
    open_ = (orcid_works.c.person_id == person_id, orcid_works.c.wanted != orcid_works.c.acked)
    values = {"state": WorkState.STOPPED.value, "words": words, "status": status, "changed": now}
    return tx.execute(update(orcid_works).where(*open_).values(values)).rowcount


def want(tx: Connection, record_id: str, person_id: int, now: datetime, *, wanted: bool) -> bool:
    """Note whether a person wants a work on their record; False where there is no such line."""
    values = {"unwanted": not wanted, "changed": now}
    return tx.execute(update(orcid_works).where(*_key(record_id, person_id)).values(values)).rowcount == 1


def again(tx: Connection, record_id: str, person_id: int, now: datetime) -> Row | None:
    """Let ORCID be asked once more about a work it refused; return the line as it was, None where there is none."""
    row = tx.execute(select(orcid_works).where(*_key(record_id, person_id))).mappings().one_or_none()
    if row is None:
        return None
    before = row_of(row)
    if not before.settled:
        values = {"state": WorkState.WAITING.value, "changed": now}
        tx.execute(update(orcid_works).where(*_key(record_id, person_id)).values(values))
    return before


def counts(tx: Connection, person_id: int | None = None) -> dict[WorkState, int]:
    """Count the lines by state: of one person, or all."""
    query = select(orcid_works.c.state, func.count()).group_by(orcid_works.c.state)
    if person_id is not None:
        query = query.where(orcid_works.c.person_id == person_id)
    return {WorkState(state): count for state, count in tx.execute(query)}


def behind(tx: Connection, client_id: str, after: int, limit: int = _AT_ONCE) -> list[int]:
    """Return people who linked with a client and have something to be done that no job knows of, by number, those after one.

    That is what changed and no job has seen, and what was to be asked again by itself when the job ended, as where the profile
    was off for a while; what ORCID refused is not.
    """
    same = and_(orcid_works.c.record_id == person_links.c.record_id, orcid_works.c.person_id == person_links.c.person_id)
    theirs = and_(person_links.c.person_id == orcid_links.c.person_id, person_links.c.state == "linked")
    unseen = (
        select(person_links.c.record_id)
        .join(records, and_(records.c.id == person_links.c.record_id, records.c.state == "published"))
        .outerjoin(orcid_works, same)
        .where(theirs, or_(orcid_works.c.seen.is_(None), orcid_works.c.seen != records.c.modified))
        .correlate(orcid_links)
    )
    still = (
        select(person_links.c.record_id)
        .join(records, and_(records.c.id == person_links.c.record_id, records.c.state == "published"))
        .where(same, person_links.c.state == "linked")
        .correlate(orcid_works)
    )
    surplus = (
        select(orcid_works.c.record_id)
        .where(orcid_works.c.person_id == orcid_links.c.person_id, orcid_works.c.wanted != "", ~still.exists())
        .correlate(orcid_links)
    )
    query = select(orcid_links.c.person_id).where(orcid_links.c.person_id > after, orcid_links.c.state == "valid")
    query = query.where(orcid_links.c.client_id == client_id)
    left = (
        select(orcid_works.c.record_id)
        .where(orcid_works.c.person_id == orcid_links.c.person_id, orcid_works.c.wanted != orcid_works.c.acked)
        .where(orcid_works.c.state.in_(_OPEN))
        .correlate(orcid_links)
    )
    query = query.where(or_(unseen.exists(), surplus.exists(), left.exists())).order_by(orcid_links.c.person_id).limit(limit)
    return list(tx.execute(query).scalars())


def concerned(tx: Connection, record_ids: Iterable[str]) -> set[int]:
    """Return the linked people on whose records some works stand, or should."""
    ids = list(record_ids)
    named = select(person_links.c.person_id).where(person_links.c.record_id.in_(ids), person_links.c.state == "linked")
    kept = select(orcid_works.c.person_id).where(orcid_works.c.record_id.in_(ids))
    query = select(orcid_links.c.person_id).where(orcid_links.c.person_id.in_(named.union(kept)))
    return set(tx.execute(query).scalars())


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list asks for; empty means any. `page` begins with 1."""

    state: str = ""
    record_id: str = ""
    person_id: int = 0
    page: int = 1


def search(tx: Connection, wanted: Asked, size: int) -> tuple[list[tuple[Row, str, str]], int]:
    """Return a page of lines, each with the work's title and the person's document, the latest first; and how many there are."""
    query = _narrowed(select(orcid_works, records.c.title, people.c.document), wanted)
    total = int(tx.execute(query.with_only_columns(func.count(orcid_works.c.record_id))).scalar_one())
    latest = (orcid_works.c.changed.desc(), orcid_works.c.record_id, orcid_works.c.person_id)
    rows = tx.execute(query.order_by(*latest).limit(size).offset((wanted.page - 1) * size)).mappings()
    return [(row_of(row), row["title"], row["document"]) for row in rows], total


def _narrowed(query: Select[Any], wanted: Asked) -> Select[Any]:
    query = query.join(records, records.c.id == orcid_works.c.record_id).join(people, people.c.id == orcid_works.c.person_id)
    if wanted.state:
        query = query.where(orcid_works.c.state == wanted.state)
    if wanted.record_id:
        query = query.where(orcid_works.c.record_id == wanted.record_id)
    if wanted.person_id:
        query = query.where(orcid_works.c.person_id == wanted.person_id)
    return query


def _key(record_id: str, person_id: int) -> tuple[Any, ...]:
    return (orcid_works.c.record_id == record_id, orcid_works.c.person_id == person_id)


def row_of(row: RowMapping | Mapping[str, Any]) -> Row:
    """Return a line as a value."""
    fields = {name: row[name] for name in Row.__dataclass_fields__}
    return Row(**fields | {"state": WorkState(row["state"])})
