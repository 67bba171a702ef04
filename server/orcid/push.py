"""Making one person's ORCID record true: the handler of PUSH.

The job carries no payload: what should be on the record is worked out each time from the works as they are, and compared with
the ledger. Taken away first, then changed, then put there; what is there already under a number we do not know is found and
changed. Each answer is written down before the next request, and before each request that its answer is still to come.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Literal

from aiohttp import ClientSession
from sqlalchemy import Connection

from server import observe
from server.audit.log import HOUSE
from server.clock import Clock
from server.db.engine import Database
from server.identifiers import ledger as names
from server.identifiers.gate import Turned
from server.jobs import queue
from server.jobs.model import Answer, Done, Job, Later, More
from server.jobs.worker import back_off
from server.metadata.fragments import Renderer
from server.metadata.work import NAMELESS, Work
from server.orcid import ledger, links, pace, reading, work
from server.orcid.answers import each_of
from server.orcid.client import Member
from server.orcid.kind import in_use
from server.orcid.ledger import Wanted
from server.orcid.model import ENDS, PASSING, UNKNOWN, Linked, Row, Said, Verdict
from server.orcid.settings import Orcid
from server.orcid.sweep import push
from server.people import store as people
from server.profiles.model import Profile
from server.profiles.seal import Seal
from server.records import store as records

TURN = 30.0
"""Seconds after which a job gives its place in the worker to others."""
_WORTH_WAITING = 3.0
"""Seconds somebody's turn is waited for within a job; for a later one the job comes again."""

log = observe.logger("orcid")

_TWICE = "ORCID takes it for the same work as another of this repository: the two share an identifier."


@dataclass(frozen=True, slots=True)
class Task:
    """What was read for one run: whose record, with which client, and the works that should be on it."""

    profile: Profile
    settings: Orcid
    link: Linked
    token: str
    works: dict[str, Work]
    vouched: frozenset[str]
    wanted: tuple[Wanted, ...]


class Stopped(Exception):
    """The run ends here, with an answer for the queue; None where the job is not ours any more."""

    def __init__(self, answer: Answer | None) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Pusher:
    """Everything it needs; `__call__` is the job's handler."""

    database: Database
    renderer: Renderer
    seal: Seal
    session: ClientSession
    clock: Clock

    async def __call__(self, job: Job) -> Answer | None:
        task = await self.database.write(self._task, int(job.subject), self.clock())
        if isinstance(task, Done):
            return task
        rows = await self.database.write(ledger.plan, task.link, task.wanted, self.clock())
        if not rows:
            return Done("the record is as it should be")
        run = Run(self, job, task, Member(self.session, task.settings, task.token))
        try:
            await run.all(rows)
        except Stopped as stopped:
            return stopped.answer
        if run.passing:
            return Later(back_off(job.attempts), run.passing)
        log.info("brought works to ORCID", extra={"person": task.link.person_id, "records": len(rows)})
        return Done(f"{len(rows)} works were brought up to date")

    def _task(self, tx: Connection, person_id: int, now: datetime) -> Task | Done:
        link, found = links.find(tx, person_id), in_use(tx, self.seal)
        if link is None or found is None:
            return Done("no ORCID iD is linked" if link is None else "no profile for ORCID is switched on")
        profile, settings = found
        if why := links.obstacle(link, settings, now):
            ledger.stop(tx, person_id, why, link.status, now)
            return Done(why)
        stored = records.some(tx, ledger.works_of(tx, person_id))
        shown = names.shown_of(tx, [one.id for one in stored])
        works = {one.id: self.renderer.kept(one, names=shown.get(one.id, NAMELESS)) for one in stored}
        agents = (agent for one in works.values() for agent in (*one.record.creators, *one.record.contributors))
        iris = {iri for agent in agents if (iri := agent.id_of("orcid"))}
        vouched = frozenset() if settings.is_trial else frozenset(people.vouched(tx, "orcid", iris))
        modified = {one.id: one.modified for one in stored}
        wanted = tuple(Wanted(key, work.digest(one, vouched), modified[key]) for key, one in sorted(works.items()))
        return Task(profile, settings, link, links.token_of(link, self.seal), works, vouched, wanted)


