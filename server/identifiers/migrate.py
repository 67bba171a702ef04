"""The task that takes DOIs over that another system minted under our prefix: they become ours, and lead to us.

What the agency says of them is read first, by its list where it has one. A DOI that leads elsewhere is pointed to its work with
its address alone; its metadata stay as they are until the work is changed or the agency is updated. Only then does it count as
ours. An agency that takes no address alone (Crossref) is sent all of it, and it counts as registered once that is confirmed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Struct
from sqlalchemy import Connection, update

from server.audit.log import Actor
from server.errors import Conflict, Invalid, Unavailable
from server.forms.field import title
from server.identifiers import arrivals, gate, ledger, listing, sightings
from server.identifiers.arrivals import MIGRATE, Arrival
from server.identifiers.calling import Caller, Counter, readable
from server.identifiers.endpoint import LOOPBACK
from server.identifiers.leading import is_same
from server.identifiers.listing import Lister
from server.identifiers.mint import ask
from server.identifiers.model import AgencyState, State, Told
from server.identifiers.tables import identifiers
from server.metadata.fragments import Renderer
from server.metadata.work import Names
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.records import changes, store
from server.records.store import Stored
from server.runs.model import ItemOutcome, Outcome, Subject
from server.runs.task import Deed, Task

_LEAD = "b-"

#: Whether the work is published, what the agency says → the state it is taken over in. All else is sent whole.
_AGREED = {
    (store.State.PUBLISHED, AgencyState.FINDABLE.value): State.REGISTERED,
    (store.State.WITHDRAWN, AgencyState.HIDDEN.value): State.WITHDRAWN,
}


class Migrate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose DOIs are taken over: those of the list that somebody looked through and typed the number of."""

    profile: Annotated[str, title("Profile")]
    plan: Annotated[int, title("List", "The number of the list that was looked through.")]


