"""What people do with works of their own: see them, write them until they are handed in, reserve a DOI, let go of a draft."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, select

from server.accounts.model import Account
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, NotFound, Refused
from server.identifiers import ledger
from server.identifiers.ledger import Entry
from server.identifiers.mint import Route, mint, route_for
from server.identifiers.model import Agency
from server.identifiers.schemes.doi import DoiRules
from server.people.tables import person_links
from server.publishing import Press
from server.records import store
from server.records.store import State, Stored
from server.records.tables import feed, records, searchable
from server.registry import Registry
from server.works import deeds
from server.works.advice import Advice, advice

PAGE = 50

#: Where its owner may still write a work: before it is handed in, and after it was returned.
WRITTEN = frozenset({State.DRAFT, State.RETURNED})


@dataclass(frozen=True, slots=True)
class Mine:
    """A page of somebody's works: those they brought and those that name them."""

    works: Sequence[Stored]
    more: bool
    unfinished: Sequence[Stored]
    """Drafts, what was returned, and what waits: only on the first page, and all of it."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One work of somebody's own, with what they may do about it."""

    stored: Stored
    identifiers: Sequence[Entry]
    may_write: bool
    may_reserve: bool
    advice: Advice
    """What the agency responsible for it minds."""


def owned(tx: Connection, number: str, account: Account) -> Stored:
    """Return a work somebody brought; raises NotFound for everybody else's, as if it were not there."""
    stored = store.find(tx, number)
    if stored is None or stored.owner != account.id:
        raise NotFound("There is no such work of yours.", code="record")
    return stored


def writable(stored: Stored, account: Account) -> None:
    """Let only their owner write works, and only before they are handed in. Raises NotFound and Conflict."""
    if stored.owner != account.id:
        raise NotFound("There is no such work of yours.", code="record")
    if stored.state not in WRITTEN:
        raise Conflict(
            "The work was handed in, so it cannot be changed here any more.",
            remedy="If something is wrong with it, ask those who keep the repository to return it to you.",
            code="state",
        )


def mine(tx: Connection, account: Account, person_id: int | None, before: str) -> Mine:
    """Return a page of somebody's works, the newest first; `before` is the id to go on from."""
    own = select(searchable.c.record_id).where(searchable.c.owner == account.id)
    linked = select(person_links.c.record_id).where(person_links.c.person_id == person_id, person_links.c.state == "linked")
    told = exists().where(feed.c.record_id == person_links.c.record_id, feed.c.superseded.is_(None))
    linked = linked.where(told)  # a draft that was let go of is nobody's but its owner's
    public = records.c.state.in_([State.PUBLISHED.value, State.WITHDRAWN.value])
    which = own.union(linked) if person_id is not None else own
    query = select(records.c.id).where(public, records.c.id.in_(which)).order_by(records.c.id.desc()).limit(PAGE + 1)
    if before:
        query = query.where(records.c.id < before)
    ids = list(tx.execute(query).scalars())
    unfinished: list[Stored] = []
    if not before:
        early = [state.value for state in State if state.before]
        rows = select(searchable.c.record_id).where(searchable.c.owner == account.id, searchable.c.state.in_(early))
        waiting = [store.get(tx, number) for number in tx.execute(rows.order_by(searchable.c.record_id.desc())).scalars()]
        unfinished = sorted(waiting, key=lambda work: _ORDER[work.state])
    return Mine([store.get(tx, number) for number in ids[:PAGE]], len(ids) > PAGE, unfinished)


#: What its owner must do something about stands first.
_ORDER = {State.RETURNED: 0, State.DRAFT: 1, State.PENDING: 2, State.DECLINED: 3}


def look(tx: Connection, press: Press, number: str, account: Account) -> Looked:
    """Return one work of somebody's own; raises NotFound."""
    stored = owned(tx, number, account)
    names = ledger.of_record(tx, number)
    told = advice(tx, press, stored, names)
    return Looked(stored, names, stored.state in WRITTEN, _may_reserve(tx, press.agencies, stored, names), told)


def _may_reserve(tx: Connection, shelf: Registry[Agency], stored: Stored, names: Sequence[Entry]) -> bool:
    has_one = any(entry.scheme == "doi" for entry in names) or bool(stored.record.identifier("doi"))
    route = route_for(tx, shelf, stored.record.type)
    return stored.state in WRITTEN and not has_one and route is not None and _allows(route)


def _allows(route: Route) -> bool:
    return isinstance(route.rules, DoiRules) and route.rules.researchers_reserve


def reserve(tx: Connection, shelf: Registry[Agency], number: str, account: Account, by: Actor, now: datetime) -> str:
    """Reserve a DOI for a work of one's own and return it; it is the work's, and registered when the work is approved.

    Raises NotFound, Conflict where it has one or is handed in, Refused where the profile of its type does not allow it.
    """
    stored = store.find(tx, number, to_change=True)  # whoever reserves at the same moment waits, and finds this DOI
    if stored is None:
        raise NotFound("There is no such work of yours.", code="record")
    writable(stored, account)
    if any(entry.scheme == "doi" for entry in ledger.of_record(tx, number)) or stored.record.identifier("doi"):
        raise Conflict("The work has a DOI already.", code="state")
    route = route_for(tx, shelf, stored.record.type)
    if route is None or not _allows(route):
        raise Refused(
            "DOIs of this type cannot be reserved here.", remedy="The work gets one when it is approved, if works of its type do."
        )
    entry = mint(tx, route, number, stored.record.type, now)
    title = stored.record.title.value
    audit.note(tx, by, "identifier.reserved", "record", number, now, summary=title, changes={"doi": (None, entry.value)})
    return entry.value


def hand_in(tx: Connection, number: str, account: Account, by: Actor, now: datetime) -> None:
    """Let a draft or returned work of one's own wait for approval. Raises NotFound and Conflict."""
    stored = owned(tx, number, account)
    writable(stored, account)
    deeds.hand_in(tx, stored, by, now)


def discard(tx: Connection, press: Press, number: str, account: Account, by: Actor, now: datetime) -> None:
    """Let go of a draft of one's own: it is kept as withdrawn, and nobody outside ever hears of it. Raises NotFound, Conflict."""
    stored = owned(tx, number, account)
    writable(stored, account)
    deeds.withdraw(tx, press, stored, "Discarded by its depositor.", by, now)
