"""What the page of identifiers asks of the database: identifiers by filters, how many of each kind, groups of one cause.

It is as fast with a hundred thousand identifiers as with ten: a page begins behind the last row of the one before it, the numbers
beside the filters come out of one walk over an index, and so do the groups. How long an identifier waits is how long its open job
stands in the queue: the job stays the same, whatever befalls it, until the agency agrees.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, ColumnElement, Connection, RowMapping, and_, cast, func, or_, select, text

from server.identifiers import ledger
from server.identifiers.holding import UNCONFIRMED
from server.identifiers.ledger import Entry
from server.identifiers.mint import REGISTER
from server.identifiers.tables import identifiers, submissions
from server.jobs.model import JobState
from server.jobs.tables import jobs
from server.profiles.tables import profiles
from server.records import store as records
from server.records.searchable import normal
from server.records.tables import searchable
from server.xml import clean

PAGE = 50
MOST_GROUPS = 12
LONGEST = 200

#: How long something must have waited at least to be asked for by its age.
AGES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1), "month": timedelta(days=30)}

_FACETS = ("state", "profile", "scheme", "environment", "fault", "held")
_PARTS = (
    identifiers.c.state, identifiers.c.profile_id, identifiers.c.scheme, identifiers.c.environment, identifiers.c.fault,
    identifiers.c.held_by,
)  # fmt: skip

#: The requests that are not at an end. Written out, so that SQLite knows its index of them again.
_OPEN = and_(jobs.c.kind == REGISTER, text("jobs.state NOT IN ('done', 'dead')"))
_SUBJECT = cast(jobs.c.subject, BigInteger)
_NUMBER = re.compile(r"[0-9]{1,17}")


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is looked for; empty means any. All of it must hold."""

    q: str = ""
    state: str = ""
    profile: str = ""
    """The number of a profile."""
    scheme: str = ""
    environment: str = ""
    fault: str = ""
    held: str = ""
    """The name of whoever holds it."""
    cause: str = ""
    """The words of a failure without what differs from one identifier to the next."""
    age: str = ""
    """One of AGES: it waits for its agency at least so long."""
    order: str = ""
    """Empty for the newest first, *waiting* for those first that wait longest; then only what waits is found."""

    @property
    def query(self) -> str:
        """Return it as the query of an address."""
        return urlencode(msgspec.to_builtins(self))

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return self != Asked()

    def but(self, **values: str) -> "Asked":
        """Return the same with other values."""
        return msgspec.structs.replace(self, **values)


def asked_of(query: str) -> Asked:
    """Return what the query of an address asks for; what it does not know is passed over."""
    known = set(Asked.__struct_fields__)
    found = {name: clean(value).strip()[:LONGEST] for name, value in parse_qsl(query) if name in known}
    age = found.get("age", "")
    return Asked(**(found | {"age": age if age in AGES else "", "order": "waiting" if found.get("order") == "waiting" else ""}))


@dataclass(frozen=True, slots=True)
class Request:
    """The open job that asks the agency about an identifier."""

    state: JobState
    due: datetime
    since: datetime
    note: str

    @property
    def next(self) -> datetime | None:
        """When the agency is asked next; None while it is being asked, and where somebody is waited for."""
        return self.due if self.state in {JobState.READY, JobState.DEFERRED} else None


@dataclass(frozen=True, slots=True)
class Row:
    """An identifier with what else is known of it."""

    entry: Entry
    created: datetime
    changed: datetime
    cause: str
    """Its failure without what belongs to it only; empty where nothing fails."""
    title: str
    """Of its work; empty where it has none yet."""
    profile: str
    """The name of the profile it was minted by; empty for one that came with its work."""
    attempts: int
    """How often anything was sent for it."""
    request: Request | None

    @property
    def words(self) -> str:
        """What was said of it last: by its agency, or else by the queue."""
        return self.entry.message or (self.request.note if self.request is not None else "")

    @property
    def place(self) -> str:
        """Return what a page after this row begins behind."""
        since = self.request.since if self.request is not None else self.created
        return f"{since.isoformat()} {self.entry.id}"


