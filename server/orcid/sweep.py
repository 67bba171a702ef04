"""Finding what is to be brought to ORCID: at once where an event says so, and each hour whatever nobody told of.

The look changes nothing at ORCID; it asks for a job for each person of whose works something changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, or_, select, update

from server import observe
from server.clock import Clock
from server.db.engine import Database
from server.events.model import Event
from server.jobs import queue
from server.jobs.model import Answer, Done, Job, Later
from server.orcid import ledger
from server.orcid.model import Consent
from server.orcid.settings import KIND
from server.orcid.tables import orcid_found, orcid_links, orcid_works
from server.people.following import follow
from server.people.tables import people
from server.profiles import store as profiles

#: The kind of job that makes one person's ORCID record true; its subject is the person.
PUSH = "orcid-push"
#: The kind of job that looks through one person's ORCID record for works we do not hold.
LOOK = "orcid-look"

EVERY = timedelta(hours=1)
LOOKED_EVERY = timedelta(days=7)
_AT_ONCE = 500
_HEALING = (Consent.LOCKED.value, Consent.NOBODY.value)
"""What ORCID may heal without the person: such a permission is taken for good once a week, and the look that follows says."""

log = observe.logger("orcid")


def sweep(tx: Connection, now: datetime) -> None:
    """Ask for a look at everybody who linked an iD."""
    follow(tx, now)


def push(tx: Connection, person_id: int, now: datetime) -> None:
    """Ask for one person's record to be made true."""
    queue.enqueue(tx, PUSH, str(person_id), now)


def push_beside(tx: Connection, person_id: int, now: datetime) -> None:
    """Ask for the records of those who wrote works with somebody: whether an iD is authenticated is said there, too."""
    for number in sorted(ledger.concerned(tx, ledger.works_of(tx, person_id))):
        push(tx, number, now)


def look(tx: Connection, person_id: int, now: datetime) -> None:
    """Ask for one person's record to be looked through."""
    queue.enqueue(tx, LOOK, str(person_id), now)


def follow_events(tx: Connection, events: Iterable[Event], now: datetime) -> None:
    """Ask for the records of those whose works an event speaks of: published, changed, withdrawn, or named for the first time."""
    works = {
        str(event.data.get("work", "")) if event.type == "identifier.registered" else event.subject for event in _telling(events)
    }
    for person_id in sorted(ledger.concerned(tx, works)) if works else ():
        push(tx, person_id, now)


def _telling(events: Iterable[Event]) -> list[Event]:
    return [event for event in events if event.type in _EVENTS]


_EVENTS = frozenset({"record.published", "record.revised", "record.withdrawn", "identifier.registered"})


@dataclass(frozen=True, slots=True)
class Sweeping:
    """The handler of FOLLOW."""

    database: Database
    clock: Clock

    async def __call__(self, _job: Job) -> Answer:
        client_id = await self.database.read(_client)
        if not client_id:
            return Done("nobody follows the works")
        await self.database.write(_tidy, self.clock())
        total = after = 0
        while found := await self.database.read_hot(ledger.behind, client_id, after, _AT_ONCE):
            await self.database.write(_push_all, found, self.clock())
            total, after = total + len(found), found[-1]
        looks = await self.database.write(_look_all, client_id, self.clock())
        if total:
            log.info("found works for ORCID", extra={"people": total})
        why = (
            f"Looked at everybody who linked an ORCID iD: {total} to be brought up to date, {looks} records to be looked through."
        )
        return Later(EVERY, why, failed=False)


def _client(tx: Connection) -> str:
    """Return our client at ORCID; empty where no profile is switched on. Who linked with another can only link again."""
    return next((str(profile.document.get("client_id", "")) for profile in profiles.enabled(tx, (KIND,))), "")


def _push_all(tx: Connection, numbers: list[int], now: datetime) -> None:
    """Ask for records to be made true; a job that was put off sees what there is when it comes up, and keeps its distance."""
    for number in numbers:
        if not queue.is_put_off(tx, PUSH, str(number)):
            push(tx, number, now)


def _look_all(tx: Connection, client_id: str, now: datetime) -> int:
    """Ask for a look at the records nobody looked through for a week, those that wait longest first."""
    due = or_(orcid_links.c.looked.is_(None), orcid_links.c.looked < now - LOOKED_EVERY)
    ours = (orcid_links.c.state == Consent.VALID.value, orcid_links.c.client_id == client_id)
    order = (orcid_links.c.looked.is_not(None), orcid_links.c.looked, orcid_links.c.person_id)
    numbers = list(tx.execute(select(orcid_links.c.person_id).where(*ours, due).order_by(*order).limit(_AT_ONCE)).scalars())
    for number in numbers:
        look(tx, number, now)
    return len(numbers)


def _tidy(tx: Connection, now: datetime) -> None:
    """Note which permissions have run out, try anew what ORCID may have healed, and let links follow people who were merged."""
    over = and_(orcid_links.c.state == Consent.VALID.value, orcid_links.c.expires <= now)
    tx.execute(update(orcid_links).where(over).values(state=Consent.EXPIRED.value, changed=now))
    healing = and_(orcid_links.c.state.in_(_HEALING), orcid_links.c.changed < now - LOOKED_EVERY)
    tx.execute(update(orcid_links).where(healing).values(state=Consent.VALID.value, changed=now, looked=None))
    merged = select(people.c.id, people.c.merged_into).join(orcid_links, orcid_links.c.person_id == people.c.id)
    for gone, kept in tx.execute(merged.where(people.c.merged_into.is_not(None))).all():
        _follow_merge(tx, gone, kept, now)


def _follow_merge(tx: Connection, gone: int, kept: int, now: datetime) -> None:
    """Give a person's link and lines to the one they were merged into; whoever has a link keeps it."""
    has = tx.execute(select(orcid_links.c.person_id).where(orcid_links.c.person_id == kept)).scalar() is not None
    if has:
        return
    for table in (orcid_works, orcid_found):
        own = select(*(column for column in table.primary_key.columns if column.name != "person_id"))
        (key,) = own.selected_columns
        theirs = own.where(table.c.person_id == kept)
        tx.execute(update(table).where(table.c.person_id == gone, key.not_in(theirs)).values(person_id=kept))
    tx.execute(update(orcid_links).where(orcid_links.c.person_id == gone).values(person_id=kept, changed=now))
    push(tx, kept, now)
