"""What the import monitor asks of the database: deposits by filters, how many there are of each kind, groups of one cause.

Everything is as fast with a hundred thousand deposits as with ten: a page begins behind the last row of the one before it, and
the numbers beside the filters come out of one walk over the rows.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, case, distinct, func, or_, select

from server.accounts.tables import accounts
from server.sword import causes
from server.sword.causes import CAUSES, Kind
from server.sword.model import ContainerState, Deposit, DepositState
from server.sword.problems import Weight
from server.sword.store import DEPOSITS, read_deposit
from server.sword.tables import containers, deposits, problems
from server.xml import clean

PAGE = 50
DAYS = 30
"""How far the chart looks back, and for how long warnings count for a group."""

MOST_GROUPS = 12
LONGEST = 200

#: Where a work that was taken in still waits for somebody, or waits for nobody: said of its deposit in place of *taken*.
OF_WORKS = (ContainerState.PENDING, ContainerState.RETURNED, ContainerState.DECLINED)
_OF_WORKS = [state.value for state in OF_WORKS]
#: The newest request for each of those works: one work waits once, however often it was sent.
_NEWEST = (
    select(func.max(deposits.c.id))
    .join(containers, containers.c.id == deposits.c.container_id)
    .where(deposits.c.state == DepositState.TAKEN.value, containers.c.state.in_(_OF_WORKS))
    .group_by(deposits.c.container_id)
)


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is looked for; empty means any. All of it must hold."""

    q: str = ""
    state: str = ""
    """A state of a deposit, or one of OF_WORKS."""
    kind: str = ""
    """What has to be looked at: protocol, package, metadata …"""
    problem: str = ""
    """A class of problems; of what holds the deposit, or of its warnings."""
    value: str = ""
    """What that problem is about."""
    depositor: str = ""
    server: str = ""
    collection: str = ""
    packaging: str = ""
    claimed: str = ""
    """Whoever sees to it."""
    since: str = ""
    """A day; received then or later."""
    until: str = ""

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
    return Asked(**{name: clean(value).strip()[:LONGEST] for name, value in parse_qsl(query) if name in known})


@dataclass(frozen=True, slots=True)
class Facet:
    """Values of one filter: how many deposits there are of each, all other filters holding."""

    name: str
    values: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Group:
    """Deposits with the same problem."""

    code: str
    value: str
    weight: Weight
    count: int
    latest: datetime

    @property
    def query(self) -> str:
        return urlencode({"code": self.code, "value": self.value, "weight": self.weight.value})


@dataclass(frozen=True, slots=True)
class Day:
    """How many deposits came on a day, and how they ended."""

    day: date
    good: int = 0
    waiting: int = 0
    bad: int = 0

    @property
    def all(self) -> int:
        return self.good + self.waiting + self.bad


def page(tx: Connection, asked: Asked, before: str = "", size: int = PAGE) -> list[Deposit]:
    """Return up to `size` deposits behind the one with the id `before`, the newest first."""
    query = DEPOSITS.where(*_where(tx, asked)).order_by(deposits.c.id.desc()).limit(size)
    if before:
        query = query.where(deposits.c.id < clean(before))
    return [read_deposit(row) for row in tx.execute(query).mappings()]


def ids(tx: Connection, asked: Asked, after: str, size: int) -> list[str]:
    """Return the next deposits, the oldest first."""
    query = select(deposits.c.id).where(*_where(tx, asked), deposits.c.id > after).order_by(deposits.c.id).limit(size)
    return list(tx.execute(query).scalars())


def count(tx: Connection, asked: Asked) -> int:
    """Count the deposits that are asked for."""
    return int(tx.execute(select(func.count()).select_from(deposits).where(*_where(tx, asked))).scalar_one())


_FACETS = ("state", "kind", "problem", "depositor", "server", "collection", "packaging")
_PARTS = (
    deposits.c.state, deposits.c.problem, deposits.c.account_id, deposits.c.server, deposits.c.collection, deposits.c.packaging,
)  # fmt: skip


