"""Records whose sets change as the definition does: those get a new datestamp, spread over time, and no others.

Every record is looked at; one that is in other sets than harvesters were told is shown to them anew, and where it is a member no
longer it is announced as deleted. After a crash it goes on where it stopped.

A context that held every record, or is new, and has conditions now is filled first, in a pass of its own: whoever harvested it
has what stays, so nothing is stamped for that. Until it is filled it goes on as it was, and a new one answers 503.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Struct, structs
from sqlalchemy import Connection, Row, delete, func, insert, select

from server import observe
from server.audit.log import Actor
from server.clock import Clock
from server.db.engine import Database
from server.db.sequences import last
from server.errors import Unavailable
from server.forms.field import title
from server.identifiers import ledger
from server.jobs import queue
from server.jobs.model import Answer, Done, Job, Later, More
from server.metadata.fragments import Renderer
from server.metadata.work import NAMELESS, Work
from server.records import blocks, changes, headers, lists, store
from server.records.changes import Change
from server.records.lists import GIVEN
from server.records.sets import HIDDEN
from server.records.tables import feed, memberships, renderings, sets
from server.runs.model import ItemOutcome, Outcome, Subject
from server.runs.task import Deed, Task

#: The kind of job that looks at every record's sets.
REGROUP = "regroup"

SIZE = 200
PART = 5.0
"""Seconds it works before it lets other jobs have their turn."""
MOMENT = timedelta(seconds=10)
"""How long after a change of the definition it begins: by then every process knows of it."""
TOUCH = "touch-set"
_NOW, _NEXT = "sets-now", "sets-next"

log = observe.logger("regrouping")


class Sets(Struct, frozen=True, kw_only=True):
    """What the sets of records depend on: the definition's fingerprint, and which contexts hold every record or some.

    A context that was taken away is still known: who harvested it may come back with it.
    """

    fingerprint: str
    whole: tuple[str, ...] = ()
    some: tuple[str, ...] = ()


class _Under(Struct, frozen=True, kw_only=True):
    """A regrouping under way: what to, how far it came in the feed, and the last `seq` there was when it began.

    `widened` are the hidden sets of contexts that hold every record now and held some before, `narrowed` those the other way.
    `unfilled` are those nobody is given yet: of new contexts, and of narrowed ones, which are given every record until then.
    """

    sets: Sets
    widened: tuple[str, ...] = ()
    narrowed: tuple[str, ...] = ()
    unfilled: tuple[str, ...] = ()
    horizon: int = 0
    done: int = 0
    begun: bool = False
    total: int = 0
    seen: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a regrouping is: records looked at, of how many, and how many of them were in other sets."""

    seen: int
    total: int
    changed: int


def progress(tx: Connection) -> Progress | None:
    """Return how far the regrouping is that is under way or asked for; None where there is none."""
    under = _under(tx)
    return None if under is None else Progress(under.seen, under.total, under.changed)


def settle(tx: Connection, wanted: Sets, now: datetime, *, after: timedelta = timedelta()) -> bool:
    """Make a definition's sets the installation's; return whether every record must be looked at, which is then in the queue."""
    under = _under(tx)
    known = under.sets if under is not None else _now(tx)
    before = _given(known or Sets(fingerprint=""), under)
    whole = {*wanted.whole, *before.whole} - {*wanted.some}
    some = {*wanted.some, *before.some} - {*wanted.whole}
    after_ = Sets(fingerprint=wanted.fingerprint, whole=tuple(sorted(whole)), some=tuple(sorted(some)))
    if known == after_:
        return False
    widened = {*(under.widened if under else ()), *(HIDDEN + path for path in before.some)}
    narrowed = {*(under.narrowed if under else ()), *(HIDDEN + path for path in before.whole)}
    widened &= {HIDDEN + path for path in wanted.whole}
    narrowed &= {HIDDEN + path for path in wanted.some}
    if last(tx, "feed") == 0 or (before.fingerprint == wanted.fingerprint and under is None and not widened | narrowed):
        _write(tx, _NOW, after_)
        return False
    unfilled = {HIDDEN + path for path in {*wanted.some} - {*before.some}}
    widened_, narrowed_, unfilled_ = (tuple(sorted(specs)) for specs in (widened, narrowed, unfilled))
    _write(tx, _NEXT, _Under(sets=after_, widened=widened_, narrowed=narrowed_, unfilled=unfilled_))
    queue.enqueue(tx, REGROUP, "all", now + after)
    return True


