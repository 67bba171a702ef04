"""What another definition would do: how many works each set would hold, how many records would be rendered or given anew.

Every published work is looked at, some hundreds at a time on a thread of its own, so that nobody waits meanwhile; after a while
it stops and says how far it came.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from time import monotonic as _time

from sqlalchemy import Connection, func, select

from server.clock import Clock
from server.db.engine import Database
from server.identifiers import ledger
from server.metadata.sets import Grouping
from server.metadata.work import NAMELESS
from server.oai.definition import Definition
from server.profiles.kind import Fact, Preview
from server.records.embargo import opened
from server.records.model import decode
from server.records.query import Facts
from server.records.sets import HIDDEN, is_hidden
from server.records.store import State
from server.records.tables import feed, records

SIZE = 500
PATIENCE = 10.0
"""Seconds it may take; somebody waits for the page."""
SHOWN = 5
"""Works of a set that are named."""


@dataclass(slots=True)
class Counted:
    """What was found among the works looked at: the members of each set, and the first of them by id and title."""

    works: int = 0
    every: int = 0
    """How many works there are; more than were looked at where it took too long."""
    changed: int = 0
    """Records in other sets than before."""
    members: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        return self.works >= self.every


@dataclass(frozen=True, slots=True)
class _Asked:
    """Two groupings, and the hidden sets of contexts that held some records and will hold all, or the other way.

    `filled` are those that are new: who is in them is written down, and nobody's datestamp moves for it.
    """

    before: Grouping
    after: Grouping
    widened: frozenset[str]
    narrowed: frozenset[str]
    filled: frozenset[str]


async def count(database: Database, clock: Clock, before: Definition, after: Definition) -> Counted:
    """Look at every published work with the sets of both definitions."""
    old, new = before.sets_kept, after.sets_kept
    widened = frozenset(HIDDEN + path for path in {*old.some} & {*new.whole})
    narrowed = frozenset(HIDDEN + path for path in {*old.whole} & {*new.some})
    filled = frozenset(HIDDEN + path for path in {*new.some} - {*old.some})
    asked = _Asked(*_differing(before.grouping, after.grouping), widened, narrowed, filled)
    found, last = Counted(), ""
    until = _time() + PATIENCE
    found.every = await database.read(_every)
    while _time() < until:
        part = await database.read_hot(_part, last, clock().date(), asked)
        last = _added(found, part)
        if not last:
            break
    return found


def _differing(before: Grouping, after: Grouping) -> tuple[Grouping, Grouping]:
    """Return two groupings without the sets that are the same in both, which need not be told again of every work."""

    def without(one: Grouping, other: Grouping) -> Grouping:
        known = {each.spec: each.query for each in other.own}
        return Grouping(
            tuple(root for root in one.families if root not in other.families),
            tuple(each for each in one.own if known.get(each.spec) != each.query),
            one.filters,
        )

    return without(before, after), without(after, before)


def _every(tx: Connection) -> int:
    query = select(func.count()).select_from(records).where(records.c.state == State.PUBLISHED.value)
    return int(tx.execute(query).scalar_one())


@dataclass(frozen=True, slots=True)
class _Seen:
    id: str
    title: str
    specs: tuple[str, ...]
    changed: bool


def _part(tx: Connection, after_id: str, today: date, asked: _Asked) -> list[_Seen]:
    query = select(records.c.id, records.c.title, records.c.collection, records.c.document)
    query = query.where(records.c.state == State.PUBLISHED.value, records.c.id > after_id).order_by(records.c.id).limit(SIZE)
    rows = tx.execute(query).all()
    names = ledger.shown_of(tx, [row.id for row in rows])
    found = []
    for row in rows:
        facts = Facts(opened(decode(row.document), today), row.collection, names.get(row.id, NAMELESS).doi)
        specs, old = asked.after.specs(facts), set(asked.before.specs(facts))
        found.append(_Seen(row.id, row.title, specs, _is_changed(asked, old, set(specs))))
    return found


def _is_changed(asked: _Asked, old: set[str], new: set[str]) -> bool:
    """Whether a record is given to harvesters anew; that it left a context that is no more, nobody need be told."""
    gone = {HIDDEN + path for path, _ in asked.before.filters} - {HIDDEN + path for path, _ in asked.after.filters}
    return old - gone != new - asked.filled or not asked.narrowed <= new or not asked.widened <= old


def _added(found: Counted, part: list[_Seen]) -> str:
    """Add what a part showed, and return where to go on; empty at the end."""
    for seen in part:
        found.works += 1
        found.changed += seen.changed
        found.members.update(seen.specs)
        for spec in seen.specs:
            if len(named := found.first.setdefault(spec, [])) < SHOWN:
                named.append((seen.id, seen.title))
    return part[-1].id if len(part) == SIZE else ""


async def review(database: Database, clock: Clock, before: Definition, after: Definition) -> Preview | None:
    """Say what saving a definition would do to records, sets and contexts; None where that is nothing."""
    warnings, facts = list[str](), list[Fact]()
    given = await database.read(_given)
    if given and _spoken(before) != _spoken(after):
        warnings.append(
            f"The repository's name and the licence of the metadata stand in every record: all {given:,} are rendered anew, "
            "get a new datestamp, and are given to harvesters and agencies again."
        )
    old, new = before.grouping, after.grouping
    if old.fingerprint != new.fingerprint and (found := await count(database, clock, before, after)).every:
        warnings.append(f"{found.changed:,} of {found.works:,} records come into other sets, and are given to harvesters anew.")
        if not found.whole:
            left_out = f"There are {found.every:,} works; only the first {found.works:,} were looked at"
            warnings.append(f"{left_out}, so that you need not wait longer.")
        facts += _facts(old, new, found)
    return Preview("What saving would do", tuple(facts), tuple(warnings)) if warnings else None


def _spoken(definition: Definition) -> tuple[str, str]:
    """Return what every record says of the definition."""
    return definition.repository_name, definition.metadata_licence


def _given(tx: Connection) -> int:
    """Count the records harvesters are given, withdrawn ones too."""
    return int(tx.execute(select(func.count()).select_from(feed).where(feed.c.superseded.is_(None))).scalar_one())


def _facts(old: Grouping, new: Grouping, found: Counted) -> list[Fact]:
    """Return, of each set and context that is new or defined otherwise, how many works it holds and the first of them."""
    known = {each.spec: each.query for each in old.own} | {f"{HIDDEN}{path}": query for path, query in old.filters}
    wanted = {each.spec: each.query for each in new.own} | {f"{HIDDEN}{path}": query for path, query in new.filters}
    wanted = {spec: query for spec, query in wanted.items() if known.get(spec) != query}
    added = [root for root in new.families if root not in old.families]
    facts = [(_called(spec), _said(found, spec)) for spec in (*wanted, *added)]
    gone = [spec for spec in known if spec not in {each.spec for each in new.own} | {f"{HIDDEN}{p}" for p, _ in new.filters}]
    gone += [root for root in old.families if root not in new.families]
    return facts + [(_called(spec), _FREED if is_hidden(spec) else _GONE) for spec in gone]


_GONE = "No longer kept; harvesters are told that its records are deleted there."
_FREED = "Has no conditions any more."


def _called(spec: str) -> str:
    return f"Context {spec.removeprefix(HIDDEN)}" if is_hidden(spec) else f"Set {spec}"


def _said(found: Counted, spec: str) -> str:
    number = found.members[spec]
    titles = [title for _, title in found.first.get(spec, [])]
    more = ", …" if number > len(titles) else ""
    return f"{number:,}: {'; '.join(titles)}{more}" if titles else "0"