@dataclass(frozen=True, slots=True)
class Migrator:
    """Everything the task needs."""

    caller: Caller
    renderer: Renderer

    def task(self) -> Task[Migrate]:
        """Return the task."""
        return Task(
            MIGRATE, "Migrate DOIs", "Begins at the page of what is taken over.", Migrate,
            self._count, self._subjects, self._do, self._profile, offered=False,
        )  # fmt: skip

    def guarded(self, tx: Connection, name: str) -> Profile:
        """Return a profile DOIs may be migrated to; raises NotFound, Invalid for one they may not."""
        profile = profiles.get(tx, name)
        readable(self.caller.agencies, profile)
        if not profile.document.get("update_migrated", False):
            raise Invalid(
                f"The profile {name!r} does not update DOIs of migrated assets.", place="profile",
                remedy="Set “Update DOIs of migrated assets” to yes; what it does cannot be undone.",
            )  # fmt: skip
        test = profile.document.get("environment") != "production"
        here = urlsplit(self.renderer.repository.url).hostname or ""
        if test and not profile.document.get("endpoint") and here not in LOOPBACK:
            raise Invalid(
                f"{here} is a production environment, and the profile {name!r} points to the test environment of its agency.",
                place="profile", remedy="Migrate DOIs with a profile of the agency's production environment.",
            )  # fmt: skip
        return profile

    def _confirmed(self, tx: Connection, given: Migrate) -> Profile:
        """Return the profile whose list is taken over; raises Conflict where that list is not the one that was confirmed."""
        profile = self.guarded(tx, given.profile)
        if given.plan != arrivals.planned(tx, profile.id):
            raise Conflict(
                "Another list was looked through since this one was confirmed, and nothing of it is taken over.", place="count",
                remedy="Look at the list that is there now, and type its number.",
            )  # fmt: skip
        return profile

    def _profile(self, tx: Connection, given: Migrate) -> int:
        return self._confirmed(tx, given).id

    def _count(self, tx: Connection, given: Migrate) -> int:
        return arrivals.counts(tx, self._profile(tx, given))[0]

    def _subjects(self, tx: Connection, given: Migrate, after: str, limit: int) -> Sequence[Subject]:
        profile = self._confirmed(tx, given)
        counter = self.caller.counter(profile)
        if words := gate.silent(tx, profile.id, self.caller.clock()):
            raise Unavailable(f"The agency does not answer: {words}")
        stand = sightings.find(tx, _walk(profile)) if counter.reader.lists else None
        page = listing.next_page(stand, after) if counter.reader.lists else None
        if page is not None:
            return [page]
        last = int(after.removeprefix(_LEAD)) if after.startswith(_LEAD) else 0
        found = arrivals.page(tx, profile.id, fine=True, after=last, limit=limit)
        return [Subject(f"{_LEAD}{each.id:019}", each.value, f"/admin/works/{each.record_id}") for each in found]

    async def _do(self, subject: Subject, given: Migrate, _actor: Actor) -> ItemOutcome | Deed:
        profile = await self.caller.database.read_hot(self._confirmed, given)
        counter = self.caller.counter(profile)
        if listing.is_page(subject.id):
            return await Lister(self.caller).read(_walk(profile), counter, listing.number_of(subject.id))
        number = int(subject.id.removeprefix(_LEAD))
        arrival, work, names, sighting, problem = await self.caller.database.read_hot(_seen, number, profile, counter)
        if arrival is None or work is None or problem:
            return ItemOutcome(Outcome.FAILED, problem or "It is not asked for any more.")
        url = self.renderer.repository.item(work.id)
        told = None if sighting is None else Told(sighting.value, sighting.url, sighting.state)
        if not counter.reader.lists or (told is not None and told.url is None):
            told = await self.caller.ask(counter, lambda: counter.reader.look(arrival.value))
        if told is None:
            return ItemOutcome(Outcome.FAILED, "The agency does not know it under this account; nothing was changed.")
        state = _AGREED.get((work.state, told.state), State.SUBMITTED)
        if state is not State.SUBMITTED and not is_same(told.url or "", url):
            if counter.agency.points is None:
                state = State.SUBMITTED
            else:
                pointer = counter.agency.points(counter.account, self.caller.sessions.of(counter.agency, counter.environment))
                await self.caller.ask(counter, lambda: pointer.point(arrival.value, url), pointer)
        return self._adopted(arrival, work, replace(names, doi=arrival.value), profile, state, told)

    def _adopted(self, arrival: Arrival, work: Stored, names: Names, profile: Profile, state: State, told: Told) -> Deed:
        change = None
        if state is State.REGISTERED:
            change = self.renderer.change(self.renderer.kept(work, names=names), work.collection)

        def written(tx: Connection, now: datetime) -> ItemOutcome:
            current = store.get(tx, work.id, to_change=True)
            name = arrivals.known(tx, [arrival.value]).get(arrival.value)
            problem = arrivals.against(arrival.value, name, current, profile, self.caller.agencies[profile.kind])
            if problem:
                return ItemOutcome(Outcome.FAILED, problem)
            entry = _adopt(tx, arrival, profile, state, now)
            if state is State.SUBMITTED:
                ask(tx, [entry], self.caller.agencies, now)
                return ItemOutcome(
                    Outcome.WARNING, f"It is ours; the agency says it is {told.state}, so all of it is sent again."
                )
            if change is not None and current.version == work.version and not changes.shows(tx, change):
                changes.stamp(tx, [change], now)
            return ItemOutcome(Outcome.CHANGED)

        return written


def _walk(profile: Profile) -> str:
    return f"migrate {profile.id}"


def _seen(
    tx: Connection, number: int, profile: Profile, counter: Counter
) -> tuple[Arrival | None, Stored | None, Names, sightings.Sighting | None, str]:
    arrival = arrivals.get(tx, number)
    if arrival is None or arrival.record_id is None:
        return None, None, Names(), None, ""
    work = store.find(tx, arrival.record_id)
    name = arrivals.known(tx, [arrival.value]).get(arrival.value)
    problem = arrivals.against(arrival.value, name, work, profile, counter.agency)
    return arrival, work, ledger.shown(tx, arrival.record_id), sightings.of(tx, _walk(profile), arrival.value), problem


def _adopt(tx: Connection, arrival: Arrival, profile: Profile, state: State, now: datetime) -> ledger.Entry:
    """Make a DOI ours, of a profile, in the state the agency says it is in."""
    registered = now if state is State.REGISTERED else None
    values: dict[str, object] = {
        "record_id": arrival.record_id,
        "own": True,
        "migrated": True,
        "profile_id": profile.id,
        "environment": str(profile.document.get("environment", "")),
        "state": state.value,
        "registered": registered,
        "changed": now,
    }
    there = (identifiers.c.scheme == "doi", identifiers.c.normal == arrival.value)
    number = tx.execute(update(identifiers).where(*there).values(values).returning(identifiers.c.id)).scalar()
    if number is None:
        number = ledger.add(tx, values | {"scheme": "doi", "value": arrival.value, "normal": arrival.value}, now)
    entry = ledger.get(tx, number)
    assert entry is not None  # noqa: S101 -- it was just written
    return entry
