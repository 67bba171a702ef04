"""All records rendered anew: when the server's address, its OAI domain or its formats are not what the feed was rendered with.

The answer to harvesters changes, so the datestamps move: each record goes to the end of the feed, in small transactions.
After a crash it goes on where it stopped, as what was done already stands beyond the `seq` it began with.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import msgspec
from msgspec import Struct, structs
from sqlalchemy import Connection, delete, func, insert, select

from server import observe
from server.audit.log import Actor
from server.clock import Clock
from server.db.engine import Database
from server.db.sequences import last
from server.errors import Invalid, Unavailable
from server.forms.field import title
from server.identifiers import ledger
from server.identifiers.mint import ask
from server.identifiers.model import Agency
from server.jobs import queue
from server.jobs.model import Answer, Done, Job, Later
from server.metadata.fragments import AT_ONCE, Renderer, cause_of
from server.metadata.work import NAMELESS, Names, Work
from server.records import changes, held, store
from server.records.changes import Change
from server.records.store import State, Stored
from server.records.tables import feed, records, renderings, searchable
from server.registry import Registry
from server.runs.model import ItemOutcome, Outcome, Subject
from server.runs.task import Deed, Nothing, Task

#: The kind of job that renders everything anew.
RENDER = "render"
#: The task that writes again what could not be written.
MEND = "write-again"

SIZE = 100
MOMENT = timedelta(seconds=10)
"""How long after a change of the name the rendering begins."""
LEEWAY = timedelta(hours=1)
"""How long after the end of an embargo a record may still be stamped that was rendered before it."""
FALLBACK = "sheaf.localhost"
_NOW, _NEXT = "now", "next"

log = observe.logger("rendering")


class Shape(Struct, frozen=True, kw_only=True):
    """What every record's bytes depend on beside the record."""

    url: str
    domain: str
    formats: tuple[str, ...]
    name: str = ""
    """What the repository is called; empty in what a release before 0.2 wrote, which did not ask."""
    licence: str = ""
    """Of the metadata."""


def shape_of(renderer: Renderer) -> Shape:
    """Return what a renderer renders with."""
    repository = renderer.repository
    formats = tuple(sorted(renderer.formats))
    return Shape(url=repository.url, domain=repository.domain, formats=formats, name=repository.name, licence=repository.licence)


class _Under(Struct, frozen=True, kw_only=True):
    """A rendering under way: what to, and the last `seq` there was when it began.

    `added` names the formats that were not there before: a record that is the same but for them keeps its datestamp, as whoever
    asks for a new format begins at the beginning. `all` where every record comes out otherwise.
    """

    shape: Shape
    horizon: int
    begun: bool = False
    done: int = 0
    """The last `seq` that was looked at."""
    added: tuple[str, ...] = ()
    all: bool = True


def known(tx: Connection) -> Shape | None:
    """Return what the feed is rendered with, or will be when the rendering under way has ended; None for a new installation."""
    if (under := _under(tx)) is not None:
        return under.shape
    value = tx.execute(select(renderings.c.value).where(renderings.c.name == _NOW)).scalar()
    return None if value is None else msgspec.json.decode(value, type=Shape)


def is_pending(tx: Connection) -> bool:
    """Say whether records are still to be rendered anew."""
    return _under(tx) is not None


def _under(tx: Connection) -> _Under | None:
    value = tx.execute(select(renderings.c.value).where(renderings.c.name == _NEXT)).scalar()
    return None if value is None else msgspec.json.decode(value, type=_Under)


