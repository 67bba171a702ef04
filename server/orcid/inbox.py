"""Works found on somebody's ORCID record that we do not hold: offered to them, made drafts of, or dismissed.

The handler of LOOK reads; what becomes of a work is its owner's to say.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from aiohttp import ClientSession
from sqlalchemy import Connection, delete, select, update

from server.clock import Clock
from server.db import upsert
from server.db.engine import Database
from server.errors import Conflict, NotFound, Unavailable
from server.identifiers.tables import identifiers
from server.jobs.model import Answer, Done, Job, Later
from server.jobs.worker import back_off
from server.metadata.fragments import Renderer
from server.orcid import ledger, links, pace, reading, taking
from server.orcid.client import Member
from server.orcid.kind import in_use
from server.orcid.model import ENDS, Linked, Verdict
from server.orcid.push import ended
from server.orcid.reading import Summary
from server.orcid.settings import Orcid
from server.orcid.sweep import push
from server.orcid.tables import orcid_found
from server.profiles.model import Profile
from server.profiles.seal import Seal
from server.records import store as records
from server.records.model import Record

NEW, DISMISSED, TAKEN = "new", "dismissed", "taken"
_REGISTERED = ("doi", "handle")
_AT_ONCE = 500
MOST = 500
"""So many works of one record are offered."""


@dataclass(frozen=True, slots=True)
class Found:
    """A work on somebody's record that we do not hold."""

    put_code: int
    title: str
    type: str
    year: str
    source: str
    ids: tuple[tuple[str, str], ...]
    state: str
    record_id: str | None


@dataclass(frozen=True, slots=True)
class Looker:
    """The handler of LOOK."""

    database: Database
    renderer: Renderer
    seal: Seal
    session: ClientSession
    clock: Clock

    async def __call__(self, job: Job) -> Answer | None:
        ready = await self.database.read(self._ready, int(job.subject))
        if isinstance(ready, Done):
            return ready
        profile, link, settings, token = ready
        entered = await self.database.write(pace.enter, job, profile, link, link.slot, self.clock())
        if entered == "lost":
            return None
        if entered != "in":
            return Later(entered.at - self.clock(), entered.why, failed=False)
        said = await Member(self.session, settings, token).works(link.orcid)
        await self.database.write(pace.heard, profile, said, self.clock())
        there = reading.summaries(said.body) if said.verdict is Verdict.DONE else None
        if there is not None:
            known = await self.database.read(_known, self.renderer, link.person_id)
            here = await self.database.read(_here, [pair for one in there for pair in one.ids])
            new = _new(there, settings.client_id, known | here)
            count = await self.database.write(keep, link, [one.put_code for one in there], new, self.clock())
            return Done(f"{count} works are on the record that are not here")
        if said.verdict is Verdict.ABSENT:  # of a list that means there is no such record
            said = replace(said, verdict=Verdict.NOBODY)
        if said.verdict in ENDS:
            return await self.database.write(ended, link, said, self.clock())
        return Later(back_off(job.attempts), said.words or "ORCID's list of works cannot be read.")

    async def whole(self, person_id: int, put_code: int) -> Record:
        """Ask ORCID for a work whole and return it as a record. Raises Conflict without a permission, and Unavailable."""
        ready = await self.database.read(self._ready, person_id)
        if isinstance(ready, Done):
            raise Conflict(ready.note, code="link")
        _, link, settings, token = ready
        said = await Member(self.session, settings, token).read(link.orcid, [put_code])
        if said.verdict is not Verdict.DONE:
            raise Unavailable(said.words or "ORCID does not show this work any more.", remedy="Look through your record again.")
        return taking.record_of(said.body)

    def _ready(self, tx: Connection, person_id: int) -> tuple[Profile, Linked, Orcid, str] | Done:
        link, found = links.find(tx, person_id), in_use(tx, self.seal)
        if link is None or found is None:
            return Done("no ORCID iD is linked, or no profile for ORCID is switched on")
        why = links.obstacle(link, found[1], self.clock())
        return Done(why) if why else (found[0], link, found[1], links.token_of(link, self.seal))