@dataclass(frozen=True, slots=True)
class Facet:
    """Values of one filter: how many identifiers there are of each, all other filters holding."""

    name: str
    values: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Group:
    """Identifiers of one profile and state that fail for the same cause."""

    cause: str
    profile_id: int | None
    profile: str
    state: str
    count: int

    @property
    def query(self) -> str:
        found = Asked(cause=self.cause, state=self.state, profile=str(self.profile_id or ""))
        return found.query


def page(tx: Connection, asked: Asked, now: datetime, behind: str = "", size: int = PAGE) -> list[Row]:
    """Return up to `size` identifiers behind the place of a row: the newest first, or those that wait longest."""
    since, number = _place(behind)
    query = select(identifiers).where(*_where(asked, now)).limit(size)
    if asked.order:
        query = query.join(jobs, and_(_OPEN, identifiers.c.id == _SUBJECT)).order_by(jobs.c.created, identifiers.c.id)
        if number:
            after = and_(jobs.c.created == since, identifiers.c.id > number)
            query = query.where(or_(jobs.c.created > since, after))
    else:
        query = query.order_by(identifiers.c.id.desc())
        if number:
            query = query.where(identifiers.c.id < number)
    return _rows(tx, tx.execute(query).mappings().all())


def one(tx: Connection, number: int) -> Row | None:
    """Return one identifier, or None."""
    query = select(identifiers).where(identifiers.c.id == number)
    return next(iter(_rows(tx, tx.execute(query).mappings().all())), None)


def selected(tx: Connection, numbers: Collection[int], after: int, size: int) -> list[tuple[int, str]]:
    """Return the next of some identifiers, with their values, the oldest first."""
    query = select(identifiers.c.id, identifiers.c.value).where(identifiers.c.id.in_(numbers), identifiers.c.id > after)
    return [(row.id, row.value) for row in tx.execute(query.order_by(identifiers.c.id).limit(size))]


def unconfirmed(tx: Connection, asked: Asked, now: datetime, after: int, size: int) -> list[tuple[int, str]]:
    """Return the next of ours that no agency confirmed, with their values, the oldest first."""
    query = select(identifiers.c.id, identifiers.c.value).where(*_unconfirmed(asked, now), identifiers.c.id > after)
    return [(row.id, row.value) for row in tx.execute(query.order_by(identifiers.c.id).limit(size))]


def count_unconfirmed(tx: Connection, asked: Asked, now: datetime) -> int:
    """Count those of what is asked for that are ours and that no agency confirmed."""
    return int(tx.execute(select(func.count()).select_from(identifiers).where(*_unconfirmed(asked, now))).scalar_one())


def _unconfirmed(asked: Asked, now: datetime) -> list[ColumnElement[bool]]:
    row = identifiers.c
    states = [state.value for state in UNCONFIRMED]
    return [*_where(asked, now), row.own, row.record_id.is_not(None), row.held_by.is_(None), row.state.in_(states)]


def facets(tx: Connection, asked: Asked, now: datetime) -> tuple[int, list[Facet]]:
    """Return how many identifiers are asked for, and the values of each filter with their numbers.

    The numbers of one filter hold for all the others as they are chosen, so that each is what its link will show.
    """
    base = asked.but(**dict.fromkeys(_FACETS, ""))
    chosen = [getattr(asked, name) for name in _FACETS]
    counted: list[Counter[str]] = [Counter() for _ in _FACETS]
    total = 0
    for *parts, number in tx.execute(select(*_PARTS, func.count()).where(*_where(base, now)).group_by(*_PARTS)):
        row = [str(part or "") for part in parts]
        differs = [place for place, (is_, wanted) in enumerate(zip(row, chosen, strict=True)) if wanted and is_ != wanted]
        if len(differs) > 1:
            continue
        total += 0 if differs else number
        for place in differs or range(len(_FACETS)):
            counted[place][row[place]] += number
    found = [
        Facet(name, [(value, number) for value, number in values.most_common() if value])
        for name, values in zip(_FACETS, counted, strict=True)
    ]
    return total, found