@dataclass(slots=True)
class Run:
    """One run over one record."""

    house: Pusher
    job: Job
    task: Task
    member: Member
    begun: float = field(default_factory=monotonic)
    passing: str = ""
    """Why something is to be asked again later."""
    _there: list[reading.Summary] | None = None

    async def all(self, rows: Sequence[Row]) -> None:
        """Bring every line up to date. Raises Stopped."""
        new = [row for row in rows if row.wanted and row.put_code is None]
        for row in rows:
            if not row.wanted:
                await self._remove(row)
            elif row.put_code is not None and not await self._change(row, row.put_code):
                new.append(row)
        doubled: list[Row] = []
        for start in range(0, len(new), work.MOST_AT_ONCE):
            doubled += await self._put_there(new[start : start + work.MOST_AT_ONCE])
        for row in doubled:
            await self._merge(row)

    async def _remove(self, row: Row) -> None:
        """Take a work away; one that was sent without an answer is looked for first."""
        put_code = row.put_code
        if put_code is None and row.acked == UNKNOWN:
            found = await self._ours(row)
            put_code = found.put_code if found is not None else None
        if put_code is not None:
            said = await self._ask([row], lambda: self.member.delete(self._orcid, put_code), numbered=True)
            if said.verdict not in {Verdict.DONE, Verdict.ABSENT, Verdict.FOREIGN}:
                return await self._note(row, said)
            return await self._write(ledger.confirm, self.task.link, row, None, said.status)
        return await self._write(ledger.confirm, self.task.link, row, None, None)

    async def _change(self, row: Row, put_code: int) -> bool:
        """Change a work that is there; False where its number is not ours, so that it must be put there anew.

        One that is not there, under another number neither, was taken away by the person, who may want that.
        """
        said = await self._ask([row], lambda: self._send(row, put_code), numbered=True)
        if said.verdict is Verdict.ABSENT and await self._ours(row) is None:
            await self._write(ledger.taken_away, self.task.link, row, said.status)
            return True
        if said.verdict is Verdict.ABSENT:
            await self._merge(row)
            return True
        if said.verdict is Verdict.FOREIGN:
            await self._write(ledger.forget_put_code, self.task.link, row)
            return False
        if said.verdict is Verdict.DONE:
            await self._write(_taken, self.task, row, put_code, said.status)
        else:
            await self._note(row, said)
        return True

    async def _put_there(self, rows: Sequence[Row]) -> list[Row]:
        """Put works there, and return those that are there already."""
        if len(rows) == 1:
            document = self._document(rows[0])
            said = await self._ask(rows, lambda: self.member.post(self._orcid, document))
            each = [said]
        else:
            document = work.together(work.element(self.task.works[row.record_id], self.task.vouched) for row in rows)
            said = await self._ask(rows, lambda: self.member.post_all(self._orcid, document))
            if said.verdict in _OF_ONE:  # one of them spoils all: each is sent by itself
                return [one for row in rows for one in await self._put_there([row])]
            each = (each_of(said.body) or []) if said.verdict is Verdict.DONE else [said] * len(rows)
        if len(each) != len(rows):
            each = [Said(Verdict.UNCLEAR, said.status, "ORCID does not say of each work what became of it.")] * len(rows)
        doubled = []
        for row, one in zip(rows, each, strict=True):
            if one.verdict is Verdict.DUPLICATE:
                doubled.append(row)
            elif one.verdict is Verdict.DONE and one.put_code is not None:
                await self._write(_taken, self.task, row, one.put_code, one.status)
            else:
                await self._note(row, one)
        return doubled

    async def _merge(self, row: Row) -> None:
        """Find a work that we put there before, under a number we do not know, and change it into what it should be."""
        found = await self._ours(row)
        if found is None:
            return await self._note(row, Said(Verdict.REFUSED, 409, _TWICE))
        put_code = found.put_code
        await self._write(ledger.remember, self.task.link, row, put_code)
        said = await self._ask([row], lambda: self._send(row, put_code), numbered=True)
        if said.verdict is Verdict.DONE:
            return await self._write(_taken, self.task, row, put_code, said.status)
        return await self._note(row, said)

    async def _ours(self, row: Row) -> reading.Summary | None:
        """Return a work on the record that we put there and that is this one: by its page, else by another identifier."""
        if self._there is None:
            said = await self._ask([], lambda: self.member.works(self._orcid))
            self._there = reading.summaries(said.body) if said.verdict is Verdict.DONE else None
            if self._there is None:
                raise Stopped(Later(back_off(self.job.attempts), said.words or "ORCID's list of works cannot be read."))
        held = await self.house.database.read(ledger.taken, self.task.link)
        page = self.house.renderer.repository.item(row.record_id)
        free = [one for one in self._there if one.client_id == self.task.settings.client_id]
        free = [one for one in free if held.get(one.put_code, row.record_id) == row.record_id]
        return next(_alike(free, {("uri", reading.compared("uri", page))}), None) or next(_alike(free, self._ids(row)), None)

    def _ids(self, row: Row) -> set[tuple[str, str]]:
        found = self.task.works.get(row.record_id)
        return set(reading.ids_of(work.element(found, self.task.vouched))) if found is not None else set()

    def _document(self, row: Row, put_code: int | None = None) -> bytes:
        return work.document(self.task.works[row.record_id], self.task.vouched, put_code)

    @property
    def _orcid(self) -> str:
        return self.task.link.orcid

    async def _send(self, row: Row, put_code: int) -> Said:
        return await self.member.put(self._orcid, put_code, self._document(row, put_code))

    async def _note(self, row: Row, said: Said) -> None:
        if said.verdict in PASSING:
            self.passing = said.words
        await self._write(ledger.told, self.task.link, row, said)

    async def _write(self, deed: Callable[..., None], *args: object) -> None:
        """Write something down if the job is still ours. Raises Stopped."""
        if not await self.house.database.write(_ours_still, self.job, deed, args, self.house.clock()):
            raise Stopped(None)

    async def _ask(self, rows: Sequence[Row], call: Callable[[], Awaitable[Said]], *, numbered: bool = False) -> Said:
        """Ask ORCID when it is our turn, of a work by its number or of the record as a whole.

        Raises Stopped where our turn is later, and where the answer ends everything.
        """
        if monotonic() - self.begun > TURN:
            raise Stopped(More("goes on with the next works"))
        await self._turn(rows)
        said = await call()
        if said.verdict is Verdict.ABSENT and not numbered:  # ORCID has one code for an unknown number and an unknown iD
            said = replace(said, verdict=Verdict.NOBODY)
        house = self.house
        await house.database.write(pace.heard, self.task.profile, said, house.clock())
        if said.verdict in ENDS:
            raise Stopped(await house.database.write(ended, self.task.link, said, house.clock()))
        return said

    async def _turn(self, rows: Sequence[Row]) -> None:
        house, slot = self.house, self.task.link.slot
        delay, why = timedelta(0), ""
        for _ in range(2):
            turned = await house.database.write(_enter, self.job, self.task, rows, slot, house.clock())
            if turned == "in":
                return
            if turned == "lost":
                raise Stopped(None)
            delay, why = max(turned.at - house.clock(), timedelta(0)), turned.why
            if delay.total_seconds() > _WORTH_WAITING:
                break
            slot = turned.at
            await asyncio.sleep(delay.total_seconds())
        raise Stopped(Later(delay, why, failed=False))