def keep(tx: Connection, link: Linked, there: Iterable[int], new: Iterable[Summary], now: datetime) -> int:
    """Keep what of a record is neither ours nor known here; return how many wait. What was decided stays decided."""
    links.looked(tx, link, now)
    if ledger.missing(tx, link, there, now):
        push(tx, link.person_id, now)
    ours = ledger.taken(tx, link)
    new = [one for one in new if one.put_code not in ours][:MOST]
    mine = orcid_found.c.person_id == link.person_id
    codes = [one.put_code for one in new]
    tx.execute(delete(orcid_found).where(mine, orcid_found.c.state == NEW, orcid_found.c.put_code.not_in(codes)))
    for one in new:
        values = {
            "title": one.title, "type": one.type[:64], "year": one.year, "source": one.source,
            "ids": msgspec.json.encode(one.ids).decode(), "seen": now,
        }  # fmt: skip
        row = values | {"person_id": link.person_id, "put_code": one.put_code, "state": NEW, "record_id": None}
        statement = upsert.insert(tx, orcid_found).values(row)
        tx.execute(statement.on_conflict_do_update(index_elements=["person_id", "put_code"], set_=values))
    waits = select(orcid_found.c.put_code).where(mine, orcid_found.c.state == NEW)
    return len(tx.execute(waits).all())


def _known(tx: Connection, renderer: Renderer, person_id: int) -> set[tuple[str, str]]:
    """Return by what the works of a person here are known: identifiers, pages, and title with year."""
    found = set[tuple[str, str]]()
    for stored in records.some(tx, ledger.works_of(tx, person_id)):
        page = renderer.repository.item(stored.id)
        found.add(("uri", reading.compared("uri", page)))
        found |= {(one.scheme, reading.compared(one.scheme, one.value)) for one in stored.record.identifiers}
        found.add(("title", _plain(stored.record.title.value, stored.record.dates.issued[:4])))
    return found


def _here(tx: Connection, ids: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return which names registered here, or taken over, are among some: each scheme by its index, so many at once."""
    found, asked = set[tuple[str, str]](), {pair for pair in ids if pair[0] in _REGISTERED}
    for scheme in _REGISTERED:
        names = sorted(value for kind, value in asked if kind == scheme)
        for start in range(0, len(names), _AT_ONCE):
            theirs = (identifiers.c.scheme == scheme, identifiers.c.normal.in_(names[start : start + _AT_ONCE]))
            query = select(identifiers.c.normal).where(*theirs, identifiers.c.record_id.is_not(None))
            found |= {(scheme, normal) for normal in tx.execute(query).scalars()}
    return found


def _new(there: Iterable[Summary], client_id: str, known: set[tuple[str, str]]) -> list[Summary]:
    """Return what we did not put there and do not know, by identifiers, page, and title with year."""
    return [one for one in there if one.client_id != client_id and not known & {*one.ids, ("title", _plain(one.title, one.year))}]


def _plain(title: str, year: str) -> str:
    return f"{' '.join(''.join(c if c.isalnum() else ' ' for c in title.casefold()).split())} {year}"


def waiting(tx: Connection, person_id: int, state: str = NEW) -> list[Found]:
    """Return what waits for a person to decide, or was decided, the latest first."""
    query = select(orcid_found).where(orcid_found.c.person_id == person_id, orcid_found.c.state == state)
    rows = tx.execute(query.order_by(orcid_found.c.year.desc(), orcid_found.c.put_code.desc())).mappings()
    return [
        Found(
            row["put_code"], row["title"], row["type"], row["year"], row["source"],
            msgspec.json.decode(row["ids"], type=tuple[tuple[str, str], ...]), row["state"], row["record_id"],
        )
        for row in rows
    ]  # fmt: skip


def open_to(tx: Connection, person_id: int, put_code: int) -> None:
    """See that a work that was found is not taken yet. Raises NotFound and Conflict."""
    one = (orcid_found.c.person_id == person_id, orcid_found.c.put_code == put_code)
    was = tx.execute(select(orcid_found.c.state).where(*one)).scalar()
    if was is None:
        raise NotFound("There is no such work on your record.", code="found")
    if was == TAKEN:
        raise Conflict("It was made a draft already.", code="state")


def decide(tx: Connection, person_id: int, put_code: int, state: str, record_id: str | None = None) -> None:
    """Say what becomes of a work that was found. Raises NotFound, and Conflict where it was taken already.

    Of several who say so at once one is heard: whoever makes a draft of it says so in the draft's own transaction.
    """
    one = (orcid_found.c.person_id == person_id, orcid_found.c.put_code == put_code, orcid_found.c.state != TAKEN)
    if tx.execute(update(orcid_found).where(*one).values(state=state, record_id=record_id)).rowcount == 0:
        open_to(tx, person_id, put_code)