def _given(known: Sets, under: _Under | None) -> Sets:
    """Return what contexts hold as harvesters see it: one that is still to be filled is given whole, or not at all."""
    if under is None:
        return known
    some = tuple(path for path in known.some if HIDDEN + path not in under.unfilled)
    unfiltered = tuple(path for path in known.some if HIDDEN + path in {*under.unfilled} & {*under.narrowed})
    return structs.replace(known, some=some, whole=(*known.whole, *unfiltered))


def chosen(tx: Connection, spec: str) -> bool:
    """Say whether a context is given by its hidden set already; until that is filled it goes on to hold every record.

    Raises Unavailable where it is new, so that there is nothing it could go on with.
    """
    under = _under(tx)
    if under is None or spec not in under.unfilled:
        return True
    if spec not in under.narrowed:
        raise Unavailable("What this base URL holds is being worked out. Come again later.")
    return False


def forget(tx: Connection) -> None:
    """Forget what the sets depend on, as nothing is defined any more: the next definition has every record looked at."""
    tx.execute(delete(renderings).where(renderings.c.name.in_((_NOW, _NEXT))))


def _now(tx: Connection) -> Sets | None:
    value = tx.execute(select(renderings.c.value).where(renderings.c.name == _NOW)).scalar()
    return None if value is None else msgspec.json.decode(value, type=Sets)


def _under(tx: Connection) -> _Under | None:
    value = tx.execute(select(renderings.c.value).where(renderings.c.name == _NEXT)).scalar()
    return None if value is None else msgspec.json.decode(value, type=_Under)


def _write(tx: Connection, name: str, value: Struct) -> None:
    tx.execute(delete(renderings).where(renderings.c.name == name))
    tx.execute(insert(renderings).values(name=name, value=msgspec.json.encode(value).decode()))


@dataclass(frozen=True, slots=True)
class _Row:
    """A record that is in other sets than harvesters were told; `seq` is its place in the feed when it was read."""

    seq: int
    record_id: str
    work: Work | None
    """None for one that was withdrawn."""
    collection: str
    missed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """The next records: where they end, how many they are, and which of them must be shown anew."""

    end: int
    count: int
    rows: list[_Row]
    fills: bool = False
    members: tuple[tuple[int, str, bool], ...] = ()
    """Where contexts are filled: the place of a record in the feed, a hidden set, and whether it has left that."""


@dataclass(frozen=True, slots=True)
class Regrouping:
    """The handler of REGROUP."""

    database: Database
    renderer: Renderer
    clock: Clock

    async def __call__(self, _job: Job) -> Answer:
        loop = asyncio.get_running_loop()
        until = loop.time() + PART
        if (obstacle := await self._begun()) is not None:
            return obstacle
        while True:
            started = loop.time()
            wanted = self.renderer.grouping.fingerprint
            part = await self.database.read_hot(_part, self.renderer, wanted)
            if part is None:
                return Later(timedelta(minutes=1), "the sets were defined anew meanwhile")
            if not part.count:
                if await self.database.write(_filled, wanted):
                    continue
                changed = await self.database.write(_finish, wanted)
                log.info("regrouped", extra={"records": changed})
                return Done(f"{changed} records came into other sets")
            if part.fills:
                await self.database.write(_fill, wanted, part)
            else:
                made = await asyncio.to_thread(lambda rows: [(r, _change(self.renderer, r)) for r in rows], part.rows)
                await self.database.write(_show, wanted, part, made, self.clock())
            if loop.time() >= until:
                return More("it goes on")
            await asyncio.sleep(loop.time() - started)  # as long as it took: writers and harvesters get their half

    async def _begun(self) -> Answer | None:
        """Begin, or go on; return why it cannot."""
        under = await self.database.read_hot(_under)
        if under is None:
            return Done("the sets are as they should be")
        if under.sets.fingerprint != self.renderer.grouping.fingerprint:
            return Later(timedelta(minutes=1), "a process with the new definition must do this")
        await self.database.write(_begin)
        return None