def settle(tx: Connection, wanted: Shape, now: datetime, *, after: timedelta = timedelta()) -> bool:
    """Make a server's shape the installation's; return whether everything must be rendered anew, which is then in the queue.

    Raises Invalid where the OAI domain of a repository the world knows would change: every record would lose its identity.
    """
    before = known(tx)
    if before is not None and not before.name:
        before = _named(tx, before, wanted.name)
    if before == wanted:
        return False
    if before is not None and before.domain not in {wanted.domain, FALLBACK}:
        raise Invalid(
            f"This repository's OAI identifiers begin with oai:{before.domain}:, and would begin with oai:{wanted.domain}:.",
            place="SHEAF_REPOSITORY_IDENTIFIER",
            remedy=f"Set SHEAF_REPOSITORY_IDENTIFIER={before.domain}; harvesters know every record by that name.",
            code="identity",
        )
    horizon = last(tx, "feed")
    if before is None or horizon == 0:
        _write(tx, _NOW, wanted)
        return False
    under, same = _under(tx), structs.replace(wanted, formats=before.formats) == before
    added = {*wanted.formats} - {*before.formats} | {*(under.added if under is not None else ())}
    everything = not same or (under is not None and under.all)
    _write(tx, _NEXT, _Under(shape=wanted, horizon=horizon, added=tuple(sorted(added)), all=everything))
    queue.enqueue(tx, RENDER, "all", now + after)
    return True


def rename(tx: Connection, name: str, licence: str, now: datetime) -> bool:
    """Have every record rendered with another name of the repository or licence of the metadata; return whether that is needed.

    It begins a moment later, when every process knows them: what was still rendered with the old ones is among the rest.
    """
    before = known(tx)
    return before is not None and settle(tx, structs.replace(before, name=name, licence=licence), now, after=MOMENT)


def _named(tx: Connection, before: Shape, name: str) -> Shape:
    """Write the name into a shape that has none; it is the one its records were rendered with."""
    shape = structs.replace(before, name=name)
    under = _under(tx)
    _write(tx, _NOW if under is None else _NEXT, shape if under is None else structs.replace(under, shape=shape))
    return shape


def _write(tx: Connection, name: str, value: Struct) -> None:
    tx.execute(delete(renderings).where(renderings.c.name == name))
    tx.execute(insert(renderings).values(name=name, value=msgspec.json.encode(value).decode()))


@dataclass(frozen=True, slots=True)
class Rendering:
    """The handler of RENDER."""

    database: Database
    renderer: Renderer
    agencies: Registry[Agency]
    clock: Clock

    async def __call__(self, _job: Job) -> Answer:
        wanted = await self.database.read_hot(known)
        if wanted != shape_of(self.renderer):
            return Later(timedelta(minutes=1), "a process with the new settings must do this")
        await self.database.write(_begin)
        total = 0
        while batch := await self.database.read_hot(_batch):
            rendered = await asyncio.to_thread(self._rendered, batch)
            total += await self.database.write(_follow, self.renderer, self.agencies, rendered, self.clock())
        await self.database.write(_finish)
        kept = [self.renderer.ids[name] for name in AT_ONCE]
        while await self.database.write(changes.lighten, kept):
            pass
        log.info("rendered anew", extra={"records": total})
        return Done(f"{total} records were rendered anew")

    def _rendered(self, batch: "list[_Row]") -> "list[_Rendered]":
        return [_Rendered(row, _change(self.renderer, row)) for row in batch]