def groups(tx: Connection) -> list[Group]:
    """Return what fails, by cause, profile and state; the largest first."""
    parts = (identifiers.c.cause, identifiers.c.profile_id, identifiers.c.state)
    query = select(*parts, func.count()).where(identifiers.c.cause.is_not(None)).group_by(*parts)
    found = tx.execute(query.order_by(func.count().desc(), identifiers.c.cause).limit(MOST_GROUPS)).all()
    names = profile_names(tx)
    return [Group(cause, profile, names.get(profile or 0, ""), state, number) for cause, profile, state, number in found]


def profile_names(tx: Connection) -> dict[int, str]:
    """Return the names of all profiles, of deleted ones too, by number."""
    return {row.id: row.name for row in tx.execute(select(profiles.c.id, profiles.c.name))}


def _rows(tx: Connection, found: Sequence[RowMapping]) -> list[Row]:
    numbers = [row["id"] for row in found]
    titles = records.titles(tx, {row["record_id"] for row in found if row["record_id"]})
    names, requests, sent = profile_names(tx), _requests(tx, numbers), _attempts(tx, numbers)
    return [
        Row(
            ledger.read_entry(row), row["created"], row["changed"], row["cause"] or "", titles.get(row["record_id"] or "", ""),
            names.get(row["profile_id"] or 0, ""), sent.get(row["id"], 0), requests.get(row["id"]),
        )
        for row in found
    ]  # fmt: skip


def _requests(tx: Connection, numbers: Iterable[int]) -> dict[int, Request]:
    columns = (jobs.c.subject, jobs.c.state, jobs.c.due, jobs.c.created, jobs.c.note)
    query = select(*columns).where(_OPEN, jobs.c.subject.in_([str(number) for number in numbers]))
    return {
        int(subject): Request(JobState(state), due, since, note or "") for subject, state, due, since, note in tx.execute(query)
    }


def _attempts(tx: Connection, numbers: Sequence[int]) -> dict[int, int]:
    mine = submissions.c.identifier_id
    return {row[0]: row[1] for row in tx.execute(select(mine, func.count()).where(mine.in_(numbers)).group_by(mine))}


def _place(text_: str) -> tuple[datetime, int]:
    """Read the place of a row; what is none means the beginning."""
    since, _, number = text_.partition(" ")
    try:
        moment = datetime.fromisoformat(since).astimezone(UTC)
    except (ValueError, OverflowError):
        number = ""
    if not _NUMBER.fullmatch(number):
        return datetime.fromtimestamp(0, UTC), 0
    return moment, int(number)


def _where(asked: Asked, now: datetime) -> list[ColumnElement[bool]]:
    """Return what must hold of an identifier."""
    row = identifiers.c
    found: list[ColumnElement[bool]] = []
    columns = {
        "state": row.state, "scheme": row.scheme, "environment": row.environment, "fault": row.fault, "cause": row.cause,
        "held": row.held_by,
    }  # fmt: skip
    for name, column in columns.items():
        if wanted := getattr(asked, name):
            found.append(column == wanted)
    if asked.profile:
        found.append(row.profile_id == (int(asked.profile) if _NUMBER.fullmatch(asked.profile) else 0))
    if asked.age:
        found.append(row.id.in_(select(_SUBJECT).where(_OPEN, jobs.c.created <= now - AGES[asked.age])))
    return [*found, *_says(asked)]


def _says(asked: Asked) -> list[ColumnElement[bool]]:
    row, found = identifiers.c, list[ColumnElement[bool]]()
    for word in asked.q.split():  # each of them, wherever it stands
        bare = word.removeprefix("https://").removeprefix("http://").removeprefix("dx.").removeprefix("doi.org/")
        said = [field.icontains(bare, autoescape=True) for field in (row.value, row.message)]
        called = select(searchable.c.record_id).where(searchable.c.text.contains(normal(word), autoescape=True))
        found.append(or_(*said, row.record_id.in_(called)))
    return found