def _change(renderer: Renderer, row: _Row) -> Change:
    made = renderer.tombstone(row.record_id) if row.work is None else renderer.change(row.work, row.collection)
    return replace(made, missed=row.missed)


def _begin(tx: Connection) -> None:
    """Take in all that was written until now, once."""
    if (under := _under(tx)) is not None and not under.begun:
        total = int(tx.execute(select(func.count()).select_from(feed).where(feed.c.superseded.is_(None))).scalar_one())
        _write(tx, _NEXT, structs.replace(under, horizon=last(tx, "feed"), begun=True, total=total))


def _part(tx: Connection, renderer: Renderer, wanted: str) -> _Part | None:
    """Return the next records, or None where other sets are wanted by now."""
    under = _under(tx)
    if under is None or under.sets.fingerprint != wanted:
        return None
    query = select(feed.c.seq, feed.c.record_id, feed.c.header, feed.c.deleted).where(feed.c.superseded.is_(None))
    query = query.where(feed.c.seq > under.done, feed.c.seq <= under.horizon)
    rows = tx.execute(query.order_by(feed.c.seq).limit(SIZE)).all()
    if under.unfilled:
        return _filling(tx, renderer, under, rows)
    hidden = _hidden(tx, [row.seq for row in rows])
    # A context that was taken away, or holds every record now, has nobody to be told that a record has left it.
    gone = {spec for specs in hidden.values() for spec in specs} - {HIDDEN + path for path, _ in renderer.grouping.filters}
    stored = {each.id: each for each in store.some(tx, [row.record_id for row in rows])}
    names = ledger.shown_of(tx, list(stored))
    found = []
    for row in rows:
        each, named = stored[row.record_id], names.get(row.record_id, NAMELESS)
        told = headers.specs_in(row.header) | hidden.get(row.seq, set())
        if row.deleted:  # it stays where it was known; who harvested a context that held everything must hear of it, too
            if missed := tuple(spec for spec in under.narrowed if spec not in told):
                found.append(_Row(row.seq, row.record_id, None, each.collection, missed))
            continue
        now = set(renderer.sets(each.record, each.collection, named.doi))
        missed = tuple(spec for spec in under.narrowed if spec not in now)
        if told - gone != now or missed or any(spec not in told for spec in under.widened):
            found.append(_Row(row.seq, row.record_id, renderer.kept(each, names=named), each.collection, missed))
    return _Part(rows[-1].seq if rows else 0, len(rows), found)


def _filling(tx: Connection, renderer: Renderer, under: _Under, rows: Sequence[Row[Any, Any, Any, Any]]) -> _Part:
    """Return who is in the hidden sets that are still to be filled.

    Of a context that was given whole, a withdrawn record is in it as everywhere it was known; one that does not fit has left it,
    and whatever changes that record next announces so.
    """
    stored = {each.id: each for each in store.some(tx, [row.record_id for row in rows])}
    names = ledger.shown_of(tx, list(stored))
    members = list[tuple[int, str, bool]]()
    for row in rows:
        each = stored[row.record_id]
        now = set() if row.deleted else set(renderer.sets(each.record, each.collection, names.get(row.record_id, NAMELESS).doi))
        for spec in under.unfilled:
            if spec in now or spec in under.narrowed:
                members.append((row.seq, spec, not row.deleted and spec not in now))
    return _Part(rows[-1].seq if rows else 0, len(rows), [], fills=True, members=tuple(members))


def _fill(tx: Connection, wanted: str, part: _Part) -> None:
    """Write down who is in the new hidden sets; nobody is given these yet. What changed meanwhile has seen to it itself."""
    changes.lock(tx)
    under = _under(tx)
    if under is None or under.sets.fingerprint != wanted or not under.unfilled or under.done >= part.end:
        return
    _write(tx, _NEXT, structs.replace(under, done=part.end, seen=under.seen + part.count))
    changes.join(tx, part.members)


