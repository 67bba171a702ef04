"""The task that compares all identifiers of a profile with its agency: what differs is written down, and sent again if wanted.

Where the agency can list what it knows, the list is read first, a page an item; then each identifier is compared with what stood
there, and only where that differs is it looked at by itself, as lists can be behind. At last come the names that stood in the
list and are not known here. No more than a page is ever in memory, and whatever dies, the run goes on where it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from msgspec import Struct
from sqlalchemy import Connection, func, select

from server.audit.log import Actor
from server.errors import Unavailable
from server.forms.field import title
from server.identifiers import comparing, drifts, gate, listing, sightings
from server.identifiers.calling import Counter, readable
from server.identifiers.comparing import Comparer, Comparison, Difference, Drift, Read, Wanted, digest
from server.identifiers.leading import is_same
from server.identifiers.listing import Lister
from server.identifiers.model import State
from server.identifiers.repairing import Repairer
from server.identifiers.sightings import Sighting
from server.identifiers.tables import identifiers
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.runs.model import ItemOutcome, Outcome, Subject
from server.runs.task import Choices, Deed, Task

RECONCILE = "reconcile-identifiers"
_OURS, _STRANGER, _END = "b-", "c-", "d-"
_PER_PAGE = 1000


class Reconcile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which identifiers are compared, and what becomes of what differs."""

    profile: Annotated[str, title("Profile", "The profile whose identifiers are compared with what its agency says.")]
    repair: Annotated[
        bool, title("Repair", "Send again what differs. Names that are not known here are only reported, whatever is chosen.")
    ] = False


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Everything the task needs."""

    comparer: Comparer
    repairer: Repairer

    def task(self) -> Task[Reconcile]:
        """Return the task."""
        return Task(
            RECONCILE,
            "Reconcile with agency",
            "Compares every identifier of a profile with what its agency says: address, state and metadata, names it does not "
            "know, and names of the prefix that are not known here. Changes nothing unless repair is chosen.",
            Reconcile, self._count, self._subjects, self._do, self._profile, self._choices,
        )  # fmt: skip

    def _profile(self, tx: Connection, given: Reconcile) -> int:
        found = profiles.get(tx, given.profile)
        readable(self.comparer.caller.agencies, found)
        return found.id

    def _choices(self, tx: Connection) -> Choices:
        shelf = self.comparer.caller.agencies
        reading = {name for name in shelf.names() if shelf[name].reads is not None}
        return {"profile": [found.name for found in profiles.every(tx, enabled=True) if found.kind in reading]}

    def _count(self, tx: Connection, given: Reconcile) -> int:
        """Count what is known before: ours, the pages they would fill, and the end."""
        ours = _count_ours(tx, self._profile(tx, given))
        return ours + ours // _PER_PAGE + 2

    def _subjects(self, tx: Connection, given: Reconcile, after: str, limit: int) -> Sequence[Subject]:
        profile = profiles.get(tx, given.profile)
        counter = self.comparer.caller.counter(profile)
        _not_down(tx, profile, self.comparer.caller.clock())
        walk = walk_of(profile)
        page = listing.next_page(sightings.find(tx, walk), after) if counter.reader.lists else None
        if page is not None:
            return [page]
        if not after.startswith((_STRANGER, _END)):
            ours = _ours(tx, profile.id, _number(after, _OURS), limit)
            if ours:
                return [Subject(f"{_OURS}{number:019}", value, f"/admin/identifiers/{number}") for number, value in ours]
        if not after.startswith(_END):
            found = sightings.strangers(tx, walk, counter.agency.scheme.name, _number(after, _STRANGER), limit)
            if found:
                return [Subject(f"{_STRANGER}{each.id:019}", each.value) for each in found]
            return [Subject(_END, "The agency's list")]
        return []

    async def _do(self, subject: Subject, given: Reconcile, _actor: Actor) -> ItemOutcome | Deed:
        caller = self.comparer.caller
        profile = await caller.database.read(profiles.get, given.profile)
        counter = caller.counter(profile)
        if listing.is_page(subject.id):
            number = listing.number_of(subject.id)
            if number == 1:
                await caller.database.write(drifts.forget_strangers, profile.id)
            return await Lister(caller).read(walk_of(profile), counter, number)
        if subject.id.startswith(_STRANGER):
            return await self._stranger(profile, counter, _number(subject.id, _STRANGER))
        if subject.id == _END:
            return await caller.database.write(_ended, walk_of(profile))
        return await self._one(profile, counter, _number(subject.id, _OURS), repair=given.repair)

    async def _one(self, profile: Profile, counter: Counter, number: int, *, repair: bool) -> ItemOutcome | Deed:
        """Compare one identifier; what is found is written down with the report, and sent again if wanted."""
        walk = walk_of(profile)
        read, sighting, noted = await self.comparer.caller.database.read(_seen, number, walk, counter)
        if read.entry.state is State.SUBMITTED:
            return ItemOutcome(Outcome.UNCHANGED, "It is being registered, and not compared meanwhile.")
        wanted = await self.comparer.wanted(read, counter)
        if _agrees(wanted, sighting, listed=counter.reader.lists) and not noted:
            return ItemOutcome(Outcome.UNCHANGED, wanted.refusal)
        compared = await self.comparer.looked(read, counter, wanted)
        if repair and compared.differences:
            await self.comparer.caller.database.write(_noted, compared, profile.id, walk, self.comparer.caller.clock())
            repaired = await self.repairer.repair(number)
            said = f"{_said(compared)} {repaired.message or 'It was sent again, and the agency has confirmed it.'}"
            return ItemOutcome(repaired.outcome, said)

        def written(tx: Connection, now: datetime) -> ItemOutcome:
            _noted(tx, compared, profile.id, walk, now)
            return ItemOutcome(Outcome.WARNING if compared.differences else Outcome.UNCHANGED, _said(compared))

        return written

    async def _stranger(self, profile: Profile, counter: Counter, number: int) -> ItemOutcome | Deed:
        """Report a name that is not known here, where the agency still knows it."""
        caller, walk = self.comparer.caller, walk_of(profile)
        found = await caller.database.read(sightings.get, number)
        if found is None:
            return ItemOutcome(Outcome.UNCHANGED, "It stands in the list no more.")
        told = await caller.ask(counter, lambda: counter.reader.look(found.value))
        state, url = (told.state, told.url or "nowhere") if told is not None else ("", "")
        differs = Difference(Drift.UNKNOWN_HERE, "", f"{url} ({state})" if state else url)

        def written(tx: Connection, now: datetime) -> ItemOutcome:
            sightings.called(tx, walk)
            if told is None:
                return ItemOutcome(Outcome.UNCHANGED, "It stands in the list, and the agency knows it no more.")
            drifts.record(tx, profile.id, None, found.value, [differs], now)
            return ItemOutcome(Outcome.WARNING, str(differs))

        return written


def walk_of(profile: Profile) -> str:
    """Return the name under which the list of a profile's agency is kept for this task."""
    return f"reconcile {profile.id}"


