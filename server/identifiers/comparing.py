"""One identifier beside its agency: what we want, what the agency says, and in what they differ."""

import asyncio
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from server.clock import Clock
from server.db.engine import Database
from server.errors import Invalid, NotFound
from server.identifiers import ledger
from server.identifiers.calling import Caller, Counter
from server.identifiers.desired import desired_of, is_due
from server.identifiers.leading import is_same
from server.identifiers.model import Agency, AgencyState, Desired, Facts, Told
from server.identifiers.sessions import Sessions
from server.identifiers.tables import identifiers
from server.metadata.fragments import Renderer
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.profiles.seal import Seal
from server.records import store as records
from server.records.store import Stored
from server.registry import Registry

_LONGEST = 300
"""Characters of a field that are quoted in a difference."""


class Drift(StrEnum):
    """In what an agency and we can differ."""

    URL = "url"  # the identifier leads elsewhere
    STATE = "state"  # findable where it should be hidden, or the other way round
    METADATA = "metadata"
    UNKNOWN_THERE = "unknown_there"  # the agency knows none of that name
    UNKNOWN_HERE = "unknown_here"  # the agency knows one of our prefix that we do not


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing an agency says otherwise; both sides as they are shown to a person."""

    kind: Drift
    wanted: str
    told: str

    def __str__(self) -> str:
        return SENTENCES[self.kind] % {"wanted": self.wanted, "told": self.told}


#: A difference as a sentence.
SENTENCES = {
    Drift.URL: "It leads to %(told)s and not to %(wanted)s.",
    Drift.STATE: "It is %(told)s and should be %(wanted)s.",
    Drift.METADATA: "The metadata differ: %(told)s (here: %(wanted)s).",
    Drift.UNKNOWN_THERE: "The agency does not know it.",
    Drift.UNKNOWN_HERE: "It is not known here; the agency says it leads to %(told)s.",
}
UNKNOWN = "unknown to the world, as its work is not published"
"""What an identifier should be that no agency is to know yet, beside the states one can say."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of an agency, ready to be compared."""

    desired: Desired | None
    """None where the work is not published (yet), so that the agency need not know the name."""
    facts: Facts | None
    """None where there is no document the agency would take."""

    @property
    def refusal(self) -> str:
        return self.desired.refusal if self.desired else ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a comparison."""

    entry: ledger.Entry
    wanted: Wanted
    told: Told | None
    differences: tuple[Difference, ...]
    remark: str = ""
    """What else is to be said: that the agency's list may be behind, or that it would refuse the metadata."""
    too_early: bool = False
    """Whether what the agency shows may be older than what it was told, so that nothing can be said of it."""


@dataclass(frozen=True, slots=True)
class Read:
    """What is known here of one identifier."""

    entry: ledger.Entry
    profile: Profile
    stored: Stored | None
    changed: datetime
    """When the identifier last came into its state."""


@dataclass(frozen=True, slots=True)
class Comparer:
    """Compares identifiers with their agencies."""

    caller: Caller
    renderer: Renderer

    @classmethod
    def of(
        cls, database: Database, agencies: Registry[Agency], seal: Seal, sessions: Sessions, clock: Clock, renderer: Renderer
    ) -> "Comparer":
        """Make one of what it needs."""
        return cls(Caller(database, agencies, seal, sessions, clock), renderer)

    async def compare(self, number: int) -> Comparison:
        """Ask the agency of an identifier what it says, and compare; changes nothing.

        Raises NotFound, Invalid where it has no agency that can be asked, Conflict where the profile is paused or the agency
        refuses the account, Unavailable where the agency does not answer.
        """
        read = await self.caller.database.read(known, number)
        counter = self.caller.counter(read.profile)
        return await self.looked(read, counter, await self.wanted(read, counter))

    async def wanted(self, read: Read, counter: Counter) -> Wanted:
        """Write what the agency should say of an identifier; in a thread, as that takes a while."""
        return await asyncio.to_thread(self._wanted, read, counter)

    async def looked(self, read: Read, counter: Counter, wanted: Wanted) -> Comparison:
        """Ask the agency about one identifier, and compare."""
        entry, value = read.entry, read.entry.value
        told = await self.caller.ask(counter, lambda: counter.reader.look(value))
        found = tuple(differences(wanted, told))
        lag = counter.reader.lag
        if found and lag and self.caller.clock() - read.changed < lag:
            remark = f"{counter.agency.title} may show what it was told a few days later; it is too early to compare."
            return Comparison(entry, wanted, told, (), remark, too_early=True)
        return Comparison(entry, wanted, told, found, wanted.refusal)

    def _wanted(self, read: Read, counter: Counter) -> Wanted:
        stored = read.stored
        if stored is None or not is_due(read.entry, stored):
            return Wanted(None, None)
        desired = desired_of(self.renderer, counter.agency, counter.account, stored, read.entry.value)
        return Wanted(desired, counter.reader.facts(desired.metadata) if desired.metadata else None)


def known(tx: Connection, number: int) -> Read:
    """Return what is known here of an identifier of ours; raises NotFound, Invalid."""
    entry = ledger.get(tx, number)
    if entry is None:
        raise NotFound("There is no such identifier.")
    profile = profiles.by_id(tx, entry.profile_id) if entry.profile_id is not None else None
    if not entry.own or profile is None:
        raise Invalid(f"{entry.value} belongs to no profile of ours, so there is no agency to ask.", place="identifier")
    environment = str(profile.document.get("environment", ""))
    if entry.environment != environment:
        raise Invalid(
            f"{entry.value} was minted for {entry.environment or 'no agency'}, and the profile {profile.name!r} is set to "
            f"{environment or 'none'}.", place="identifier",
        )  # fmt: skip
    stored = records.find(tx, entry.record_id) if entry.record_id is not None else None
    changed: datetime = tx.execute(select(identifiers.c.changed).where(identifiers.c.id == number)).scalar_one()
    return Read(entry, profile, stored, changed)


def differences(wanted: Wanted, told: Told | None) -> Iterator[Difference]:
    """Yield in what an agency's answer differs from what is wanted."""
    desired = wanted.desired
    if desired is None:
        if told is not None and told.state in {state.value for state in AgencyState}:
            yield Difference(Drift.STATE, UNKNOWN, told.state)
        return
    if told is None:
        yield Difference(Drift.UNKNOWN_THERE, desired.url, "")
        return
    if told.url is not None and not is_same(told.url, desired.url):
        yield Difference(Drift.URL, desired.url, told.url or "nowhere")
    if told.state not in {"", desired.state.value}:
        yield Difference(Drift.STATE, desired.state.value, told.state)
    if wanted.facts is None or told.facts is None or (told.document and told.document == desired.metadata):
        return
    fields = [field for field, said in wanted.facts.items() if told.facts.get(field, ()) != said]
    if fields:
        yield Difference(Drift.METADATA, _quoted(wanted.facts, fields), _quoted(told.facts, fields))


def digest(facts: Facts | None) -> str:
    """Return what stands for facts in a list; empty where there are none."""
    if facts is None:
        return ""
    return hashlib.sha256(json.dumps(sorted(facts.items())).encode()).hexdigest()


def _quoted(facts: Facts, fields: list[str]) -> str:
    said = (f"{field}: {', '.join(facts.get(field, ())) or 'none'}" for field in fields)
    return "; ".join(text if len(text) <= _LONGEST else text[:_LONGEST] + "…" for text in said)