def _filled(tx: Connection, wanted: str) -> bool:
    """Let the filled sets be given, and begin with what must be stamped; return whether it goes on.

    What was changed while they were filled is looked at first: what was given whole until this moment must have its mark.
    """
    changes.lock(tx)
    under = _under(tx)
    if under is None or under.sets.fingerprint != wanted or not under.unfilled:
        return False
    horizon = last(tx, "feed")
    if horizon > under.horizon:
        _write(tx, _NEXT, structs.replace(under, horizon=horizon))
        return True
    blocks.unseal_chosen(tx, changes.set_ids(tx, under.unfilled).values())
    _write(tx, _NEXT, structs.replace(under, unfilled=(), done=0, seen=0))
    return True


def _hidden(tx: Connection, seqs: list[int]) -> dict[int, set[str]]:
    """Return which contexts with conditions hold the records, which no header says."""
    ids = {row.id: row.spec for row in tx.execute(select(sets.c.id, sets.c.spec).where(sets.c.spec.startswith(HIDDEN)))}
    found: dict[int, set[str]] = {}
    query = select(memberships.c.set_id, memberships.c.seq).where(memberships.c.set_id.in_(list(ids)))
    for row in tx.execute(query.where(memberships.c.seq.in_(seqs), memberships.c.left.is_(False))) if ids else ():
        found.setdefault(row.seq, set()).add(ids[row.set_id])
    return found


def _show(tx: Connection, wanted: str, part: _Part, made: list[tuple[_Row, Change]], now: datetime) -> None:
    """Stamp what is still as it was read; what changed meanwhile is in the new sets already. Remember how far it came."""
    changes.lock(tx)
    under = _under(tx)
    if under is None or under.sets.fingerprint != wanted or under.done >= part.end:
        return
    same = changes.unmoved(tx, [(row.seq, change) for row, change in made])
    seen, changed = under.seen + part.count, under.changed + len(same)
    _write(tx, _NEXT, structs.replace(under, done=part.end, seen=seen, changed=changed))
    changes.stamp(tx, same, now)


def _finish(tx: Connection, wanted: str) -> int:
    under = _under(tx)
    if under is None or under.sets.fingerprint != wanted:
        return 0
    tx.execute(delete(renderings).where(renderings.c.name == _NEXT))
    _write(tx, _NOW, under.sets)
    return under.changed


class Touched(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose members are given to harvesters anew: the spec of a set, hidden or not; empty for every record."""

    spec: Annotated[str, title("In the address", "Where it is not said: every record.", none="Every record")] = ""


def _count(tx: Connection, touched: Touched) -> int:
    return lists.size(tx, touched.spec)


def _subjects(tx: Connection, touched: Touched, after: str, limit: int) -> list[Subject]:
    return [Subject(each.id, each.title, f"/admin/works/{each.id}") for each in lists.members(tx, touched.spec, after, limit)]


def touching(database: Database, renderer: Renderer) -> Task[Touched]:
    """Return the task that gives every member of a set a new datestamp."""

    async def do(subject: Subject, _touched: Touched, _actor: Actor) -> ItemOutcome | Deed:
        row = await database.read_hot(_living, renderer, subject.id)
        if row is None:
            return ItemOutcome(Outcome.UNCHANGED, "It is shown no more.")
        change = await asyncio.to_thread(_change, renderer, row)

        def show(tx: Connection, now: datetime) -> ItemOutcome:
            same = changes.unmoved(tx, [(row.seq, change)])
            changes.stamp(tx, same, now)
            return ItemOutcome(Outcome.CHANGED if same else Outcome.UNCHANGED)  # what changed meanwhile has a new one already

        return show

    description = (
        "Gives every member of a set a new datestamp, so that harvesters fetch it again. Begins at the page of the sets."
    )
    return Task(TOUCH, "Touch a set", description, Touched, _count, _subjects, do, offered=False)


def _living(tx: Connection, renderer: Renderer, record_id: str) -> _Row | None:
    seq = tx.execute(select(feed.c.seq).where(feed.c.record_id == record_id, *GIVEN)).scalar()
    if seq is None:
        return None
    stored = store.get(tx, record_id)
    return _Row(seq, record_id, renderer.kept(stored, names=ledger.shown(tx, record_id)), stored.collection)