def _alike(there: Sequence[reading.Summary], ids: set[tuple[str, str]]) -> Iterator[reading.Summary]:
    return (one for one in there if ids & set(one.ids))


_OF_ONE = frozenset({Verdict.REFUSED, Verdict.DUPLICATE, Verdict.FOREIGN})
"""What can be said of one work, and is said of a hundred where one is like that."""


def _ours_still(tx: Connection, job: Job, deed: Callable[..., None], args: tuple[object, ...], now: datetime) -> bool:
    if not queue.renew(tx, job, now):
        return False
    deed(tx, *args, now)
    return True


def _taken(tx: Connection, task: Task, row: Row, put_code: int, status: int | None, now: datetime) -> None:
    """Note that ORCID took a work, and so the token; an iD that is proved by it goes with the works from now on."""
    ledger.confirm(tx, task.link, row, put_code, status, now)
    if links.believe(tx, task.link, task.settings, HOUSE, now):
        push(tx, task.link.person_id, now)


def _enter(
    tx: Connection, job: Job, task: Task, rows: Sequence[Row], slot: datetime | None, now: datetime
) -> Turned | Literal["in", "lost"]:
    """Ask whether it is our turn, and write down that something is about to be sent."""
    entered = pace.enter(tx, job, task.profile, task.link, slot, now)
    if entered == "in":
        ledger.begin(tx, task.link, [row.record_id for row in rows], now)
    return entered


def ended(tx: Connection, link: Linked, said: Said, now: datetime) -> Answer:
    """Note that a permission is of no use any more, or go over to the iD that ORCID made of the one we know."""
    if said.verdict is Verdict.MOVED:
        why = links.moved(tx, link, said.moved_to, said.words, HOUSE, now)
        if not why:
            return More(f"ORCID made {said.moved_to} of the iD {link.orcid}")
    else:
        why = links.WORDS[ENDS[said.verdict]]
        links.ended(tx, link, ENDS[said.verdict], said.status, said.words, now)
    ledger.stop(tx, link.person_id, said.words or why, said.status, now)
    return Done(why)
