"""ORCID asked at its pace, and only what is not known yet: answers are kept for as many days as the profile says."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from aiohttp import ClientSession
from sqlalchemy import Connection, delete, select

from server.clock import Clock
from server.db import upsert
from server.db.engine import Database
from server.enrichment.client import OrcidClient
from server.enrichment.kind import ORCID_PUBLIC, PublicApi
from server.enrichment.model import Answered, Facts, encode
from server.enrichment.tables import enrichment_candidates, enrichments, orcid_facts, orcid_searches
from server.errors import Conflict
from server.identifiers.calling import asked
from server.identifiers.model import Failed, Pace
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.profiles.seal import Seal

T = TypeVar("T")

ROWS = 10
"""Lines of a search that are read."""

PACE = Pace(10, 1.0, 20)
"""info.orcid.org, "What are the API limits": twelve calls in a second from one address, forty at once."""

LONGEST_KEPT = timedelta(days=365)
"""What is older is not kept: people change what ORCID shows of them."""


@dataclass(frozen=True, slots=True)
class Counter:
    """ORCID as the profile may ask it."""

    profile: Profile
    api: PublicApi
    client: OrcidClient


@dataclass(slots=True)
class Asking:
    """Everything a question to ORCID needs."""

    database: Database
    seal: Seal
    session: ClientSession
    clock: Clock
    _client: OrcidClient | None = field(default=None)
    """The one with the token, kept as long as the credentials are the same."""

    async def counter(self) -> Counter:
        """Return the way to ORCID. Raises Conflict where no profile is switched on."""
        return self.of(await self.database.read_hot(enabled))

    def of(self, profile: Profile) -> Counter:
        """Return the way to ORCID by a profile."""
        api: PublicApi = profiles.opened(profile, PublicApi, self.seal)
        if self._client is None or self._client.access != api:
            self._client = OrcidClient(api, self.session)
        return Counter(profile, api, self._client)

    async def search(self, counter: Counter, query: str) -> Answered:
        """Return who a search finds. Raises as `_ask` does."""
        key = hashlib.sha256(f"{counter.api.api}\n{query}".encode()).hexdigest()
        known = await self.database.read_hot(_search, key, self._oldest(counter))
        if known is not None:
            return known
        answer = await self._ask(counter, lambda: counter.client.search(query, ROWS))
        await self.database.write(_keep_search, key, answer, self.clock())
        return answer

    async def person(self, counter: Counter, orcid: str) -> Facts:
        """Return what ORCID shows of a person. Raises as `_ask` does."""
        known = await self.database.read_hot(kept, counter.api.api, [orcid], self._oldest(counter))
        if orcid in known:
            return known[orcid][0]
        facts = await self._ask(counter, lambda: counter.client.person(orcid, self.clock().date()))
        # The iD that was asked for is the one it is kept under, whatever the document says.
        facts = msgspec.structs.replace(facts, orcid=orcid)
        await self.database.write(keep_facts, counter.api.api, facts, self.clock())
        return facts

    def _oldest(self, counter: Counter) -> datetime:
        return self.clock() - timedelta(days=counter.api.days)

    async def _ask(self, counter: Counter, call: Callable[[], Awaitable[T | Failed]]) -> T:
        """Ask when it is our turn. Raises as `calling.asked` does."""
        return await asked(self.database, self.clock, counter.profile, PACE, call)


def enabled(tx: Connection) -> Profile:
    """Return the profile ORCID is asked by; raises Conflict where there is none that may ask."""
    found = next((profile for profile in profiles.every(tx) if profile.kind == ORCID_PUBLIC), None)
    if found is None:
        raise Conflict(
            "ORCID cannot be asked: there is no profile of its Public API.",
            remedy="An administrator makes one under Integrations.",
            code="profile",
        )
    if found.paused or not found.enabled:
        raise Conflict(found.paused or f"The profile {found.name!r} is switched off.", code="profile")
    return found


def _search(tx: Connection, key: str, oldest: datetime) -> Answered | None:
    query = select(orcid_searches.c.document).where(orcid_searches.c.key == key, orcid_searches.c.asked > oldest)
    document = tx.execute(query).scalar()
    return None if document is None else msgspec.json.decode(document, type=Answered)


def _keep_search(tx: Connection, key: str, answer: Answered, now: datetime) -> None:
    values = {"asked": now, "document": encode(answer)}
    statement = upsert.insert(tx, orcid_searches).values(key=key, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["key"], set_=values))


def forget(tx: Connection, now: datetime) -> None:
    """Let go of what ORCID said longer ago than any profile may keep it, and of the candidates of enrichments as old."""
    edge = now - LONGEST_KEPT
    for table in (orcid_searches, orcid_facts):
        tx.execute(delete(table).where(table.c.asked < edge))
    old = select(enrichments.c.id).where(enrichments.c.created < edge)
    tx.execute(delete(enrichment_candidates).where(enrichment_candidates.c.enrichment_id.in_(old)))


def keep_facts(tx: Connection, registry: str, facts: Facts, now: datetime) -> None:
    values = {"asked": now, "document": encode(facts)}
    statement = upsert.insert(tx, orcid_facts).values(registry=registry, orcid=facts.orcid, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["registry", "orcid"], set_=values))


def kept(
    tx: Connection, registry: str, orcids: Iterable[str], oldest: datetime | None = None
) -> dict[str, tuple[Facts, datetime]]:
    """Return what is known of people by their iDs, and since when."""
    query = select(orcid_facts).where(orcid_facts.c.registry == registry, orcid_facts.c.orcid.in_(list(orcids)))
    if oldest is not None:
        query = query.where(orcid_facts.c.asked > oldest)
    return {row.orcid: (msgspec.json.decode(row.document, type=Facts), row.asked) for row in tx.execute(query)}