def _agrees(wanted: Wanted, sighting: Sighting | None, *, listed: bool) -> bool:
    """Whether a list says all that is wanted, so that nobody need be asked."""
    desired = wanted.desired
    if desired is None:
        return sighting is None or sighting.state == "draft"
    if not listed or sighting is None or sighting.url is None:
        return False
    same = is_same(sighting.url, desired.url) and sighting.state in {"", desired.state.value}
    return same and (wanted.facts is None or sighting.digest in {"", digest(wanted.facts)})


def _said(compared: Comparison) -> str:
    return " ".join([*map(str, compared.differences), compared.remark]).strip()


def _noted(tx: Connection, compared: Comparison, profile_id: int, walk: str, now: datetime) -> None:
    sightings.called(tx, walk)
    drifts.record(tx, profile_id, compared.entry, compared.entry.value, compared.differences, now)


def _seen(tx: Connection, number: int, walk: str, counter: Counter) -> tuple[Read, Sighting | None, bool]:
    read = comparing.known(tx, number)
    normal = counter.agency.scheme.normal(read.entry.value)
    return read, sightings.of(tx, walk, normal), drifts.is_noted(tx, number)


def _ended(tx: Connection, walk: str) -> ItemOutcome:
    """Say how often the agency was asked, and forget its list."""
    stand = sightings.find(tx, walk)
    sightings.forget(tx, walk)
    if stand is None:
        return ItemOutcome(Outcome.UNCHANGED, "The agency was asked about each by itself.")
    return ItemOutcome(Outcome.UNCHANGED, f"{stand.seen:,} names stood in the list; the agency was called {stand.calls:,} times.")


def _not_down(tx: Connection, profile: Profile, now: datetime) -> None:
    """Raise Unavailable while the agency does not answer, so that the run waits and fails nothing."""
    if words := gate.silent(tx, profile.id, now):
        raise Unavailable(f"The agency does not answer: {words}")


def _ours(tx: Connection, profile_id: int, after: int, limit: int) -> list[tuple[int, str]]:
    mine = (identifiers.c.profile_id == profile_id, identifiers.c.own, identifiers.c.id > after)
    query = select(identifiers.c.id, identifiers.c.value).where(*mine).order_by(identifiers.c.id).limit(limit)
    return [(row.id, row.value) for row in tx.execute(query)]


def _count_ours(tx: Connection, profile_id: int) -> int:
    query = select(func.count()).select_from(identifiers).where(identifiers.c.profile_id == profile_id, identifiers.c.own)
    return int(tx.execute(query).scalar_one())


def _number(subject: str, lead: str) -> int:
    return int(subject.removeprefix(lead)) if subject.startswith(lead) else 0
