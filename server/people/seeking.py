"""Looking through the works for people who are new, or whose names or identifiers changed: a job. Later works find them."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select, update

from server import observe
from server.clock import Clock
from server.db.engine import Database
from server.jobs import queue
from server.jobs.model import Answer, Done, Job
from server.people.following import follow
from server.people.linking import Known, link_again, named
from server.people.tables import people, person_ids, person_links, person_names
from server.records import store as records
from server.records.model import Agent, Contributor
from server.records.tables import records as works

#: The kind of job that looks through the works.
SEEK = "seek-people"

SIZE = 1_000
log = observe.logger("people")


class _Agents(Struct):
    """As much of a record's document as is read here."""

    creators: tuple[Agent, ...] = ()
    contributors: tuple[Contributor, ...] = ()


_decoder = msgspec.json.Decoder(_Agents)


@dataclass(frozen=True, slots=True)
class _Sought:
    """Whom to look for: their versions as they were when it began, and what they can be found by."""

    versions: dict[int, int]
    known: Known


def seek(tx: Connection, now: datetime) -> None:
    """Ask for the works to be looked through."""
    queue.enqueue(tx, SEEK, "all", now)


@dataclass(frozen=True, slots=True)
class Seeking:
    """The handler of SEEK."""

    database: Database
    clock: Clock

    async def __call__(self, job: Job) -> Answer | None:
        sought = await self.database.read_hot(_sought)
        if not sought.versions:
            return Done("nobody was to be looked for")
        found, after = 0, ""
        while batch := await self.database.read_hot(_batch, after):
            after = batch[-1][0]
            hits = await asyncio.to_thread(_hits, batch, sought.known)
            hits += await self.database.read_hot(_linked, batch[0][0], after, list(sought.versions))
            if not await self.database.write(_link, job, sorted(set(hits)), self.clock()):
                return None  # somebody else looks for them now, and settles the job
            found += len(set(hits))
        await self.database.write(_finish, sought.versions, self.clock())
        log.info("looked for people in the works", extra={"people": len(sought.versions), "records": found})
        return Done(f"{len(sought.versions)} people were looked for; {found} works name one of them")


def _sought(tx: Connection) -> _Sought:
    rows = tx.execute(select(people.c.id, people.c.version).where(people.c.sought.is_(None), people.c.merged_into.is_(None)))
    versions = {row.id: row.version for row in rows}
    who, wanted = Known(by_key=defaultdict(list)), select(people.c.id).where(people.c.sought.is_(None))
    for row in tx.execute(select(person_ids).where(person_ids.c.person_id.in_(wanted))):
        who.add(row)
        if row.scheme == "orcid":
            who.orcids[row.person_id] = row.value
    for row in tx.execute(select(person_names).where(person_names.c.person_id.in_(wanted))):
        who.by_key[row.key].append((row.person_id, row.given))
    return _Sought(versions, who)


def _batch(tx: Connection, after: str) -> list[tuple[str, str]]:
    query = select(works.c.id, works.c.document).where(works.c.id > after).order_by(works.c.id).limit(SIZE)
    return [(row.id, row.document) for row in tx.execute(query)]


def _hits(batch: list[tuple[str, str]], who: Known) -> list[str]:
    """Return the works that name somebody who is looked for."""
    found = []
    for record_id, document in batch:
        agents = _decoder.decode(document)
        there = named(record_id, agents.creators, agents.contributors)
        if any(who.linked(creator) is not None or who.candidates(creator) for creator in there):
            found.append(record_id)
    return found


def _linked(tx: Connection, first: str, last: str, numbers: list[int]) -> list[str]:
    """Return the works that were linked to them already: a name or an identifier that was taken away unlinks."""
    query = select(person_links.c.record_id).where(person_links.c.record_id.between(first, last)).distinct()
    return list(tx.execute(query.where(person_links.c.person_id.in_(numbers))).scalars())


def _link(tx: Connection, job: Job, hits: list[str], now: datetime) -> bool:
    """Link works anew, each as it is when nobody else can change it; return False where the claim is not ours any more."""
    if not queue.renew(tx, job, now):
        return False
    for record_id in hits:
        stored = records.find(tx, record_id, to_change=True)
        if stored is not None:
            link_again(tx, record_id, stored.record, now)
    return True


def _finish(tx: Connection, versions: dict[int, int], now: datetime) -> None:
    """Note that they were looked for, unless they changed meanwhile: then the job is in the queue once more."""
    for number, version in versions.items():
        tx.execute(update(people).where(people.c.id == number, people.c.version == version).values(sought=now))
    follow(tx, now)


def is_waiting(tx: Connection, number: int) -> bool:
    """Whether a person's works are still to be looked for."""
    query = select(people.c.id).where(people.c.id == number, people.c.sought.is_(None), people.c.merged_into.is_(None))
    return tx.execute(query).scalar() is not None