def facets(tx: Connection, asked: Asked) -> tuple[int, list[Facet]]:
    """Return how many deposits are asked for, and the values of each filter with their numbers.

    The numbers of one filter hold for all the others as they are chosen, so that each is what its link will show.
    """
    base = asked.but(state="", kind="", depositor="", server="", collection="", packaging="")
    chosen = [getattr(asked, name) if name != "problem" else "" for name in _FACETS]  # any of its problems may be the one
    counted: list[Counter[str]] = [Counter() for _ in _FACETS]
    total = 0
    for row, number in _walked(tx, base):
        differs = [place for place, (is_, wanted) in enumerate(zip(row, chosen, strict=True)) if wanted and is_ != wanted]
        if len(differs) > 1:
            continue
        total += 0 if differs else number
        for place in differs or range(len(_FACETS)):
            counted[place][row[place]] += number
    found = [
        Facet(name, [(value, number) for value, number in values.most_common() if value and number])
        for name, values in zip(_FACETS, counted, strict=True)
    ]
    return total, found


def _walked(tx: Connection, base: Asked) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield what the filters can say of deposits, and of how many: a walk over all rows, and one over those whose works wait."""
    names: dict[int | None, str] = {row.id: row.name for row in tx.execute(select(accounts.c.id, accounts.c.name))}
    where = _where(tx, base)
    every = select(*_PARTS, func.count()).where(*where).group_by(*_PARTS)
    works = select(containers.c.state, *_PARTS[1:], func.count()).join(containers, containers.c.id == deposits.c.container_id)
    works = works.where(*where, deposits.c.id.in_(_NEWEST))
    for state, problem, account, *rest, number in tx.execute(every):
        yield (state, kind_of(problem or ""), problem or "", names.get(account, ""), *(each or "" for each in rest)), number
    for state, problem, account, *rest, number in tx.execute(works.group_by(containers.c.state, *_PARTS[1:])):
        row = (kind_of(problem or ""), problem or "", names.get(account, ""), *(each or "" for each in rest))
        yield (state, *row), number
        yield (DepositState.TAKEN.value, *row), -number


def kind_of(code: str) -> str:
    """Return what has to be looked at for a class of problems; empty for none."""
    cause = CAUSES.get(code)
    return cause.kind.value if cause is not None else ""


def groups(tx: Connection, now: datetime) -> list[Group]:
    """Return the held deposits by cause, and the words nobody knew in what was taken lately; the largest first."""
    held = _grouped(tx, problems.c.weight == Weight.HOLD.value, deposits.c.state == DepositState.HELD.value)
    words = [code for code, cause in CAUSES.items() if cause.kind is Kind.MAPPING]
    warned = _grouped(
        tx,
        problems.c.weight == Weight.WARN.value,
        problems.c.code.in_(words),
        problems.c.value != "",
        deposits.c.received >= now - timedelta(days=DAYS),
    )
    return [*held, *warned]


def group(tx: Connection, code: str, value: str, weight: Weight) -> Group:
    """Return one group as it is now; it may be empty."""
    found = _grouped(tx, *_of_group(code, value, weight))
    return found[0] if found else Group(code, value, weight, 0, datetime.fromtimestamp(0, UTC))


def group_ids(tx: Connection, code: str, value: str, after: str = "", size: int = 1000) -> list[tuple[str, str, str]]:
    """Return the next held deposits of a group, the oldest first: id, what it is called, collection."""
    query = (
        select(deposits.c.id, func.coalesce(deposits.c.title, deposits.c.filename, ""), deposits.c.collection)
        .join(problems, problems.c.deposit_id == deposits.c.id)
        .where(*_of_group(code, value, Weight.HOLD), deposits.c.id > after)
        .group_by(deposits.c.id, deposits.c.title, deposits.c.filename, deposits.c.collection)
        .order_by(deposits.c.id)
        .limit(size)
    )
    return [(number, name, collection) for number, name, collection in tx.execute(query)]


def group_collections(tx: Connection, code: str, value: str, weight: Weight) -> list[str]:
    """Return the collections the deposits of a group were sent to."""
    query = select(deposits.c.collection).distinct().join(problems, problems.c.deposit_id == deposits.c.id)
    return sorted(tx.execute(query.where(*_of_group(code, value, weight))).scalars())


def _of_group(code: str, value: str, weight: Weight) -> list[ColumnElement[bool]]:
    mine = [problems.c.weight == weight.value, problems.c.code == clean(code), problems.c.value == clean(value)]
    return [*mine, deposits.c.state == DepositState.HELD.value] if weight is Weight.HOLD else mine


def _grouped(tx: Connection, *where: ColumnElement[bool]) -> list[Group]:
    number = func.count(distinct(deposits.c.id))
    query = (
        select(problems.c.code, problems.c.value, problems.c.weight, number, func.max(deposits.c.received))
        .join(deposits, deposits.c.id == problems.c.deposit_id)
        .where(*where)
        .group_by(problems.c.code, problems.c.value, problems.c.weight)
        .order_by(number.desc(), problems.c.code, problems.c.value)
        .limit(MOST_GROUPS)
    )
    return [Group(row[0], row[1], Weight(row[2]), row[3], row[4]) for row in tx.execute(query)]


_BAD = [DepositState.HELD.value, DepositState.REFUSED.value, DepositState.BROKEN_OFF.value]


def daily(tx: Connection, asked: Asked, today: date) -> list[Day]:
    """Return how many deposits came on each of the last days; what else is asked for holds, but for the dates."""
    first = today - timedelta(days=DAYS - 1)
    starts = [_midnight(first + timedelta(days=number)) for number in range(DAYS)]
    which = case(*((deposits.c.received >= start, number) for number, start in reversed(list(enumerate(starts)))), else_=0)
    query = (
        select(which, deposits.c.state, func.count())
        .where(*_where(tx, asked.but(since="", until="")), deposits.c.received >= starts[0])
        .group_by(which, deposits.c.state)
    )
    counted: Counter[tuple[int, str]] = Counter()
    for number, state, many in tx.execute(query):
        counted[number, "bad" if state in _BAD else "waiting" if state == DepositState.RECEIVED else "good"] += many
    return [
        Day(first + timedelta(days=number), *(counted[number, mood] for mood in ("good", "waiting", "bad")))
        for number in range(DAYS)
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _where(tx: Connection, asked: Asked) -> list[ColumnElement[bool]]:
    """Return what must hold of a deposit."""
    row = deposits.c
    found = [*_stands(asked), *_has_problem(asked)]
    for name, column in (("server", row.server), ("collection", row.collection), ("packaging", row.packaging)):
        if wanted := getattr(asked, name):
            found.append(column == wanted)
    for name, column in (("depositor", row.account_id), ("claimed", row.claimed_by)):
        if wanted := getattr(asked, name):
            found.append(column == select(accounts.c.id).where(accounts.c.name == wanted).scalar_subquery())
    if since := _day(asked.since):
        found.append(row.received >= _midnight(since))
    if until := _day(asked.until):
        found.append(row.received < _midnight(until) + timedelta(days=1))
    return [*found, *_says(asked, tx.dialect.name)]


def _stands(asked: Asked) -> list[ColumnElement[bool]]:
    row = deposits.c
    if asked.state in _OF_WORKS:
        of_work = select(containers.c.id).where(containers.c.state == asked.state)
        return [row.id.in_(_NEWEST), row.container_id.in_(of_work)]
    if asked.state == DepositState.TAKEN.value:
        return [row.state == asked.state, row.id.not_in(_NEWEST)]
    return [row.state == asked.state] if asked.state else []


def _has_problem(asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.kind:
        found.append(deposits.c.problem.in_([code for code, cause in CAUSES.items() if cause.kind == asked.kind]))
    if asked.problem:
        of_it = select(problems.c.deposit_id).where(problems.c.code == asked.problem)
        found.append(deposits.c.id.in_(of_it.where(problems.c.value == asked.value) if asked.value else of_it))
    return found


def _says(asked: Asked, dialect: str) -> list[ColumnElement[bool]]:
    row, found = deposits.c, list[ColumnElement[bool]]()
    holds = "contains" if dialect == "sqlite" else "icontains"  # there LIKE itself takes a for A, and at less than half the cost
    for word in asked.q.split():  # each of them, wherever it stands
        fields = (row.title, row.filename, row.message, row.problem, row.value, row.id, row.container_id)
        named = [code for code in CAUSES if word.lower() in causes.title(code).lower()]
        who = select(accounts.c.id).where(accounts.c.name.icontains(word, autoescape=True))
        words = [getattr(field, holds)(word, autoescape=True) for field in fields]
        found.append(or_(*words, row.account_id.in_(who), row.problem.in_(named)))
    return found


def _day(text: str) -> date | None:
    """Return a day; None for what is none, or so far off that no calendar has the next one."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if date.min < found < date.max else None