class Corrected(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be rendered again."""

    formats: Annotated[
        tuple[str, ...],
        title(
            "Formats whose crosswalk was corrected",
            "Of oai_dc it is known what harvesters were given, so only what differs is shown anew. Of the others it is not: "
            "choose those whose rules have changed, and every record given in one of them gets a new datestamp.",
        ),
    ] = ()


def again(rendering: Rendering) -> Task[Corrected]:
    """Return the task that renders every record and shows harvesters those that come out otherwise than they were shown."""
    database, renderer = rendering.database, rendering.renderer

    async def do(subject: Subject, parameters: Corrected, _actor: Actor) -> ItemOutcome | Deed:
        wanted, row = await database.read_hot(_live, subject.id)
        if wanted != shape_of(renderer):
            raise Unavailable("A process with the new settings must do this.")
        if row is None:
            return ItemOutcome(Outcome.UNCHANGED, "It is shown no more.")
        change = await asyncio.to_thread(_change, renderer, row)
        corrected = sum(1 << renderer.ids[name] for name in parameters.formats if name in renderer.ids)
        if not change.written.formats & corrected and await database.read_hot(changes.shows, change):
            return ItemOutcome(Outcome.UNCHANGED)

        def show(tx: Connection, now: datetime) -> ItemOutcome:
            shown = _show(tx, rendering.agencies, [_Rendered(row, change)], now)
            return ItemOutcome(Outcome.CHANGED if shown else Outcome.UNCHANGED)  # what changed meanwhile was rendered by that

        return show

    description = "Renders every record as this release does, and shows harvesters what differs from before."
    names = tuple(sorted(renderer.formats))
    return Task(
        "render-again", "Render all records again", description, Corrected, lambda tx, _: _count(tx),
        lambda tx, _, after, limit: _subjects(tx, after, limit), do, choices=lambda _tx: {"formats": names},
    )  # fmt: skip


def mend(rendering: Rendering) -> Task[Nothing]:
    """Return the task that tries again to write what could not be written, and shows harvesters what now can."""
    database, renderer = rendering.database, rendering.renderer

    async def do(subject: Subject, _parameters: Nothing, _actor: Actor) -> ItemOutcome | Deed:
        _, row = await database.read_hot(_live, subject.id)
        before = await database.read_hot(held.of_record, subject.id)
        if row is None or row.stored.state is not State.PUBLISHED:
            return ItemOutcome(Outcome.UNCHANGED, "It is shown no more.")
        work = renderer.kept(row.stored, names=row.names)
        still = await asyncio.to_thread(_unwritable, renderer, work, before)
        if len(still) == len(before):
            raise Invalid("; ".join(f"{name}: {cause}" for name, cause in still.items()))
        change = renderer.change(work, row.stored.collection)
        written = structs.replace(
            change.written,
            others=change.written.others & ~sum(1 << renderer.ids[name] for name in still),
            broken=change.written.broken | {renderer.ids[name]: cause for name, cause in still.items()},
        )

        def show(tx: Connection, now: datetime) -> ItemOutcome:
            shown = _show(tx, rendering.agencies, [_Rendered(row, replace(change, written=written))], now)
            return ItemOutcome(Outcome.CHANGED if shown else Outcome.UNCHANGED)

        return show

    def subjects(tx: Connection, _parameters: Nothing, after: str, limit: int) -> list[Subject]:
        found = held.ids(tx, after, limit)
        titles = store.titles(tx, found)
        return [Subject(number, titles[number], f"/admin/works/{number}") for number in found]

    description = "Tries again to write the works that could not be written in some format, and shows harvesters those that can."
    return Task(MEND, "Write again what could not be written", description, Nothing, lambda tx, _: held.count(tx), subjects, do)


def _unwritable(renderer: Renderer, work: Work, names: Iterable[str]) -> dict[str, str]:
    """Return of some formats by name why a work cannot be written in them; nothing for those that can write it."""
    found = {}
    for form in (renderer.formats[name] for name in names if name in renderer.formats):
        try:
            renderer.body(form, work)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what the administrator wants to know
            found[form.name] = cause_of(error)
    return found


async def open_ended(rendering: Rendering) -> int:
    """Show the works whose embargo has ended since they were shown as what they are now: open. Return how many."""
    total, after = 0, ""
    while True:
        wanted, rows, last_seen = await rendering.database.read_hot(_ended, rendering.clock().date(), after)
        if wanted != shape_of(rendering.renderer) or not last_seen:  # with other settings, all is being rendered anew anyway
            return total
        if rows:
            rendered = await asyncio.to_thread(lambda found: [_Rendered(r, _change(rendering.renderer, r)) for r in found], rows)
            total += await rendering.database.write(_show, rendering.agencies, rendered, rendering.clock())
        after = last_seen


def _ended(tx: Connection, today: date, after: str) -> "tuple[Shape | None, list[_Row], str]":
    """Return those of the next works whose embargo has ended that are not shown so, and where to go on; empty at the end."""
    query = select(feed.c.seq, feed.c.record_id, feed.c.datestamp, searchable.c.opens).select_from(searchable)
    query = query.join(feed, feed.c.record_id == searchable.c.record_id)
    query = query.where(searchable.c.opens <= today.isoformat(), searchable.c.state == State.PUBLISHED.value)
    query = query.where(feed.c.superseded.is_(None), searchable.c.record_id > after).order_by(searchable.c.record_id).limit(SIZE)
    found = tx.execute(query).all()
    ends = (datetime.combine(date.fromisoformat(row.opens), time(), UTC) for row in found)
    opening = [(row.seq, row.record_id) for row, end in zip(found, ends, strict=True) if row.datestamp < end + LEEWAY]
    return known(tx), _read(tx, opening), found[-1].record_id if found else ""


def _change(renderer: Renderer, row: "_Row") -> Change:
    stored = row.stored
    if stored.state is not State.PUBLISHED:
        return renderer.tombstone(stored.id)
    return renderer.change(renderer.kept(stored, names=row.names), stored.collection)


def _count(tx: Connection) -> int:
    return int(tx.execute(select(func.count()).select_from(feed).where(feed.c.superseded.is_(None))).scalar_one())


def _subjects(tx: Connection, after: str, limit: int) -> list[Subject]:
    query = select(records.c.id, records.c.title).join(feed, feed.c.record_id == records.c.id)
    query = query.where(feed.c.superseded.is_(None), records.c.id > after).order_by(records.c.id).limit(limit)
    return [Subject(row.id, row.title, f"/items/{row.id}") for row in tx.execute(query)]


@dataclass(frozen=True, slots=True)
class _Row:
    seq: int
    stored: Stored
    names: Names


@dataclass(frozen=True, slots=True)
class _Rendered:
    row: _Row
    change: Change


def _begin(tx: Connection) -> None:
    """Take in all that was written until now, once; a job that goes on after a crash keeps its horizon."""
    if (under := _under(tx)) is not None and not under.begun:
        _write(tx, _NEXT, structs.replace(under, horizon=last(tx, "feed"), begun=True))


def _batch(tx: Connection) -> list[_Row]:
    under = _under(tx)
    if under is None:
        return []
    query = select(feed.c.seq, feed.c.record_id).where(feed.c.superseded.is_(None), feed.c.seq <= under.horizon)
    rows = tx.execute(query.where(feed.c.seq > under.done).order_by(feed.c.seq).limit(SIZE)).all()
    return _read(tx, [(row.seq, row.record_id) for row in rows])


def _live(tx: Connection, record_id: str) -> "tuple[Shape | None, _Row | None]":
    """Return what the feed is rendered with, and a record as it is shown."""
    seq = tx.execute(select(feed.c.seq).where(feed.c.record_id == record_id, feed.c.superseded.is_(None))).scalar()
    return known(tx), None if seq is None else _read(tx, [(seq, record_id)])[0]


def _read(tx: Connection, rows: list[tuple[int, str]]) -> list[_Row]:
    shown = ledger.shown_of(tx, [record_id for _, record_id in rows])
    return [_Row(seq, store.get(tx, record_id), shown.get(record_id, NAMELESS)) for seq, record_id in rows]


def _follow(tx: Connection, renderer: Renderer, agencies: Registry[Agency], rendered: list[_Rendered], now: datetime) -> int:
    """Show the next records as they come out now; those that are as they were keep their datestamp."""
    under = _under(tx)
    if under is None:
        return 0
    _write(tx, _NEXT, structs.replace(under, done=rendered[-1].row.seq))
    if under.all:
        return _show(tx, agencies, rendered, now)
    added = [renderer.ids[name] for name in under.added if name in renderer.ids]
    same, others = list[_Rendered](), list[_Rendered]()
    for each in rendered:
        (same if changes.shows(tx, each.change, added) else others).append(each)
    shown = _show(tx, agencies, others, now)
    changes.offer(tx, [(each.row.seq, each.change) for each in same], added)
    return shown


def _show(tx: Connection, agencies: Registry[Agency], rendered: list[_Rendered], now: datetime) -> int:
    """Stamp what is still as it was read, and let the agencies know where it is now.

    What changed meanwhile was rendered anew by its own change.
    """
    ids = [each.row.stored.id for each in rendered]
    ask(tx, [entry for number in ids for entry in ledger.of_record(tx, number)], agencies, now)
    # The feed is held after the queue's rows, as everybody takes them.
    same = changes.unmoved(tx, [(each.row.seq, each.change) for each in rendered])
    changes.stamp(tx, same, now)
    return len(same)


def _finish(tx: Connection) -> None:
    if (under := _under(tx)) is not None:
        tx.execute(delete(renderings).where(renderings.c.name == _NEXT))
        _write(tx, _NOW, under.shape)
